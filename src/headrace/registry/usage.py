"""Who depends on a resource, and what may still change once data does."""

from collections.abc import Iterator

from headrace.errors import ChangeBreaks, InUse
from headrace.registry import composition
from headrace.registry.library import Library
from headrace.registry.resource import Resource
from headrace.registry.shapes import problem
from headrace.registry.types import SCHEMAS, UNION_SUFFIX, UNION_TAG
from headrace.store.documents import Users
from headrace.xdm import arrow_schema, checker
from headrace.xdm.evolution import Break, breaks


def dependents(library: Library, uri: str) -> list[Resource]:
    """The sandbox's own resources that reach ``uri``, directly or through others."""
    reached: dict[str, Resource] = {}
    waiting = [uri]
    while waiting:
        new = [each for each in library.referring(waiting.pop()) if each.uri not in reached and each.uri != uri]
        reached |= {each.uri: each for each in new}
        waiting += [each.uri for each in new]
    return list(reached.values())


def in_use(library: Library, schema: Resource, datasets: Users) -> bool:
    """Whether only additions are possible: one of its ``datasets`` exists, or it is in a union."""
    in_union = UNION_TAG in schema.body.get("meta:immutableTags", ())
    return in_union or bool(datasets(library.conn, library.caller, schema.uri))


def require_compatible(library: Library, changed: Resource, datasets: Users) -> None:
    """ChangeBreaks, with every offending path, when the change breaks a schema in use that reaches the resource.

    SchemaConflict, ReferenceMissing or SchemaUnstorable when a schema would no longer compose.
    """
    after = library.with_(changed)
    require_composes(after, changed)
    before = library.find(changed.uri)
    touched = [one for one in (before, *dependents(library, changed.uri)) if one is not None]
    schemas = [resource for resource in touched if resource.type is SCHEMAS]
    breaking = [(schema, broken) for schema in schemas for broken in _broken(library, after, schema, datasets)]
    if breaking:
        message = "; ".join(
            f"{broken.path} {broken.message} in schema {schema.body['title']}" for schema, broken in breaking
        )
        problems = [problem(broken.path, "evolution", broken.message, schema.uri) for schema, broken in breaking]
        raise ChangeBreaks(f"The schema is in use, so only additions are possible: {message}.", problems=problems)


def require_composes(library: Library, resource: Resource) -> None:
    """SchemaConflict, ReferenceMissing, SchemaUnstorable or SchemaUncheckable if rows could not follow the resource."""
    tree = composition.full(library, resource)
    if resource.type is SCHEMAS:
        arrow_schema(tree)
        checker(tree)
    if UNION_TAG in resource.body.get("meta:immutableTags", ()):
        union = library.find(f"{library.class_of(resource)}{UNION_SUFFIX}")
        composition.full(library, union or resource)


def _broken(library: Library, after: Library, schema: Resource, datasets: Users) -> Iterator[Break]:
    changed = after.find(schema.uri) or schema
    require_composes(after, changed)
    if not in_use(library, schema, datasets):
        return
    if UNION_TAG in schema.body.get("meta:immutableTags", ()) and UNION_TAG not in changed.body.get(
        "meta:immutableTags", ()
    ):
        yield Break("/meta:immutableTags", "leaves the union")
    yield from breaks(composition.full(library, schema), composition.full(after, changed))


def require_unused(library: Library, resource: Resource, datasets: Users) -> None:
    """InUse, naming the users, when datasets or other resources need the resource."""
    users = [f"{one.type.label} {one.body['title']} ({one.uri})" for one in dependents(library, resource.uri)]
    if resource.type is SCHEMAS:
        users += [f"dataset {id}" for id in datasets(library.conn, library.caller, resource.uri)]
        users += ["the union of its class"] if UNION_TAG in resource.body.get("meta:immutableTags", ()) else []
    if users:
        message = f"{resource.uri} is used by {', '.join(users)}; delete or change those first."
        raise InUse(message, kind=resource.type.name, id=resource.uri)
