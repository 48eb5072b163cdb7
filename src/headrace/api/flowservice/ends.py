"""Flow Service: ``/sourceConnections`` and ``/targetConnections``, which take the same requests."""

from functools import partial

from headrace.api.flowservice.lists import listing, searched
from headrace.api.flowservice.service import changed, created, flowservice, mode, require_known, wrapped
from headrace.api.operation import CHANGE, CREATE, CREATED, NO_CONTENT, OK, READ
from headrace.api.request import Reply, Request
from headrace.flows import ends, views
from headrace.flows.ends import SOURCES, TARGETS
from headrace.store.deciding import write_decided


def list_ends(kind: str, request: Request) -> Reply:
    """A page of source or target connections, newest first."""
    with request.store.read() as conn:
        items = views.listed(conn, request.caller, kind)
    return listing(request, f"/{kind}", items)


def search_ends(kind: str, request: Request) -> Reply:
    """A page of source or target connections, asked for in a body."""
    with request.store.read() as conn:
        items = views.listed(conn, request.caller, kind)
    return searched(request, f"/{kind}/search", items)


def create_end(kind: str, request: Request) -> Reply:
    """A new source or target connection."""
    body = request.json_object()
    now = request.clock.now()
    end = write_decided(
        request.store, request.caller, lambda conn: ends.create(conn, request.caller, kind, body, mode(request), now)
    )
    return created(request, kind, end.id, end.etag)


def get_end(kind: str, request: Request) -> Reply:
    """One source or target connection."""
    with request.store.read() as conn:
        return wrapped(views.one(conn, request.caller, kind, request.path_params["id"]))


def patch_end(kind: str, request: Request) -> Reply:
    """Changes a source or target connection from the version that was read."""
    steps, id = request.json(), request.path_params["id"]
    now = request.clock.now()
    end = write_decided(
        request.store,
        request.caller,
        lambda conn: ends.patch(conn, request.caller, kind, id, steps, request.if_match, now),
    )
    return changed(end.id, end.etag)


def delete_end(kind: str, request: Request) -> Reply:
    """Removes a source or target connection that no flow uses."""
    now = request.clock.now()
    with request.store.write() as conn:
        ends.delete(conn, request.caller, kind, request.path_params["id"], now)
    return Reply()


def act_on_end(kind: str, request: Request) -> Reply:
    """Publishes a draft."""
    require_known(request, "op", "subop")
    id, op, sub_actions = request.path_params["id"], request.query.one("op"), request.query.all("subOp")
    now = request.clock.now()
    end = write_decided(
        request.store,
        request.caller,
        lambda conn: ends.act(conn, request.caller, kind, id, op, sub_actions, request.if_match, now),
    )
    return changed(end.id, end.etag)


for _kind in (SOURCES, TARGETS):
    flowservice.get(f"/{_kind}", kind=_kind)(partial(list_ends, _kind))
    flowservice.post(f"/{_kind}", verb=CREATE, kind=_kind, answers=CREATED)(partial(create_end, _kind))
    flowservice.post(f"/{_kind}/search", verb=READ, kind=_kind, answers=OK)(partial(search_ends, _kind))
    flowservice.get(f"/{_kind}/{{id}}", kind=_kind)(partial(get_end, _kind))
    flowservice.patch(f"/{_kind}/{{id}}", kind=_kind)(partial(patch_end, _kind))
    flowservice.delete(f"/{_kind}/{{id}}", kind=_kind, answers=NO_CONTENT)(partial(delete_end, _kind))
    flowservice.post(f"/{_kind}/{{id}}/action", verb=CHANGE, kind=_kind, answers=OK)(partial(act_on_end, _kind))
