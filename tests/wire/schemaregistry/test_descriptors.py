"""Descriptors: identities and the others, checked against their schema, in both list forms."""

from typing import Any
from urllib.parse import quote_plus

import pytest

from wire_server import ORG, Api

R = "/data/foundation/schemaregistry"
D = f"{R}/tenant/descriptors"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
IDENTITY = "xdm:descriptorIdentity"
NAMESPACES = "/data/core/idnamespace/identities"


@pytest.fixture(scope="module")
def schema(api: Api) -> str:
    assert api.post(NAMESPACES, json={"name": "CRM", "code": "CRMID", "idType": "CROSS_DEVICE"}).status_code == 200
    fields = {
        "id": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "items": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    }
    own = {"_extconndev": {"type": "object", "properties": fields}}
    group = {"title": "Own", "type": "object", "meta:intendedToExtend": [], "properties": own}
    parts = [{"$ref": PROFILE}, {"$ref": api.post(f"{R}/tenant/fieldgroups", json=group).json()["$id"]}]
    body = {"title": "Described", "type": "object", "allOf": parts}
    id: str = api.post(f"{R}/tenant/schemas", json=body).json()["$id"]
    return id


def identity(schema: str, **members: Any) -> dict[str, Any]:
    made = {"@type": IDENTITY, "xdm:sourceSchema": schema, "xdm:sourceProperty": "/_extconndev/id"}
    return {**made, "xdm:namespace": "CRMID", **members}


def test_an_identity_gets_what_clients_leave_out(api: Api, schema: str) -> None:
    answer = api.post(D, json=identity(schema))
    made = answer.json()
    path = f"{D}/{made['@id']}"
    read = api.get(path, headers={"accept": "application/vnd.adobe.xdm+json"}).json()
    assert made.pop("meta:registryMetadata")["repo:createdDate"]
    assert answer.status_code == 201 and len(made["@id"]) == 40
    assert made == {
        "@id": made["@id"],
        "@type": IDENTITY,
        "xdm:sourceSchema": schema,
        "xdm:sourceVersion": 1,
        "xdm:sourceProperty": "/_extconndev/id",
        "xdm:namespace": "CRMID",
        "xdm:property": "xdm:code",
        "xdm:isPrimary": False,
        "imsOrg": ORG,
        "version": "1",
        "meta:containerId": "tenant",
        "meta:sandboxId": made["meta:sandboxId"],
        "meta:sandboxType": "production",
    }
    assert {key: read[key] for key in made} == made
    assert api.delete(path).status_code == 204 and api.get(path).status_code == 404


OTHERS: list[dict[str, Any]] = [
    {"@type": "xdm:alternateDisplayInfo", "xdm:sourceProperty": "/_extconndev/id", "xdm:title": {"en_us": "Id"}},
    {"@type": "xdm:descriptorDeprecated", "xdm:sourceProperty": ["/_extconndev/id", "/_extconndev/at"]},
    {"@type": "xdm:descriptorTimestamp", "xdm:sourceProperty": "/_extconndev/at"},
    {"@type": "xdm:descriptorReferenceIdentity", "xdm:sourceProperty": "/_extconndev/items[*]/sku",
     "xdm:identityNamespace": "CRMID"},
    {"@type": "xdm:descriptorTimeSeriesGranularity", "xdm:granularity": "day", "xdm:ianaTimezone": "UTC"},
    {"@type": "xdm:descriptorLabel", "xdm:sourceProperty": "/_extconndev/id", "xdm:label": ["core/C1"]},
    {"@type": "xdm:descriptorRelationship", "xdm:sourceProperty": "/_extconndev/id",
     "xdm:destinationSchema": "itself", "xdm:destinationProperty": "/personID", "xdm:cardinality": "M:1"},
]  # fmt: skip


@pytest.mark.parametrize("members", OTHERS, ids=[one["@type"] for one in OTHERS])
def test_the_other_kinds(api: Api, schema: str, members: dict[str, Any]) -> None:
    body = {"xdm:sourceSchema": schema, **members}
    if "xdm:destinationSchema" in body:
        body["xdm:destinationSchema"] = schema
    answer = api.post(D, json=body)
    assert answer.status_code == 201, answer.json()
    assert answer.json()["xdm:sourceVersion"] == 1
    assert "xdm:label" not in answer.json()
    assert api.delete(f"{D}/{answer.json()['@id']}").status_code == 204


