"""What a client sends for a resource, read and checked: its form, its place in the namespace, its parts."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from headrace.errors import FieldMisplaced, TitleTaken
from headrace.registry import shapes
from headrace.registry.library import Library, named_parts
from headrace.registry.primary_keys import BEHAVIOR, RECORD, TIME_SERIES
from headrace.registry.resource import Body
from headrace.registry.shapes import Problem, problem
from headrace.registry.types import (
    ADHOC,
    BEHAVIOR_TYPE,
    CLASSES,
    DATA_TYPES,
    FIELD_GROUPS,
    RELATIONAL,
    SCHEMAS,
    UNION_TAG,
    ResourceType,
)
from headrace.xdm.annotating import annotated
from headrace.xdm.merging import merged
from headrace.xdm.walking import nodes, rebuilt

# What the registry adds; clients send it back with what they read, and it is ignored.
READ_ONLY = frozenset({
    "$id", "$schema", "imsOrg", "meta:abstract", "meta:allFieldAccess", "meta:altId", "meta:class", "meta:classTitle",
    "meta:containerId", "meta:createdDate", "meta:descriptorStatus", "meta:descriptors", "meta:extensible",
    "meta:extends", "meta:registryMetadata", "meta:resourceType", "meta:sandboxId", "meta:sandboxType",
    "meta:tenantNamespace", "meta:xdmType", "refs", "version",
})  # fmt: skip
FIELD_NAME = re.compile(r"[A-Za-z0-9-][A-Za-z0-9_-]*")
# A field group or class whose fields live outside the tenant's namespace.
FREE = (ADHOC, RELATIONAL)
ADHOC_FIELD = "_adhoc"


def read(library: Library, type: ResourceType, sent: Mapping[str, Any], uri: str) -> Body:
    """The body to store; ResourceInvalid with every problem, FieldMisplaced or TitleTaken."""
    shapes.require_shallow(sent)
    body = {"type": "object", **{key: value for key, value in sent.items() if key not in READ_ONLY}}
    if RELATIONAL in _texts(sent.get("meta:extends")):
        body["meta:extends"] = [RELATIONAL]
    shapes.require([*_members(type, body), *_behavior(body), *shapes.problems(body)])
    own = f"_{uri.rpartition('/')[2]}"
    if type is CLASSES and ADHOC in named_parts(body):
        body = {**rebuilt(body, partial(_renamed, own)), "meta:datasetNamespace": own}
    shapes.require(
        [*_names({f"_{library.tenant}", own}, body), *_references(library, body, uri), *_roles(library, type, body)]
    )
    _require_namespace(library, type, body)
    _require_free_title(library, body["title"], uri)
    return annotated(body, lambda ref: _type_of(library, ref))


def _texts(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _type_of(library: Library, uri: str) -> str | None:
    found = library.find(uri)
    return str(found.body.get("type", "object")) if found else None


def _members(type: ResourceType, body: Body) -> Iterator[Problem]:
    title = body.get("title")
    if not isinstance(title, str) or not title.strip():
        yield problem("$", "required", "A resource needs a title that is not blank.", "title")
    if type is not DATA_TYPES and body["type"] != "object":
        yield problem("$.type", "enum", f'The type of a {type.label} resource is "object".', "object")
    if type is FIELD_GROUPS and "meta:intendedToExtend" not in body:
        message = 'A field group needs "meta:intendedToExtend": the $id of each class it is meant for, or [].'
        yield problem("$", "required", message, "meta:intendedToExtend")
    if type in (SCHEMAS, CLASSES) and "allOf" not in body:
        needed = "its class" if type is SCHEMAS else "its behavior, such as https://ns.adobe.com/xdm/data/record"
        yield problem("$", "required", f'A {type.label} resource needs "allOf" with a $ref to {needed}.', "allOf")
    if "meta:immutableTags" in body and (type is not SCHEMAS or body["meta:immutableTags"] not in ([], [UNION_TAG])):
        yield problem("$.meta:immutableTags", "enum", 'Only schemas have tags, and the one tag is "union".', UNION_TAG)


def _behavior(body: Body) -> Iterator[Problem]:
    """A relational schema has no class that would say how its rows behave."""
    told = body.get(BEHAVIOR, RECORD)
    if RELATIONAL in _texts(body.get("meta:extends")) and told not in (RECORD, TIME_SERIES):
        message = f"{BEHAVIOR} {told!r:.80} must be {RECORD} or {TIME_SERIES}."
        yield problem(f"$.{BEHAVIOR}", "enum", message, RECORD, TIME_SERIES)


def _renamed(name: str, node: Body) -> Body:
    """The fields of an ad hoc class get a namespace that nothing shares."""
    if ADHOC_FIELD not in node.get("properties", {}):
        return node
    fields = {name if key == ADHOC_FIELD else key: field for key, field in node["properties"].items()}
    return {**node, "properties": fields}


def _names(namespaces: set[str], body: Body) -> Iterator[Problem]:
    for pointer, node in nodes(body):
        for name in node.get("properties", {}):
            if not FIELD_NAME.fullmatch(name) and name not in namespaces:
                message = (
                    f"The field name {name} at {pointer or '/'} may hold letters, digits, - and _ only and may not "
                    "start with an underscore."
                )
                yield problem(f"{pointer}/properties/{name}", "pattern", message, FIELD_NAME.pattern)


def _references(library: Library, body: Body, uri: str) -> Iterator[Problem]:
    for pointer, node in nodes(body):
        ref = node.get("$ref", "#")
        target = ref.partition("#")[0]
        if target and target != uri and library.find(target) is None:
            message = f"$ref {ref} names no resource of this sandbox; create it first, or correct the $ref."
            yield problem(f"{pointer}/$ref", "reference", message, ref)


def _roles(library: Library, type: ResourceType, body: Body) -> Iterator[Problem]:
    if type is DATA_TYPES:
        return
    named = [found for uri in named_parts(body) if (found := library.find(uri))]
    allowed = {SCHEMAS: (CLASSES, FIELD_GROUPS), CLASSES: (BEHAVIOR_TYPE, CLASSES, FIELD_GROUPS, DATA_TYPES)}
    for one in named:
        if one.type not in allowed.get(type, (FIELD_GROUPS, DATA_TYPES)):
            message = f"{one.uri} is one of the {one.type.name}; it cannot be a part of a {type.label} resource."
            yield problem("$.allOf", "reference", message, one.uri)
    if type is SCHEMAS:
        yield from _schema_parts(library, body, [one.uri for one in named if one.type is CLASSES])
    elif type is CLASSES and not any(one.type in (BEHAVIOR_TYPE, CLASSES) for one in named):
        message = "A class needs a behavior in allOf, such as https://ns.adobe.com/xdm/data/record."
        yield problem("$.allOf", "contains", message)


def _schema_parts(library: Library, body: Body, classes: list[str]) -> Iterator[Problem]:
    if "meta:extends" in body:
        if named_parts(body) or body.get("meta:immutableTags"):
            yield problem("$.allOf", "not", "A relational schema has no class, no field groups and no union.")
        return
    if len(classes) != 1:
        message = f"A schema has exactly one class in allOf, not {len(classes)}; classes are listed at global/classes."
        yield problem("$.allOf", "contains", message)
        return
    fitting = {classes[0], *library.extends(library.body(classes[0]))}
    for uri in named_parts(body):
        found = library.find(uri)
        meant = set(found.body.get("meta:intendedToExtend", ())) if found and found.type is FIELD_GROUPS else set()
        if meant and not meant & fitting:
            message = f"Field group {uri} extends {', '.join(sorted(meant))}, not the schema's class {classes[0]}."
            yield problem("$.allOf", "meta:intendedToExtend", message, uri)


def _require_namespace(library: Library, type: ResourceType, body: Body) -> None:
    extended = {*body.get("meta:extends", ()), *named_parts(body)}
    if type is DATA_TYPES or extended & {*FREE}:
        return
    home = f"_{library.tenant}"
    own = merged(body, _nothing).get("properties", {})
    outside = [name for name in own if name != home]
    if outside:
        message = f"The fields {', '.join(outside)} must be below {home}, the namespace of this org."
        raise FieldMisplaced(message, kind=type.name, problems=[problem("$", "namespace", message, *outside)])


def _nothing(_uri: str) -> Body:
    # What other resources bring in is theirs to answer for.
    return {}


def _require_free_title(library: Library, title: str, uri: str) -> None:
    for other in library.titled(title):
        if other != uri:
            raise TitleTaken(
                f"The title {title} is taken by {other}; titles are unique across all kinds of a sandbox.", id=other
            )
