"""Sandbox management: ``/data/foundation/sandbox-management``."""

from typing import Any

from headrace.api.problems import SANDBOX
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.clock import utc
from headrace.errors import Invalid
from headrace.sandboxes import Sandbox, scopes

sandbox_management = Routes("/data/foundation/sandbox-management", SANDBOX)

PATH = "/data/foundation/sandbox-management/sandboxes"
MOST = 100


@sandbox_management.get("")
def usable(request: Request) -> Reply:
    """The sandboxes that the caller may use."""
    with request.store.read() as conn:
        return Reply(200, {"sandboxes": [_rendered(one) for one in scopes.listed(conn, request.caller.org)]})


@sandbox_management.get("/sandboxes")
def sandboxes(request: Request) -> Reply:
    """A page of the org's sandboxes."""
    limit = request.query.number("limit", 50, least=1, most=MOST) or MOST
    offset = request.query.number("offset", 0) or 0
    with request.store.read() as conn:
        found = scopes.listed(conn, request.caller.org)
    page = found[offset : offset + limit]
    base = f"{request.deployment.settings.base_url}{PATH}"
    links: dict[str, dict[str, object]] = {
        "page": {"href": f"{base}?limit={{limit}}&offset={{offset}}", "templated": True}
    }
    if offset + limit < len(found):
        links["next"] = {"href": f"{base}?limit={limit}&offset={offset + limit}", "templated": False}
    body = {"sandboxes": [_rendered(one) for one in page], "_page": {"limit": limit, "count": len(page)}}
    return Reply(200, {**body, "_links": links})


@sandbox_management.get("/sandboxTypes")
def sandbox_types(request: Request) -> Reply:
    """The two types that a sandbox can have."""
    return Reply(200, {"sandboxTypes": [{"id": id, "title": title} for id, title in scopes.TYPES.items()]})


@sandbox_management.get("/sandboxes/{name}")
def sandbox(request: Request) -> Reply:
    """One sandbox by its name or id."""
    with request.store.read() as conn:
        return Reply(200, _rendered(scopes.get(conn, request.caller.org, request.path_params["name"])))


@sandbox_management.post("/sandboxes")
def create_sandbox(request: Request) -> Reply:
    """A new sandbox; it can be used at once."""
    body = request.json_object()
    name, title, type = (_text(body, field) for field in ("name", "title", "type"))
    with request.store.write() as conn:
        made = scopes.create(conn, request.caller, name, title, type, request.clock.now())
    return Reply(202, _rendered(made) | {"state": "creating"})


@sandbox_management.patch("/sandboxes/{name}")
def retitle_sandbox(request: Request) -> Reply:
    """Changes a sandbox's title."""
    title = _text(request.json_object(), "title")
    with request.store.write() as conn:
        changed = scopes.retitle(conn, request.caller, request.path_params["name"], title, request.clock.now())
    return Reply(200, _rendered(changed))


def _text(body: dict[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str):
        raise Invalid(f"The body needs a text {field}.", field=field)
    return value


def _rendered(sandbox: Sandbox) -> dict[str, Any]:
    times = {
        key: f"{utc(at):%Y-%m-%d %H:%M:%S}"
        for key, at in (("createdDate", sandbox.created_at), ("lastModifiedDate", sandbox.updated_at))
    }
    described = {name: getattr(sandbox, name) for name in ("id", "name", "title", "state", "type", "region")}
    authors = {"createdBy": sandbox.created_by, "modifiedBy": sandbox.updated_by}
    # The guide prints eTag, the API description etag; clients read either.
    versions = {"eTag": sandbox.version, "etag": sandbox.version}
    return {**described, "isDefault": sandbox.is_default, **versions, **times, **authors}
