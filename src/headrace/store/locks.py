"""Locks that a transaction holds to its end, for rules that span rows."""

import hashlib

import sqlalchemy as sa


def hold(conn: sa.Connection, name: str) -> None:
    """Waits until no other transaction holds ``name``. SQLite's writers exclude each other anyway."""
    if conn.dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
