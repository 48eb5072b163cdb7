"""Deciding without the write lock, then writing in a moment: whatever a request is long about, nobody waits for it."""

from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from headrace.errors import Unavailable
from headrace.store import documents, locks
from headrace.store.engine import Store
from headrace.store.scope import Caller

T = TypeVar("T")
# Writes what was decided, and gives what is answered.
Decision = Callable[[sa.Connection], T]

TRIES = 5
RETRY_SECONDS = 1


def write_decided(store: Store, caller: Caller, decide: Callable[[sa.Connection], Decision[T]]) -> T:
    """What the decision of ``decide`` gives, once it is written, all of it or nothing.

    ``decide`` reads and checks, for as long as it needs. It is done again when a document that it read, or looked for,
    is no longer what it was as the write begins; Unavailable when that goes on. What else a decision stands on it has
    to look at again itself.
    """
    for _ in range(TRIES):
        with store.read() as conn, documents.readings() as read:
            decision = decide(conn)
        with store.write() as conn:
            # SQLite's writers exclude each other; elsewhere two could each miss what the other writes.
            locks.hold(conn, f"deciding {caller.org} {caller.sandbox}")
            if read.stand(conn):
                return decision(conn)
    message = f"Others change what this depends on in sandbox {caller.sandbox} again and again; try it again."
    raise Unavailable(message, retry_after=RETRY_SECONDS)