KEY, VERSION, TIMESTAMP = (f"xdm:descriptor{kind}" for kind in ("PrimaryKey", "Version", "Timestamp"))
# The behavior of a relational schema, and descriptors that are posted to it: kind, paths, what refuses it.
TOLD_APART: dict[str, tuple[str, list[tuple[str, Any, str]]]] = {
    "key, then version": ("record", [(KEY, ["/id"], ""), (VERSION, "/n", "")]),
    "a version first": ("record", [(VERSION, "/n", f"{KEY} first"), (KEY, ["/id"], ""), (VERSION, "/n", "")]),
    "a time series": ("time-series", [(KEY, ["/id", "/at"], ""), (VERSION, "/n", ""), (TIMESTAMP, "/at", "")]),
    "its key without a moment": ("time-series", [(KEY, ["/id", "/n"], "a date-time field"), (KEY, ["/id", "/at"], "")]),
    "its key with a day": ("time-series", [(KEY, ["/id", "/day"], "a date-time field")]),
    "its key of a moment alone": ("time-series", [(KEY, "/at", "composite"), (KEY, ["/id"], "composite")]),
    "another timestamp": ("time-series", [(KEY, ["/id", "/at"], ""), (TIMESTAMP, "/to", "must name /to too")]),
    "its timestamp first": ("time-series", [(TIMESTAMP, "/to", ""), (KEY, ["/id", "/at"], "must name /to too")]),
    "a record's timestamp": ("record", [(KEY, ["/id"], ""), (TIMESTAMP, "/at", "of a time series")]),
    "two timestamps": ("time-series", [(TIMESTAMP, "/at", ""), (TIMESTAMP, "/to", "a schema takes one")]),
    "a timestamp of two fields": ("time-series", [(TIMESTAMP, ["/at", "/to"], "is one field")]),
    "a timestamp in one path of an array": ("time-series", [(TIMESTAMP, ["/at"], "")]),
    "a number as a timestamp": ("time-series", [(TIMESTAMP, "/n", "must be a date-time")]),
    "a day as a timestamp": ("time-series", [(TIMESTAMP, "/day", "must be a date-time")]),
    "a key inside an object": ("record", [(KEY, ["/in/id"], "at its root")]),
    "a version inside an object": ("record", [(KEY, "/id", ""), (VERSION, "/in/n", "")]),
}


def relational(api: Api, title: str, behavior: str) -> Any:
    moment = {"type": "string", "format": "date-time"}
    least: dict[str, Any] = {"id": {"type": "string"}, "n": {"type": "integer"}}
    fields = {**least, "at": moment, "to": moment, "day": {"type": "string", "format": "date"}}
    fields["in"] = {"type": "object", "properties": least}
    own = {"definitions": {"customFields": {"properties": fields}}, "allOf": [{"$ref": "#/definitions/customFields"}]}
    extends = {"meta:extends": ["https://ns.adobe.com/xdm/data/adhoc-v2"], "meta:behaviorType": behavior}
    return api.post(f"{R}/tenant/schemas", json={"title": title, "type": "object", **own, **extends})


@pytest.mark.parametrize("name", TOLD_APART)
def test_what_tells_rows_apart_comes_in_its_order(api: Api, name: str) -> None:
    behavior, steps = TOLD_APART[name]
    uri = relational(api, name, behavior).json()["$id"]
    for kind, paths, words in steps:
        answer = api.post(D, json={"@type": kind, "xdm:sourceSchema": uri, "xdm:sourceProperty": paths})
        assert answer.status_code == (400 if words else 201), answer.text
        assert not words or (words in answer.json()["detail"] and answer.json()["type"].endswith("XDM-4000-400"))


def test_a_relational_schema_behaves_in_one_of_two_ways(api: Api) -> None:
    answer = relational(api, "Nonsense", "nonsense")
    assert answer.status_code == 400 and "record or time-series" in answer.json()["detail"]
    assert [one["path"] for one in answer.json()["report"]["sub-errors"]] == ["$.meta:behaviorType"]


