"""Schemas, classes, field groups, data types and behaviors, of the standard and of the tenant."""

from headrace.api.request import NO_CONTENT, Reply, Request
from headrace.api.schemaregistry import accept
from headrace.api.schemaregistry.routes import (
    GLOBAL,
    container,
    list_body,
    own_container,
    reading,
    schemaregistry,
    selection,
    writing,
)
from headrace.registry import listing, rendering, resources, stats, types, views
from headrace.registry.library import Resource, standard_resources
from headrace.registry.types import DATA_TYPES, ResourceType
from headrace.wire.patch import instructions

PAGE = 300


@schemaregistry.get("/stats")
def get_stats(request: Request) -> Reply:
    """The tenant id, counts and the latest changes."""
    with reading(request) as library:
        return Reply(200, stats.summary(library))


@schemaregistry.get("/{container}/{type}")
def list_resources(request: Request) -> Reply:
    """A page of a container's resources of one kind."""
    type = types.of_segment(request.path_params["type"])
    accepted = accept.parse(request.headers.get("accept", ""), accept.LIST)
    with reading(request) as library:
        found = {one.uri: one for one in (_standard(type) if container(request) == GLOBAL else library.own(type))}
        # Clients of data types follow no pages.
        wanted = selection(request, "updated", None if type is DATA_TYPES else PAGE)
        page = listing.select((rendering.whole(library, one) for one in found.values()), wanted)
        results = [views.shown(library, found[item["$id"]], accepted.view) for item in page.items]
    segment = request.path_params["type"].lower()
    body = list_body(request, page, results, **{f"global_{segment}": f"/{GLOBAL}/{segment}"})
    return Reply(200, body, media=accepted.media)


@schemaregistry.post("/{container}/{type}")
def create_resource(request: Request) -> Reply:
    """A new resource of the tenant."""
    own_container(request)
    type, body = _type(request), request.json_object()
    with writing(request) as library:
        made = resources.create(library, type, body, request.clock.now())
        return Reply(201, rendering.whole(library, made))


@schemaregistry.get("/{container}/{type}/{id}")
def get_resource(request: Request) -> Reply:
    """One resource in the form that Accept asks for; the tenant's container shows the standard ones too."""
    accepted = accept.parse(request.headers.get("accept", ""), accept.LOOKUP)
    id = request.path_params["id"]
    with reading(request) as library:
        found = library.get(id, types.asked(request.path_params["type"], id))
        if container(request) == GLOBAL:
            resources.require_standard(found)
        shown = views.shown(library, found, accepted.view)
    return Reply(200, shown | ({"meta:allFieldAccess": True} if found.own else {}), media=accepted.media)


@schemaregistry.put("/{container}/{type}/{id}")
def replace_resource(request: Request) -> Reply:
    """The resource's next version, whole."""
    own_container(request)
    type, id, body = _type(request), request.path_params["id"], request.json_object()
    with writing(request) as library:
        made = resources.replace(library, type, id, body, request.if_match, request.clock.now())
        return Reply(200, rendering.whole(library, made) | _DESCRIPTOR_STATUS)


@schemaregistry.patch("/{container}/{type}/{id}")
def patch_resource(request: Request) -> Reply:
    """The resource's next version by JSON Patch."""
    own_container(request)
    type, id, steps = _type(request), request.path_params["id"], instructions(request.json())
    with writing(request) as library:
        made = resources.patch(library, type, id, steps, request.if_match, request.clock.now())
        return Reply(200, rendering.whole(library, made) | _DESCRIPTOR_STATUS)


@schemaregistry.delete("/{container}/{type}/{id}")
def delete_resource(request: Request) -> Reply:
    """Removes a resource that nothing uses."""
    own_container(request)
    with writing(request) as library:
        resources.delete(library, _type(request), request.path_params["id"], request.clock.now())
    return NO_CONTENT


_DESCRIPTOR_STATUS: dict[str, object] = {"meta:descriptorStatus": {"result": []}}


def _type(request: Request) -> ResourceType:
    return types.of_segment(request.path_params["type"])


def _standard(type: ResourceType) -> list[Resource]:
    return [one for one in standard_resources().values() if one.type is type]
