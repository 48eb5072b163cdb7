"""What is recorded of a run's activities and parts: a recorded step is read, never done again."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import sqlalchemy as sa

from headrace.counts import ZERO, Counts
from headrace.files import FileRef, NamedFile
from headrace.store.metadata import Json, Millis, metadata
from headrace.store.portable import among

PLANNED, COPIED, PROMOTED = "planned", "copied", "promoted"
COPY, PROMOTION = "copyActivity", "promotionActivity"

activities = sa.Table(
    "activities",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("activity", sa.Text, primary_key=True),
    sa.Column("started_at", Millis, nullable=False),
    sa.Column("completed_at", Millis),
)

parts = sa.Table(
    "parts",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("n", sa.Integer, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("spec", Json, nullable=False),
    sa.Column("raw", Json, nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Column("errors", Json, nullable=False),
    sa.Column("counts", Json, nullable=False),
    sa.Column("trail", Json),
)


@dataclass(frozen=True, slots=True)
class PartRecord:
    """What is recorded of one part of a run, whose id is the ``owner``.

    spec    what the part reads, as planned: JSON text that the floor above reads
    raw     landed pages
    data    data files
    errors  quarantine files
    trail   of a planned part, how its chain goes on behind the landed pages: JSON text that the floor above reads
    """

    owner: str
    n: int
    state: str
    spec: str
    raw: tuple[NamedFile, ...] = ()
    data: tuple[FileRef, ...] = ()
    errors: tuple[NamedFile, ...] = ()
    counts: Counts = ZERO
    trail: str | None = None

    @property
    def input_bytes(self) -> int:
        """Bytes of the landed pages as their source gave them."""
        return sum(page.ref.bytes if page.facts.size is None else page.facts.size for page in self.raw)


# Made here, while one thread imports: msgspec gathers what it knows of a Struct at its first use, and two threads
# that do so at once crash the process.
_encoder = msgspec.json.Encoder()
_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    "raw": msgspec.json.Decoder(tuple[NamedFile, ...]),
    "data": msgspec.json.Decoder(tuple[FileRef, ...]),
    "errors": msgspec.json.Decoder(tuple[NamedFile, ...]),
    "counts": msgspec.json.Decoder(Counts),
}


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity of a run and its times (epoch ms)."""

    owner: str
    activity: str
    started_at: int
    completed_at: int | None


def plan(conn: sa.Connection, planned: Sequence[PartRecord]) -> None:
    """Records the parts of a run's plan, as planned or with their pages landed already."""
    if planned:
        conn.execute(parts.insert(), [_row(part) for part in planned])


def listed(conn: sa.Connection, owner: str) -> list[PartRecord]:
    """The parts in their order."""
    rows = conn.execute(sa.select(parts).where(parts.c.owner == owner).order_by(parts.c.n))
    return [_part(row) for row in rows]


def by_key(conn: sa.Connection, owner: str, n: int) -> PartRecord:
    """One part of a run."""
    return _part(conn.execute(sa.select(parts).where(_key(owner, n))).one())


def of_owners(conn: sa.Connection, owners: Collection[str]) -> dict[str, list[PartRecord]]:
    """The parts of several owners."""
    found: dict[str, list[PartRecord]] = {owner: [] for owner in owners}
    for row in conn.execute(sa.select(parts).where(among(parts.c.owner, owners)).order_by(parts.c.owner, parts.c.n)):
        found[row.owner].append(_part(row))
    return found


def landed(conn: sa.Connection, part: PartRecord, pages: Sequence[NamedFile], trail: str | None) -> PartRecord | None:
    """Records pages more that have landed; with no ``trail`` behind them the part is copied.

    None when the part has come further than ``part`` says: another worker carries the run as well, and has been faster.
    """
    state = COPIED if trail is None else PLANNED
    record = replace(part, state=state, raw=(*part.raw, *pages), trail=trail)
    return record if _advanced(conn, record, part) else None


def promoted(
    conn: sa.Connection, part: PartRecord, data: Sequence[FileRef], errors: Sequence[NamedFile], counts: Counts
) -> PartRecord:
    """Records a part's files and counts; when another worker recorded them first, its record counts."""
    promotion = replace(part, state=PROMOTED, data=tuple(data), errors=tuple(errors), counts=counts)
    return promotion if _advanced(conn, promotion, replace(part, state=COPIED)) else by_key(conn, part.owner, part.n)


def recounted(conn: sa.Connection, part: PartRecord) -> PartRecord:
    """Records what the commit made of a promoted part's counts."""
    where = (parts.c.owner == part.owner) & (parts.c.n == part.n)
    conn.execute(parts.update().where(where).values(counts=_row(part)["counts"]))
    return part


def note_emptied(conn: sa.Connection, part: PartRecord, rows: int) -> None:
    """Records how many rows of the table go because the part's answer held none for their days."""
    counts = msgspec.structs.replace(part.counts, emptied=rows)
    key = (parts.c.owner == part.owner) & (parts.c.n == part.n)
    conn.execute(parts.update().where(key).values(counts=_encoder.encode(counts).decode()))


def start_activity(conn: sa.Connection, owner: str, activity: str, at: int) -> None:
    """Records when an activity began; an earlier record stays."""
    where = (activities.c.owner == owner) & (activities.c.activity == activity)
    if conn.execute(sa.select(activities.c.owner).where(where)).first() is None:
        with suppress(sa.exc.IntegrityError), conn.begin_nested():  # another worker of the run was faster
            conn.execute(activities.insert().values(owner=owner, activity=activity, started_at=at, completed_at=None))


def end_activity(conn: sa.Connection, owner: str, activity: str, at: int) -> None:
    """Records when an activity ended; an earlier record stays."""
    where = (activities.c.owner == owner) & (activities.c.activity == activity) & activities.c.completed_at.is_(None)
    conn.execute(activities.update().where(where).values(completed_at=at))


def activities_of(conn: sa.Connection, owners: Collection[str]) -> dict[str, dict[str, Activity]]:
    """By owner, its activities by name."""
    found: dict[str, dict[str, Activity]] = {owner: {} for owner in owners}
    for row in conn.execute(sa.select(activities).where(among(activities.c.owner, owners))):
        found[row.owner][row.activity] = Activity(**row._mapping)
    return found


def _advanced(conn: sa.Connection, part: PartRecord, seen: PartRecord) -> bool:
    """Whether the part was as it was seen, and is now as it should be. A trail is never the same twice."""
    unmoved = _key(part.owner, part.n) & (parts.c.state == seen.state)
    unmoved &= parts.c.trail.is_(None) if seen.trail is None else parts.c.trail == seen.trail
    return conn.execute(parts.update().where(unmoved).values(_row(part))).rowcount == 1


def _key(owner: str, n: int) -> sa.ColumnElement[bool]:
    return (parts.c.owner == owner) & (parts.c.n == n)


def _row(part: PartRecord) -> dict[str, Any]:
    row = {name: getattr(part, name) for name in PartRecord.__dataclass_fields__}
    return row | {name: _encoder.encode(row[name]).decode() for name in _decoders}


def _part(row: sa.Row[Any]) -> PartRecord:
    values = dict(row._mapping)
    return PartRecord(**values | {name: decoder.decode(values[name]) for name, decoder in _decoders.items()})
