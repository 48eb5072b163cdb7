"""Data Prep: ``/mappingSets``."""

import sqlalchemy as sa

from headrace import sandboxes
from headrace.api.conversion.service import Json, bounds, chosen, conversion, page, tenant
from headrace.api.request import Reply, Request
from headrace.catalog import datasets
from headrace.dataprep import advice, checking, mapping_sets, rendering, suggesting, trials
from headrace.dataprep.mapping_sets import MappingSet
from headrace.errors import FilterInvalid, Invalid
from headrace.store import batches
from headrace.wire.filters import Predicate, all_of, parse_condition

MOST_VERSION = 2**31 - 1


@conversion.get("/mappingSets")
def list_mapping_sets(request: Request) -> Reply:
    """A page of mapping sets, newest change first."""
    limit, start = bounds(request)
    with request.store.read() as conn:
        found = {one.id: one for one in mapping_sets.listed(conn, request.caller)}
        kept = _chosen(request, [rendering.whole(one) for one in found.values()])
        items = [_rendered(request, conn, found[one["id"]]) for one in kept[start : start + limit]]
    return page(request, "/mappingSets", items, len(kept))


@conversion.post("/mappingSets")
def create_mapping_set(request: Request) -> Reply:
    """A new mapping set, checked whatever ``validate`` says; the answer is 200, and short."""
    request.query.flag("validate")
    body = request.json_object()
    made = mapping_sets.create(request.store, request.caller, body, tenant(request), request.clock.now())
    return Reply(200, rendering.short(made) | _warnings(request, made))


@conversion.post("/mappingSets/validate")
def validate_mapping_set(request: Request) -> Reply:
    """A verdict on each mapping of a set that is not stored, and what it leaves out."""
    body = request.json_object()
    return Reply(200, trials.validated(request.store, request.caller, body, tenant(request), request.clock.now()))


@conversion.post("/mappingSets/preview")
def preview_mapping_set(request: Request) -> Reply:
    """What a set that is not stored makes of sample data."""
    body = request.json_object()
    return Reply(200, trials.previewed(request.store, request.caller, body, tenant(request), request.clock.now()))


@conversion.get("/mappingSets/suggestion")
def suggest_for_batch(request: Request) -> Reply:
    """A proposal for the fields of ``batchId`` (or ``sourceDatasetId``) onto the schema of ``datasetId``."""
    with request.store.read() as conn:
        source, target = _dataset_of_source(request, conn), _needed(request, "datasetId")
        body = {
            "outputSchema": {"schemaRef": _schema_of(request, conn, target)},
            "inputSchema": {"schemaRef": _schema_of(request, conn, source)},
            "excludeUnmapped": request.query.flag("excludeUnmapped", True),
        }
    return _proposal(request, body)


@conversion.post("/mappingSets/suggestion")
def suggest_for_schema(request: Request) -> Reply:
    """A proposal for the fields of a schema (an explored one, a kept one, the registry's) or of sample data."""
    return _proposal(request, request.json_object())


@conversion.get("/mappingSets/{id}")
def get_mapping_set(request: Request) -> Reply:
    """A set's newest version, or the one that ``version`` names."""
    with request.store.read() as conn:
        found = _found(request, conn)
        shown = _rendered(request, conn, found)
    return Reply(200, shown | _warnings(request, found))


@conversion.put("/mappingSets/{id}")
def replace_mapping_set(request: Request) -> Reply:
    """The set's next version."""
    body, id = request.json_object(), request.path_params["id"]
    made = mapping_sets.replace(request.store, request.caller, id, body, tenant(request), request.clock.now())
    return Reply(200, rendering.whole(made) | _warnings(request, made))


@conversion.delete("/mappingSets/{id}")
def delete_mapping_set(request: Request) -> Reply:
    """Removes a set that no flow maps with."""
    mapping_sets.delete(request.store, request.caller, request.path_params["id"], request.clock.now())
    return Reply(200, {})


@conversion.get("/mappingSets/{id}/mappings")
def list_mappings(request: Request) -> Reply:
    """The mappings of a set."""
    with request.store.read() as conn:
        found = _found(request, conn)
    return Reply(200, [rendering.mapping(found, one) for one in found.body["mappings"]])


