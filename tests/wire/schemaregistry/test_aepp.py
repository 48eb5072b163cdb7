"""Adobe's own client, unmodified, on the Schema Registry: its Schema class and its managers."""

from collections.abc import Iterator
from typing import Any

import aepp
import pytest
from aepp.fieldgroupmanager import FieldGroupManager
from aepp.schema import Schema
from aepp.schemamanager import SchemaManager

from wire_server import ORG, Api

PROFILE = "https://ns.adobe.com/xdm/context/profile"
RELATIONAL = "https://ns.adobe.com/xdm/data/adhoc-v2"


@pytest.fixture(scope="module")
def client(api: Api) -> Iterator[Any]:
    url = str(api.http.base_url).rstrip("/")
    aepp.configure(org_id=ORG, client_id="wire-tests", secret="s", scopes="openid", retry=0)
    aepp.config.endpoints["global"] = url
    aepp.config.config_object["oauthTokenEndpointV2"] = f"{url}/ims/token/v3"
    made = Schema()
    yield made
    aepp.config.endpoints["global"] = "https://platform.adobe.io"
    made.connector.session.close()


@pytest.fixture(scope="module")
def group(client: Any) -> dict[str, Any]:
    """A field group made with the client's manager, field by field."""
    manager = FieldGroupManager(title="From aepp", fg_class=["profile"], schemaAPI=client)
    manager.addField("_extconndev", "object")
    manager.addField("_extconndev.pivotValue", "string")
    manager.addField("_extconndev.clicks", "integer")
    made: dict[str, Any] = manager.createFieldGroup()
    assert made["meta:resourceType"] == "mixins"
    return made


@pytest.fixture(scope="module")
def schema(client: Any, group: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = client.createProfileSchema("Schema from aepp", fieldGroupIds=[group["$id"]])
    assert made["version"] == "1.0"
    return made


def test_the_tenant(client: Any) -> None:
    assert client.getTenantId() == "extconndev"


LISTS: list[tuple[str, dict[str, Any], str]] = [
    ("getSchemas", {}, "Schema from aepp"),
    ("getSchemas", {"classFilter": PROFILE, "format": "xed"}, "Schema from aepp"),
    ("getClassesGlobal", {}, "XDM Individual Profile"),
    ("getFieldGroups", {}, "From aepp"),
    ("getFieldGroupsGlobal", {}, "Demographic Details"),
    ("getDataTypesGlobal", {}, "Person name"),
    ("getBehaviors", {}, "Record Schema"),
]


@pytest.mark.parametrize(("method", "arguments", "title"), LISTS)
def test_lists(client: Any, schema: dict[str, Any], method: str, arguments: dict[str, Any], title: str) -> None:
    assert title in [one["title"] for one in getattr(client, method)(**arguments)]


@pytest.mark.parametrize("method", ["getClasses", "getDataTypes"])
def test_empty_lists(client: Any, method: str) -> None:
    assert getattr(client, method)() == []


@pytest.mark.parametrize("key", ["$id", "meta:altId"])
@pytest.mark.parametrize("form", [{"full": True}, {"full": False}, {"full": True, "desc": True, "flat": False},
                                  {"full": True, "deprecated": True, "schema_type": "xdm"}])  # fmt: skip
def test_lookups(client: Any, schema: dict[str, Any], key: str, form: dict[str, Any]) -> None:
    found = client.getSchema(schema[key], **form)
    assert found["title"] == "Schema from aepp" and ("_extconndev" in found.get("properties", {})) is form["full"]


def test_a_schema_with_one_more_field_group_and_a_union_tag(client: Any) -> None:
    made = client.createProfileSchema(
        "Growing", fieldGroupIds=["https://ns.adobe.com/xdm/context/profile-person-details"]
    )
    more = "https://ns.adobe.com/xdm/context/profile-personal-details"
    assert client.addFieldGroupToSchema(made["$id"], [more])["version"] == "1.1"
    assert client.enableSchemaForRealTime(made["meta:altId"])["meta:immutableTags"] == ["union"]
    assert [one["title"] for one in client.getXDMprofileSchema()["results"]] == ["Growing"]
    assert client.deleteSchema(made["$id"])["status"] == 400
    assert client.getUnions()[0]["$id"].endswith("__union")


def test_descriptors(client: Any, schema: dict[str, Any]) -> None:
    made = client.createDescriptor(
        sourceSchema=schema["$id"], sourceProperty="/_extconndev/pivotValue", namespace="ECID", primary=False
    )
    assert client.getDescriptor(made["@id"])["xdm:property"] == "xdm:code"
    assert [one["@id"] for one in client.getDescriptors(prop=f"xdm:sourceSchema=={schema['$id']}")] == [made["@id"]]
    assert client.putDescriptor(made["@id"], {**made, "xdm:namespace": "Email"})["xdm:namespace"] == "Email"
    assert client.deleteDescriptor(made["@id"]) == 204


def test_the_schema_manager_reads_every_part(client: Any, schema: dict[str, Any]) -> None:
    manager = SchemaManager(schema["$id"], schemaAPI=client)
    frame = manager.to_dataframe()
    assert {"_extconndev.pivotValue", "_extconndev.clicks"} <= set(frame["path"])
    assert manager.updateSchema()["version"] == "1.0"


def test_the_field_group_manager_adds_a_field(client: Any, group: dict[str, Any]) -> None:
    manager = FieldGroupManager(group["$id"], schemaAPI=client)
    manager.addField("_extconndev.day", "date", title="Day")
    made = manager.updateFieldGroup()
    own = made["definitions"]["customFields"]["properties"]["_extconndev"]["properties"]
    assert (made["version"], own["day"]["meta:xdmType"]) == ("1.1", "date")


def test_a_relational_schema(client: Any) -> None:
    manager = SchemaManager(title="Daily", schemaClass=RELATIONAL, schemaAPI=client)
    manager.addField("campaign", "string")
    manager.addField("modified", "date-time")
    made = manager.createSchema()
    assert (made["meta:extends"], made["meta:class"], made["meta:behaviorType"]) == ([RELATIONAL], RELATIONAL, "record")
    key = manager.createDescriptorOperation("xdm:descriptorPrimaryKey", completePath="campaign")
    assert client.createDescriptor({**key, "xdm:sourceSchema": made["$id"]})["@id"]
