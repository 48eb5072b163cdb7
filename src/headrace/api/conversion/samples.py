"""Data Prep: ``/samples`` and ``/schemas``, which only mapping knows."""

from headrace.api import forms
from headrace.api.conversion.service import Json, bounds, chosen, conversion, page, tenant
from headrace.api.request import Reply, Request
from headrace.dataprep import mapper_schemas, samples
from headrace.store import documents

FILE = "file"


@conversion.get("/schemas")
def list_mapper_schemas(request: Request) -> Reply:
    """A page of the schemas that only mapping knows, newest change first."""
    with request.store.read() as conn:
        found = documents.select(conn, request.caller, mapper_schemas.KIND)
    return _page(request, "/schemas", [mapper_schemas.rendered(one) for one in found])


@conversion.post("/schemas")
def create_mapper_schema(request: Request) -> Reply:
    """A new schema of a JSON Schema, of a sample or of the registry's; the answer is 200."""
    return _created(request, request.json_object())


@conversion.post("/schemas/upload")
def upload_mapper_schema(request: Request) -> Reply:
    """A new schema of a JSON Schema that a form holds as its file."""
    return _created(request, mapper_schemas.parsed(forms.file(request, FILE)))


@conversion.get("/schemas/{id}")
def get_mapper_schema(request: Request) -> Reply:
    """One schema."""
    with request.store.read() as conn:
        found = documents.get(conn, request.caller, mapper_schemas.KIND, request.path_params["id"])
    return Reply(200, mapper_schemas.rendered(found))


@conversion.delete("/schemas/{id}")
def delete_mapper_schema(request: Request) -> Reply:
    """Removes a schema."""
    return _deleted(request, mapper_schemas.KIND)


@conversion.get("/samples")
def list_samples(request: Request) -> Reply:
    """A page of samples, newest change first."""
    with request.store.read() as conn:
        found = documents.select(conn, request.caller, samples.KIND)
    return _page(request, "/samples", [samples.rendered(one) for one in found])


@conversion.post("/samples")
def create_sample(request: Request) -> Reply:
    """A new sample; the answer is 200."""
    made = samples.create(request.store, request.caller, request.json_object(), request.clock.now())
    return Reply(200, samples.rendered(made))


@conversion.post("/samples/upload")
def upload_sample(request: Request) -> Reply:
    """A new sample of the JSON that a form holds as its file."""
    sent = samples.uploaded(forms.file(request, FILE))
    return Reply(200, samples.rendered(samples.create(request.store, request.caller, sent, request.clock.now())))


@conversion.get("/samples/{id}")
def get_sample(request: Request) -> Reply:
    """One sample."""
    with request.store.read() as conn:
        return Reply(
            200, samples.rendered(documents.get(conn, request.caller, samples.KIND, request.path_params["id"]))
        )


@conversion.put("/samples/{id}")
def replace_sample(request: Request) -> Reply:
    """The sample's next version."""
    id, body = request.path_params["id"], request.json_object()
    return Reply(200, samples.rendered(samples.replace(request.store, request.caller, id, body, request.clock.now())))


@conversion.delete("/samples/{id}")
def delete_sample(request: Request) -> Reply:
    """Removes a sample; schemas that were made of it stay."""
    return _deleted(request, samples.KIND)


def _created(request: Request, body: Json) -> Reply:
    made = mapper_schemas.create(request.store, request.caller, body, tenant(request), request.clock.now())
    return Reply(200, mapper_schemas.rendered(made))


def _deleted(request: Request, kind: str) -> Reply:
    with request.store.write() as conn:
        found = documents.get(conn, request.caller, kind, request.path_params["id"])
        documents.delete(conn, request.caller, found, request.clock.now())
    return Reply(200, {})


def _page(request: Request, path: str, items: list[Json]) -> Reply:
    limit, start = bounds(request)
    kept = chosen(request, items)
    return page(request, path, kept[start : start + limit], len(kept))
