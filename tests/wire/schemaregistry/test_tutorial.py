"""The schema tutorial as a script: a loyalty schema composed step by step over the wire."""

from typing import Any
from urllib.parse import quote_plus

import pytest

from wire_server import ORG, Api

R = "/data/foundation/schemaregistry"
XDM = "https://ns.adobe.com/xdm"
PROFILE = f"{XDM}/context/profile"
FULL = {"accept": "application/vnd.adobe.xed-full+json; version=1"}
LOYALTY = {"id": {"type": "string", "title": "Loyalty Tier Identifier"},
           "effectiveDate": {"type": "string", "format": "date-time"},
           "currentThreshold": {"type": "integer"}}  # fmt: skip


@pytest.fixture(scope="module")
def schema(api: Api) -> dict[str, Any]:
    body = {"type": "object", "title": "Loyalty Members", "description": "Members", "allOf": [{"$ref": PROFILE}]}
    answer = api.post(f"{R}/tenant/schemas", json=body)
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture(scope="module")
def composed(api: Api, schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers of each change, in the tutorial's order."""
    fields = {
        "_extconndev": {"type": "object", "properties": {"loyaltyTier": {"type": "object", "properties": LOYALTY}}}
    }
    group = {"type": "object", "title": "Loyalty Tier", "meta:intendedToExtend": [PROFILE],
             "definitions": {"loyaltyTier": {"properties": fields}},
             "allOf": [{"$ref": "#/definitions/loyaltyTier"}]}  # fmt: skip
    made = api.post(f"{R}/tenant/fieldgroups/", json=group).json()
    kind = api.post(f"{R}/tenant/datatypes", json={"title": "Loyalty Type", "type": "object", "properties": LOYALTY})
    changed = [
        add(api, schema, f"{XDM}/context/profile-person-details"),
        add(api, schema, f"{XDM}/context/profile-personal-details", f"{XDM}/mixins/profile/profile-loyalty-details"),
        add(api, schema, made["$id"]),
    ]
    value = {"loyaltyTier": {"type": "object", "$ref": kind.json()["$id"], "title": "Tier"}}
    step = {"op": "replace", "path": "/definitions/loyaltyTier/properties/_extconndev/properties", "value": value}
    replaced = api.patch(f"{R}/tenant/mixins/{quote_plus(made['$id'])}/", json=[step])
    return [*changed, made, kind.json(), replaced.json()]


def add(api: Api, schema: dict[str, Any], *refs: str) -> dict[str, Any]:
    steps = [{"op": "add", "path": "/allOf/-", "value": {"$ref": ref}} for ref in refs]
    answer = api.patch(f"{R}/tenant/schemas/{schema['meta:altId']}", json=steps)
    assert answer.status_code == 200
    changed: dict[str, Any] = answer.json()
    return changed


def test_a_new_schema_in_the_registrys_words(schema: dict[str, Any]) -> None:
    metadata = schema.pop("meta:registryMetadata")
    hex = schema["$id"].rpartition("/")[2]
    assert schema == {
        "$id": f"https://ns.adobe.com/extconndev/schemas/{hex}",
        "meta:altId": f"_extconndev.schemas.{hex}",
        "meta:resourceType": "schemas",
        "version": "1.0",
        "title": "Loyalty Members",
        "type": "object",
        "description": "Members",
        "allOf": [{"$ref": PROFILE, "type": "object", "meta:xdmType": "object"}],
        "refs": [PROFILE],
        "imsOrg": ORG,
        "meta:extensible": False,
        "meta:abstract": False,
        "meta:extends": [PROFILE, f"{XDM}/common/auditable", f"{XDM}/data/record"],
        "meta:xdmType": "object",
        "meta:class": PROFILE,
        "meta:containerId": "tenant",
        "meta:sandboxId": schema["meta:sandboxId"],
        "meta:sandboxType": "production",
        "meta:tenantNamespace": "_extconndev",
    }
    assert len(hex) == 48 and len(metadata["eTag"]) == 64
    assert metadata["repo:createdDate"] == metadata["repo:lastModifiedDate"]
    assert metadata["xdm:createdClientId"] == "wire-tests" and metadata["meta:globalLibVersion"]


def test_each_field_group_is_one_more_version(composed: list[dict[str, Any]]) -> None:
    assert [one["version"] for one in composed[:3]] == ["1.1", "1.2", "1.3"]
    assert composed[1]["refs"] == [
        PROFILE, f"{XDM}/context/profile-person-details", f"{XDM}/context/profile-personal-details",
        f"{XDM}/mixins/profile/profile-loyalty-details",
    ]  # fmt: skip
    assert {*composed[1]["refs"]} < {*composed[1]["meta:extends"]}
    assert composed[1]["meta:descriptorStatus"] == {"result": []}


def test_a_field_group_keeps_its_definitions_and_gets_its_types(composed: list[dict[str, Any]]) -> None:
    made = composed[3]
    node = made["definitions"]["loyaltyTier"]["properties"]["_extconndev"]["properties"]["loyaltyTier"]
    types = {name: field["meta:xdmType"] for name, field in node["properties"].items()}
    assert types == {"id": "string", "effectiveDate": "date-time", "currentThreshold": "int"}
    assert made["meta:resourceType"] == "mixins" and "/extconndev/mixins/" in made["$id"]
    assert (made["meta:extensible"], made["meta:abstract"], made["refs"]) == (True, True, [])
    assert made["allOf"] == [{"$ref": "#/definitions/loyaltyTier", "type": "object", "meta:xdmType": "object"}]


def test_the_full_form_shows_every_field_with_its_origin(
    api: Api, schema: dict[str, Any], composed: list[dict[str, Any]]
) -> None:
    full = api.get(f"{R}/tenant/schemas/{quote_plus(schema['$id'])}", headers=FULL).json()
    assert list(full["properties"]) == [
        "_extconndev", "_id", "_repo", "billingAddress", "billingAddressPhone", "createdByBatchID", "faxPhone",
        "homeAddress", "homePhone", "loyalty", "mailingAddress", "mobilePhone", "modifiedByBatchID", "person",
        "personID", "personalEmail", "repositoryCreatedBy", "repositoryLastModifiedBy", "shippingAddress",
        "shippingAddressPhone",
    ]  # fmt: skip
    assert full["version"] == "1.3" and full["meta:allFieldAccess"] is True and full["$id"] == schema["$id"]
    assert "allOf" not in full and "definitions" not in full
    tier = full["properties"]["_extconndev"]["properties"]["loyaltyTier"]
    assert (tier["title"], tier["meta:referencedFrom"]) == ("Tier", composed[4]["$id"])
    assert full["properties"]["person"]["properties"]["name"]["meta:referencedFrom"] == f"{XDM}/context/person-name"
    address = full["properties"]["homeAddress"]["properties"]
    assert address["_schema"]["properties"]["latitude"]["meta:xdmField"] == "schema:latitude"
    assert "taxId" not in full["properties"]["person"]["properties"]


def test_an_identity_a_union_and_the_list_of_the_union(
    api: Api, schema: dict[str, Any], composed: list[dict[str, Any]]
) -> None:
    body = {"@type": "xdm:descriptorIdentity", "xdm:sourceSchema": schema["$id"], "xdm:sourceVersion": 1,
            "xdm:sourceProperty": "/personalEmail/address", "xdm:namespace": "Email", "xdm:property": "xdm:code",
            "xdm:isPrimary": True}  # fmt: skip
    assert api.post(f"{R}/tenant/descriptors", json=body).status_code == 201
    full = api.get(f"{R}/tenant/schemas/{schema['meta:altId']}", headers=FULL).json()
    assert full["required"] == ["personalEmail"] and full["properties"]["personalEmail"]["required"] == ["address"]
    assert full["properties"]["personalEmail"]["properties"]["address"]["minLength"] == 1
    step = {"op": "add", "path": "/meta:immutableTags", "value": ["union"]}
    assert api.patch(f"{R}/tenant/schemas/{schema['meta:altId']}/", json=[step]).json()["version"] == "1.4"
    query = f"property=meta:immutableTags==union&property=meta:class=={PROFILE}"
    found = api.get(f"{R}/tenant/schemas?{query}").json()["results"]
    assert [one["$id"] for one in found] == [schema["$id"]]
