"""Schemas, classes, field groups, data types and behaviors, of the standard and of the tenant."""

from headrace.api.operation import CREATE, CREATED, NO_CONTENT, FromPath
from headrace.api.request import Reply, Request
from headrace.api.schemaregistry import accept
from headrace.api.schemaregistry.routes import (
    GLOBAL,
    changing,
    container,
    list_body,
    own_container,
    reading,
    schemaregistry,
    selection,
)
from headrace.catalog import datasets
from headrace.registry import listing, rendering, resources, stats, types, views
from headrace.registry.library import Library, standard_resources
from headrace.registry.resource import Resource
from headrace.registry.types import DATA_TYPES, ResourceType
from headrace.wire.patch import instructions

PAGE = 300


@schemaregistry.get("/stats", kind="schemas")
def get_stats(request: Request) -> Reply:
    """The tenant id, counts and the latest changes."""
    with reading(request) as library:
        return Reply(stats.summary(library))


@schemaregistry.get("/{container}/{type}", kind=FromPath("type"), answers=accept.SHOWN)
def list_resources(request: Request) -> Reply:
    """A page of a container's resources of one kind."""
    type = types.of_segment(request.path_params["type"])
    accepted = accept.parse(request.headers.get("accept", ""), accept.LIST)
    with reading(request) as library:
        listed = _standard(type) if container(request) == GLOBAL else library.own(type)
        by_uri = {resource.uri: resource for resource in listed}
        # Clients of data types follow no pages.
        query = selection(request, "updated", None if type is DATA_TYPES else PAGE)
        page = listing.select((rendering.whole(library, resource) for resource in by_uri.values()), query)
        results = [views.shown(library, by_uri[item["$id"]], accepted.view) for item in page.items]
    segment = request.path_params["type"].lower()
    body = list_body(request, page, results, **{f"global_{segment}": f"/{GLOBAL}/{segment}"})
    return Reply(body, media=accepted.media)


@schemaregistry.post("/{container}/{type}", verb=CREATE, kind=FromPath("type"), answers=CREATED)
def create_resource(request: Request) -> Reply:
    """A new resource of the tenant."""
    own_container(request)
    type, body = _type(request), request.json_object()
    now = request.clock.now()
    return changing(
        request, lambda library: Reply(rendering.whole(library, resources.create(library, type, body, now)))
    )


@schemaregistry.get("/{container}/{type}/{id}", kind=FromPath("type"), answers=accept.SHOWN)
def get_resource(request: Request) -> Reply:
    """One resource in the form that Accept asks for; the tenant's container shows the standard ones too."""
    accepted = accept.parse(request.headers.get("accept", ""), accept.LOOKUP)
    id = request.path_params["id"]
    with reading(request) as library:
        resource = library.get(id, types.asked(request.path_params["type"], id))
        if container(request) == GLOBAL:
            resources.require_standard(resource)
        shown = views.shown(library, resource, accepted.view)
    return Reply(shown | ({"meta:allFieldAccess": True} if resource.own else {}), media=accepted.media)


@schemaregistry.put("/{container}/{type}/{id}", kind=FromPath("type"))
def replace_resource(request: Request) -> Reply:
    """The resource's next version, whole."""
    own_container(request)
    type, id, body = _type(request), request.path_params["id"], request.json_object()
    users, now = datasets.of_schema, request.clock.now()

    def replaced(library: Library) -> Reply:
        resource = resources.replace(library, type, id, body, request.if_match, users, now)
        return Reply(rendering.whole(library, resource) | _DESCRIPTOR_STATUS)

    return changing(request, replaced)


@schemaregistry.patch("/{container}/{type}/{id}", kind=FromPath("type"))
def patch_resource(request: Request) -> Reply:
    """The resource's next version by JSON Patch."""
    own_container(request)
    type, id, steps = _type(request), request.path_params["id"], instructions(request.json())
    users, now = datasets.of_schema, request.clock.now()

    def patched(library: Library) -> Reply:
        resource = resources.patch(library, type, id, steps, request.if_match, users, now)
        return Reply(rendering.whole(library, resource) | _DESCRIPTOR_STATUS)

    return changing(request, patched)


@schemaregistry.delete("/{container}/{type}/{id}", kind=FromPath("type"), answers=NO_CONTENT)
def delete_resource(request: Request) -> Reply:
    """Removes a resource that nothing uses."""
    own_container(request)
    type, id, now = _type(request), request.path_params["id"], request.clock.now()

    def deleted(library: Library) -> Reply:
        resources.delete(library, type, id, datasets.of_schema, now)
        return Reply()

    return changing(request, deleted)


_DESCRIPTOR_STATUS: dict[str, object] = {"meta:descriptorStatus": {"result": []}}


def _type(request: Request) -> ResourceType:
    return types.of_segment(request.path_params["type"])


def _standard(type: ResourceType) -> list[Resource]:
    return [resource for resource in standard_resources().values() if resource.type is type]
