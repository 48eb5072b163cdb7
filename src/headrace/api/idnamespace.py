"""Identity namespaces: ``/data/core/idnamespace``."""

from headrace.api.operation import CREATE, OK
from headrace.api.problems import IDENTITY
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.errors import NotFound
from headrace.identity import namespaces

idnamespace = Routes("/data/core/idnamespace", IDENTITY)


@idnamespace.get("/identities", kind="namespaces")
def list_namespaces(request: Request) -> Reply:
    """Every namespace that the org can use, as a bare array."""
    with request.store.read() as conn:
        return Reply(namespaces.listed(conn, request.caller))


@idnamespace.get("/orgs/{org}/identities", kind="namespaces")
def list_org_namespaces(request: Request) -> Reply:
    """The same for an org by its id; only the caller's own."""
    org = request.path_params["org"]
    if org != request.caller.org:
        raise NotFound(f"Org {org} is not the caller's.", kind="orgs", id=org)
    return list_namespaces(request)


@idnamespace.get("/identities/{id}", kind="namespaces")
def get_namespace(request: Request) -> Reply:
    """One namespace by its number."""
    with request.store.read() as conn:
        return Reply(namespaces.get(conn, request.caller, request.path_params["id"]))


@idnamespace.post("/identities", verb=CREATE, kind="namespaces", answers=OK)
def create_namespace(request: Request) -> Reply:
    """A namespace of the org's own; the answer is 200."""
    body = request.json_object()
    with request.store.write() as conn:
        return Reply(namespaces.create(conn, request.caller, body, request.clock.now()))


@idnamespace.put("/identities/{id}", kind="namespaces")
def change_namespace(request: Request) -> Reply:
    """Another name, description or status; the answer is an array of one."""
    id, body = request.path_params["id"], request.json_object()
    with request.store.write() as conn:
        return Reply([namespaces.change(conn, request.caller, id, body, request.clock.now())])
