"""Composition: references, merging, names, types, deprecation, cycles."""

from typing import Any

import pytest

from headrace.errors import ReferenceMissing, SchemaConflict, SchemaTooLarge
from headrace.xdm import compose
from headrace.xdm.compose import in_xdm_names, without_deprecated, without_text
from headrace.xdm.merging import MOST_NODES
from headrace.xdm.standard import FOLDERS, standard

PROFILE = "https://ns.adobe.com/xdm/context/profile"
EVENT = "https://ns.adobe.com/xdm/context/experienceevent"
STANDARD = {uri: body for folder in FOLDERS for uri, body in standard(folder).items()}


def resolver(**own: dict[str, Any]) -> Any:
    known = {**STANDARD, **own}

    def resolve(uri: str) -> dict[str, Any]:
        if uri not in known:
            raise ReferenceMissing(f"no {uri}")
        return known[uri]

    return resolve


def schema(*refs: str, **members: Any) -> dict[str, Any]:
    return {"$id": "s", "title": "S", "type": "object", "allOf": [{"$ref": ref} for ref in refs], **members}


def objects(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields}


@pytest.mark.parametrize("uri", sorted(STANDARD))
def test_every_standard_resource_composes(uri: str) -> None:
    tree = compose(STANDARD[uri], resolver())
    assert tree["$id"] == uri and tree["title"] and tree["type"] == "object"
    assert "allOf" not in tree and "definitions" not in tree


def test_a_profile_has_its_behavior_and_audit_fields_in_order() -> None:
    tree = compose(schema(PROFILE), resolver())
    assert list(tree["properties"]) == [
        "_id", "_repo", "createdByBatchID", "modifiedByBatchID", "personID", "repositoryCreatedBy",
        "repositoryLastModifiedBy",
    ]  # fmt: skip


def test_an_event_requires_its_id_and_timestamp_under_data_names() -> None:
    assert compose(schema(EVENT), resolver())["required"] == ["_id", "timestamp"]


RENAMED = [
    ("xdm:personID", ["personID"]),
    ("@id", ["_id"]),
    ("repo:createDate", ["_repo", "createDate"]),
    ("_extconndev", ["_extconndev"]),
]


@pytest.mark.parametrize(("name", "path"), RENAMED)
def test_standard_names_become_data_names_that_remember_where_they_come_from(name: str, path: list[str]) -> None:
    node: Any = compose(objects(**{name: {"type": "string"}}), resolver())
    for step in path:
        node = node["properties"][step]
    assert node.get("meta:xdmField", path[-1]) == name


def test_a_group_of_another_vocabulary_is_marked_as_converted() -> None:
    group = compose(objects(**{"repo:a": {"type": "string"}, "repo:b": {"type": "string"}}), resolver())
    assert group["properties"]["_repo"]["meta:xedConverted"] is True
    assert list(group["properties"]["_repo"]["properties"]) == ["a", "b"]


def test_the_xdm_form_keeps_xdm_names() -> None:
    assert "xdm:personID" in in_xdm_names(schema(PROFILE), resolver())["properties"]


def test_a_referenced_data_type_is_named_and_the_referring_node_has_the_last_word() -> None:
    kind = {"$id": "d", "title": "Tier", "description": "t", "type": "object", "properties": {"a": {"type": "string"}}}
    tree = compose(objects(tier={"$ref": "d", "title": "My tier"}), resolver(d=kind))
    tier = tree["properties"]["tier"]
    assert (tier["title"], tier["description"], tier["meta:referencedFrom"]) == ("My tier", "t", "d")
    assert tier["meta:xdmType"] == "object" and "$id" not in tier and "$ref" not in tier


def test_a_scalar_data_type_keeps_its_type_beside_what_the_reference_says() -> None:
    kind = {"$id": "d", "title": "Code", "type": "string", "minLength": 2}
    node = compose(objects(code={"$ref": "d", "type": "object"}), resolver(d=kind))["properties"]["code"]
    assert (node["type"], node["minLength"], node["meta:xdmType"]) == ("string", 2, "string")


