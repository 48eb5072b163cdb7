"""Which bodies are refused, and how they are told."""

from typing import Any

import pytest

from headrace.errors import FieldMisplaced, ReferenceMissing, ResourceInvalid, SchemaConflict, TitleTaken
from headrace.registry import resources
from headrace.registry.library import Library
from headrace.registry.types import CLASSES, DATA_TYPES, FIELD_GROUPS, SCHEMAS, ResourceType

PROFILE = "https://ns.adobe.com/xdm/context/profile"
EVENT = "https://ns.adobe.com/xdm/context/experienceevent"
RECORD = "https://ns.adobe.com/xdm/data/record"
DETAILS = "https://ns.adobe.com/xdm/mixins/profile/profile-loyalty-details"


def group(title: str = "G", meant: Any = (PROFILE,), **fields: Any) -> dict[str, Any]:
    own = {"_acme": {"type": "object", "properties": fields}}
    return {"type": "object", "title": title, "meta:intendedToExtend": list(meant), "properties": own}


def schema(*refs: str, title: str = "S", **members: Any) -> dict[str, Any]:
    return {"type": "object", "title": title, "allOf": [{"$ref": ref} for ref in refs], **members}


FIELD_PROBLEMS: list[tuple[Any, str, str]] = [
    ("text", "$.properties._acme.properties.f", "type"),
    ({"type": "strin"}, "$.properties._acme.properties.f.type", "type"),
    ({"type": ["string", "null"]}, "$.properties._acme.properties.f.type", "type"),
    ({"type": "integer", "minimum": "0"}, "$.properties._acme.properties.f.minimum", "type"),
    ({"type": "integer", "maximum": True}, "$.properties._acme.properties.f.maximum", "type"),
    ({"type": "string", "maxLength": -1}, "$.properties._acme.properties.f.maxLength", "type"),
    ({"type": "string", "pattern": "("}, "$.properties._acme.properties.f.pattern", "type"),
    ({"type": "string", "pattern": "a{99999999999}"}, "$.properties._acme.properties.f.pattern", "type"),
    ({"type": "string", "pattern": [[]]}, "$.properties._acme.properties.f.pattern", "type"),
    ({"type": "string", "enum": []}, "$.properties._acme.properties.f.enum", "type"),
    ({"type": "string", "meta:enum": ["a"]}, "$.properties._acme.properties.f.meta:enum", "type"),
    ({"type": "object", "required": "a"}, "$.properties._acme.properties.f.required", "type"),
    ({"type": "object", "properties": []}, "$.properties._acme.properties.f.properties", "type"),
    ({"type": "array", "items": 3}, "$.properties._acme.properties.f.items", "type"),
    ({"allOf": {}}, "$.properties._acme.properties.f.allOf", "type"),
    ({"$ref": "https://ns.adobe.com/acme/datatypes/none"}, "/properties/_acme/properties/f/$ref", "reference"),
]


@pytest.mark.parametrize(("field", "path", "keyword"), FIELD_PROBLEMS)
def test_a_field_that_is_no_schema_is_named(library: Library, field: Any, path: str, keyword: str) -> None:
    with pytest.raises(ResourceInvalid) as caught:
        resources.create(library, FIELD_GROUPS, group(f=field), 1)
    problems: Any = caught.value.facts["problems"]
    assert [(one["path"], one["type"]) for one in problems] == [(path, keyword)]


@pytest.mark.parametrize("name", ["_a", "a b", "a.b", "a:b", "", "ü"])
def test_a_field_name_of_other_characters_is_refused(library: Library, name: str) -> None:
    with pytest.raises(ResourceInvalid, match="field name"):
        resources.create(library, FIELD_GROUPS, group(**{name: {"type": "string"}}), 1)


BODY_PROBLEMS: list[tuple[ResourceType, dict[str, Any], str]] = [
    (SCHEMAS, {"allOf": [{"$ref": PROFILE}]}, "title"),
    (SCHEMAS, {"title": " ", "allOf": [{"$ref": PROFILE}]}, "title"),
    (SCHEMAS, {"title": 5, "allOf": [{"$ref": PROFILE}]}, "title"),
    (SCHEMAS, {"title": "S"}, "allOf"),
    (SCHEMAS, schema(), "exactly one class"),
    (SCHEMAS, schema(PROFILE, EVENT), "exactly one class"),
    (SCHEMAS, schema(DETAILS), "exactly one class"),
    (SCHEMAS, schema(PROFILE, RECORD), "cannot be a part"),
    (SCHEMAS, schema(PROFILE, "https://ns.adobe.com/xdm/context/person"), "cannot be a part"),
    (SCHEMAS, schema(EVENT, DETAILS), "extends"),
    (SCHEMAS, schema("https://ns.adobe.com/acme/mixins/none"), "names no resource"),
    (SCHEMAS, schema(PROFILE, type="array"), '"object"'),
    (SCHEMAS, schema(PROFILE, **{"meta:immutableTags": ["other"]}), "union"),
    (SCHEMAS, {"title": "S", "allOf": ["x"]}, "must be an object"),
    (CLASSES, schema(title="C"), "behavior"),
    (CLASSES, schema(DETAILS, title="C"), "behavior"),
    (FIELD_GROUPS, {"title": "G", "properties": {}}, "meta:intendedToExtend"),
    (FIELD_GROUPS, {"title": "G", "meta:intendedToExtend": "x"}, "array of texts"),
    (FIELD_GROUPS, {"title": "G", "meta:intendedToExtend": [], "allOf": [{"$ref": PROFILE}]}, "cannot be a part"),
    (FIELD_GROUPS, {"title": "G", "meta:intendedToExtend": [], "meta:immutableTags": ["union"]}, "Only schemas"),
    (SCHEMAS, {**schema("https://ns.adobe.com/xdm/context/profile"),
               "meta:extends": ["https://ns.adobe.com/xdm/data/adhoc-v2"]}, "relational"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "body", "told"), BODY_PROBLEMS)
