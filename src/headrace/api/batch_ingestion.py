"""Batch Ingestion: ``/data/foundation/import``."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from headrace.api.problems import INGEST
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.catalog import batch_shape, large_files, uploads
from headrace.catalog.uploads import Place
from headrace.errors import Invalid, MediaUnsupported
from headrace.runs import batch_run
from headrace.store import batches

batch_ingestion = Routes("/data/foundation/import", INGEST)

A = TypeVar("A")
FILE = "/batches/{batch}/datasets/{dataset}/files/{name...}"


@batch_ingestion.patch("/batches")
@batch_ingestion.post("/batches")
def create_batch(request: Request) -> Reply:
    """A batch that waits for its files. PATCH is how one client spells it."""
    made = uploads.open_batch(request.store, request.caller, request.json_object(), request.clock.now())
    return Reply(201, batch_shape.rendered(made, request.caller.sandbox_id))


@batch_ingestion.post("/batches/{id}")
def act_on_batch(request: Request) -> Reply:
    """``?action=COMPLETE``, ABORT, FAIL or REVERT; the batch as it is then."""
    id = request.path_params["id"]
    _action(request, BATCH_ACTIONS)(request, id)
    with request.store.read() as conn:
        found = batches.get(conn, request.caller, id)
    return Reply(200, batch_shape.rendered(found, request.caller.sandbox_id))


@batch_ingestion.put(FILE, large=True)
def upload_file(request: Request) -> Reply:
    """One whole file; the same name again replaces it."""
    lake, place = request.deployment.lake, _place(request)
    uploads.take(request.store, lake, request.caller, place, request.upload, request.clock.now())
    return Reply(200)


@batch_ingestion.post(FILE)
def act_on_file(request: Request) -> Reply:
    """``?action=INITIALIZE`` opens a large file, COMPLETE joins its parts."""
    return _action(request, FILE_ACTIONS)(request)


@batch_ingestion.patch(FILE, large=True)
def upload_part(request: Request) -> Reply:
    """One part of a large file, placed by Content-Range."""
    place, lake = _place(request), request.deployment.lake
    text = request.headers.get("content-range", "")
    size = large_files.add(request.store, lake, request.caller, place, text, request.upload, request.clock.now())
    return Reply(200, {"name": place.name, "sizeInBytes": size}, {"range": text.partition("/")[0].replace(" ", "=")})


@batch_ingestion.head(FILE)
def file_status(request: Request) -> Reply:
    """What has arrived of a file: its length, or the ranges of one that is still in parts."""
    place = _place(request)
    with request.store.read() as conn:
        found = uploads.file(conn, request.caller, place)
        ranges = large_files.ranges(conn, request.caller, place) if found is None else f"bytes=0-{_last(found)}"
    length = {} if found is None else {"content-length": str(found.ref["bytes"])}
    return Reply(200, None, {"range": ranges, "accept-ranges": "bytes", **length}, "application/octet-stream")


def _last(found: batches.BatchFile) -> int:
    return max(int(found.ref["bytes"]) - 1, 0)


def _complete(request: Request, id: str) -> None:
    batch_run.complete(request.deployment, request.caller, id)


def _abort(request: Request, id: str) -> None:
    batch_run.abort(request.deployment, request.caller, id)


def _fail(request: Request, id: str) -> None:
    uploads.fail(request.store, request.caller, id, request.clock.now())


def _revert(request: Request, id: str) -> None:
    uploads.revert(request.store, request.deployment.lake, request.caller, id, request.clock.now())


def _begin_file(request: Request) -> Reply:
    place, lake = _place(request), request.deployment.lake
    large_files.begin(request.store, lake, request.caller, place, request.clock.now())
    return Reply(201, {"name": place.name, "sizeInBytes": 0})


def _finish_file(request: Request) -> Reply:
    place, lake = _place(request), request.deployment.lake
    size = large_files.finish(request.store, lake, request.caller, place, request.clock.now())
    return Reply(200, {"name": place.name, "sizeInBytes": size})


BATCH_ACTIONS: dict[str, Callable[[Request, str], None]] = {
    "COMPLETE": _complete,
    "ABORT": _abort,
    "FAIL": _fail,
    "REVERT": _revert,
}
FILE_ACTIONS: dict[str, Callable[[Request], Reply]] = {"INITIALIZE": _begin_file, "COMPLETE": _finish_file}


def _action(request: Request, actions: Mapping[str, A]) -> A:
    wanted = request.query.one("action", "")
    found = actions.get((wanted or "").upper())
    if found is None:
        raise Invalid(f"action={wanted} must be {' or '.join(actions)}.", field="action")
    return found


def _place(request: Request) -> Place:
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise MediaUnsupported("Send the file's bytes as application/octet-stream, not as a form.")
    params = request.path_params
    return Place(params["batch"], params["dataset"], params["name"])
