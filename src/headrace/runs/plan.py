"""The FlowPlan: everything one run needs, frozen. Documents stop here; rows never go above it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from headrace import xdm
from headrace.clock import Window
from headrace.lake import TableRef
from headrace.sources.reading import Part, Reading

APPEND, REPLACE_WINDOW = "append", "replace-window"
ALL, QUARANTINED = "all", "quarantined"


@dataclass(frozen=True, slots=True)
class Target:
    """Where rows go and what they must be.

    schema   the composed XDM schema, frozen
    version  its version when it was frozen
    items    normalised mappings; empty when the source's rows are in the schema's shape already
    now      what ``now()`` means in the mapping, epoch ms
    """

    table: TableRef
    schema_id: str
    version: str
    schema: Mapping[str, Any]
    mapping_id: str
    mapping_version: int
    items: tuple[Mapping[str, Any], ...]
    now: int

    def arrow_schema(self) -> pa.Schema:
        """The table's own columns, without the system tail."""
        return xdm.arrow_schema(dict(self.schema))

    def to_json(self) -> dict[str, Any]:
        """A JSON object; ``from_json`` reads it back."""
        return {
            "table": [self.table.org, self.table.sandbox, self.table.dataset_id],
            "schemaId": self.schema_id,
            "version": self.version,
            "schema": self.schema,
            "mappingId": self.mapping_id,
            "mappingVersion": self.mapping_version,
            "items": list(self.items),
            "now": self.now,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Target:
        """The target that ``to_json`` wrote."""
        return cls(
            TableRef(*value["table"]),
            value["schemaId"],
            value["version"],
            value["schema"],
            value["mappingId"],
            value["mappingVersion"],
            tuple(value["items"]),
            value["now"],
        )


@dataclass(frozen=True, slots=True)
class Replayed:
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

    def to_json(self) -> dict[str, Any]:
        """A JSON object; ``from_json`` reads it back."""
        return {"run": self.run, "rows": self.rows, "at": self.at, "predecessors": list(self.predecessors)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Replayed:
        """The value that ``to_json`` wrote."""
        return cls(value["run"], value["rows"], value["at"], tuple(value["predecessors"]))


@dataclass(frozen=True, slots=True)
class FlowPlan:
    """One window of one flow, ready to be carried. It refers to credentials by connection id, never holds them.

    reading    what to read; its window is the one after the source's clamp
    asked      the window that the schedule asked for
    clamps     a sentence for every clamp
    mode       ``append`` or ``replace-window``
    tolerance  greatest share of rejected rows in percent; None: no limit (settled: tolerance)
    replay     of a replay: what it takes instead of asking the source
    """

    flow_id: str
    batch_id: str
    connection_id: str
    source_connection_id: str
    target_connection_id: str
    reading: Reading
    asked: Window
    clamps: tuple[str, ...]
    target: Target
    mode: str
    tolerance: float | None
    parts: tuple[Part, ...]
    replay: Replayed | None = None

    @property
    def ingested_at(self) -> int:
        """When its rows were brought in, epoch ms: a replay's rows were read long before."""
        return self.replay.at if self.replay else self.reading.now

    def to_json(self) -> dict[str, Any]:
        """A JSON object without the parts, which have rows of their own."""
        replay = {"replay": self.replay.to_json()} if self.replay else {}
        return {
            "flowId": self.flow_id,
            "batchId": self.batch_id,
            "connectionId": self.connection_id,
            "sourceConnectionId": self.source_connection_id,
            "targetConnectionId": self.target_connection_id,
            "reading": self.reading.to_json(),
            "asked": [self.asked.start, self.asked.end],
            "clamps": list(self.clamps),
            "target": self.target.to_json(),
            "mode": self.mode,
            "tolerance": self.tolerance,
            **replay,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], parts: tuple[Part, ...]) -> FlowPlan:
        """The plan that ``to_json`` wrote, with its parts."""
        return cls(
            flow_id=value["flowId"],
            batch_id=value["batchId"],
            connection_id=value["connectionId"],
            source_connection_id=value["sourceConnectionId"],
            target_connection_id=value["targetConnectionId"],
            reading=Reading.from_json(value["reading"]),
            asked=Window(*value["asked"]),
            clamps=tuple(value["clamps"]),
            target=Target.from_json(value["target"]),
            mode=value["mode"],
            tolerance=value["tolerance"],
            parts=parts,
            replay=Replayed.from_json(value["replay"]) if "replay" in value else None,
        )