def test_a_key_goes_after_its_version(api: Api) -> None:
    uri = relational(api, "Gone", "record").json()["$id"]
    made = {
        kind: api.post(D, json={"@type": kind, "xdm:sourceSchema": uri, "xdm:sourceProperty": path}).json()
        for kind, path in ((KEY, "/id"), (VERSION, "/n"))
    }
    refused = api.delete(f"{D}/{made[KEY]['@id']}")
    assert refused.status_code == 400 and made[VERSION]["@id"] in refused.json()["detail"]
    other = {"@type": "xdm:descriptorTimeSeriesGranularity", "xdm:sourceSchema": uri, "xdm:granularity": "day"}
    refused = api.put(f"{D}/{made[KEY]['@id']}", json={**other, "xdm:ianaTimezone": "UTC"})
    assert refused.status_code == 400 and made[VERSION]["@id"] in refused.json()["detail"]
    moved = {**made[KEY], "xdm:sourceProperty": ["/id", "/at"]}
    assert api.put(f"{D}/{made[KEY]['@id']}", json=moved).status_code == 200
    for kind in (VERSION, KEY):
        assert api.delete(f"{D}/{made[kind]['@id']}").status_code == 204


@pytest.mark.parametrize(("path", "words"), [("/_extconndev/id", "date-time"), ("/_extconndev/at", "")])
def test_a_timestamp_of_a_schema_with_a_class_is_a_moment(api: Api, schema: str, path: str, words: str) -> None:
    body = {"@type": TIMESTAMP, "xdm:sourceSchema": schema, "xdm:sourceProperty": path}
    answer = api.post(D, json=body)
    assert answer.status_code == (400 if words else 201), answer.text
    if words:
        assert words in answer.json()["detail"]
        return
    assert "takes one" in api.post(D, json=body).json()["detail"]
    assert api.put(f"{D}/{answer.json()['@id']}", json=body).status_code == 200
    assert api.delete(f"{D}/{answer.json()['@id']}").status_code == 204


# members that differ from a good identity, the path of the sub-error, what the detail names
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"@type": "xdm:none"}, "$.@type", "xdm:descriptorIdentity"),
    ({"@type": None}, "$.@type", "@type"),
    ({"xdm:sourceSchema": None}, "$", "xdm:sourceSchema"),
    ({"xdm:sourceSchema": "https://ns.adobe.com/extconndev/schemas/none"}, "$.xdm:sourceSchema", "none"),
    ({"xdm:sourceSchema": 7}, "$.xdm:sourceSchema", "$id"),
    ({"xdm:sourceSchema": PROFILE, "xdm:sourceProperty": "/personID"}, "$.xdm:sourceSchema", "tenant"),
    ({"xdm:sourceProperty": "/_extconndev/none"}, "$.xdm:sourceProperty", "/_extconndev/none"),
    ({"xdm:sourceProperty": "_extconndev.id"}, "$.xdm:sourceProperty", "slashes"),
    ({"xdm:sourceProperty": "/_extconndev/id/"}, "$.xdm:sourceProperty", "slashes"),
    ({"xdm:sourceProperty": "/_extconndev/items/sku"}, "$.xdm:sourceProperty", "items/sku"),
    ({"xdm:sourceProperty": ["/_extconndev/id"]}, "$.xdm:sourceProperty", "one field"),
    ({"xdm:namespace": ""}, "$", "xdm:namespace"),
    ({"xdm:namespace": "Nope"}, "$.xdm:namespace", "Nope is the code of no identity namespace"),
    ({"xdm:namespace": "Nope"}, "$.xdm:namespace", f"GET {NAMESPACES} lists"),
    ({"xdm:namespace": "CRMID", "xdm:property": "xdm:id"}, "$.xdm:namespace", "CRMID is the id of no"),
    ({"xdm:namespace": ["Email"]}, "$.xdm:namespace", "Email"),
    ({"@type": "xdm:descriptorReferenceIdentity", "xdm:identityNamespace": "Nope"}, "$.xdm:identityNamespace", "Nope"),
    ({"xdm:property": "code"}, "$.xdm:property", "xdm:code"),
    ({"xdm:isPrimary": "yes"}, "$.xdm:isPrimary", "true or false"),
    ({"xdm:sourceVersion": "\u00b2"}, "$.xdm:sourceVersion", "major version"),
    ({"xdm:sourceVersion": True}, "$.xdm:sourceVersion", "major version"),
    ({"xdm:destinationVersion": 0}, "$.xdm:destinationVersion", "major version"),
]


