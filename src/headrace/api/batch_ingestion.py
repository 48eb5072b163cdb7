"""Batch Ingestion: ``/data/foundation/import``."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from headrace.api.operation import CHANGE, CREATE, CREATED, EMPTY, OCTETS, OK
from headrace.api.problems import INGEST
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.catalog import batch_shape, large_files, uploads
from headrace.catalog.uploads import Place
from headrace.errors import Invalid, MediaUnsupported
from headrace.runs import upload_run
from headrace.store import batches

batch_ingestion = Routes("/data/foundation/import", INGEST)

A = TypeVar("A")
FILE = "/batches/{batch}/datasets/{dataset}/files/{name...}"


@batch_ingestion.patch("/batches", verb=CREATE, kind="batches", answers=CREATED)
@batch_ingestion.post("/batches", verb=CREATE, kind="batches", answers=CREATED)
def create_batch(request: Request) -> Reply:
    """A batch that waits for its files. PATCH is how one client spells it."""
    batch = uploads.open_batch(request.store, request.caller, request.json_object(), request.clock.now())
    return Reply(batch_shape.rendered(batch, request.caller.sandbox_id))


@batch_ingestion.post("/batches/{id}", verb=CHANGE, kind="batches", answers=OK)
def act_on_batch(request: Request) -> Reply:
    """``?action=COMPLETE``, ABORT, FAIL or REVERT; the batch as it is then."""
    id = request.path_params["id"]
    _action(request, BATCH_ACTIONS)(request, id)
    with request.store.read() as conn:
        batch = batches.get(conn, request.caller, id)
    return Reply(batch_shape.rendered(batch, request.caller.sandbox_id))


def _file_wanted(request: Request) -> None:
    with request.store.read() as conn:
        uploads.require_wanted(conn, request.caller, _place(request))


def _part_wanted(request: Request) -> None:
    with request.store.read() as conn:
        large_files.require_begun(conn, request.caller, _place(request))


@batch_ingestion.put(FILE, kind="batches", answers=EMPTY, large=True, before=_file_wanted)
def upload_file(request: Request) -> Reply:
    """One whole file; the same name again replaces it."""
    landing, place = request.lake.landing, _place(request)
    uploads.take(request.store, landing, request.caller, place, request.upload, request.clock.now())
    return Reply()


@batch_ingestion.post(FILE, verb=CHANGE, kind="batches", answers=OK + CREATED)
def act_on_file(request: Request) -> Reply:
    """``?action=INITIALIZE`` opens a large file, COMPLETE joins its parts."""
    return _action(request, FILE_ACTIONS)(request)


@batch_ingestion.patch(FILE, kind="batches", large=True, before=_part_wanted)
def upload_part(request: Request) -> Reply:
    """One part of a large file, placed by Content-Range."""
    place, landing = _place(request), request.lake.landing
    text = request.headers.get("content-range", "")
    size = large_files.add(request.store, landing, request.caller, place, text, request.upload, request.clock.now())
    arrived = text.partition("/")[0].replace(" ", "=")
    return Reply({"name": place.name, "sizeInBytes": size}, headers={"range": arrived})


@batch_ingestion.head(FILE, kind="batches")
def file_status(request: Request) -> Reply:
    """What has arrived of a file: its length, or the ranges of one that is still in parts."""
    place = _place(request)
    with request.store.read() as conn:
        file = uploads.file(conn, request.caller, place)
        ranges = large_files.ranges(conn, request.caller, place) if file is None else f"bytes=0-{_last(file)}"
    length = {} if file is None else {"content-length": str(file.ref.bytes)}
    return Reply(headers={"range": ranges, "accept-ranges": "bytes", **length}, media=OCTETS)


def _last(file: batches.BatchFile) -> int:
    return max(file.ref.bytes - 1, 0)


def _complete(request: Request, id: str) -> None:
    upload_run.complete(request.dispatch, request.caller, id)


def _abort(request: Request, id: str) -> None:
    upload_run.abort(request.dispatch, request.caller, id)


def _fail(request: Request, id: str) -> None:
    uploads.fail(request.store, request.caller, id, request.clock.now())


def _revert(request: Request, id: str) -> None:
    uploads.revert(request.store, request.lake, request.caller, id, request.clock.now())


def _begin_file(request: Request) -> Reply:
    place, landing = _place(request), request.lake.landing
    large_files.begin(request.store, landing, request.caller, place, request.clock.now())
    return Reply({"name": place.name, "sizeInBytes": 0}, status=201)


def _finish_file(request: Request) -> Reply:
    place, landing = _place(request), request.lake.landing
    size = large_files.finish(request.store, landing, request.caller, place, request.clock.now())
    return Reply({"name": place.name, "sizeInBytes": size})


BATCH_ACTIONS: dict[str, Callable[[Request, str], None]] = {
    "COMPLETE": _complete,
    "ABORT": _abort,
    "FAIL": _fail,
    "REVERT": _revert,
}
FILE_ACTIONS: dict[str, Callable[[Request], Reply]] = {"INITIALIZE": _begin_file, "COMPLETE": _finish_file}


def _action(request: Request, actions: Mapping[str, A]) -> A:
    name = request.query.one("action", "")
    action = actions.get((name or "").upper())
    if action is None:
        raise Invalid(f"action={name} must be {' or '.join(actions)}.", field="action")
    return action


def _place(request: Request) -> Place:
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise MediaUnsupported("Send the file's bytes as application/octet-stream, not as a form.")
    params = request.path_params
    return Place(params["batch"], params["dataset"], params["name"])
