"""Identifiers in the shapes that Platform gives them, random or derived from what they name."""

import hashlib
import secrets
import uuid

from ulid import ULID

RUN_NAMESPACE = uuid.UUID("6f1c1d0e-6d3c-5b7a-9d57-8a6e1f0b7c21")


def new_uuid() -> str:
    """A random UUID in canonical form: connections, flows, sandboxes."""
    return str(uuid.uuid4())


def new_hex(digits: int) -> str:
    """Random lower-case hex: 24 for datasets, 32 for mapping sets, 40 for descriptors, 48 for schemas."""
    return secrets.token_hex(digits // 2)


def new_ulid(at: int) -> str:
    """A ULID whose time part is ``at`` (epoch ms): batches that clients create."""
    return str(ULID(at.to_bytes(6, "big") + secrets.token_bytes(10)))


def run_id(flow: str, window_start: int, window_end: int, cause: str) -> str:
    """The id of a run: the same flow, window (epoch ms) and cause always give the same one."""
    return str(uuid.uuid5(RUN_NAMESPACE, f"{flow}/{window_start}/{window_end}/{cause}"))


def batch_id(run: str, at: int) -> str:
    """The ULID of the batch that a run writes, derived from the run and its creation time (epoch ms)."""
    return str(ULID(at.to_bytes(6, "big") + hashlib.sha256(run.encode()).digest()[:10]))


def derived_uuid(*parts: str) -> str:
    """A UUID derived from ``parts``: the same parts always give the same one."""
    return str(uuid.uuid5(RUN_NAMESPACE, "/".join(parts)))


def new_etag(at: int) -> str:
    """A fresh etag, quotes included, in Platform's layout 8-4-4-4-12 that ends in the hex time (epoch ms in)."""
    token = secrets.token_hex(10)
    return f'"{token[:8]}-{token[8:12]}-{token[12:16]}-{token[16:20]}-{at // 1000:08x}0000"'