@pytest.mark.parametrize(("members", "path", "named"), BAD)
def test_a_descriptor_that_describes_nothing_is_told_why(
    api: Api, schema: str, members: dict[str, Any], path: str, named: str
) -> None:
    answer = api.post(D, json=identity(schema, **members))
    problem = answer.json()
    assert answer.status_code == 400 and problem["type"].endswith("XDM-4000-400")
    assert path in [one["path"] for one in problem["report"]["sub-errors"]] and named in problem["detail"]


NAMED: list[dict[str, Any]] = [
    {"xdm:namespace": "crmid"},
    {"xdm:namespace": "ECID"},
    {"xdm:namespace": "6", "xdm:property": "xdm:id"},
    {"xdm:namespace": 6, "xdm:property": "xdm:id"},
]


@pytest.mark.parametrize("members", NAMED)
def test_a_namespace_goes_by_its_code_in_any_case_or_by_its_id(api: Api, schema: str, members: dict[str, Any]) -> None:
    made = api.post(D, json=identity(schema, **members)).json()
    assert made["xdm:namespace"] == members["xdm:namespace"]
    assert api.delete(f"{D}/{made['@id']}").status_code == 204


def test_a_schema_has_one_primary_identity_which_may_be_replaced(api: Api, schema: str) -> None:
    first = api.post(D, json=identity(schema, **{"xdm:isPrimary": True})).json()
    second = identity(schema, **{"xdm:isPrimary": True, "xdm:sourceProperty": "/personID"})
    assert first["@id"] in api.post(D, json=second).json()["detail"]
    replaced = api.put(f"{D}/{first['@id']}", json={**first, "xdm:sourceProperty": "/personID"})
    assert (replaced.status_code, replaced.json()["xdm:sourceProperty"]) == (200, "/personID")
    full = {"accept": "application/vnd.adobe.xed-full+json; version=1"}
    assert api.get(f"{R}/tenant/schemas/{quote_plus(schema)}", headers=full).json()["required"] == ["personID"]
    assert api.delete(f"{D}/{first['@id']}").status_code == 204


LISTS: list[tuple[str, str, Any]] = [
    ("xdm", "object", None),
    ("xdm-id", "text", ""),
    ("xdm-link", "text", "/tenant/descriptors/"),
    ("xdm-v2", "object", None),
    ("xdm-v2-id", "text", ""),
    ("xdm-v2-link", "text", "/tenant/descriptors/"),
]


@pytest.mark.parametrize(("form", "kind", "prefix"), LISTS)
def test_list_forms(api: Api, schema: str, form: str, kind: str, prefix: str | None) -> None:
    made = api.post(D, json=identity(schema)).json()
    query = f"?property=@type=={IDENTITY},xdm:sourceSchema=={schema}"
    body = api.get(f"{D}/{query}", headers={"accept": f"application/vnd.adobe.{form}+json"}).json()
    found = body["results"] if "v2" in form else body[IDENTITY]
    assert found == ([f"{prefix}{made['@id']}"] if kind == "text" else [made])
    if "v2" in form:
        assert body["_page"] == {"orderby": "xdm:sourceSchema", "next": None, "count": 1}
        assert body["_links"] == {"next": None}
    assert api.delete(f"{D}/{made['@id']}").status_code == 204


def test_descriptors_go_with_their_schema(api: Api) -> None:
    body = {"title": "Brief", "type": "object", "allOf": [{"$ref": PROFILE}]}
    brief = api.post(f"{R}/tenant/schemas", json=body).json()
    made = api.post(D, json=identity(brief["$id"], **{"xdm:sourceProperty": "/personID"})).json()
    assert api.delete(f"{R}/tenant/schemas/{brief['meta:altId']}").status_code == 204
    assert api.get(f"{D}/{made['@id']}").status_code == 404
