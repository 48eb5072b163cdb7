"""Plans: everything one run needs, frozen. Documents stop here; rows never go above it."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
import pyarrow as pa

from headrace import xdm
from headrace.clock import Window
from headrace.errors import Broken
from headrace.lake import TableRef
from headrace.mapping.paths import format_path
from headrace.sources.keys import Keying
from headrace.sources.reading import Part, Reading, Trail
from headrace.store.parts import PartRecord
from headrace.store.runs import Run

APPEND, REPLACE_WINDOW, MERGE = "append", "replace-window", "merge"
ALL, QUARANTINED = "all", "quarantined"


class Target(msgspec.Struct, frozen=True, rename="camel"):
    """Where rows go and what they must be.

    schema      the composed XDM schema, frozen
    version     its version when it was frozen
    mapping_id  the mapping set; empty when rows come in the schema's own shape, as those of uploads do
    items       its mappings, normalised
    now         what ``now()`` means in the mapping, epoch ms
    """

    table: TableRef
    schema_id: str
    version: str
    schema: dict[str, Any]
    mapping_id: str
    mapping_version: int
    items: tuple[dict[str, Any], ...]
    now: int

    def arrow_schema(self) -> pa.Schema:
        """The table's own columns, without the system tail."""
        return xdm.arrow_schema(self.schema)

    def mappings(self) -> tuple[dict[str, Any], ...]:
        """What fills the columns: the set's mappings, or every field of the schema from the one of the same name."""
        if self.mapping_id:
            return self.items
        paths = [format_path((field.name,)) for field in self.arrow_schema()]
        return tuple({"sourceType": "ATTRIBUTE", "source": path, "destination": path} for path in paths)


class Replayed(msgspec.Struct, frozen=True):
    """What a replay takes instead of asking the source.

    run           the run whose landed pages are promoted again
    rows          ``all`` of them, or ``quarantined``: those that the run rejected
    at            when the replay was asked for, epoch ms
    predecessors  the batches whose rows go when the replay's come
    """

    run: str
    rows: str
    at: int
    predecessors: tuple[str, ...]


class FlowPlan(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One window of one flow, ready to be carried. It refers to credentials by connection id, never holds them.

    reading    what to read; its window is the one after the source's clamp
    requested  the window that the schedule asked for, before look-back and clamp
    lookback   days before that window which are read again
    may_be_empty  whether an answer without rows may take those of its days away
    clamps     a sentence for every clamp
    mode       ``append``, ``replace-window`` or ``merge``
    tolerance  greatest share of rejected rows in percent; None: no limit
    replay     of a replay: what it takes instead of asking the source
    keying     how rows are told apart, where they are merged by key
    """

    flow_id: str
    batch_id: str
    connection_id: str
    source_connection_id: str
    target_connection_id: str
    reading: Reading
    requested: Window = msgspec.field(name="asked")
    clamps: tuple[str, ...]
    target: Target
    mode: str
    tolerance: float | None
    replay: Replayed | None = None
    lookback: int = 0
    keying: Keying | None = None
    may_be_empty: bool = False

    rows_are: ClassVar[str] = "records"

    @property
    def extracted_at(self) -> int:
        """When its rows were read, epoch ms."""
        return self.reading.now

    @property
    def ingested_at(self) -> int:
        """When its rows were brought in, epoch ms: a replay's rows were read long before."""
        return self.replay.at if self.replay else self.reading.now

    @property
    def predecessors(self) -> tuple[str, ...]:
        """The batches whose rows go when this one's come."""
        return self.replay.predecessors if self.replay else ()

    @property
    def replaces_days(self) -> bool:
        """Whether the days that it asked for are replaced whole.

        A replay takes rows away by their batch, not by their days. A run that failed has none: its replay does what
        the run would have done.
        """
        whole = self.replay is None or (self.replay.rows == ALL and not self.replay.predecessors)
        return self.mode == REPLACE_WINDOW and whole

    def scope(self, partition: str) -> str:
        """The scope that the flow owns in the table for one source partition."""
        return f"{self.flow_id}/{partition}"


class UploadPlan(msgspec.Struct, frozen=True, rename="camel"):
    """One uploaded batch, ready to be carried.

    multi_line    a file is one JSON text, not one a line
    tolerance     greatest share of rejected rows in percent; None: no limit
    predecessors  the batches whose rows go when this one's come
    extracted_at  when the batch was opened, epoch ms
    keying        how rows are told apart, where the schema's descriptors say it: then they are merged by key
    """

    batch_id: str
    target: Target
    multi_line: bool
    tolerance: float | None
    predecessors: tuple[str, ...]
    extracted_at: int
    keying: Keying | None = None

    flow_id: ClassVar[str] = ""
    replaces_days: ClassVar[bool] = False
    rows_are: ClassVar[str] = "rows"

    @property
    def ingested_at(self) -> int:
        """When its rows were brought in, epoch ms."""
        return self.target.now

    def scope(self, _partition: str) -> str:
        """The scope that the batch owns in the table; where rows are merged, all uploads share one."""
        return f"upload/{self.batch_id}" if self.keying is None else "upload"


Plan = FlowPlan | UploadPlan

# Made here, while one thread imports: two threads that use a Struct for the first time at once crash the process.
_encode = msgspec.json.Encoder().encode
_flow_plan = msgspec.json.Decoder(FlowPlan)
_upload_plan = msgspec.json.Decoder(UploadPlan)
_part = msgspec.json.Decoder(Part)
_trail = msgspec.json.Decoder(Trail)


def encoded(value: Plan | Part | Trail) -> str:
    """A plan, a part of one, or how a part's chain goes on, as the store keeps it."""
    return _encode(value).decode()


def plan_of(run: Run) -> Plan | None:
    """The run's plan, once it is made."""
    if run.plan is None:
        return None
    return _upload_plan.decode(run.plan) if run.flow_id is None else _flow_plan.decode(run.plan)


def flow_plan_of(run: Run) -> FlowPlan | None:
    """The plan of a flow's run, once it is made; Broken for an upload."""
    plan = plan_of(run)
    if isinstance(plan, UploadPlan):
        raise Broken(f"Run {run.id} carries an upload, not a flow.", kind="runs", id=run.id)
    return plan


def part_of(record: PartRecord) -> Part:
    """What a recorded part reads, as it was planned."""
    return _part.decode(record.spec)


def trail_of(record: PartRecord) -> Trail | None:
    """How the chain of a recorded part goes on behind the pages that have landed; None: from its first page on."""
    return None if record.trail is None else _trail.decode(record.trail)
