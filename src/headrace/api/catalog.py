"""Catalog: ``/data/foundation/catalog``. Every answer is a map keyed by id, every change a list of references."""

from typing import Any

import sqlalchemy as sa

from headrace import sandboxes
from headrace.api.operation import CREATE, CREATED, OK
from headrace.api.problems import CATALOG
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.catalog import batch_listing, changes, datasets, observing, rendering, selection
from headrace.catalog.selection import Selection
from headrace.flows import usage
from headrace.store.documents import Document

catalog = Routes("/data/foundation/catalog", CATALOG)

OBSERVED = "observableSchema"

Body = dict[str, Any]


@catalog.post("/datasets", verb=CREATE, kind="dataSets", answers=CREATED)
@catalog.post("/dataSets", verb=CREATE, kind="dataSets", answers=CREATED)
def create_dataset(request: Request) -> Reply:
    """A new dataset with an empty table."""
    dataset = datasets.create(request.store, request.lake, request.caller, *_sent(request))
    return Reply([f"@/dataSets/{dataset.id}"], headers={"etag": dataset.etag})


@catalog.get("/datasets", kind="dataSets")
@catalog.get("/dataSets", kind="dataSets")
def list_datasets(request: Request) -> Reply:
    """A page of the sandbox's datasets."""
    chosen = selection.read(request.query.pairs, selection.DATASETS)
    with request.store.read() as conn:
        by_id = {dataset.id: dataset for dataset in datasets.listed(conn, request.caller)}
        page = chosen.page(rendering.light(dataset, request.caller) for dataset in by_id.values())
        known = [(by_id[item["id"]], _known(request, conn, item)) for item in page]
    return Reply({dataset.id: _whole(request, chosen, dataset, item) for dataset, item in known})


@catalog.get("/datasets/{id}", kind="dataSets")
@catalog.get("/dataSets/{id}", kind="dataSets")
def get_dataset(request: Request) -> Reply:
    """A map that holds the one dataset."""
    chosen = selection.read(request.query.pairs, selection.DATASETS)
    with request.store.read() as conn:
        dataset = datasets.get(conn, request.caller, request.path_params["id"])
        known = _known(request, conn, rendering.light(dataset, request.caller))
    if chosen.asks_for(OBSERVED):
        known |= {OBSERVED: observing.schema(request.store, request.lake, request.caller, dataset, _tenant(request))}
    return Reply({dataset.id: _whole(request, chosen, dataset, known)}, headers={"etag": dataset.etag})


@catalog.patch("/v2/dataSets/{id}", kind="dataSets")
@catalog.patch("/datasets/{id}", kind="dataSets")
@catalog.patch("/dataSets/{id}", kind="dataSets")
def patch_dataset(request: Request) -> Reply:
    """Merges an object into the dataset, or applies a JSON Patch."""
    patch = request.json()
    return _changed(request, lambda body: changes.patched(body, patch))


@catalog.put("/datasets/{id}", kind="dataSets")
@catalog.put("/dataSets/{id}", kind="dataSets")
def replace_dataset(request: Request) -> Reply:
    """Gives the dataset another body."""
    sent = request.json_object()
    return _changed(request, lambda _body: sent)


@catalog.delete("/datasets/{id}", kind="dataSets", answers=OK)
@catalog.delete("/dataSets/{id}", kind="dataSets", answers=OK)
def delete_dataset(request: Request) -> Reply:
    """Removes the dataset with its table; ``?force=true`` also while a flow writes to it."""
    id, force = request.path_params["id"], request.query.flag("force")
    now = request.clock.now()
    datasets.delete(request.store, request.lake, request.caller, id, force, usage.flows_into, now)
    return Reply([f"@/dataSets/{id}"])


@catalog.get("/batches", kind="batches")
def list_batches(request: Request) -> Reply:
    """A page of the sandbox's batches, newest first."""
    chosen = selection.read(request.query.pairs, selection.BATCHES)
    with request.store.read() as conn:
        page = batch_listing.page(conn, request.caller, request.query.pairs, chosen)
    return Reply({item["id"]: chosen.projected(item) for item in page})


@catalog.get("/batches/{id}", kind="batches")
def get_batch(request: Request) -> Reply:
    """A map that holds the one batch."""
    chosen = selection.read(request.query.pairs, selection.BATCHES)
    with request.store.read() as conn:
        item = batch_listing.one(conn, request.caller, request.path_params["id"])
    return Reply({item["id"]: chosen.projected(item)})


@catalog.get("/lastBatches", kind="batches")
def list_last_batches(request: Request) -> Reply:
    """Each dataset's newest batch, newest success and newest failure."""
    chosen = selection.read(request.query.pairs, selection.LAST_BATCHES)
    with request.store.read() as conn:
        page = chosen.page(batch_listing.last(conn, request.caller))
    return Reply({item["id"]: chosen.projected(_without_id(item)) for item in page})


def _changed(request: Request, change: datasets.Changed) -> Reply:
    id, tenant, now = request.path_params["id"], _tenant(request), request.clock.now()
    dataset = datasets.change(request.store, request.caller, id, change, request.if_match, tenant, now)
    return Reply([f"@/dataSets/{dataset.id}"], headers={"etag": dataset.etag})


def _sent(request: Request) -> tuple[Body, str, int]:
    return request.json_object(), _tenant(request), request.clock.now()


def _known(request: Request, conn: sa.Connection, item: Body) -> Body:
    return {**item, **rendering.last_batches(conn, request.caller, item["id"])}


def _whole(request: Request, chosen: Selection, dataset: Document, known: Body) -> Body:
    lake, now = request.lake, request.clock.now()
    return chosen.projected(rendering.with_figures(known, lake, datasets.table_of(dataset), now))


def _without_id(item: Body) -> Body:
    return {key: value for key, value in item.items() if key != "id"}


def _tenant(request: Request) -> str:
    with request.store.read() as conn:
        return sandboxes.tenant_of(conn, request.caller.org)
