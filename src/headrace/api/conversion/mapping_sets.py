"""Data Prep: ``/mappingSets``."""

import sqlalchemy as sa

from headrace import sandboxes
from headrace.api.conversion.service import Json, bounds, chosen, conversion, page, tenant
from headrace.api.operation import CHANGE, CREATE, OK, READ
from headrace.api.request import Reply, Request
from headrace.catalog import datasets
from headrace.dataprep import advice, checking, mapping_sets, rendering, suggesting, trials
from headrace.dataprep.mapping_sets import MappingSet
from headrace.errors import FilterInvalid, Invalid
from headrace.flows import advice as flow_advice
from headrace.flows import usage
from headrace.store import batches
from headrace.wire.filters import Predicate, all_of, parse_condition

MOST_VERSION = 2**31 - 1


@conversion.get("/mappingSets", kind="mappingSets")
def list_mapping_sets(request: Request) -> Reply:
    """A page of mapping sets, newest change first."""
    limit, start = bounds(request)
    with request.store.read() as conn:
        by_id = {mapping_set.id: mapping_set for mapping_set in mapping_sets.listed(conn, request.caller)}
        matching = _chosen(request, [rendering.whole(mapping_set) for mapping_set in by_id.values()])
        items = [_rendered(request, conn, by_id[item["id"]]) for item in matching[start : start + limit]]
    return page(request, "/mappingSets", items, len(matching))


@conversion.post("/mappingSets", verb=CREATE, kind="mappingSets", answers=OK)
def create_mapping_set(request: Request) -> Reply:
    """A new mapping set, checked whatever ``validate`` says; the answer is 200, and short."""
    request.query.flag("validate")
    body = request.json_object()
    mapping_set = mapping_sets.create(request.store, request.caller, body, tenant(request), request.clock.now())
    return Reply(rendering.short(mapping_set) | _warnings(request, mapping_set))


@conversion.post("/mappingSets/validate", verb=READ, kind="mappingSets", answers=OK)
def validate_mapping_set(request: Request) -> Reply:
    """A verdict on each mapping of a set that is not stored, and what it leaves out or reads beside its source."""
    body, source = request.json_object(), request.query.one("sourceConnectionId")
    with request.store.read() as conn:
        fields = None if source is None else flow_advice.declared(conn, request.caller, source)
    own, now = tenant(request), request.clock.now()
    return Reply(trials.validated(request.store, request.caller, body, own, now, fields))


@conversion.post("/mappingSets/preview", verb=READ, kind="mappingSets", answers=OK)
def preview_mapping_set(request: Request) -> Reply:
    """What a set that is not stored makes of sample data."""
    body = request.json_object(sample="data")
    own, now, derivations = tenant(request), request.clock.now(), request.derivations
    return Reply(trials.previewed(request.store, request.caller, body, own, now, derivations))


@conversion.get("/mappingSets/suggestion", kind="mappingSets")
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


@conversion.post("/mappingSets/suggestion", verb=READ, kind="mappingSets", answers=OK)
def suggest_for_schema(request: Request) -> Reply:
    """A proposal for the fields of a schema (an explored one, a kept one, the registry's) or of sample data."""
    return _proposal(request, request.json_object(sample="sampleData"))


@conversion.get("/mappingSets/{id}", kind="mappingSets")
def get_mapping_set(request: Request) -> Reply:
    """A set's newest version, or the one that ``version`` names."""
    with request.store.read() as conn:
        mapping_set = _of_request(request, conn)
        shown = _rendered(request, conn, mapping_set)
    return Reply(shown | _warnings(request, mapping_set))


@conversion.put("/mappingSets/{id}", kind="mappingSets")
def replace_mapping_set(request: Request) -> Reply:
    """The set's next version."""
    body, id = request.json_object(), request.path_params["id"]
    mapping_set = mapping_sets.replace(request.store, request.caller, id, body, tenant(request), request.clock.now())
    return Reply(rendering.whole(mapping_set) | _warnings(request, mapping_set))


@conversion.delete("/mappingSets/{id}", kind="mappingSets", answers=OK)
def delete_mapping_set(request: Request) -> Reply:
    """Removes a set that no flow maps with."""
    id, now = request.path_params["id"], request.clock.now()
    mapping_sets.delete(request.store, request.caller, id, usage.flows_mapping_with, now)
    return Reply({})


