"""Audit: ``/data/foundation/audit``, what was changed where the caller may see it, by whom, when and from where."""

from typing import Any
from urllib.parse import urlencode

from headrace.api.operation import READ
from headrace.api.problems import GATEWAY
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.clock import utc
from headrace.store import events
from headrace.store.events import Event

audit = Routes("/data/foundation/audit", GATEWAY)

PATH = "/data/foundation/audit/events"
DEFAULT, MOST = 50, 1000
# What a query narrows by -> the column that it means.
NARROWED = {"assetType": "kind", "assetId": "id", "userId": "actor", "action": "action", "sandboxName": "sandbox"}


@audit.get("/events", kind="audit")
def list_events(request: Request) -> Reply:
    """A page of what happened in every sandbox that the role covers, and in the org, the newest first."""
    limit = request.query.number("limit", DEFAULT, least=1, most=MOST) or DEFAULT
    start = request.query.number("start", 0) or 0
    narrowing = {name: text for name in NARROWED if (text := request.query.one(name))}
    narrowed = {"org": request.caller.org, **{NARROWED[name]: text for name, text in narrowing.items()}}
    with request.store.read() as conn:
        listed = events.newest(conn, narrowed, limit + 1, start, request.caller.reach(READ, "audit"))
    page: dict[str, Any] = {"limit": limit, "start": start, "count": len(listed[:limit])}
    links = {}
    if len(listed) > limit:
        query = urlencode({**narrowing, "limit": limit, "start": start + limit})
        links["next"] = {"href": f"{request.settings.base_url}{PATH}?{query}"}
    body = {"_embedded": {"events": [_shown(event) for event in listed[:limit]]}, "page": page, "_links": links}
    return Reply(body)


def _shown(event: Event) -> dict[str, Any]:
    return {
        "timestamp": f"{utc(event.at):%Y-%m-%dT%H:%M:%S}Z",
        "imsOrgId": event.org,
        "sandboxName": event.sandbox,
        "userId": event.actor,
        "clientAddress": event.address,
        "action": event.action,
        "assetType": event.kind,
        "assetId": event.id,
    }
