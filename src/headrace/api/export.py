"""Data Access: ``/data/foundation/export``."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from headrace.api.problems import EXPORT
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.catalog import data_files, datasets, diagnostics, observing
from headrace.catalog.data_files import DataFile
from headrace.catalog.diagnostics import SAMPLE_NAMES, WARNINGS, Diagnostics, Entry, Records
from headrace.errors import NotFound
from headrace.store import batches
from headrace.store.batches import ROW_ERRORS, Batch

export = Routes("/data/foundation/export", EXPORT)

PATH = "/data/foundation/export"
MOST = 100
LINES = "application/x-ndjson"
OCTETS = "application/octet-stream"

Body = dict[str, Any]


@export.get("/batches/{id}/meta")
def batch_meta(request: Request) -> Reply:
    """A batch's diagnostics: a listing, or with the path of a file its content."""
    path = request.query.one("path", "") or ""
    _, found = _diagnostics(request)
    if path.strip("/") in SAMPLE_NAMES:
        return Reply(200, found.samples())
    if path.strip("/") == WARNINGS:
        return Reply(200, list(found.warned))
    entries = found.directory(path.strip("/"))
    if entries is None:
        return _lines(request, found.records(path.strip("/")))
    return _listing(request, [_entry(request, entry, "meta") for entry in entries])


@export.get("/batches/{id}/failed")
def failed_files(request: Request) -> Reply:
    """The records of a failed batch, with their errors."""
    batch, found = _diagnostics(request)
    entries = (found.directory(ROW_ERRORS) or []) if batch.status == "failed" else []
    below = [Entry(entry.name, entry.name, entry.length) for entry in entries]
    name = (request.query.one("path", "") or "").strip("/")
    if not name:
        return _listing(request, [_entry(request, entry, "failed") for entry in below])
    if name not in {entry.name for entry in below}:
        raise NotFound(f"Batch {batch.id} has no failed file {name}.", kind="files", id=name)
    return _lines(request, found.records(f"{ROW_ERRORS}/{name}"))


@export.get("/batches/{id}/files")
def batch_files(request: Request) -> Reply:
    """The dataset files that hold a batch's rows."""
    with request.store.read() as conn:
        batch, written = data_files.of_batch(conn, request.caller, request.path_params["id"])
        view = datasets.get(conn, request.caller, batch.dataset_id).body["viewId"]
    found = data_files.listed(request.deployment.lake, batch, written)
    return _listing(request, [_data_file(request, batch, one, view) for one in found])


@export.get("/files/{id}")
def get_file(request: Request) -> Reply:
    """What a dataset file consists of, or with its path the bytes; Range gives a part of them."""
    file = _file(request)
    path = request.query.one("path")
    if path is None:
        entry = Entry(file.name, file.name, file.ref.bytes)
        return _listing(request, [_linked(entry, f"{_base(request)}/files/{file.id}?path={quote(file.name)}")])
    _require_path(file, path)
    wanted = data_files.extent(request.headers.get("range") or request.query.one("range"), file.ref.bytes)
    last = wanted.first + wanted.length - 1
    place = {"content-range": f"bytes {wanted.first}-{last}/{file.ref.bytes}"} if wanted.partial else {}
    content = data_files.content(request.deployment.lake, file, wanted)
    headers = {**_described(file), "content-length": str(wanted.length), **place}
    return Reply(206 if wanted.partial else 200, content, headers, OCTETS)


@export.head("/files/{id}")
def head_file(request: Request) -> Reply:
    """A dataset file's length, and that parts of it can be asked for."""
    file = _file(request)
    _require_path(file, request.query.one("path") or file.name)
    return Reply(200, None, {**_described(file), "content-length": str(file.ref.bytes)}, OCTETS)


@export.get("/datasets/{id}/preview")
def preview(request: Request) -> Reply:
    """The dataset's first rows."""
    with request.store.read() as conn:
        found = datasets.get(conn, request.caller, request.path_params["id"])
    return Reply(200, {"data": observing.preview(request.deployment.lake, found)})


def _diagnostics(request: Request) -> tuple[Batch, Diagnostics]:
    with request.store.read() as conn:
        batch = batches.get(conn, request.caller, request.path_params["id"])
        return batch, diagnostics.of_batch(conn, request.deployment.lake, batch.id)


def _lines(request: Request, found: Records) -> Reply:
    # Lines by default; one array for clients that can only read JSON.
    wanted = request.query.one("format", "")
    if wanted == "array" or (not wanted and request.headers.get("accept", "").strip() == "application/json"):
        return Reply(200, diagnostics.as_array(found.chunks))
    return Reply(200, found.chunks, {"content-length": str(found.length)}, LINES)


def _listing(request: Request, items: Sequence[Body]) -> Reply:
    limit = request.query.number("limit", MOST, least=1, most=MOST) or MOST
    start = request.query.number("start", 0) or 0
    page = items[start : start + limit]
    path = request.query.one("path")
    base = f"{_base(request)}{request.path.partition(PATH)[2]}?" + (f"path={quote(path, safe='')}&" if path else "")
    links: Body = {"page": {"href": f"{base}limit={{limit}}&start={{start}}", "templated": True}}
    if start + limit < len(items):
        links["next"] = {"href": f"{base}limit={limit}&start={start + limit}"}
    return Reply(200, {"data": page, "_page": {"limit": limit, "count": len(page)}, "_links": links})


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
    return data_files.one(request.deployment.lake, batch, written, id)


def _require_path(file: DataFile, path: str) -> None:
    if path.strip("/") != file.name:
        raise NotFound(f"File {file.id} holds {file.name}, not {path}.", kind="files", id=path)


def _described(file: DataFile) -> dict[str, str]:
    hash = {"etag": f'"{file.ref.sha256}"'} if file.ref.sha256 else {}
    return {"accept-ranges": "bytes", **hash}


def _base(request: Request) -> str:
    return request.deployment.settings.base_url + PATH
