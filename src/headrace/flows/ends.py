"""Source and target connections: what a flow reads, and where it writes."""

from typing import Any

import sqlalchemy as sa

from headrace import ids, sources
from headrace.catalog import datasets
from headrace.errors import Invalid, NotFound
from headrace.flows import patching, specs, states, usage
from headrace.flows.credentials import CONNECTIONS
from headrace.flows.members import object_at, optional_text, text_at
from headrace.flows.rendering import COMPUTED, without_metadata
from headrace.flows.usage import SOURCES, TARGETS
from headrace.store import documents
from headrace.store.deciding import Decision
from headrace.store.documents import Document
from headrace.store.scope import Caller

__all__ = ["SOURCES", "TARGETS", "act", "create", "delete", "patch", "require_complete"]

Json = dict[str, Any]

TARGET_FORMATS = ("json", "parquet_xdm", "delimited", "parquet")


def create(
    conn: sa.Connection, caller: Caller, kind: str, body: Json, mode: str | None, now: int
) -> Decision[Document]:
    """A new source or target connection (``kind``)."""
    given = {name: value for name, value in without_metadata(body).items() if name not in (*COMPUTED, "version")}
    made = {**given, "state": states.new(mode)}
    _check(conn, caller, kind, made)
    return lambda writing: documents.create(writing, caller, kind, ids.new_uuid(), made, now)


def patch(
    conn: sa.Connection, caller: Caller, kind: str, id: str, steps: object, if_match: str | None, now: int
) -> Decision[Document]:
    """Changes a source or target connection; flows that use it go on with the change."""
    found = patching.read_for_change(conn, caller, kind, id, if_match)
    changed, _ = patching.patched(found.body, steps)
    if changed.get("state") != found.body["state"]:
        raise Invalid("The state is changed by /action, not by a patch.", code="1456", field="state")
    _check(conn, caller, kind, changed)
    return lambda writing: documents.replace_body(writing, caller, found, changed, now)


def delete(conn: sa.Connection, caller: Caller, kind: str, id: str, now: int) -> None:
    """Removes a source or target connection; InUse (1447) while a flow uses it."""
    found = documents.get(conn, caller, kind, id)
    usage.require_unused_end(conn, caller, kind, id)
    documents.delete(conn, caller, found, now)


def act(
    conn: sa.Connection, caller: Caller, kind: str, id: str, action: str | None, sub_actions: list[str],
    if_match: str | None, now: int,
) -> Decision[Document]:  # fmt: skip
    """Publishes a draft, once it is complete and what it stands on is published."""
    found = patching.require_version(documents.get(conn, caller, kind, id), if_match)
    state = states.after(action, found.body["state"], ("publish",), sub_actions)
    published = {**found.body, "state": state}
    _check(conn, caller, kind, published)
    return lambda writing: documents.replace_body(writing, caller, found, published, now)


def require_complete(conn: sa.Connection, caller: Caller, kind: str, body: Json) -> None:
    """Invalid, with Platform's code, unless the connection can be used by a flow."""
    (_check_source if kind == SOURCES else _check_target)(conn, caller, body)


def _check(conn: sa.Connection, caller: Caller, kind: str, body: Json) -> None:
    for name in ("name", "description"):
        optional_text(body, name)
    sources.check_addresses(object_at(body, "params"), "params")
    if body["state"] != states.DRAFT:
        require_complete(conn, caller, kind, body)
        return
    id = text_at(body, "connectionSpec.id", "1413")
    spec = specs.connection_spec(conn, caller, specs.target_spec_id(id) if kind == TARGETS else id)
    if not specs.takes_drafts(spec):
        raise Invalid(f"The connection spec {spec.get('name')} does not support drafts.", code="1398")


# -- sources -----------------------------------------------------------------------------------------------------


def _check_source(conn: sa.Connection, caller: Caller, body: Json) -> None:
    spec = specs.connection_spec(conn, caller, text_at(body, "connectionSpec.id", "1413"))
    if "sourceSpec" not in spec:
        raise Invalid(
            f"The connection spec {spec.get('name')} is not a source.", code="1305", field="connectionSpec.id"
        )
    _check_connection(conn, caller, spec, body)
    format = text_at(body, "data.format")
    if format != "json":
        raise Invalid(f"data.format {format} is not supported by this source; use json.", code="1327")
    params = object_at(body, "params")
    sources.check_params(spec, params)
    sources.check_given(spec, params)


def _check_connection(conn: sa.Connection, caller: Caller, spec: Json, body: Json) -> None:
    id = optional_text(body, "baseConnectionId")
    if not spec.get("authSpec"):
        if id:
            raise Invalid(f"The source {spec.get('name')} takes no baseConnectionId.", code="1332")
        return
    found = documents.find(conn, caller, CONNECTIONS, text_at(body, "baseConnectionId"))
    if found is None:
        raise _unknown("baseConnectionId", id, "connection")
    states.require_no_draft("base connection", found.body)
    if sources.resolve_alias(text_at(found.body, "connectionSpec.id")) != spec["id"]:
        raise Invalid(
            f"The base connection {id} belongs to another source than the connectionSpec {spec.get('name')}; "
            "use a base connection of the same source.",
            code="1312",
            field="connectionSpec.id",
        )


# -- targets -----------------------------------------------------------------------------------------------------


def _check_target(conn: sa.Connection, caller: Caller, body: Json) -> None:
    spec = text_at(body, "connectionSpec.id", "1413")
    if specs.target_spec_id(spec) != specs.DATA_LAKE:
        raise Invalid(
            f"A target's connectionSpec.id must be {specs.DATA_LAKE} (the data lake), not {spec}.",
            code="1307",
            field="connectionSpec.id",
        )
    format = optional_text(body, "data.format", "json")
    if format not in TARGET_FORMATS:
        raise Invalid(f"data.format {format} is not known; use {', '.join(TARGET_FORMATS)}.", code="1327")
    dataset = text_at(body, "params.dataSetId", "1325")
    try:
        datasets.get(conn, caller, dataset)
    except NotFound as error:
        raise _unknown("params.dataSetId", dataset, "dataset") from error


def _unknown(field: str, id: str, what: str) -> Invalid:
    return Invalid(f"{field}: there is no {what} {id} in this sandbox.", code="1312", field=field, id=id)
