"""Descriptors: what is said about the fields of a schema beside the schema itself, identities first of all."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headrace.errors import NotFound
from headrace.ids import new_hex
from headrace.registry import composition, primary_keys
from headrace.registry.library import Library
from headrace.registry.resource import Body, Resource
from headrace.registry.shapes import Problem, problem, require, require_shallow
from headrace.registry.types import CLASSES, FIELD_GROUPS, SCHEMAS
from headrace.store import documents
from headrace.store.changes import Change
from headrace.store.documents import Document, Users

KIND = "descriptors"
DIGITS = 40
ID = re.compile(f"[0-9a-f]{{{DIGITS}}}")
IDENTITY = composition.IDENTITY
PROPERTY = "xdm:sourceProperty"
SOURCE = (PROPERTY,)
TARGET = ("xdm:destinationSchema",)
# Each kind, and the members that it needs beside @type and xdm:sourceSchema.
KINDS: Mapping[str, tuple[str, ...]] = {
    IDENTITY: (*SOURCE, "xdm:namespace"),
    "xdm:alternateDisplayInfo": SOURCE,
    "xdm:descriptorDeprecated": SOURCE,
    "xdm:descriptorDuplicationExclusions": (),
    "xdm:descriptorLabel": (*SOURCE, "xdm:labels"),
    "xdm:descriptorManyToMany": (*SOURCE, *TARGET),
    "xdm:descriptorManyToOne": (*SOURCE, *TARGET),
    "xdm:descriptorMetaEnumRemove": SOURCE,
    "xdm:descriptorOneToMany": (*SOURCE, *TARGET),
    "xdm:descriptorOneToOne": (*SOURCE, *TARGET),
    "xdm:descriptorPrimaryKey": SOURCE,
    "xdm:descriptorReferenceIdentity": (*SOURCE, "xdm:identityNamespace"),
    "xdm:descriptorRelationship": (*SOURCE, *TARGET, "xdm:cardinality"),
    "xdm:descriptorTimeSeriesGranularity": ("xdm:granularity", "xdm:ianaTimezone"),
    "xdm:descriptorTimestamp": SOURCE,
    "xdm:descriptorVersion": SOURCE,
    "xdm:descriptorEventRelationship": SOURCE,
    "xdm:descriptorSearch": SOURCE,
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "xdm:cardinality": ("1:1", "1:0", "M:1", "M:0"),
    "xdm:granularity": ("hour", "day", "week", "month", "quarter", "year"),
    "xdm:property": ("xdm:code", "xdm:id"),
}
# The members that name an identity namespace, by its code unless xdm:property says by its id.
NAMESPACES: Mapping[str, str] = {
    IDENTITY: "xdm:namespace",
    "xdm:descriptorReferenceIdentity": "xdm:identityNamespace",
}
NAMESPACES_PATH = "/data/core/idnamespace/identities"
READ_ONLY = ("@id", "imsOrg", "version", "meta:containerId", "meta:sandboxId", "meta:sandboxType",
             "meta:registryMetadata", "created", "createdUser", "createdClient", "updated", "updatedUser",
             "updatedClient")  # fmt: skip

Namespaces = Sequence[Mapping[str, Any]]


def create(library: Library, sent: Mapping[str, Any], known: Namespaces, now: int) -> Body:
    """A new descriptor, whose namespace is one of ``known``; ResourceInvalid with every problem."""
    body = _read(library, sent, known, None)
    document = documents.new(library.caller, KIND, new_hex(DIGITS), body, now)
    library.changes.append(Change("create", document, now))
    return rendered(library, document)


def replace(
    library: Library, id: str, sent: Mapping[str, Any], known: Namespaces, holding_rows: Users, now: int
) -> Body:
    """The descriptor as ``sent`` says it now, checked as a new one; ChangeBreaks where rows go by what it said."""
    found = _found(library, id)
    body = _read(library, sent, known, id)
    primary_keys.require_stays(library.conn, library.caller, found, body, holding_rows)
    document = documents.revised(library.caller, found, body, now)
    library.changes.append(Change("revise", document, now))
    return rendered(library, document)


def delete(library: Library, id: str, holding_rows: Users, now: int) -> None:
    """Removes a descriptor; InUse where rows go by what it says."""
    found = _found(library, id)
    primary_keys.require_stays(library.conn, library.caller, found, None, holding_rows)
    library.changes.append(Change("delete", found, now))


def require_stays(library: Library, change: Change, holding_rows: Users) -> None:
    """ChangeBreaks or InUse when rows go by what a descriptor says that is to be replaced or deleted."""
    after = change.document.body if change.action == "revise" else None
    primary_keys.require_stays(library.conn, library.caller, _found(library, change.document.id), after, holding_rows)


def get(library: Library, id: str) -> Body:
    """The descriptor of this ``@id``; NotFound."""
    return rendered(library, _found(library, id))


def listed(library: Library) -> list[Body]:
    """Every descriptor of the sandbox, oldest first."""
    ordered = sorted(library.descriptors, key=lambda document: (document.created_at, document.id))
    return [rendered(library, document) for document in ordered]


def of_schema(library: Library, uri: str) -> list[Body]:
    """The descriptors on one schema."""
    return [one for one in listed(library) if one["xdm:sourceSchema"] == uri]


def rendered(library: Library, document: Document) -> Body:
    """The descriptor with what the registry adds."""
    return {
        "@id": document.id,
        **document.body,
        "imsOrg": document.org,
        "version": "1",
        "meta:containerId": "tenant",
        "meta:sandboxId": library.caller.sandbox_id,
        "meta:sandboxType": library.sandbox_type,
        "meta:registryMetadata": {
            "repo:createdDate": document.created_at,
            "repo:lastModifiedDate": document.updated_at,
            "xdm:createdClientId": document.created_client,
            "xdm:lastModifiedClientId": document.updated_client,
            "xdm:createdUserId": document.created_by,
            "xdm:lastModifiedUserId": document.updated_by,
        },
    }


def _found(library: Library, id: str) -> Document:
    found = documents.find(library.conn, library.caller, KIND, id) if ID.fullmatch(id) else None
    if found is None:
        raise NotFound(f"There is no descriptor {id} in this sandbox.", kind=KIND, id=id)
    return found


def _read(library: Library, sent: Mapping[str, Any], known: Namespaces, id: str | None) -> Body:
    require_shallow(sent)
    body = {"xdm:sourceVersion": 1, **{key: value for key, value in sent.items() if key not in READ_ONLY}}
    if "xdm:label" in body:
        body["xdm:labels"] = body.pop("xdm:label")
    if "xdm:destinationSchema" in body:
        body.setdefault("xdm:destinationVersion", 1)
    if body.get("@type") == IDENTITY:
        # The original refuses an identity without it, though code is what nearly every client means.
        body = {"xdm:property": "xdm:code", "xdm:isPrimary": False, **body}
    require(list(_members(body)))
    require([*_targets(library, body, id), *_namespace(known, body)])
    return body


def _members(body: Body) -> Iterator[Problem]:
    type = body.get("@type")
    if not isinstance(type, str) or type not in KINDS:
        yield problem("$.@type", "enum", f"@type must be one of {', '.join(KINDS)}.", *KINDS)
        return
    for name in ("xdm:sourceSchema", *KINDS[type]):
        if body.get(name) in (None, "", []):
            yield problem("$", "required", f"{type} needs {name}.", name)
    for name in ("xdm:sourceSchema", "xdm:destinationSchema"):
        if name in body and not isinstance(body[name], str):
            yield problem(f"$.{name}", "type", f"{name} must be the $id of a schema.", "string")
    for name, choices in CHOICES.items():
        if name in body and body[name] not in choices:
            yield problem(f"$.{name}", "enum", f"{name} must be one of {', '.join(choices)}.", *choices)
    for name in ("xdm:sourceVersion", "xdm:destinationVersion"):
        if not isinstance(version := body.get(name, 1), int) or isinstance(version, bool) or version < 1:
            yield problem(f"$.{name}", "type", f"{name} must be the major version of a schema, such as 1.", "integer")
    if not isinstance(body.get("xdm:isPrimary", False), bool):
        yield problem("$.xdm:isPrimary", "type", "xdm:isPrimary must be true or false.", "boolean")


def _targets(library: Library, body: Body, id: str | None) -> Iterator[Problem]:
    source = _described(library, body["xdm:sourceSchema"])
    if source is None:
        message = f"xdm:sourceSchema {body['xdm:sourceSchema']} is no schema of this sandbox; create it first."
        yield problem("$.xdm:sourceSchema", "reference", message, body["xdm:sourceSchema"])
        return
    body["xdm:sourceSchema"] = source.uri
    wrong = list(_paths(library, source, body.get(PROPERTY), PROPERTY))
    yield from wrong
    if "xdm:destinationSchema" in body:
        yield from _destination(library, body)
    if body["@type"] == IDENTITY:
        yield from _identity(library, source, body, id)
    if not wrong:
        tree = composition.full(library, source)
        yield from primary_keys.problems(library.descriptors, body, source.body, tree, id)


def _described(library: Library, id: str) -> Resource | None:
    found = library.find(id)
    return found if found is not None and found.type in (SCHEMAS, CLASSES, FIELD_GROUPS) else None


def _destination(library: Library, body: Body) -> Iterator[Problem]:
    target = _described(library, body["xdm:destinationSchema"])
    if target is None:
        message = f"xdm:destinationSchema {body['xdm:destinationSchema']} is no schema of this sandbox."
        yield problem("$.xdm:destinationSchema", "reference", message, body["xdm:destinationSchema"])
        return
    yield from _paths(library, target, body.get("xdm:destinationProperty"), "xdm:destinationProperty")


def _paths(library: Library, schema: Resource, sent: object, member: str) -> Iterator[Problem]:
    paths = sent if isinstance(sent, list) else [] if sent is None else [sent]
    tree = composition.full(library, schema) if paths else {}
    for path in paths:
        if not isinstance(path, str) or not path.startswith("/") or path.endswith("/"):
            message = f"{member} {path!r} must be a path with slashes, such as /_{library.tenant}/pivotValue."
            yield problem(f"$.{member}", "pattern", message)
        elif not _leads(tree, path.split("/")[1:]):
            message = f"{member} {path} is no field of {schema.body['title']} ({schema.uri})."
            yield problem(f"$.{member}", "reference", message, path)


def _leads(node: Mapping[str, Any], path: list[str]) -> bool:
    """Whether there is a field at ``path``; ``[*]`` after a name steps into an array's items."""
    if not path:
        return True
    name = path[0].removesuffix("[*]")
    child = node.get("properties", {}).get(name) if name else node
    if isinstance(child, Mapping) and path[0].endswith("[*]"):
        child = child.get("items")
    return isinstance(child, Mapping) and _leads(child, path[1:])


