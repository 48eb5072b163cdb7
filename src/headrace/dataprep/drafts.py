"""What a client sends as a mapping set, in either envelope and either style of item, read into one shape."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.errors import MappingSetInvalid
from headrace.mapping.checker import ATTRIBUTE, SENSES, STATIC

DEFAULT_VERSION = "application/vnd.adobe.xed-full+json;version=1"
OLD_NAMES = {"source": "sourceAttribute", "destination": "destinationXdmPath"}
FLAGS = ("identity", "primaryIdentity")
TEXTS = ("name", "description", "identityGroup", "namespaceCode")
_MEDIA_VERSION = re.compile(r"version\s*=\s*([0-9]{1,9})(?![0-9])")
_PLAIN_VERSION = re.compile(r"([0-9]{1,9})(\.[0-9]+)*")

OWN_MEMBERS = ("id", "version", "createdDate", "modifiedDate", "createdBy", "modifiedBy", "warnings")

Item = dict[str, Any]
Problem = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema a mapping set fills: its id as sent, the version text as sent, the major version that means."""

    id: str
    version: str
    major: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A mapping set as sent: its schema, its items in the one spelling, and the client's JSON for each."""

    schema: Schema
    items: list[Item]
    body: dict[str, Any]


def read(body: Mapping[str, Any], schema: Schema | None = None) -> Draft:
    """The draft in ``body``; ``schema`` stands in when it names none. MappingSetInvalid lists what is wrong."""
    named = target_of(body, schema)
    listed = body.get("mappings")
    if not isinstance(listed, list):
        raise invalid([problem("mappings", "must be an array of mappings")])
    problems = [found for n, item in enumerate(listed) for found in _problems(n, item)]
    if not isinstance(body.get("name"), str | None):
        problems.append(problem("name", "must be text"))
    if problems:
        raise invalid(problems)
    return Draft(named, [normalised(item) for item in listed], dict(body))


def target_of(body: Mapping[str, Any], schema: Schema | None = None) -> Schema:
    """The target schema that ``body`` names in one of the envelopes, or ``schema``; MappingSetInvalid for neither."""
    named = _schema(body) or schema
    if named is None:
        raise invalid([problem("xdmSchema", "name the target schema in xdmSchema or in outputSchema.schemaRef.id")])
    return named


def anew(body: Mapping[str, Any]) -> dict[str, Any]:
    """``body`` with its mappings as new ones: what a service wrote into them when it answered is left out."""
    listed = body.get("mappings")
    if not isinstance(listed, list):
        return dict(body)
    return {**body, "mappings": [fresh(item) if isinstance(item, Mapping) else item for item in listed]}


def fresh(item: Mapping[str, Any]) -> Item:
    """One mapping without the members that a service writes into it."""
    return {name: value for name, value in item.items() if name not in OWN_MEMBERS}


def normalised(item: Mapping[str, Any]) -> Item:
    """One item in the spelling that the mapping engine takes: sourceType in its sense, source, destination."""
    return {
        "sourceType": SENSES[item.get("sourceType") or ATTRIBUTE],
        "source": _either(item, "source"),
        "destination": _either(item, "destination"),
    }


def schema_named(id: str, version: object, field: str) -> Schema:
    """The schema ``id`` in the major version that a media type or a plain version names."""
    text = DEFAULT_VERSION if version is None or version == "" else str(version)
    return Schema(id, text, _major(text, field))


def problem(field: str, message: str) -> Problem:
    """One thing that is wrong with a mapping set, and where."""
    return {"field": field, "message": message}


def invalid(problems: list[Problem]) -> MappingSetInvalid:
    """The error that lists ``problems``."""
    told = "; ".join(f"{one['field']}: {one['message']}" for one in problems)
    return MappingSetInvalid(f"The mapping set is not valid: {told}.", problems=problems)


def _schema(body: Mapping[str, Any]) -> Schema | None:
    envelope = body.get("outputSchema")
    reference = envelope.get("schemaRef") if isinstance(envelope, Mapping) else body.get("schemaRef")
    if isinstance(reference, Mapping):
        id, version, field = reference.get("id"), reference.get("contentType"), "outputSchema.schemaRef.contentType"
    else:
        id, version, field = body.get("xdmSchema"), body.get("xdmVersion"), "xdmVersion"
    if id is None or id == "":
        return None
    if not isinstance(id, str):
        raise invalid([problem("xdmSchema", "must be the $id or meta:altId of a schema")])
    return schema_named(id, version, field)


def _major(version: str, field: str) -> int:
    match = _MEDIA_VERSION.search(version) or _PLAIN_VERSION.fullmatch(version.strip())
    if match is None:
        raise invalid([problem(field, f"{version} names no version; send 1.0 or {DEFAULT_VERSION}")])
    return int(match[1])


def _problems(n: int, item: object) -> list[Problem]:
    if not isinstance(item, Mapping):
        return [problem(f"mappings[{n}]", "must be an object with sourceType, source and destination")]
    found = []
    if not isinstance(item.get("sourceType") or ATTRIBUTE, str) or (item.get("sourceType") or ATTRIBUTE) not in SENSES:
        found.append(problem(f"mappings[{n}].sourceType", f"{item['sourceType']} is not one of {', '.join(SENSES)}"))
    for name, old in OLD_NAMES.items():
        value = _either(item, name)
        if not isinstance(value, str) or (not value.strip() and not _may_be_blank(item, name)):
            found.append(
                problem(f"mappings[{n}].{name}", f"must be text that is not blank (or {old} in the old style)")
            )
    found += [problem(f"mappings[{n}].{name}", "must be true or false") for name in FLAGS if _not_a(bool, item, name)]
    if not _score(item.get("matchScore")):
        found.append(problem(f"mappings[{n}].matchScore", "must be a number from 0 to 1"))
    return found + [problem(f"mappings[{n}].{name}", "must be text") for name in TEXTS if _not_a(str, item, name)]


def _score(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1)


def _may_be_blank(item: Mapping[str, Any], name: str) -> bool:
    return name == "source" and SENSES.get(item.get("sourceType") or ATTRIBUTE) == STATIC


def _not_a(type: type, item: Mapping[str, Any], name: str) -> bool:
    return item.get(name) is not None and not isinstance(item[name], type)


def _either(item: Mapping[str, Any], name: str) -> Any:
    value = item.get(name)
    return item.get(OLD_NAMES[name]) if value is None else value
