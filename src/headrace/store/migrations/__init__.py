"""Bringing a database up to this release's schema: alembic revisions that only go forward."""

from pathlib import Path

import sqlalchemy as sa

from headrace.errors import Broken, Conflict, Unavailable
from headrace.store.engine import Store

HERE = Path(__file__).parent
_VERSION = sa.table("alembic_version", sa.column("version_num"))


def upgrade(store: Store) -> None:
    """Applies the revisions that the database lacks; does nothing when it is up to date.

    Broken when the database was written by a newer release.
    """
    if revision(store) == newest():
        return
    # Not imported by a start that has nothing to do.
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(HERE))
    scripts = ScriptDirectory.from_config(config)
    with store.write() as conn:
        # Two first starts at once: the second finds the revisions applied once it holds the lock.
        _lock(conn)
        held = MigrationContext.configure(conn).get_current_revision()
        if held is not None and held not in {script.revision for script in scripts.walk_revisions()}:
            raise _newer(held)
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


def require_current(store: Store) -> None:
    """Conflict for a database of an earlier release, which only a server or a worker changes; Broken for a later one.

    A database that Headrace never used is neither.
    """
    held = revision(store)
    if held is None or held == newest():
        return
    if held > newest():
        raise _newer(held)
    raise Conflict(
        f"The database {store.engine.url!r} is of an earlier release (schema {held}; this release has {newest()}). "
        "Start `headrace serve` on it once, which brings it up to date, then try again."
    )


def revision(store: Store) -> str | None:
    """The revision that the database is at; None when Headrace never used it. Broken when it cannot be opened.

    Creates nothing: SQLite would make an empty file for being looked at.
    """
    url = store.engine.url
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        if Path(str(url.database)).absolute().parent.is_dir():
            return None
        raise Broken(f"The database {url!r} cannot be made: its directory does not exist. Check --database-url.")
    try:
        return _current(store)
    except (Unavailable, sa.exc.DatabaseError) as error:
        reason = error.__cause__ if isinstance(error, Unavailable) else error
        raise Broken(
            f"The database {url!r} cannot be opened: {getattr(reason, 'orig', reason)}. Check --database-url, and that "
            "its server runs."
        ) from error


def newest() -> str:
    """The revision that this release needs; the files are numbered."""
    return max(path.stem.partition("_")[0] for path in (HERE / "versions").glob("[0-9]*.py"))


def _newer(held: str) -> Broken:
    return Broken(f"The database is at schema {held}, which is newer than this release; upgrade Headrace.")


def _current(store: Store) -> str | None:
    with store.read() as conn:
        if not sa.inspect(conn).has_table(_VERSION.name):
            return None
        return conn.execute(sa.select(_VERSION.c.version_num)).scalar_one_or_none()


def _lock(conn: sa.Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(sa.text("SELECT pg_advisory_xact_lock(7265736572)"))