@conversion.get("/mappingSets/{id}/mappings", kind="mappingSets")
def list_mappings(request: Request) -> Reply:
    """The mappings of a set."""
    with request.store.read() as conn:
        mapping_set = _of_request(request, conn)
    return Reply([rendering.mapping(mapping_set, mapping) for mapping in mapping_set.body["mappings"]])


@conversion.get("/mappingSets/{id}/mappings/{mapping}", kind="mappingSets")
def get_mapping(request: Request) -> Reply:
    """One mapping of a set."""
    with request.store.read() as conn:
        mapping_set = _of_request(request, conn)
    return Reply(_mapping(request, mapping_set, request.path_params["mapping"]))


@conversion.post("/mappingSets/{id}/mappings", verb=CHANGE, kind="mappingSets", answers=OK)
def add_mapping(request: Request) -> Reply:
    """One more mapping: the set's next version."""
    mapping_set = mapping_sets.add_item(
        request.store, request.caller, request.path_params["id"], request.json_object(), tenant(request),
        request.clock.now(),
    )  # fmt: skip
    return Reply(_mapping(request, mapping_set, mapping_set.body["mappings"][-1]["id"]))


@conversion.put("/mappingSets/{id}/mappings/{mapping}", kind="mappingSets")
def replace_mapping(request: Request) -> Reply:
    """Another mapping in one's place, under its id: the set's next version."""
    id = request.path_params["mapping"]
    mapping_set = mapping_sets.replace_item(
        request.store, request.caller, request.path_params["id"], id, request.json_object(), tenant(request),
        request.clock.now(),
    )  # fmt: skip
    return Reply(_mapping(request, mapping_set, id))


@conversion.delete("/mappingSets/{id}/mappings/{mapping}", verb=CHANGE, kind="mappingSets", answers=OK)
def delete_mapping(request: Request) -> Reply:
    """The set's next version, without one mapping."""
    set_id, id = request.path_params["id"], request.path_params["mapping"]
    mapping_sets.remove_item(request.store, request.caller, set_id, id, tenant(request), request.clock.now())
    return Reply({})


def _of_request(request: Request, conn: sa.Connection) -> MappingSet:
    version = request.query.number("version", most=MOST_VERSION)
    return mapping_sets.get(conn, request.caller, request.path_params["id"], version)


def _mapping(request: Request, mapping_set: MappingSet, id: str) -> Json:
    shown = rendering.mapping(mapping_set, mapping_sets.item(mapping_set, id))
    with request.store.read() as conn:
        own = sandboxes.tenant_of(conn, request.caller.org)
        return shown | advice.of_mapping(conn, request.caller, mapping_set, id, own)


def _warnings(request: Request, mapping_set: MappingSet) -> Json:
    """What the set still needs, read when it is answered: a descriptor of its schema may come or go."""
    with request.store.read() as conn:
        own = sandboxes.tenant_of(conn, request.caller.org)
        return {**advice.of_set(conn, request.caller, mapping_set, own)}


def _rendered(request: Request, conn: sa.Connection, mapping_set: MappingSet) -> Json:
    if not request.query.flag("expandSchema"):
        return rendering.whole(mapping_set)
    own = sandboxes.tenant_of(conn, request.caller.org)
    return rendering.whole(mapping_set, checking.composed(conn, request.caller, mapping_set.schema, own).full)


def _chosen(request: Request, items: list[Json]) -> list[Json]:
    keep = all_of(_condition(text) for text in request.query.all("property"))
    return chosen(request, [item for item in items if keep(item)])


def _condition(text: str) -> Predicate:
    condition = parse_condition(text)
    if condition is None:
        raise FilterInvalid(f"property={text} has no operator; write property=status==PUBLISHED.", field="property")
    return condition


def _proposal(request: Request, body: Json) -> Reply:
    question = suggesting.asked(body)
    proposal = suggesting.proposed(request.store, request.caller, question, tenant(request), request.clock.now())
    return Reply(proposal)


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
    target = datasets.target(conn, request.caller, dataset_id)
    return {"id": target.schema_id, "contentType": f"application/vnd.adobe.xed-full+json;version={target.major}"}
