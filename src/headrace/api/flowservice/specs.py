"""Flow Service: ``/connectionSpecs`` and ``/flowSpecs``."""

from headrace.api.flowservice.lists import searched, whole
from headrace.api.flowservice.service import created, flowservice, wrapped
from headrace.api.request import Reply, Request
from headrace.errors import Invalid
from headrace.flows import rendering, specs
from headrace.flows.specs import CONNECTION_SPECS, FLOW_SPECS


@flowservice.get("/connectionSpecs")
def list_connection_specs(request: Request) -> Reply:
    """Every connection spec of the sandbox, each once; the ids that the tutorial prints are within its attributes."""
    return whole(request, _items(request, CONNECTION_SPECS), specs.canonical_id)


@flowservice.post("/connectionSpecs")
def create_connection_spec(request: Request) -> Reply:
    """A new connection spec; the answer is the spec itself."""
    return _create(request, CONNECTION_SPECS)


@flowservice.get("/connectionSpecs/{id}")
def get_connection_spec(request: Request) -> Reply:
    """One connection spec, also by the ids that the tutorial prints for it."""
    return _get(request, CONNECTION_SPECS)


@flowservice.put("/connectionSpecs/{id}")
def replace_connection_spec(request: Request) -> Reply:
    """Replaces a connection spec whole."""
    return _replace(request, CONNECTION_SPECS)


@flowservice.get("/connectionSpecs/{id}/explore")
def explore_connection_spec(request: Request) -> Reply:
    """Refused: every source here is explored through a base connection."""
    with request.store.read() as conn:
        specs.get(conn, request.caller, CONNECTION_SPECS, request.path_params["id"])
    raise Invalid("This source is not explored through its spec; use /connections/{id}/explore.", code="1372")


@flowservice.get("/connectionSpecs/{id}/configs")
def list_spec_configs(request: Request) -> Reply:
    """What a spec without a base connection offers: nothing, for the sources here."""
    with request.store.read() as conn:
        specs.get(conn, request.caller, CONNECTION_SPECS, request.path_params["id"])
    return Reply(200, {"items": [], "pageInfo": {"hasNext": False}})


@flowservice.get("/flowSpecs")
def list_flow_specs(request: Request) -> Reply:
    """Every flow spec of the sandbox."""
    return whole(request, _items(request, FLOW_SPECS), str)


@flowservice.post("/flowSpecs")
def create_flow_spec(request: Request) -> Reply:
    """A new flow spec; the answer is the spec itself."""
    return _create(request, FLOW_SPECS)


@flowservice.post("/flowSpecs/search")
def search_flow_specs(request: Request) -> Reply:
    """A page of flow specs, asked for in a body."""
    return searched(request, "/flowSpecs/search", _items(request, FLOW_SPECS))


@flowservice.get("/flowSpecs/{id}")
def get_flow_spec(request: Request) -> Reply:
    """One flow spec."""
    return _get(request, FLOW_SPECS)


@flowservice.put("/flowSpecs/{id}")
def replace_flow_spec(request: Request) -> Reply:
    """Replaces a flow spec whole."""
    return _replace(request, FLOW_SPECS)


def _items(request: Request, kind: str) -> list[dict[str, object]]:
    with request.store.read() as conn:
        found = specs.listed(conn, request.caller, kind)
    return [rendering.spec(one, request.caller) for one in found]


def _get(request: Request, kind: str) -> Reply:
    with request.store.read() as conn:
        return wrapped(rendering.spec(specs.get(conn, request.caller, kind, request.path_params["id"]), request.caller))


def _create(request: Request, kind: str) -> Reply:
    body = request.json_object()
    now = request.clock.now()
    with request.store.write() as conn:
        made = specs.create(conn, request.caller, kind, body, now)
    return created(request, kind, made.id, made.etag, rendering.spec(made, request.caller))


def _replace(request: Request, kind: str) -> Reply:
    body, id = request.json_object(), request.path_params["id"]
    now = request.clock.now()
    with request.store.write() as conn:
        made = specs.replace(conn, request.caller, kind, id, body, request.if_match, now)
    return Reply(200, rendering.spec(made, request.caller))
