"""Flow Service: ``/connectionSpecs`` and ``/flowSpecs``."""

from headrace.api.flowservice.lists import searched, whole
from headrace.api.flowservice.service import created, flowservice, wrapped
from headrace.api.operation import CREATE, CREATED, NEVER, OK, READ
from headrace.api.request import Reply, Request
from headrace.errors import Invalid
from headrace.flows import rendering, specs
from headrace.flows.specs import CONNECTION_SPECS, FLOW_SPECS


@flowservice.get("/connectionSpecs", kind="connectionSpecs")
def list_connection_specs(request: Request) -> Reply:
    """Every connection spec of the sandbox, each once; the ids that the tutorial prints are within its attributes."""
    return whole(request, _items(request, CONNECTION_SPECS), specs.canonical_id)


@flowservice.post("/connectionSpecs", verb=CREATE, kind="connectionSpecs", answers=CREATED)
def create_connection_spec(request: Request) -> Reply:
    """A new connection spec; the answer is the spec itself."""
    return _create(request, CONNECTION_SPECS)


@flowservice.get("/connectionSpecs/{id}", kind="connectionSpecs")
def get_connection_spec(request: Request) -> Reply:
    """One connection spec, also by the ids that the tutorial prints for it."""
    return _get(request, CONNECTION_SPECS)


@flowservice.put("/connectionSpecs/{id}", kind="connectionSpecs")
def replace_connection_spec(request: Request) -> Reply:
    """Replaces a connection spec whole."""
    return _replace(request, CONNECTION_SPECS)


@flowservice.get("/connectionSpecs/{id}/explore", kind="connectionSpecs", answers=NEVER)
def explore_connection_spec(request: Request) -> Reply:
    """Refused: every source here is explored through a base connection."""
    with request.store.read() as conn:
        specs.get(conn, request.caller, CONNECTION_SPECS, request.path_params["id"])
    raise Invalid("This source is not explored through its spec; use /connections/{id}/explore.", code="1372")


@flowservice.get("/connectionSpecs/{id}/configs", kind="connectionSpecs")
def list_spec_configs(request: Request) -> Reply:
    """What a spec without a base connection offers: nothing, for the sources here."""
    with request.store.read() as conn:
        specs.get(conn, request.caller, CONNECTION_SPECS, request.path_params["id"])
    return Reply({"items": [], "pageInfo": {"hasNext": False}})


@flowservice.get("/flowSpecs", kind="flowSpecs")
def list_flow_specs(request: Request) -> Reply:
    """Every flow spec of the sandbox."""
    return whole(request, _items(request, FLOW_SPECS), str)


@flowservice.post("/flowSpecs", verb=CREATE, kind="flowSpecs", answers=CREATED)
def create_flow_spec(request: Request) -> Reply:
    """A new flow spec; the answer is the spec itself."""
    return _create(request, FLOW_SPECS)


@flowservice.post("/flowSpecs/search", verb=READ, kind="flowSpecs", answers=OK)
def search_flow_specs(request: Request) -> Reply:
    """A page of flow specs, asked for in a body."""
    return searched(request, "/flowSpecs/search", _items(request, FLOW_SPECS))


@flowservice.get("/flowSpecs/{id}", kind="flowSpecs")
def get_flow_spec(request: Request) -> Reply:
    """One flow spec."""
    return _get(request, FLOW_SPECS)


@flowservice.put("/flowSpecs/{id}", kind="flowSpecs")
def replace_flow_spec(request: Request) -> Reply:
    """Replaces a flow spec whole."""
    return _replace(request, FLOW_SPECS)


def _items(request: Request, kind: str) -> list[dict[str, object]]:
    with request.store.read() as conn:
        documents = specs.listed(conn, request.caller, kind)
    return [rendering.spec(spec, request.caller) for spec in documents]


def _get(request: Request, kind: str) -> Reply:
    with request.store.read() as conn:
        return wrapped(rendering.spec(specs.get(conn, request.caller, kind, request.path_params["id"]), request.caller))


def _create(request: Request, kind: str) -> Reply:
    body = request.json_object()
    now = request.clock.now()
    spec = specs.create(request.store, request.caller, kind, body, now)
    return created(request, kind, spec.id, spec.etag, rendering.spec(spec, request.caller))


def _replace(request: Request, kind: str) -> Reply:
    body, id = request.json_object(), request.path_params["id"]
    now = request.clock.now()
    spec = specs.replace(request.store, request.caller, kind, id, body, request.if_match, now)
    return Reply(rendering.spec(spec, request.caller))
