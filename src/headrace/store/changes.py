"""Changes of documents that are worked out without the write lock, and then written in a moment."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from headrace.store import documents
from headrace.store.documents import Document
from headrace.store.scope import Caller

Action = Literal["create", "revise", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """A ``new`` document to be created, one ``revised`` to be written over what it was, or one to be deleted."""

    action: Action
    document: Document
    at: int


def write(conn: sa.Connection, caller: Caller, changes: Sequence[Change]) -> None:
    """Writes them in their order; RevisionStale or Conflict where a document is not what its change began with."""
    for action, alike in itertools.groupby(changes, lambda change: change.action):
        _WRITERS[action](conn, caller, list(alike))


def _delete(conn: sa.Connection, caller: Caller, changes: Sequence[Change]) -> None:
    for change in changes:
        documents.delete(conn, caller, change.document, change.at)


_WRITERS: Mapping[Action, Callable[[sa.Connection, Caller, Sequence[Change]], None]] = {
    "create": lambda conn, caller, changes: documents.insert(conn, caller, [change.document for change in changes]),
    "revise": lambda conn, caller, changes: documents.update(conn, caller, [change.document for change in changes]),
    "delete": _delete,
}
