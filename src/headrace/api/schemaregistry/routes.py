"""The registry's routes, and what its handlers have in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from headrace import sandboxes
from headrace.api.problems import XDM
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.errors import NotFound, StandardFixed
from headrace.registry.library import Library
from headrace.registry.listing import Page, Selection
from headrace.store import changes
from headrace.store.changes import Change
from headrace.store.deciding import Decision, write_decided

schemaregistry = Routes("/data/foundation/schemaregistry", XDM)

GLOBAL, TENANT = "global", "tenant"
MOST = 500


@contextmanager
def reading(request: Request) -> Iterator[Library]:
    """What the caller can name, to read."""
    with request.store.read() as conn:
        tenant = sandboxes.tenant_of(conn, request.caller.org)
        yield Library(conn, request.caller, tenant)


Require = Callable[[Library, Change], None]


def changing(
    request: Request, work: Callable[[Library], Reply], still: Require = lambda library, change: None
) -> Reply:
    """What ``work`` answers, once the library's changes are written, all of them or none.

    ``still`` is asked of each as it is written: whether what is no document allows it even then.
    """
    tenant = _tenant(request)

    def decide(conn: sa.Connection) -> Decision[Reply]:
        library = Library(conn, request.caller, tenant)
        reply = work(library)

        def write(conn: sa.Connection) -> Reply:
            for change in library.changes:
                still(Library(conn, request.caller, tenant), change)
            changes.write(conn, request.caller, library.changes)
            return reply

        return write

    return write_decided(request.store, request.caller, decide)


def _tenant(request: Request) -> str:
    with request.store.read() as conn:
        return sandboxes.tenant_of(conn, request.caller.org)


def container(request: Request) -> str:
    """``global`` or ``tenant``; NotFound for other segments."""
    name = request.path_params["container"]
    if name not in (GLOBAL, TENANT):
        raise NotFound(f"There is no container {name}; use {GLOBAL} or {TENANT}.", kind="path", id=name)
    return name


def own_container(request: Request) -> None:
    """StandardFixed unless the request is for the tenant's own container."""
    if container(request) != TENANT:
        raise StandardFixed()


def selection(request: Request, orderby: str, limit: int | None) -> Selection:
    """What the query asks of a list."""
    sent = request.query.number("limit", least=0, most=MOST)
    order = request.query.folded("orderby") or orderby
    return Selection(request.query.all("property"), order, request.query.one("start"), sent or limit)


def list_body(request: Request, page: Page, results: list[Any], **links: str) -> dict[str, Any]:
    """A list as the registry gives it."""
    base = f"{request.settings.base_url}{schemaregistry.base}"
    further = f"{base}{_below_base(request)}?start={page.next}" if page.next else None
    shown = {name: {"href": f"{base}{path}"} for name, path in links.items()}
    return {
        "results": results,
        "_page": {"orderby": page.orderby, "next": page.next, "count": len(results)},
        "_links": {"next": {"href": further + _carried_on(request)} if further else None, **shown},
    }


def _below_base(request: Request) -> str:
    return request.path.removeprefix(schemaregistry.base).rstrip("/")


def _carried_on(request: Request) -> str:
    pairs = [(name, value) for name, value in request.query.pairs if name in ("limit", "property")]
    return "".join(f"&{name}={quote(value, safe='=:/,!@$')}" for name, value in pairs)
