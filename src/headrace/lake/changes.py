"""The values that callers exchange with the lake: tables, files, changes and what became of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal

COMMITTED: Final = "committed"
ABORTED: Final = "aborted"

State = Literal["committed", "aborted"]


@dataclass(frozen=True, slots=True)
class TableRef:
    """The table of one dataset, in one sandbox of one org."""

    org: str
    sandbox: str
    dataset_id: str


@dataclass(frozen=True, slots=True)
class FileRef:
    """A recorded file: its name in the warehouse and what it holds. ``partition`` is a month, 2022-08."""

    name: str
    bytes: int
    sha256: str
    rows: int = 0
    partition: str | None = None

    @property
    def file_name(self) -> str:
        """What comes after the name's folders."""
        return self.name.rpartition("/")[2]

    def to_json(self) -> dict[str, Any]:
        """The value as JSON keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "FileRef":
        """The value that ``to_json`` wrote."""
        return cls(**value)


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
class Replay:
    """Deletes the rows of an earlier batch, for which this one stands now."""

    batch: str


@dataclass(frozen=True, slots=True)
class Revert:
    """Deletes the rows of a batch that is taken back, whenever they were read."""

    batch: str


Delete = Append | ReplaceWindow | Replay | Revert


@dataclass(frozen=True, slots=True)
class Change:
    """What one batch does to one scope of a table: rows that go, files that come; ``extracted_at`` in epoch ms."""

    batch: str
    scope: str
    delete: Delete
    files: tuple[FileRef, ...]
    extracted_at: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the table's history says about a batch; ``snapshot_id`` is None when only its rows prove it."""

    batch: str
    state: State
    snapshot_id: int | None
    rows_added: int = 0
    rows_deleted: int = 0
    files_added: int = 0
    bytes_added: int = 0


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
