"""What a flow that can run warns of: paths that no record is declared to have, keys that append would double."""

from typing import Any

import sqlalchemy as sa

from headrace import registry, sandboxes, sources
from headrace.catalog import datasets
from headrace.counts import DOUBLED, UNDECLARED
from headrace.dataprep.undeclared import undeclared
from headrace.errors import HeadraceError, Invalid
from headrace.flows import checking
from headrace.flows.members import object_at, text_at
from headrace.flows.usage import SOURCES, TARGETS
from headrace.mapping import format_path
from headrace.store import documents
from headrace.store.documents import Document
from headrace.store.scope import Caller

Json = dict[str, Any]


def of_flow(conn: sa.Connection, caller: Caller, flow: Json) -> list[Json]:
    """The rules that a flow may break, each with the path; none of a draft, or of a flow whose ends are gone."""
    try:
        source, target = checking.end(conn, caller, flow, SOURCES), checking.end(conn, caller, flow, TARGETS)
        items = checking.pinned(conn, caller, *checking.mapping(flow)).items
        paths = undeclared(items, _declared(conn, caller, source))
        unknown = [{"rule": UNDECLARED, "path": path} for path in paths]
        return [*unknown, *_doubled(conn, caller, flow, source, target)]
    except HeadraceError:
        return []  # it says what is wrong when it is to run


def declared(conn: sa.Connection, caller: Caller, id: str) -> Json | None:
    """The fields of a record that the spec of a source connection declares (JSON Schema); None where it does not."""
    source = documents.find(conn, caller, SOURCES, id)
    if source is None:
        name = "sourceConnectionId"
        raise Invalid(f"{name}: there is no source connection {id} in this sandbox.", field=name)
    return _declared(conn, caller, source)


def _declared(conn: sa.Connection, caller: Caller, source: Document) -> Json | None:
    spec = checking.source_spec(conn, caller, source)
    return sources.record_schema(spec, sources.extraction(spec, object_at(source.body, "params")))


def _doubled(conn: sa.Connection, caller: Caller, flow: Json, source: Document, target: Document) -> list[Json]:
    """The primary key of a schema whose dataset a flow appends to: a key that comes again is a second row."""
    mode = checking.options(flow).write_mode or sources.write_mode(checking.source_spec(conn, caller, source))
    if mode != checking.APPEND:
        return []
    dataset = datasets.target(conn, caller, text_at(target.body, "params.dataSetId", "1325"))
    schema = registry.composed(conn, caller, dataset.schema_id, dataset.major, sandboxes.tenant_of(conn, caller.org))
    declared = registry.primary_key(conn, caller, schema.id)
    return [] if declared is None else [{"rule": DOUBLED, "path": format_path(path)} for path in declared.key]
