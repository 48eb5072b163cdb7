"""Data Access: ``/data/foundation/export``."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from headrace.api.operation import LINES, OCTETS, Answer
from headrace.api.problems import EXPORT
from headrace.api.request import JSON, Reply, Request
from headrace.api.routing import Routes
from headrace.catalog import data_files, datasets, diagnostics, observing
from headrace.catalog.data_files import DataFile
from headrace.catalog.diagnostics import BY_RULE, SAMPLE_NAMES, WARNINGS, Diagnostics, Entry, Records
from headrace.errors import NotFound
from headrace.store import batches
from headrace.store.batches import ROW_ERRORS, Batch

export = Routes("/data/foundation/export", EXPORT)

PATH = "/data/foundation/export"
MOST = 100

LISTING_OR_LINES = (Answer(200, (JSON, LINES)),)
LISTING_OR_FILE = (Answer(200, (JSON, LINES, OCTETS)),)
LISTING_OR_BYTES = (Answer(200, (JSON, OCTETS)), Answer(206, (OCTETS,)))

Body = dict[str, Any]


@export.get("/batches/{id}/meta", kind="batches", answers=LISTING_OR_FILE)
def batch_meta(request: Request) -> Reply:
    """A batch's diagnostics and what came for it: a listing, or with the path of a file its content."""
    path = request.query.one("path", "") or ""
    _, batch_diagnostics = _diagnostics(request)
    if path.strip("/") in SAMPLE_NAMES:
        return Reply(batch_diagnostics.samples())
    if path.strip("/") == WARNINGS:
        return Reply(list(batch_diagnostics.warned))
    if path.strip("/") == BY_RULE:
        return Reply(list(batch_diagnostics.warnings))
    entries = batch_diagnostics.directory(path.strip("/"))
    if entries is None:
        page = batch_diagnostics.page(path.strip("/"))
        if page is not None:
            return Reply(page.chunks, headers={"content-length": str(page.length)}, media=OCTETS)
        return _lines(request, batch_diagnostics.records(path.strip("/")))
    return _listing(request, [_entry(request, entry, "meta") for entry in entries])


@export.get("/batches/{id}/failed", kind="batches", answers=LISTING_OR_LINES)
def failed_files(request: Request) -> Reply:
    """The records of a failed batch, with their errors."""
    batch, batch_diagnostics = _diagnostics(request)
    entries = (batch_diagnostics.directory(ROW_ERRORS) or []) if batch.status == "failed" else []
    below = [Entry(entry.name, entry.name, entry.length) for entry in entries]
    name = (request.query.one("path", "") or "").strip("/")
    if not name:
        return _listing(request, [_entry(request, entry, "failed") for entry in below])
    if name not in {entry.name for entry in below}:
        raise NotFound(f"Batch {batch.id} has no failed file {name}.", kind="files", id=name)
    return _lines(request, batch_diagnostics.records(f"{ROW_ERRORS}/{name}"))


@export.get("/batches/{id}/files", kind="batches")
def batch_files(request: Request) -> Reply:
    """The dataset files that hold a batch's rows."""
    with request.store.read() as conn:
        batch, written = data_files.of_batch(conn, request.caller, request.path_params["id"])
        view = datasets.get(conn, request.caller, batch.dataset_id).body["viewId"]
    files = data_files.listed(request.lake, batch, written)
    return _listing(request, [_data_file(request, batch, file, view) for file in files])


@export.get("/files/{id}", kind="files", answers=LISTING_OR_BYTES)
def get_file(request: Request) -> Reply:
    """What a dataset file consists of, or with its path the bytes; Range gives a part of them."""
    file = _file(request)
    path = request.query.one("path")
    if path is None:
        entry = Entry(file.name, file.name, file.ref.bytes)
        return _listing(request, [_linked(entry, f"{_base(request)}/files/{file.id}?path={quote(file.name)}")])
    _require_path(file, path)
    extent = data_files.extent(request.headers.get("range") or request.query.one("range"), file.ref.bytes)
    last = extent.first + extent.length - 1
    place = {"content-range": f"bytes {extent.first}-{last}/{file.ref.bytes}"} if extent.partial else {}
    content = data_files.content(request.lake, file, extent)
    headers = {**_described(file), "content-length": str(extent.length), **place}
    return Reply(content, headers=headers, media=OCTETS, status=206 if extent.partial else 200)