@conversion.get("/mappingSets/{id}/mappings/{mapping}")
def get_mapping(request: Request) -> Reply:
    """One mapping of a set."""
    with request.store.read() as conn:
        found = _found(request, conn)
    return Reply(200, _mapping(request, found, request.path_params["mapping"]))


@conversion.post("/mappingSets/{id}/mappings")
def add_mapping(request: Request) -> Reply:
    """One more mapping: the set's next version."""
    made = mapping_sets.add_item(
        request.store, request.caller, request.path_params["id"], request.json_object(), tenant(request),
        request.clock.now(),
    )  # fmt: skip
    return Reply(200, _mapping(request, made, made.body["mappings"][-1]["id"]))


@conversion.put("/mappingSets/{id}/mappings/{mapping}")
def replace_mapping(request: Request) -> Reply:
    """Another mapping in one's place, under its id: the set's next version."""
    id = request.path_params["mapping"]
    made = mapping_sets.replace_item(
        request.store, request.caller, request.path_params["id"], id, request.json_object(), tenant(request),
        request.clock.now(),
    )  # fmt: skip
    return Reply(200, _mapping(request, made, id))


@conversion.delete("/mappingSets/{id}/mappings/{mapping}")
def delete_mapping(request: Request) -> Reply:
    """The set's next version, without one mapping."""
    set_id, id = request.path_params["id"], request.path_params["mapping"]
    mapping_sets.remove_item(request.store, request.caller, set_id, id, tenant(request), request.clock.now())
    return Reply(200, {})


def _found(request: Request, conn: sa.Connection) -> MappingSet:
    version = request.query.number("version", most=MOST_VERSION)
    return mapping_sets.get(conn, request.caller, request.path_params["id"], version)


def _mapping(request: Request, found: MappingSet, id: str) -> Json:
    shown = rendering.mapping(found, mapping_sets.item(found, id))
    with request.store.read() as conn:
        own = sandboxes.tenant_of(conn, request.caller.org)
        return shown | advice.of_mapping(conn, request.caller, found, id, own)


def _warnings(request: Request, found: MappingSet) -> Json:
    """What the set still needs, read when it is answered: a descriptor of its schema may come or go."""
    with request.store.read() as conn:
        own = sandboxes.tenant_of(conn, request.caller.org)
        return {**advice.of_set(conn, request.caller, found, own)}


def _rendered(request: Request, conn: sa.Connection, found: MappingSet) -> Json:
    if not request.query.flag("expandSchema"):
        return rendering.whole(found)
    own = sandboxes.tenant_of(conn, request.caller.org)
    return rendering.whole(found, checking.composed(conn, request.caller, found.schema, own).full)


def _chosen(request: Request, items: list[Json]) -> list[Json]:
    keep = all_of(_condition(text) for text in request.query.all("property"))
    return chosen(request, [one for one in items if keep(one)])


def _condition(text: str) -> Predicate:
    condition = parse_condition(text)
    if condition is None:
        raise FilterInvalid(f"property={text} has no operator; write property=status==PUBLISHED.", field="property")
    return condition


def _proposal(request: Request, body: Json) -> Reply:
    wanted = suggesting.asked(body)
    found = suggesting.proposed(request.store, request.caller, wanted, tenant(request), request.clock.now())
    return Reply(200, found)


def _dataset_of_source(request: Request, conn: sa.Connection) -> str:
    id = request.query.one("batchId")
    return _needed(request, "sourceDatasetId") if id is None else batches.get(conn, request.caller, id).dataset_id


def _needed(request: Request, name: str) -> str:
    value = request.query.one(name)
    if value is None:
        raise Invalid(
            "Name the dataset to fill in datasetId, and the source in batchId or sourceDatasetId.", field=name
        )
    return value


def _schema_of(request: Request, conn: sa.Connection, dataset_id: str) -> Json:
    found = datasets.target(conn, request.caller, dataset_id)
    return {"id": found.schema_id, "contentType": f"application/vnd.adobe.xed-full+json;version={found.major}"}
