"""The routes of Flow Service, and the answers that its resources share."""

from typing import Any

from headrace.api.problems import FLOW
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.errors import Invalid

flowservice = Routes("/data/foundation/flowservice", FLOW)


def created(request: Request, kind: str, id: str, etag: str, body: dict[str, Any] | None = None) -> Reply:
    """``{id, etag}`` (or ``body``), and where the new resource is."""
    base = f"{request.settings.base_url}{flowservice.base}"
    return Reply(body or {"id": id, "etag": etag}, headers={"location": f"{base}/{kind}/{id}"})


def changed(id: str, etag: str) -> Reply:
    """``{id, etag}`` of the version that a change made."""
    return Reply({"id": id, "etag": etag})


def wrapped(item: dict[str, Any]) -> Reply:
    """A single resource as Flow Service answers it: a list of one."""
    return Reply({"items": [item]})


def require_known(request: Request, *names: str) -> None:
    """Invalid (1451) for a query parameter that this operation does not take."""
    unknown = sorted(name for name in request.query.names() if name.lower() not in names)
    if unknown:
        raise Invalid(
            f"Query parameter {unknown[0]} is not known here; use {', '.join(names) or 'none'}.",
            code="1451",
            field=unknown[0],
        )


def mode(request: Request) -> str | None:
    """``?mode=draft`` of a creation."""
    require_known(request, "mode")
    return request.query.one("mode")
