"""Data Prep: ``/samples`` and ``/schemas``, which only mapping knows."""

from headrace.api import forms
from headrace.api.conversion.service import Json, bounds, chosen, conversion, page, tenant
from headrace.api.operation import CREATE, OK
from headrace.api.request import Reply, Request
from headrace.dataprep import mapper_schemas, samples
from headrace.store import documents

FILE = "file"


@conversion.get("/schemas", kind="schemas")
def list_mapper_schemas(request: Request) -> Reply:
    """A page of the schemas that only mapping knows, newest change first."""
    with request.store.read() as conn:
        schemas = documents.select(conn, request.caller, mapper_schemas.KIND)
    return _page(request, "/schemas", [mapper_schemas.rendered(schema) for schema in schemas])


@conversion.post("/schemas", verb=CREATE, kind="schemas", answers=OK)
def create_mapper_schema(request: Request) -> Reply:
    """A new schema of a JSON Schema, of a sample or of the registry's; the answer is 200."""
    return _created(request, request.json_object())


@conversion.post("/schemas/upload", verb=CREATE, kind="schemas", answers=OK)
def upload_mapper_schema(request: Request) -> Reply:
    """A new schema of a JSON Schema that a form holds as its file."""
    return _created(request, mapper_schemas.parsed(forms.file(request, FILE)))


@conversion.get("/schemas/{id}", kind="schemas")
def get_mapper_schema(request: Request) -> Reply:
    """One schema."""
    with request.store.read() as conn:
        schema = documents.get(conn, request.caller, mapper_schemas.KIND, request.path_params["id"])
    return Reply(mapper_schemas.rendered(schema))


@conversion.delete("/schemas/{id}", kind="schemas", answers=OK)
def delete_mapper_schema(request: Request) -> Reply:
    """Removes a schema."""
    return _deleted(request, mapper_schemas.KIND)


@conversion.get("/samples", kind="samples")
def list_samples(request: Request) -> Reply:
    """A page of samples, newest change first."""
    with request.store.read() as conn:
        sample_documents = documents.select(conn, request.caller, samples.KIND)
    return _page(request, "/samples", [samples.rendered(sample) for sample in sample_documents])


@conversion.post("/samples", verb=CREATE, kind="samples", answers=OK)
def create_sample(request: Request) -> Reply:
    """A new sample; the answer is 200."""
    sent = request.json_object(sample="sampleData")
    sample = samples.create(request.store, request.caller, sent, request.clock.now())
    return Reply(samples.rendered(sample))


@conversion.post("/samples/upload", verb=CREATE, kind="samples", answers=OK)
def upload_sample(request: Request) -> Reply:
    """A new sample of the JSON that a form holds as its file."""
    sent = samples.uploaded(forms.file(request, FILE))
    return Reply(samples.rendered(samples.create(request.store, request.caller, sent, request.clock.now())))


@conversion.get("/samples/{id}", kind="samples")
def get_sample(request: Request) -> Reply:
    """One sample."""
    with request.store.read() as conn:
        sample = documents.get(conn, request.caller, samples.KIND, request.path_params["id"])
    return Reply(samples.rendered(sample))


@conversion.put("/samples/{id}", kind="samples")
def replace_sample(request: Request) -> Reply:
    """The sample's next version."""
    id, body = request.path_params["id"], request.json_object(sample="sampleData")
    return Reply(samples.rendered(samples.replace(request.store, request.caller, id, body, request.clock.now())))


@conversion.delete("/samples/{id}", kind="samples", answers=OK)
def delete_sample(request: Request) -> Reply:
    """Removes a sample; schemas that were made of it stay."""
    return _deleted(request, samples.KIND)


def _created(request: Request, body: Json) -> Reply:
    schema = mapper_schemas.create(request.store, request.caller, body, tenant(request), request.clock.now())
    return Reply(mapper_schemas.rendered(schema))


def _deleted(request: Request, kind: str) -> Reply:
    with request.store.write() as conn:
        document = documents.get(conn, request.caller, kind, request.path_params["id"])
        documents.delete(conn, request.caller, document, request.clock.now())
    return Reply({})


def _page(request: Request, path: str, items: list[Json]) -> Reply:
    limit, start = bounds(request)
    matching = chosen(request, items)
    return page(request, path, matching[start : start + limit], len(matching))
