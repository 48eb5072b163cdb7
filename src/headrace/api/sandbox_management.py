"""Sandbox management: ``/data/foundation/sandbox-management``."""

from typing import Any

from headrace.api.operation import ACCEPTED, CREATE
from headrace.api.problems import SANDBOX
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.clock import utc
from headrace.errors import Invalid
from headrace.sandboxes import Sandbox, scopes

sandbox_management = Routes("/data/foundation/sandbox-management", SANDBOX)

PATH = "/data/foundation/sandbox-management/sandboxes"
MOST = 100


@sandbox_management.get("", kind="sandboxes")
def usable(request: Request) -> Reply:
    """The sandboxes that the caller may use."""
    with request.store.read() as conn:
        return Reply({"sandboxes": [_rendered(sandbox) for sandbox in scopes.usable(conn, request.caller)]})


@sandbox_management.get("/sandboxes", kind="sandboxes")
def sandboxes(request: Request) -> Reply:
    """A page of the org's sandboxes that the caller may use."""
    limit = request.query.number("limit", 50, least=1, most=MOST) or MOST
    offset = request.query.number("offset", 0) or 0
    with request.store.read() as conn:
        listed = scopes.usable(conn, request.caller)
    page = listed[offset : offset + limit]
    base = f"{request.settings.base_url}{PATH}"
    links: dict[str, dict[str, object]] = {
        "page": {"href": f"{base}?limit={{limit}}&offset={{offset}}", "templated": True}
    }
    if offset + limit < len(listed):
        links["next"] = {"href": f"{base}?limit={limit}&offset={offset + limit}", "templated": False}
    body = {"sandboxes": [_rendered(sandbox) for sandbox in page], "_page": {"limit": limit, "count": len(page)}}
    return Reply({**body, "_links": links})


@sandbox_management.get("/sandboxTypes", kind="sandboxes")
def sandbox_types(request: Request) -> Reply:
    """The two types that a sandbox can have."""
    return Reply({"sandboxTypes": [{"id": id, "title": title} for id, title in scopes.TYPES.items()]})


@sandbox_management.get("/sandboxes/{name}", kind="sandboxes")
def sandbox(request: Request) -> Reply:
    """One sandbox by its name or id."""
    with request.store.read() as conn:
        return Reply(_rendered(scopes.get(conn, request.caller, request.path_params["name"])))


@sandbox_management.post("/sandboxes", verb=CREATE, kind="sandboxes", answers=ACCEPTED)
def create_sandbox(request: Request) -> Reply:
    """A new sandbox; it can be used at once."""
    body = request.json_object()
    name, title, type = (_text(body, field) for field in ("name", "title", "type"))
    with request.store.write() as conn:
        sandbox = scopes.create(conn, request.caller, name, title, type, request.clock.now())
    return Reply(_rendered(sandbox) | {"state": "creating"})


@sandbox_management.patch("/sandboxes/{name}", kind="sandboxes")
def retitle_sandbox(request: Request) -> Reply:
    """Changes a sandbox's title."""
    title = _text(request.json_object(), "title")
    with request.store.write() as conn:
        changed = scopes.retitle(conn, request.caller, request.path_params["name"], title, request.clock.now())
    return Reply(_rendered(changed))


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
