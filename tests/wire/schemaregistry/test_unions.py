"""Unions of a class, sample records, and resources carried to another sandbox or org."""

from typing import Any
from urllib.parse import quote_plus

import pytest

from wire_server import Api

R = "/data/foundation/schemaregistry"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
UNION = f"{PROFILE}__union"
FULL = {"accept": "application/vnd.adobe.xdm-full+json; version=1"}
TAG = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]
OTHER_ORG = "FFFFFFFFFFFFFFFFFFFFFFFF@AdobeOrg"


def schema(api: Api, title: str, kind: str, **fields: Any) -> dict[str, Any]:
    """A schema with a field ``a`` of ``kind`` that has a data type of its own, and ``fields``."""
    tier = api.post(f"{R}/tenant/datatypes", json={"title": f"{title} kind", "type": kind}).json()
    own = {"_extconndev": {"type": "object", "properties": {"a": {"$ref": tier["$id"]}, **fields}}}
    body = {"title": f"{title} fields", "type": "object", "meta:intendedToExtend": [], "properties": own}
    group = api.post(f"{R}/tenant/fieldgroups", json=body).json()
    parts = [{"$ref": PROFILE}, {"$ref": group["$id"]}]
    made: dict[str, Any] = api.post(f"{R}/tenant/schemas", json={"title": title, "allOf": parts}).json()
    return made


@pytest.fixture(scope="module")
def tagged(api: Api) -> dict[str, Any]:
    tags = {"type": "array", "items": {"type": "string", "enum": ["x", "y"]}}
    day, n = {"type": "string", "format": "date"}, {"type": "integer", "minimum": 5}
    made = schema(api, "First", "string", day=day, tags=tags, n=n)
    assert api.patch(f"{R}/tenant/schemas/{made['meta:altId']}", json=TAG).status_code == 200
    return made


def test_a_union_holds_the_tagged_schemas_of_a_class(api: Api, tagged: dict[str, Any]) -> None:
    (union,) = api.get(f"{R}/tenant/unions").json()["results"]
    assert (union["$id"], union["meta:resourceType"], union["version"]) == (UNION, "unions", "1.0")
    assert union["allOf"][0]["$ref"] == tagged["$id"] and union["meta:class"] == PROFILE
    assert api.get(f"{R}/stats").json()["counts"]["unions"] == 1


@pytest.mark.parametrize("path", ["unions/" + quote_plus(UNION), "unions/_xdm.context.profile__union",
                                  "schemas/_xdm.context.profile__union"])  # fmt: skip
def test_a_union_resolves_to_every_field(api: Api, tagged: dict[str, Any], path: str) -> None:
    fields = api.get(f"{R}/tenant/{path}", headers=FULL).json()["properties"]
    assert {"_extconndev", "xdm:identityMap", "xdm:personID"} <= {*fields}


def test_a_schema_that_disagrees_with_its_union_stays_out(api: Api, tagged: dict[str, Any]) -> None:
    other = schema(api, "Second", "number")
    answer = api.patch(f"{R}/tenant/schemas/{other['meta:altId']}", json=TAG)
    assert answer.json()["type"].endswith("XDM-1413-400") and "/_extconndev/a" in answer.json()["detail"]


@pytest.mark.parametrize("type", ["unions", "behaviors"])
def test_unions_and_behaviors_are_not_made_by_tenants(api: Api, type: str) -> None:
    assert api.post(f"{R}/tenant/{type}", json={"title": "Mine"}).status_code == 403


def test_no_union_no_answer(api: Api) -> None:
    answer = api.as_(sandbox="empty").get(f"{R}/tenant/unions/_xdm.context.profile__union")
    assert answer.status_code == 404 and answer.json()["type"].endswith("XDM-1015-404")


def test_sample_data_fits_the_schema(api: Api, tagged: dict[str, Any]) -> None:
    record = api.get(f"{R}/rpc/sampledata/{quote_plus(tagged['$id'])}").json()
    assert record["_extconndev"] == {"a": "sample", "day": "2026-01-31", "n": 5, "tags": ["x"]}
    assert record["personID"] == "sample"


def test_an_export_holds_all_that_is_needed_under_no_tenants_name(api: Api, tagged: dict[str, Any]) -> None:
    exported = api.get(f"{R}/rpc/export/{tagged['meta:altId']}")
    assert [one["meta:resourceType"] for one in exported.json()] == ["datatypes", "mixins", "schemas"]
    assert "extconndev" not in exported.text and "<XDM_TENANTID_PLACEHOLDER>" in exported.text


@pytest.mark.parametrize("verb", ["import", "export"])
def test_an_import_stands_in_another_sandbox_under_the_same_ids(api: Api, tagged: dict[str, Any], verb: str) -> None:
    exported = api.get(f"{R}/rpc/export/{tagged['meta:altId']}").json()
    other = api.as_(OTHER_ORG, f"copy-{verb}")
    answer = other.post(f"{R}/rpc/{verb}/", json=exported)
    assert (answer.status_code, answer.json()[-1]["$id"]) == (200, tagged["$id"])
    assert other.get(f"{R}/tenant/schemas/{tagged['meta:altId']}").json()["version"] == "1.0"
    assert other.post(f"{R}/rpc/{verb}/", json=exported).json()[-1]["version"] == "1.0"


BAD: list[Any] = [{}, ["x"], [{"title": "no id"}], [{"$id": "https://ns.adobe.com/extconndev/schemas/aa"}]]


@pytest.mark.parametrize("body", BAD)
def test_what_no_export_gave_is_not_imported(api: Api, body: Any) -> None:
    other = api.as_(sandbox="bad-imports")
    assert other.post(f"{R}/rpc/import", json=body).status_code == 400
    assert other.get(f"{R}/tenant/schemas").json()["results"] == []


def test_a_failed_import_leaves_nothing(api: Api, tagged: dict[str, Any]) -> None:
    exported = api.get(f"{R}/rpc/export/{tagged['meta:altId']}").json()
    other = api.as_(sandbox="half-import")
    answer = other.post(f"{R}/rpc/import", json=[*exported[:-1], {**exported[-1], "allOf": []}])
    assert answer.json()["type"].endswith("XDM-3005-400") and "exactly one class" in answer.json()["detail"]
    assert other.get(f"{R}/tenant/datatypes").json()["results"] == []