def _identity(library: Library, source: Resource, body: Body, id: str | None) -> Iterator[Problem]:
    if source.document is None:
        message = (
            f"{source.uri} is a standard resource, which takes no identities; create a schema in the tenant "
            "container with the same class and field groups and describe that one."
        )
        yield problem("$.xdm:sourceSchema", "identity", message, source.uri)
    if not isinstance(body[PROPERTY], str):
        yield problem(f"$.{PROPERTY}", "type", "An identity is one field: xdm:sourceProperty must be text.", "string")
    others = [one for one in composition.primaries(library, source.uri) if one.id != id]
    if body["xdm:isPrimary"] and others:
        message = f"Descriptor {others[0].id} makes {others[0].body[PROPERTY]} the primary identity already."
        yield problem("$.xdm:isPrimary", "unique", message, others[0].id)


def _namespace(known: Namespaces, body: Body) -> Iterator[Problem]:
    member = NAMESPACES.get(body["@type"])
    if member is None:
        return
    sent, key = str(body[member]), "id" if body.get("xdm:property") == "xdm:id" else "code"
    if not any(str(one[key]).lower() == sent.lower() for one in known):
        message = (
            f"{member} {sent:.80} is the {key} of no identity namespace of this org. GET {NAMESPACES_PATH} lists the "
            "standard ones and the org's own; POST there makes another."
        )
        yield problem(f"$.{member}", "reference", message, body[member])
