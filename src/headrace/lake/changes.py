"""The values that callers exchange with the lake: tables, files, changes and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

import msgspec

from headrace.files import FileRef

COMMITTED: Final = "committed"
ABORTED: Final = "aborted"

State = Literal["committed", "aborted"]


class TableRef(msgspec.Struct, frozen=True, array_like=True):
    """The table of one dataset, in one sandbox of one org; in JSON the three of them as an array."""

    org: str
    sandbox: str
    dataset_id: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where the rows of one writer come from; instants in epoch ms. (batch, part, attempt) names its files."""

    batch: str
    flow: str
    scope: str
    part: int
    attempt: int
    extracted_at: int
    ingested_at: int


@dataclass(frozen=True, slots=True)
class Append:
    """Deletes nothing."""


@dataclass(frozen=True, slots=True)
class ReplaceWindow:
    """Deletes the scope's rows of these days, both included; rows without a day stay."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Merge:
    """Deletes the scope's rows that a row of the batch with the same key beats; rows that lose stay out."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Deletes the rows of an earlier batch, for which this one stands now."""

    batch: str


@dataclass(frozen=True, slots=True)
class Revert:
    """Deletes the rows of a batch that is taken back, whenever they were read."""

    batch: str


Delete = Append | ReplaceWindow | Merge | Replay | Revert


@dataclass(frozen=True, slots=True)
class Change:
    """What one batch does to one scope of a table: rows that go, files that come; ``extracted_at`` in epoch ms."""

    batch: str
    scope: str
    delete: Delete
    files: tuple[FileRef, ...]
    extracted_at: int


class Merged(msgspec.Struct, frozen=True, array_like=True):
    """What a commit decided for the rows of one part.

    superseded  rows that stayed out: another row of their key holds
    deletions   rows that held and said that their key is gone; they are not stored
    replaced    rows of the table that went for a row of this part
    deleted     rows of the table that went for a deletion of this part
    """

    superseded: int = 0
    deletions: int = 0
    replaced: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the table's history says about a batch; ``snapshot_id`` is None when only its rows prove it.

    rows_deleted  rows of the table that went, those that a merge replaced or deleted included
    merged        of a batch that was merged: what became of its parts' rows, by part, where anything did
    """

    batch: str
    state: State
    snapshot_id: int | None
    rows_added: int = 0
    rows_deleted: int = 0
    files_added: int = 0
    bytes_added: int = 0
    merged: Mapping[int, Merged] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Figures:
    """How much a table holds now."""

    rows: int
    bytes: int
    files: int
    snapshot_id: int | None
    metadata_location: str


@dataclass(frozen=True, slots=True)
class DataFileFacts:
    """A current data file that holds rows of a batch; ``rows`` counts the whole file."""

    name: str
    bytes: int
    rows: int
    partition: str | None
