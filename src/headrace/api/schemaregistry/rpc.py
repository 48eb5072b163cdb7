"""The registry's calls that are no resources: export, import and sample data."""

from headrace.api.operation import CREATE, OK
from headrace.api.request import Reply, Request
from headrace.api.schemaregistry.routes import changing, reading, schemaregistry
from headrace.catalog import datasets
from headrace.errors import Invalid
from headrace.registry import composition, samples, transfer


@schemaregistry.get("/rpc/export/{id}", kind="schemas")
def export_resource(request: Request) -> Reply:
    """A resource with everything of the tenant's that it needs, ready for import."""
    with reading(request) as library:
        return Reply(transfer.exported(library, request.path_params["id"]))


@schemaregistry.post("/rpc/import", verb=CREATE, kind="schemas", answers=OK)
def import_resources(request: Request) -> Reply:
    """What an export gave, created or replaced by id."""
    body = request.json()
    if not isinstance(body, list) or not all(isinstance(resource, dict) for resource in body):
        raise Invalid("The body must be the array that an export answered.", field="body")
    now = request.clock.now()
    return changing(request, lambda library: Reply(transfer.imported(library, body, datasets.of_schema, now)))


# aepp posts its imports here.
schemaregistry.post("/rpc/export", verb=CREATE, kind="schemas", answers=OK)(import_resources)


@schemaregistry.get("/rpc/sampledata/{id}", kind="schemas")
def sample_data(request: Request) -> Reply:
    """A record that the schema accepts."""
    with reading(request) as library:
        return Reply(samples.record(composition.full(library, library.need(request.path_params["id"]))))
