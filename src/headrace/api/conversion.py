"""Data Prep: ``/data/foundation/conversion``."""

from typing import Any

import sqlalchemy as sa

from headrace import sandboxes
from headrace.api.problems import CONVERSION
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.dataprep import checking, expressions, mapping_sets, rendering, trials
from headrace.dataprep.mapping_sets import MappingSet
from headrace.errors import FilterInvalid
from headrace.wire.filters import Predicate, all_of, parse_condition
from headrace.wire.pages import parse_orderby, sort_items

conversion = Routes("/data/foundation/conversion", CONVERSION)

MOST = 1000
MOST_VERSION = 2**31 - 1
SORT_NAMES = {"updatedDate": "modifiedDate", "lastUpdateDate": "modifiedDate"}


@conversion.get("/mappingSets")
def list_mapping_sets(request: Request) -> Reply:
    """A page of mapping sets, newest change first."""
    limit = request.query.number("limit", 10, least=1, most=MOST) or MOST
    start = request.query.number("start", 0) or 0
    with request.store.read() as conn:
        found = {one.id: one for one in mapping_sets.listed(conn, request.caller)}
        chosen = _chosen(request, [rendering.whole(one) for one in found.values()])
        page = [_rendered(request, conn, found[one["id"]]) for one in chosen[start : start + limit]]
    links = {"next": _link(request, limit, start + limit)} if start + limit < len(chosen) else {}
    return Reply(200, {"data": page, "_page": {"count": len(page), "limit": limit}, "_links": links})


@conversion.post("/mappingSets")
def create_mapping_set(request: Request) -> Reply:
    """A new mapping set; the answer is 200, and short."""
    body = request.json_object()
    made = mapping_sets.create(request.store, request.caller, body, _tenant(request), request.clock.now())
    return Reply(200, rendering.short(made))


@conversion.post("/mappingSets/validate")
def validate_mapping_set(request: Request) -> Reply:
    """A verdict on each mapping of a set that is not stored."""
    body = request.json_object()
    verdicts = trials.validated(request.store, request.caller, body, _tenant(request), request.clock.now())
    return Reply(200, {"validationResponse": verdicts})


@conversion.post("/mappingSets/preview")
def preview_mapping_set(request: Request) -> Reply:
    """What a set that is not stored makes of sample data."""
    body = request.json_object()
    return Reply(200, trials.previewed(request.store, request.caller, body, _tenant(request), request.clock.now()))


@conversion.get("/mappingSets/{id}")
def get_mapping_set(request: Request) -> Reply:
    """A set's newest version, or the one that ``version`` names."""
    with request.store.read() as conn:
        return Reply(200, _rendered(request, conn, _found(request, conn)))


@conversion.put("/mappingSets/{id}")
def replace_mapping_set(request: Request) -> Reply:
    """The set's next version."""
    body, id = request.json_object(), request.path_params["id"]
    made = mapping_sets.replace(request.store, request.caller, id, body, _tenant(request), request.clock.now())
    return Reply(200, rendering.whole(made))


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
    return Reply(200, rendering.mapping(found, mapping_sets.item(found, request.path_params["mapping"])))


@conversion.post("/mappingSets/{id}/mappings")
def add_mapping(request: Request) -> Reply:
    """One more mapping: the set's next version."""
    made = mapping_sets.add_item(
        request.store, request.caller, request.path_params["id"], request.json_object(), _tenant(request),
        request.clock.now(),
    )  # fmt: skip
    return Reply(200, rendering.mapping(made, made.body["mappings"][-1]))


@conversion.put("/mappingSets/{id}/mappings/{mapping}")
def replace_mapping(request: Request) -> Reply:
    """Another mapping in one's place, under its id: the set's next version."""
    id = request.path_params["mapping"]
    made = mapping_sets.replace_item(
        request.store, request.caller, request.path_params["id"], id, request.json_object(), _tenant(request),
        request.clock.now(),
    )  # fmt: skip
    return Reply(200, rendering.mapping(made, mapping_sets.item(made, id)))


@conversion.delete("/mappingSets/{id}/mappings/{mapping}")
def delete_mapping(request: Request) -> Reply:
    """The set's next version, without one mapping."""
    set_id, id = request.path_params["id"], request.path_params["mapping"]
    mapping_sets.remove_item(request.store, request.caller, set_id, id, _tenant(request), request.clock.now())
    return Reply(200, {})


@conversion.post("/languages/el/validate")
def validate_expression(request: Request) -> Reply:
    """Whether an expression can be run."""
    return Reply(200, expressions.validated(request.json_object()))


@conversion.get("/languages/el/functions")
def list_functions(request: Request) -> Reply:
    """Every function that an expression may call."""
    return Reply(200, expressions.functions())


@conversion.get("/languages/el/operators")
def list_operators(request: Request) -> Reply:
    """Every operator of expressions."""
    return Reply(200, expressions.operators())


def _tenant(request: Request) -> str:
    with request.store.read() as conn:
        return sandboxes.tenant_of(conn, request.caller.org)


def _found(request: Request, conn: sa.Connection) -> MappingSet:
    version = request.query.number("version", most=MOST_VERSION)
    return mapping_sets.get(conn, request.caller, request.path_params["id"], version)


def _rendered(request: Request, conn: sa.Connection, found: MappingSet) -> dict[str, Any]:
    if not request.query.flag("expandSchema"):
        return rendering.whole(found)
    tenant = sandboxes.tenant_of(conn, request.caller.org)
    return rendering.whole(found, checking.composed(conn, request.caller, found.schema, tenant).full)


def _chosen(request: Request, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    name, order = request.query.one("name"), request.query.one("orderBy")
    keep = all_of(_condition(text) for text in request.query.all("property"))
    kept = [one for one in items if keep(one) and (name is None or one.get("name") == name)]
    if order is None:
        return kept
    for spoken, field in SORT_NAMES.items():
        order = order.replace(spoken, field)
    return sort_items(kept, parse_orderby(order))


def _condition(text: str) -> Predicate:
    condition = parse_condition(text)
    if condition is None:
        raise FilterInvalid(f"property={text} has no operator; write property=status==PUBLISHED.", field="property")
    return condition


def _link(request: Request, limit: int, start: int) -> dict[str, object]:
    kept = "".join(f"&{name}={value}" for name, value in request.query.pairs if name not in ("limit", "start"))
    base = f"{request.deployment.settings.base_url}{conversion.base}/mappingSets"
    return {"href": f"{base}?limit={limit}&start={start}{kept}", "templated": False}
