"""What is recorded of a run's activities and parts: a recorded step is read, never done again."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import sqlalchemy as sa

from headrace.store.metadata import Json, Millis, metadata

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
)

JSON_COLUMNS = ("spec", "raw", "data", "errors", "counts")


@dataclass(frozen=True, slots=True)
class PartRecord:
    """One part of a run (or of an uploaded batch, whose id is then the owner).

    spec    what the part reads, as planned
    raw     landed pages: [{name, ref, facts}]
    data    data files: [FileRef as JSON]
    errors  quarantine files: [{name, ref, facts}]
    counts  read, written, rejected, dropped {rule: n}, by code {code: n}, bytes, warnings {column: n}
    """

    owner: str
    n: int
    state: str
    spec: dict[str, Any]
    raw: list[dict[str, Any]] = field(default_factory=list)
    data: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity of a run and its times (epoch ms)."""

    owner: str
    activity: str
    started_at: int
    completed_at: int | None


def plan(conn: sa.Connection, owner: str, specs: list[dict[str, Any]]) -> None:
    """Records the parts of a plan; repeating it changes nothing."""
    known = set(conn.execute(sa.select(parts.c.n).where(parts.c.owner == owner)).scalars())
    rows = [_row(PartRecord(owner, n, PLANNED, spec)) for n, spec in enumerate(specs) if n not in known]
    if rows:
        conn.execute(parts.insert(), rows)


def plan_copied(conn: sa.Connection, owner: str, planned: list[PartRecord]) -> None:
    """Records parts whose pages are landed already, by an earlier run."""
    if planned:
        rows = [_row(replace(part, owner=owner, n=n, state=COPIED)) for n, part in enumerate(planned)]
        conn.execute(parts.insert(), rows)


def listed(conn: sa.Connection, owner: str) -> list[PartRecord]:
    """The parts in their order."""
    rows = conn.execute(sa.select(parts).where(parts.c.owner == owner).order_by(parts.c.n))
    return [_part(row) for row in rows]


def of_owners(conn: sa.Connection, owners: list[str]) -> dict[str, list[PartRecord]]:
    """The parts of several owners."""
    found: dict[str, list[PartRecord]] = {owner: [] for owner in owners}
    for row in conn.execute(sa.select(parts).where(parts.c.owner.in_(owners)).order_by(parts.c.owner, parts.c.n)):
        found[row.owner].append(_part(row))
    return found


def copied(conn: sa.Connection, part: PartRecord, raw: list[dict[str, Any]], counts: dict[str, Any]) -> PartRecord:
    """Records a part's landed pages; when another worker recorded them first, its record is the one that counts."""
    return _advance(conn, replace(part, state=COPIED, raw=raw, counts=counts), PLANNED)


def promoted(
    conn: sa.Connection,
    part: PartRecord,
    data: list[dict[str, Any]],
    errors: list[dict[str, Any]],
    counts: dict[str, Any],
) -> PartRecord:
    """Records a part's files and counts; when another worker recorded them first, its record counts."""
    return _advance(
        conn, replace(part, state=PROMOTED, data=data, errors=errors, counts={**part.counts, **counts}), COPIED
    )


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


def activities_of(conn: sa.Connection, owners: list[str]) -> dict[str, dict[str, Activity]]:
    """By owner, its activities by name."""
    found: dict[str, dict[str, Activity]] = {owner: {} for owner in owners}
    for row in conn.execute(sa.select(activities).where(activities.c.owner.in_(owners))):
        found[row.owner][row.activity] = Activity(**row._mapping)
    return found


def _advance(conn: sa.Connection, part: PartRecord, before: str) -> PartRecord:
    key = (parts.c.owner == part.owner) & (parts.c.n == part.n)
    if conn.execute(parts.update().where(key & (parts.c.state == before)).values(_row(part))).rowcount == 1:
        return part
    return _part(conn.execute(sa.select(parts).where(key)).one())


def _row(part: PartRecord) -> dict[str, Any]:
    row = {name: getattr(part, name) for name in PartRecord.__dataclass_fields__}
    return row | {name: msgspec.json.encode(row[name]).decode() for name in JSON_COLUMNS}


def _part(row: sa.Row[Any]) -> PartRecord:
    values = dict(row._mapping)
    return PartRecord(**values | {name: msgspec.json.decode(values[name]) for name in JSON_COLUMNS})
