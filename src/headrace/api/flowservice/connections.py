"""Flow Service: ``/connections``."""

from typing import Any

from headrace.api.flowservice.lists import listing, searched
from headrace.api.flowservice.service import changed, created, flowservice, mode, require_known, wrapped
from headrace.api.request import NO_CONTENT, Reply, Request
from headrace.flows import connections, exploring, views
from headrace.flows.credentials import CONNECTIONS


@flowservice.get("/connections")
def list_connections(request: Request) -> Reply:
    """A page of base connections, newest first."""
    with request.store.read() as conn:
        items = views.listed(conn, request.caller, CONNECTIONS)
    return listing(request, "/connections", items)


@flowservice.post("/connections")
def create_connection(request: Request) -> Reply:
    """A new base connection."""
    made = connections.create(
        request.store, request.deployment.keyring, request.deployment.http, request.caller, request.json_object(),
        mode(request), request.clock.now(),
    )  # fmt: skip
    return created(request, CONNECTIONS, made.id, made.etag)


@flowservice.post("/connections/search")
def search_connections(request: Request) -> Reply:
    """A page of base connections, asked for in a body."""
    with request.store.read() as conn:
        items = views.listed(conn, request.caller, CONNECTIONS)
    return searched(request, "/connections/search", items)


@flowservice.get("/connections/{id}")
def get_connection(request: Request) -> Reply:
    """One base connection, its secrets masked."""
    with request.store.read() as conn:
        return wrapped(views.one(conn, request.caller, CONNECTIONS, request.path_params["id"]))


@flowservice.patch("/connections/{id}")
def patch_connection(request: Request) -> Reply:
    """Changes a base connection from the version that was read."""
    made = connections.patch(
        request.store, request.deployment.keyring, request.deployment.http, request.caller, request.path_params["id"],
        request.json(), request.if_match, request.clock.now(),
    )  # fmt: skip
    return changed(made.id, made.etag)


@flowservice.delete("/connections/{id}")
def delete_connection(request: Request) -> Reply:
    """Removes a base connection that no flow reads through."""
    now = request.clock.now()
    with request.store.write() as conn:
        connections.delete(conn, request.caller, request.path_params["id"], now)
    return NO_CONTENT


@flowservice.post("/connections/{id}/action")
def act_on_connection(request: Request) -> Reply:
    """Publishes a draft."""
    require_known(request, "op", "subop")
    made = connections.act(
        request.store, request.deployment.keyring, request.deployment.http, request.caller, request.path_params["id"],
        request.query.one("op"), request.query.all("subOp"), request.if_match, request.clock.now(),
    )  # fmt: skip
    return changed(made.id, made.etag)


@flowservice.get("/connections/{id}/test")
def test_connection(request: Request) -> Reply:
    """Whether the source accepts the stored credentials."""
    deployment, id = request.deployment, request.path_params["id"]
    verdict = connections.test(
        request.store, deployment.keyring, deployment.http, request.caller, id, request.clock.now()
    )
    return Reply(200, verdict)


@flowservice.get("/connections/{id}/explore")
def explore_connection(request: Request) -> Reply:
    """What the source gives: a schema, and a sample unless ``preview=false``."""
    return Reply(200, _explored(request, _asked(request)))


@flowservice.get("/connections/{id}/configs")
def list_columns(request: Request) -> Reply:
    """The columns of what the source gives."""
    found = _explored(request, exploring.Asked("rest", "json", request.query.folded("sourceParams"), False))
    return Reply(200, {"items": exploring.columns(found["schema"]), "pageInfo": {"hasNext": False}})


def _asked(request: Request) -> exploring.Asked:
    query = request.query
    file_type = query.folded("fileType") or query.folded("FILE_TYPE")
    preview = query.flag("preview", default=True)
    object = next((value for name, value in query.pairs if name == "object"), None)
    return exploring.Asked(query.folded("objectType"), file_type, query.folded("sourceParams"), preview, object)


def _explored(request: Request, asked: exploring.Asked) -> dict[str, Any]:
    return exploring.explore(
        request.store, request.deployment.keyring, request.deployment.http, request.caller, request.path_params["id"],
        asked, request.clock.now(),
    )  # fmt: skip
