"""A schema that a dataset has: only additions, no deletion; what nobody uses goes."""

from typing import Any

import pytest

from wire_server import Api

R = "/data/foundation/schemaregistry"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
FIELDS = {"a": {"type": "string"}, "n": {"type": "integer"}}
PATH = "/properties/_extconndev/properties"


@pytest.fixture(scope="module")
def used(api: Api) -> tuple[dict[str, Any], dict[str, Any]]:
    """A field group and a schema that a dataset has."""
    own = {"_extconndev": {"type": "object", "properties": FIELDS}}
    body = {"title": "Own", "type": "object", "meta:intendedToExtend": [], "properties": own}
    group = api.post(f"{R}/tenant/fieldgroups", json=body).json()
    parts = [{"$ref": PROFILE}, {"$ref": group["$id"]}]
    schema = api.post(f"{R}/tenant/schemas", json={"title": "Used", "type": "object", "allOf": parts}).json()
    ref = {"id": schema["$id"], "contentType": "application/vnd.adobe.xed+json;version=1"}
    made = api.post("/data/foundation/catalog/dataSets", json={"name": "Used", "schemaRef": ref})
    assert made.status_code == 201
    return group, schema


CHANGES: list[tuple[dict[str, Any], int]] = [
    ({"op": "add", "path": f"{PATH}/new", "value": {"type": "string"}}, 200),
    ({"op": "add", "path": f"{PATH}/a/title", "value": "A"}, 200),
    ({"op": "add", "path": f"{PATH}/a/meta:status", "value": "deprecated"}, 200),
    ({"op": "remove", "path": f"{PATH}/a"}, 400),
    ({"op": "replace", "path": f"{PATH}/a", "value": {"type": "number"}}, 400),
    ({"op": "replace", "path": f"{PATH}/a", "value": {"type": "string", "maxLength": 1}}, 400),
]


@pytest.mark.parametrize(("step", "status"), CHANGES)
def test_only_additions_to_a_schema_in_use(
    api: Api, used: tuple[dict[str, Any], dict[str, Any]], step: dict[str, Any], status: int
) -> None:
    answer = api.patch(f"{R}/tenant/fieldgroups/{used[0]['meta:altId']}", json=[step])
    assert answer.status_code == status
    errors = answer.json().get("report", {}).get("sub-errors", [])
    assert status == 200 or [one["path"] for one in errors] == ["/_extconndev/a"]


def test_a_column_in_other_letters_is_not_added(api: Api, used: tuple[dict[str, Any], dict[str, Any]]) -> None:
    step = {"op": "add", "path": f"{PATH}/N", "value": {"type": "string"}}
    answer = api.patch(f"{R}/tenant/fieldgroups/{used[0]['meta:altId']}", json=[step])
    assert answer.status_code == 400
    assert "/_extconndev/N cannot stand beside 'n'" in answer.json()["detail"]


@pytest.mark.parametrize("n", [0, 1])
def test_what_is_used_is_not_deleted(api: Api, used: tuple[dict[str, Any], dict[str, Any]], n: int) -> None:
    kind = ("fieldgroups", "schemas")[n]
    answer = api.delete(f"{R}/tenant/{kind}/{used[n]['meta:altId']}")
    assert answer.status_code == 400 and answer.json()["title"] == "Resource in use"
    assert ("Used", "dataset ")[n] in answer.json()["detail"]


def test_what_nobody_uses_is_deleted(api: Api) -> None:
    made = api.post(f"{R}/tenant/datatypes", json={"title": "Spare", "type": "object"}).json()
    path = f"{R}/tenant/datatypes/{made['meta:altId']}"
    deleted = api.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"") and api.get(path).status_code == 404
