"""Whatever JSON a client sends: stored, or refused with an error of ours."""

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headrace.errors import HeadraceError
from headrace.registry import descriptors, resources
from headrace.registry.library import Library
from headrace.registry.types import CLASSES, DATA_TYPES, FIELD_GROUPS, SCHEMAS

WORDS = [
    "type", "properties", "definitions", "allOf", "$ref", "items", "additionalProperties", "required", "enum", "title",
    "minimum", "maximum", "minLength", "pattern", "format", "meta:enum", "meta:headraceType", "meta:extends",
    "meta:intendedToExtend", "meta:immutableTags", "_acme", "a", "default", "const", "multipleOf",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", "object", "array", "string", "integer", "number", "(", "date", "union", "#",
    "#/", "#/definitions/a", "#/properties/_acme", "decimal(38,18)", "decimal(99,1)",
    "https://ns.adobe.com/xdm/data/record",
    "https://ns.adobe.com/xdm/context/profile", "https://ns.adobe.com/xdm/data/adhoc-v2", [], {}, ["union"], ["a"],
    "https://ns.adobe.com/xdm/context/person",
]  # fmt: skip
PLAUSIBLE = st.sampled_from(["type", "properties", "allOf", "$ref", "items"])
ANY = st.recursive(
    st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAUSIBLE | st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=12,
)
FIELD = st.dictionaries(st.sampled_from(WORDS), ANY, max_size=5)


@pytest.mark.parametrize("type", [SCHEMAS, CLASSES, FIELD_GROUPS, DATA_TYPES], ids=lambda type: type.name)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=FIELD, field=FIELD, title=st.uuids().map(str))
def test_any_resource(library: Library, type: Any, body: dict[str, Any], field: dict[str, Any], title: str) -> None:
    sane = {"title": title, "meta:intendedToExtend": [], "properties": {"_acme": {"properties": {"a": field}}}}
    for sent in (body, {**sane, **body}, {**sane, "allOf": [{"$ref": VALUES[-1]}]}, sane):
        with contextlib.suppress(HeadraceError):
            resources.create(library, type, sent, 1)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=ANY,
    name=st.sampled_from(["@type", "xdm:sourceSchema", "xdm:sourceProperty", "xdm:destinationSchema", "xdm:isPrimary",
                          "xdm:destinationProperty", "xdm:cardinality", "xdm:namespace"]),
)  # fmt: skip
def test_any_descriptor(library: Library, value: Any, name: str) -> None:
    sane = {"@type": "xdm:descriptorIdentity", "xdm:sourceSchema": "https://ns.adobe.com/xdm/context/profile"}
    for sent in ({**sane, name: value}, {**sane, "xdm:sourceProperty": "/personID", "xdm:namespace": "X", name: value}):
        with contextlib.suppress(HeadraceError):
            descriptors.create(library, sent, [{"code": "X", "id": 7}], 1)