def test_parts_merge_field_by_field_at_every_depth() -> None:
    first = {"$id": "a", "title": "A", **objects(_t=objects(x={"type": "string"}))}
    second = {"$id": "b", "title": "B", **objects(_t={**objects(y={"type": "string"}), "required": ["y"]})}
    tree = compose(schema("a", "b", title="Mine"), resolver(a=first, b=second))
    assert list(tree["properties"]["_t"]["properties"]) == ["x", "y"]
    assert tree["properties"]["_t"]["required"] == ["y"] and tree["title"] == "Mine"


def test_a_field_with_two_types_is_refused_by_path() -> None:
    first = {"$id": "a", "title": "A", **objects(_t=objects(x={"type": "string"}))}
    second = {"$id": "b", "title": "B", **objects(_t=objects(x={"type": "integer"}))}
    with pytest.raises(SchemaConflict) as caught:
        compose(schema("a", "b"), resolver(a=first, b=second))
    assert caught.value.facts["path"] == "/_t/x"


def test_a_cycle_is_cut_where_it_closes() -> None:
    tree = {"$id": "t", "title": "Tree", **objects(child={"$ref": "t"}, kids={"type": "array", "items": {"$ref": "t"}})}
    root = compose(objects(root={"$ref": "t"}), resolver(t=tree))["properties"]["root"]
    cut = {"type": "object", "meta:xdmType": "object", "meta:referencedFrom": "t"}
    assert root["properties"]["child"] == cut and root["properties"]["kids"]["items"] == cut


def test_a_cycle_within_one_document_is_cut() -> None:
    node = {
        "definitions": {"n": objects(next={"$ref": "#/definitions/n"})},
        **objects(first={"$ref": "#/definitions/n"}),
    }
    assert compose(node, resolver())["properties"]["first"]["properties"]["next"]["type"] == "object"


def test_a_part_listed_as_an_array_of_a_field_group_adds_its_fields() -> None:
    group = {"$id": "g", "title": "G", **objects(_t=objects(x={"type": "string"}))}
    listed = {"$ref": "g", "type": "array", "meta:xdmType": "array", "items": {"$ref": "g"}}
    tree = compose({"title": "S", "type": "object", "allOf": [listed]}, resolver(g=group))
    assert tree["type"] == "object" and "_t" in tree["properties"]


@pytest.mark.parametrize("ref", ["nowhere", "#/definitions/nowhere", f"{PROFILE}#/definitions/nowhere"])
def test_a_reference_that_leads_nowhere_is_named(ref: str) -> None:
    with pytest.raises(ReferenceMissing, match="nowhere"):
        compose(objects(a={"$ref": ref}), resolver())


def test_references_that_multiply_are_stopped() -> None:
    kinds = {
        f"k{n}": {"$id": f"k{n}", "title": "K", **objects(**{f"f{i}": {"$ref": f"k{n + 1}"} for i in range(10)})}
        for n in range(8)
    }
    kinds["k8"] = {"$id": "k8", "title": "K", "type": "string"}
    with pytest.raises(SchemaTooLarge, match=str(MOST_NODES)):
        compose(objects(a={"$ref": "k0"}), resolver(**kinds))


def test_deprecated_fields_go_unless_asked_for() -> None:
    tree = compose(objects(old={"type": "string", "meta:status": "deprecated"}, new={"type": "string"}), resolver())
    assert list(without_deprecated(tree)["properties"]) == ["new"] and "old" in tree["properties"]


def test_the_form_without_text_keeps_fields_called_title() -> None:
    tree = compose({"title": "S", **objects(title={"type": "string", "title": "T"})}, resolver())
    bare = without_text(tree)
    assert "title" not in bare and "title" not in bare["properties"]["title"] and "title" in bare["properties"]


def test_references_that_go_ever_deeper_are_stopped() -> None:
    kinds = {f"k{n}": {"$id": f"k{n}", "title": "K", **objects(f={"$ref": f"k{n + 1}"})} for n in range(200)}
    with pytest.raises(SchemaTooLarge, match="deep"):
        compose(objects(a={"$ref": "k0"}), resolver(**kinds))
