"""Flow Service: ``/flows``."""

from headrace.api.flowservice.lists import listing, searched
from headrace.api.flowservice.service import changed, created, flowservice, mode, require_known, wrapped
from headrace.api.request import NO_CONTENT, Reply, Request
from headrace.flows import flow_documents, views
from headrace.flows.usage import FLOWS
from headrace.runs import run_documents
from headrace.store import documents


@flowservice.get("/flows")
def list_flows(request: Request) -> Reply:
    """A page of flows, newest first."""
    with request.store.read() as conn:
        items = views.listed(conn, request.caller, FLOWS)
    return listing(request, "/flows", items)


@flowservice.post("/flows")
def create_flow(request: Request) -> Reply:
    """A new flow, scheduled at once."""
    body = request.json_object()
    now = request.clock.now()
    with request.store.write() as conn:
        made = flow_documents.create(conn, request.caller, body, mode(request), now)
    return created(request, FLOWS, made.id, made.etag)


@flowservice.post("/flows/search")
def search_flows(request: Request) -> Reply:
    """A page of flows, asked for in a body."""
    with request.store.read() as conn:
        items = views.listed(conn, request.caller, FLOWS)
    return searched(request, "/flows/search", items)


@flowservice.get("/flows/{id}")
def get_flow(request: Request) -> Reply:
    """One flow with what it inherits and how its last run went."""
    with request.store.read() as conn:
        return wrapped(views.one(conn, request.caller, FLOWS, request.path_params["id"]))


@flowservice.patch("/flows/{id}")
def patch_flow(request: Request) -> Reply:
    """Changes a flow from the version that was read."""
    steps, id = request.json(), request.path_params["id"]
    now = request.clock.now()
    with request.store.write() as conn:
        made = flow_documents.patch(conn, request.caller, id, steps, request.if_match, now)
    return changed(made.id, made.etag)


@flowservice.delete("/flows/{id}")
def delete_flow(request: Request) -> Reply:
    """Removes a flow; its live run ends without its rows."""
    now = request.clock.now()
    with request.store.write() as conn:
        flow_documents.delete(conn, request.caller, request.path_params["id"], now)
    return NO_CONTENT


@flowservice.post("/flows/{id}/action")
def act_on_flow(request: Request) -> Reply:
    """Enables, disables or publishes a flow."""
    require_known(request, "op", "subop")
    query, id = request.query, request.path_params["id"]
    now = request.clock.now()
    with request.store.write() as conn:
        made = flow_documents.act(conn, request.caller, id, query.one("op"), query.all("subOp"), request.if_match, now)
    return changed(made.id, made.etag)


@flowservice.get("/flows/{id}/runs")
def list_runs_of_flow(request: Request) -> Reply:
    """A page of one flow's runs, newest first."""
    id = request.path_params["id"]
    with request.store.read() as conn:
        documents.get(conn, request.caller, FLOWS, id)
        items = run_documents.listed(conn, request.caller, request.deployment.settings.base_url, id)
    return listing(request, f"/flows/{id}/runs", items)
