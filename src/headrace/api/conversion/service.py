"""What all of Data Prep's resources share: its routes, its pages, the tenant."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from headrace import sandboxes
from headrace.api.problems import CONVERSION
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.wire.pages import parse_orderby, sort_items

conversion = Routes("/data/foundation/conversion", CONVERSION)

MOST = 1000
SORT_NAMES = {"updatedDate": "modifiedDate", "lastUpdateDate": "modifiedDate"}

Json = dict[str, Any]


def tenant(request: Request) -> str:
    """The tenant id of the caller's org."""
    with request.store.read() as conn:
        return sandboxes.tenant_of(conn, request.caller.org)


def bounds(request: Request) -> tuple[int, int]:
    """How many items a page has at most, and how many are left out before it."""
    limit = request.query.number("limit", 10, least=1, most=MOST) or MOST
    return limit, request.query.number("start", 0) or 0


def chosen(request: Request, items: Sequence[Json]) -> list[Json]:
    """The items that ``name`` lets through, in the order that ``orderBy`` wants."""
    name, order = request.query.one("name"), request.query.one("orderBy")
    matching = [item for item in items if name is None or item.get("name") == name]
    if order is None:
        return matching
    for spoken, field in SORT_NAMES.items():
        order = order.replace(spoken, field)
    return sort_items(matching, parse_orderby(order))


def page(request: Request, path: str, items: Sequence[Json], total: int) -> Reply:
    """One page of ``total`` items in Data Prep's envelope."""
    limit, start = bounds(request)
    links = {"next": _link(request, path, limit, start + limit)} if start + limit < total else {}
    return Reply({"data": items, "_page": {"count": len(items), "limit": limit}, "_links": links})


def _link(request: Request, path: str, limit: int, start: int) -> Json:
    others = "".join(f"&{urlencode([pair])}" for pair in request.query.pairs if pair[0] not in ("limit", "start"))
    base = f"{request.settings.base_url}{conversion.base}{path}"
    return {"href": f"{base}?limit={limit}&start={start}{others}", "templated": False}