def test_a_body_that_is_no_such_resource_is_told(
    library: Library, type: ResourceType, body: dict[str, Any], told: str
) -> None:
    with pytest.raises(ResourceInvalid, match=told):
        resources.create(library, type, body, 1)


OUTSIDE: list[dict[str, Any]] = [
    {"properties": {"clicks": {"type": "integer"}}},
    {"allOf": [{"properties": {"clicks": {"type": "integer"}}}]},
    {"allOf": [{"$ref": "#/definitions/d"}], "definitions": {"d": {"properties": {"clicks": {"type": "integer"}}}}},
]


@pytest.mark.parametrize("content", OUTSIDE)
def test_own_fields_live_below_the_tenants_namespace(library: Library, content: dict[str, Any]) -> None:
    with pytest.raises(FieldMisplaced, match=r"clicks must be below _acme"):
        resources.create(library, FIELD_GROUPS, {"title": "G", "meta:intendedToExtend": [], **content}, 1)


def test_data_types_need_no_namespace_and_may_be_scalars(library: Library) -> None:
    made = resources.create(library, DATA_TYPES, {"title": "D", "type": "string", "maxLength": 3}, 1)
    assert made.body["meta:xdmType"] == "string"
    resources.create(library, DATA_TYPES, {"title": "E", "properties": {"tier": {"$ref": made.uri}}}, 1)


def test_a_title_is_taken_across_kinds(library: Library) -> None:
    first = resources.create(library, FIELD_GROUPS, group("LinkedIn Ads"), 1)
    with pytest.raises(TitleTaken, match=first.uri):
        resources.create(library, SCHEMAS, schema(PROFILE, title="LinkedIn Ads"), 1)


def test_parts_that_disagree_on_a_field_are_refused(library: Library) -> None:
    one = resources.create(library, FIELD_GROUPS, group("A", f={"type": "string"}), 1)
    two = resources.create(library, FIELD_GROUPS, group("B", f={"type": "integer"}), 1)
    with pytest.raises(SchemaConflict, match="/_acme/f"):
        resources.create(library, SCHEMAS, schema(PROFILE, one.uri, two.uri), 1)


def test_a_local_reference_must_lead_somewhere(library: Library) -> None:
    with pytest.raises(ReferenceMissing, match="#/definitions/none"):
        resources.create(library, FIELD_GROUPS, {**group(), "allOf": [{"$ref": "#/definitions/none"}]}, 1)


def test_a_relational_schema_has_fields_of_its_own_and_no_class(library: Library) -> None:
    own = {"definitions": {"customFields": {"type": "object", "properties": {"day": {"type": "string"}}}}}
    body = {**schema("#/definitions/customFields"), **own, "meta:extends": ["https://ns.adobe.com/xdm/data/adhoc-v2"]}
    made = resources.create(library, SCHEMAS, body, 1)
    assert made.body["meta:extends"] == ["https://ns.adobe.com/xdm/data/adhoc-v2"]


def nested(levels: int) -> dict[str, Any]:
    field: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        field = {"type": "object", "properties": {"f": field}}
    return field


def test_deep_bodies_are_refused_and_those_of_real_depth_taken(library: Library) -> None:
    resources.create(library, FIELD_GROUPS, group(f=nested(60)), 1)
    with pytest.raises(ResourceInvalid, match="200 levels"):
        resources.create(library, FIELD_GROUPS, group("H", f=nested(400)), 1)


@pytest.mark.parametrize(
    "ref", ["#", "#/", "#definitions/x", "#/properties/_acme/none", "https://ns.adobe.com/acme/#x"]
)
def test_odd_references_are_refused_or_cut(library: Library, ref: str) -> None:
    try:
        resources.create(library, FIELD_GROUPS, group(f={"$ref": ref}), 1)
    except (ReferenceMissing, ResourceInvalid) as error:
        assert ref in error.message
    else:
        assert ref == "#"


def test_an_ad_hoc_class_gets_a_namespace_of_its_own(library: Library) -> None:
    own = {"properties": {"_adhoc": {"type": "object", "properties": {"a": {"type": "string"}}}}}
    body = {"title": "A", "type": "object", "allOf": [{"$ref": "https://ns.adobe.com/xdm/data/adhoc"}, own]}
    made = resources.create(library, CLASSES, body, 1)
    namespace = f"_{made.uri.rpartition('/')[2]}"
    assert made.body["meta:datasetNamespace"] == namespace and namespace in made.body["allOf"][1]["properties"]
    again = resources.replace(library.with_(made), CLASSES, made.uri, made.body, None, lambda *_: [], 2)
    assert again.version == "1.0"
