"""Flow Service: ``/flows``."""

from headrace.api.flowservice import run_lists
from headrace.api.flowservice.lists import listing, searched
from headrace.api.flowservice.service import changed, created, flowservice, mode, require_known, wrapped
from headrace.api.operation import CHANGE, CREATE, CREATED, NO_CONTENT, OK, READ
from headrace.api.request import Reply, Request
from headrace.flows import flow_documents, views
from headrace.flows.usage import FLOWS
from headrace.store import documents
from headrace.store.deciding import write_decided


@flowservice.get("/flows", kind="flows")
def list_flows(request: Request) -> Reply:
    """A page of flows, newest first."""
    with request.store.read() as conn:
        items = views.listed(conn, request.caller, FLOWS)
    return listing(request, "/flows", items)


@flowservice.post("/flows", verb=CREATE, kind="flows", answers=CREATED)
def create_flow(request: Request) -> Reply:
    """A new flow, scheduled at once."""
    body = request.json_object()
    now = request.clock.now()
    flow = write_decided(
        request.store,
        request.caller,
        lambda conn: flow_documents.create(conn, request.caller, body, mode(request), now),
    )
    return created(request, FLOWS, flow.id, flow.etag)


@flowservice.post("/flows/search", verb=READ, kind="flows", answers=OK)
def search_flows(request: Request) -> Reply:
    """A page of flows, asked for in a body."""
    with request.store.read() as conn:
        items = views.listed(conn, request.caller, FLOWS)
    return searched(request, "/flows/search", items)


@flowservice.get("/flows/{id}", kind="flows")
def get_flow(request: Request) -> Reply:
    """One flow with what it inherits and how its last run went."""
    with request.store.read() as conn:
        return wrapped(views.one(conn, request.caller, FLOWS, request.path_params["id"]))


@flowservice.patch("/flows/{id}", kind="flows")
def patch_flow(request: Request) -> Reply:
    """Changes a flow from the version that was read."""
    steps, id = request.json(), request.path_params["id"]
    now = request.clock.now()
    flow = write_decided(
        request.store,
        request.caller,
        lambda conn: flow_documents.patch(conn, request.caller, id, steps, request.if_match, now),
    )
    return changed(flow.id, flow.etag)


@flowservice.delete("/flows/{id}", kind="flows", answers=NO_CONTENT)
def delete_flow(request: Request) -> Reply:
    """Removes a flow; its live run ends without its rows."""
    now = request.clock.now()
    with request.store.write() as conn:
        flow_documents.delete(conn, request.caller, request.path_params["id"], now)
    return Reply()


@flowservice.post("/flows/{id}/action", verb=CHANGE, kind="flows", answers=OK)
def act_on_flow(request: Request) -> Reply:
    """Enables, disables or publishes a flow."""
    require_known(request, "op", "subop")
    id, op, sub_actions = request.path_params["id"], request.query.one("op"), request.query.all("subOp")
    now = request.clock.now()
    flow = write_decided(
        request.store,
        request.caller,
        lambda conn: flow_documents.act(conn, request.caller, id, op, sub_actions, request.if_match, now),
    )
    return changed(flow.id, flow.etag)


@flowservice.get("/flows/{id}/runs", kind="flows")
def list_runs_of_flow(request: Request) -> Reply:
    """A page of one flow's runs, newest first."""
    id = request.path_params["id"]
    with request.store.read() as conn:
        documents.get(conn, request.caller, FLOWS, id)
    return run_lists.answer(request, f"/flows/{id}/runs", id)
