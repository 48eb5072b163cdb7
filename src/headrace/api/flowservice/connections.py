"""Flow Service: ``/connections``."""

from typing import Any

from headrace.api.flowservice.lists import listing, searched
from headrace.api.flowservice.service import changed, created, flowservice, mode, require_known, wrapped
from headrace.api.operation import CHANGE, CREATE, CREATED, NO_CONTENT, OK, READ, SOURCE
from headrace.api.request import Reply, Request
from headrace.flows import connections, exploring, views
from headrace.flows.credentials import CONNECTIONS


@flowservice.get("/connections", kind="connections")
def list_connections(request: Request) -> Reply:
    """A page of base connections, newest first."""
    with request.store.read() as conn:
        items = views.listed(conn, request.caller, CONNECTIONS)
    return listing(request, "/connections", items)


@flowservice.post("/connections", verb=CREATE, kind="connections", answers=CREATED, asks=True)
def create_connection(request: Request) -> Reply:
    """A new base connection."""
    connection = connections.create(
        request.store, request.keyring, request.source_http, request.caller, request.json_object(),
        mode(request), request.clock.now(),
    )  # fmt: skip
    return created(request, CONNECTIONS, connection.id, connection.etag)


@flowservice.post("/connections/search", verb=READ, kind="connections", answers=OK)
def search_connections(request: Request) -> Reply:
    """A page of base connections, asked for in a body."""
    with request.store.read() as conn:
        items = views.listed(conn, request.caller, CONNECTIONS)
    return searched(request, "/connections/search", items)


@flowservice.get("/connections/{id}", kind="connections")
def get_connection(request: Request) -> Reply:
    """One base connection, its secrets masked."""
    with request.store.read() as conn:
        return wrapped(views.one(conn, request.caller, CONNECTIONS, request.path_params["id"]))


@flowservice.patch("/connections/{id}", kind="connections", asks=True)
def patch_connection(request: Request) -> Reply:
    """Changes a base connection from the version that was read."""
    connection = connections.patch(
        request.store, request.keyring, request.source_http, request.caller, request.path_params["id"],
        request.json(), request.if_match, request.clock.now(),
    )  # fmt: skip
    return changed(connection.id, connection.etag)


@flowservice.delete("/connections/{id}", kind="connections", answers=NO_CONTENT)
def delete_connection(request: Request) -> Reply:
    """Removes a base connection that no flow reads through."""
    now = request.clock.now()
    with request.store.write() as conn:
        connections.delete(conn, request.caller, request.path_params["id"], now)
    return Reply()


@flowservice.post("/connections/{id}/action", verb=CHANGE, kind="connections", answers=OK, asks=True)
def act_on_connection(request: Request) -> Reply:
    """Publishes a draft."""
    require_known(request, "op", "subop")
    connection = connections.act(
        request.store, request.keyring, request.source_http, request.caller, request.path_params["id"],
        request.query.one("op"), request.query.all("subOp"), request.if_match, request.clock.now(),
    )  # fmt: skip
    return changed(connection.id, connection.etag)


@flowservice.get("/connections/{id}/test", kind="explorations", room=SOURCE)
def test_connection(request: Request) -> Reply:
    """Whether the source accepts the stored credentials."""
    id, now = request.path_params["id"], request.clock.now()
    return Reply(connections.test(request.store, request.keyring, request.source_http, request.caller, id, now))


@flowservice.get("/connections/{id}/explore", kind="explorations", room=SOURCE)
def explore_connection(request: Request) -> Reply:
    """What the source gives: a schema, and a sample unless ``preview=false``."""
    return Reply(_explored(request, _asked(request)))


@flowservice.get("/connections/{id}/configs", kind="explorations", room=SOURCE)
def list_columns(request: Request) -> Reply:
    """The columns of what the source gives."""
    explored = _explored(request, exploring.Asked("rest", "json", request.query.folded("sourceParams"), False))
    return Reply({"items": exploring.columns(explored["schema"]), "pageInfo": {"hasNext": False}})


def _asked(request: Request) -> exploring.Asked:
    query = request.query
    file_type = query.folded("fileType") or query.folded("FILE_TYPE")
    preview = query.flag("preview", default=True)
    object = next((value for name, value in query.pairs if name == "object"), None)
    return exploring.Asked(query.folded("objectType"), file_type, query.folded("sourceParams"), preview, object)


def _explored(request: Request, question: exploring.Asked) -> dict[str, Any]:
    return exploring.explore(
        request.store, request.keyring, request.source_http, request.caller, request.path_params["id"],
        question, request.clock.now(),
    )  # fmt: skip