@export.head("/files/{id}", kind="files")
def head_file(request: Request) -> Reply:
    """A dataset file's length, and that parts of it can be asked for."""
    file = _file(request)
    _require_path(file, request.query.one("path") or file.name)
    return Reply(headers={**_described(file), "content-length": str(file.ref.bytes)}, media=OCTETS)


@export.get("/datasets/{id}/preview", kind="dataSets")
def preview(request: Request) -> Reply:
    """The dataset's first rows."""
    with request.store.read() as conn:
        dataset = datasets.get(conn, request.caller, request.path_params["id"])
    return Reply({"data": observing.preview(request.lake, dataset)})


def _diagnostics(request: Request) -> tuple[Batch, Diagnostics]:
    with request.store.read() as conn:
        batch = batches.get(conn, request.caller, request.path_params["id"])
        return batch, diagnostics.of_batch(conn, request.lake.landing, batch.id)


def _lines(request: Request, records: Records) -> Reply:
    # Lines by default; one array for clients that can only read JSON.
    form = request.query.one("format", "")
    if form == "array" or (not form and request.headers.get("accept", "").strip() == "application/json"):
        return Reply(diagnostics.as_array(records.chunks))
    return Reply(records.chunks, headers={"content-length": str(records.length)}, media=LINES)


def _listing(request: Request, items: Sequence[Body]) -> Reply:
    limit = request.query.number("limit", MOST, least=1, most=MOST) or MOST
    start = request.query.number("start", 0) or 0
    page = items[start : start + limit]
    path = request.query.one("path")
    base = f"{_base(request)}{request.path.partition(PATH)[2]}?" + (f"path={quote(path, safe='')}&" if path else "")
    links: Body = {"page": {"href": f"{base}limit={{limit}}&start={{start}}", "templated": True}}
    if start + limit < len(items):
        links["next"] = {"href": f"{base}limit={limit}&start={start + limit}"}
    return Reply({"data": page, "_page": {"limit": limit, "count": len(page)}, "_links": links})


def _entry(request: Request, entry: Entry, resource: str) -> Body:
    batch = quote(request.path_params["id"], safe="")
    return _linked(entry, f"{_base(request)}/batches/{batch}/{resource}?path={quote(entry.path, safe='')}")


def _linked(entry: Entry, href: str) -> Body:
    return {"name": entry.name, "length": str(entry.length), "_links": {"self": {"href": href}}}


def _data_file(request: Request, batch: Batch, file: DataFile, view: str) -> Body:
    return {
        "dataSetFileId": file.id,
        "dataSetViewId": view,
        "version": "1.0.0",
        "created": str(batch.created_at),
        "updated": str(batch.updated_at),
        "isValid": True,
        "records": str(file.ref.rows),
        "size": str(file.ref.bytes),
        "_links": {"self": {"href": f"{_base(request)}/files/{file.id}"}},
    }


def _file(request: Request) -> DataFile:
    id = request.path_params["id"]
    with request.store.read() as conn:
        batch, written = data_files.of_batch(conn, request.caller, data_files.batch_of(id))
    return data_files.one(request.lake, batch, written, id)


def _require_path(file: DataFile, path: str) -> None:
    if path.strip("/") != file.name:
        raise NotFound(f"File {file.id} holds {file.name}, not {path}.", kind="files", id=path)


def _described(file: DataFile) -> dict[str, str]:
    hash = {"etag": f'"{file.ref.sha256}"'} if file.ref.sha256 else {}
    return {"accept-ranges": "bytes", **hash}


def _base(request: Request) -> str:
    return request.settings.base_url + PATH
