"""Connection specs and flow specs over the wire: shipped ones, aliases, a sandbox's own."""

from typing import Any

import pytest

from headrace import sources
from wire_flows import LINKEDIN, OTHER_PRINTED, Flows, code

CANONICAL, LAKE = "5f6b8d7c-3a0e-4a86-9d53-0c1a7d3f2b10", "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
REST = "6499120c-0b15-42dc-936e-847ea3c24d72"
OWN = {"name": "mine", "providerId": "p", "type": "generic-rest", "authSpec": [], "sourceSpec": {"attributes": {}}}


def test_shipped_connection_specs(flows: Flows) -> None:
    listed = flows.get("/connectionSpecs").json()
    assert listed["_links"] == {} and {CANONICAL, LAKE} <= {spec["id"] for spec in listed["items"]}
    filtered = flows.get("/connectionSpecs?property=name==linkedin-ads").json()["items"]
    assert [spec["id"] for spec in filtered] == [CANONICAL]


@pytest.mark.parametrize("id", [CANONICAL, LINKEDIN, OTHER_PRINTED])
def test_the_printed_ids_resolve_to_linkedin(flows: Flows, id: str) -> None:
    spec = flows.one(f"/connectionSpecs/{id}")
    assert spec["id"] == CANONICAL and spec["authSpec"][0]["name"] == "OAuth2 Refresh Code"


def test_a_spec_is_listed_once_and_found_by_every_id_of_its_own(flows: Flows) -> None:
    # flow-service.md 8, row 1: the printed ids are aliases of one spec, which has an id of its own.
    listed = flows.get("/connectionSpecs").json()["items"]
    [linkedin] = [spec for spec in listed if spec["name"] == "linkedin-ads"]
    assert linkedin["sourceSpec"]["attributes"]["x-headrace"]["aliases"] == [LINKEDIN, OTHER_PRINTED]
    assert not {LINKEDIN, OTHER_PRINTED} & {spec["id"] for spec in listed}
    for id in (CANONICAL, LINKEDIN, OTHER_PRINTED):
        assert flows.get(f"/connectionSpecs?property=id=={id}").json()["items"] == [linkedin]


def test_the_flow_spec_serves_what_ships(flows: Flows) -> None:
    [spec] = flows.get("/flowSpecs?property=name==RestStorageToAEP").json()["items"]
    assert spec == flows.one(f"/flowSpecs/{REST}")
    assert spec["id"] == REST and CANONICAL in spec["sourceConnectionSpecIds"]
    assert spec["targetConnectionSpecIds"] == [LAKE]
    assert spec["scheduleSpec"]["spec"]["required"] == ["startTime", "frequency"]


def test_a_sandboxs_own_spec(flows: Flows) -> None:
    answer = flows.post("/connectionSpecs", OWN)
    made = answer.json()
    assert answer.status_code == 201 and answer.headers["location"].endswith(made["id"])
    assert made["name"] == "mine" and made["version"] == "1.0" and made["imsOrgId"]
    assert flows.one(f"/connectionSpecs/{made['id']}") == made
    put = flows.put(f"/connectionSpecs/{made['id']}", {**made, "name": "other", "description": "d"})
    assert put.status_code == 200 and put.json()["name"] == "other" and put.json()["etag"] != made["etag"]
    assert made["id"] in {spec["id"] for spec in flows.get("/connectionSpecs").json()["items"]}
    stranger = Flows(flows.api.as_(sandbox="dev"), flows.linkedin)
    assert code(stranger.get(f"/connectionSpecs/{made['id']}")) == "FLOW-1439-404"


def test_a_flow_spec_serves_another_source_after_a_put(flows: Flows) -> None:
    stranger = Flows(flows.api.as_(sandbox="own-specs"), flows.linkedin)
    spec = stranger.one(f"/flowSpecs/{REST}")
    other = {**spec, "sourceConnectionSpecIds": [*spec["sourceConnectionSpecIds"], "new"]}
    other["transformationSpec"] = other.pop("transformationSpecs")
    answer = stranger.put(f"/flowSpecs/{REST}", other)
    assert answer.status_code == 200 and answer.json()["id"] == REST
    assert answer.json()["transformationSpecs"] == spec["transformationSpecs"]
    assert "new" in stranger.one(f"/flowSpecs/{REST}")["sourceConnectionSpecIds"]
    assert "new" not in flows.one(f"/flowSpecs/{REST}")["sourceConnectionSpecIds"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": None}, "SOURCES-1304-400"),
        ({"providerId": None}, "SOURCES-1304-400"),
        ({"version": " "}, "SOURCES-1304-400"),
        ({"type": ""}, "SOURCES-1304-400"),
        ({"type": 5}, "SOURCES-1312-400"),
        ({"description": 5}, "SOURCES-1312-400"),
        ({"authSpec": {}}, "SOURCES-1312-400"),
        ({"attributes": []}, "SOURCES-1312-400"),
        ({"sourceSpec": [[]]}, "SOURCES-1312-400"),
        ({"authSpec": [{"type": "x"}]}, "SOURCES-1312-400"),
        ({"authSpec": [{"name": "x", "spec": {"type": "nothing"}}]}, "SOURCES-1312-400"),
        ({"sourceSpec": {"spec": {"$ref": "http://127.0.0.1:1/x.json"}}}, "SOURCES-1312-400"),
        ({"sourceSpec": {"attributes": {"spec": ["listId"]}}}, "SOURCES-1312-400"),
        ({"sourceSpec": {"attributes": {"spec": {"type": "nothing"}}}}, "SOURCES-1312-400"),
        ({"sourceSpec": {"attributes": {"x-headrace": {"sliceDays": "many"}}}}, "SOURCES-1312-400"),
        ({"sourceSpec": {"attributes": {"contentPath": {}}}}, "SOURCES-1313-400"),
        ({"sourceSpec": {"attributes": {"contentPath": "$..a"}}}, "SOURCES-1314-400"),
        ({"sourceSpec": {"attributes": {"paginationParams": {}}}}, "SOURCES-1316-400"),
        ({"sourceSpec": {"attributes": {"scheduleParams": {}}}}, "SOURCES-1317-400"),
    ],
)
def test_a_spec_that_cannot_be_read(flows: Flows, changes: dict[str, Any], expected: str) -> None:
    assert code(flows.post("/connectionSpecs", {**OWN, **changes})) == expected


def test_specs_that_do_not_exist(flows: Flows) -> None:
    for kind in ("connectionSpecs", "flowSpecs"):
        assert code(flows.get(f"/{kind}/none")) == "FLOW-1439-404"
        assert code(flows.put(f"/{kind}/none", OWN)) == "FLOW-1439-404"


def test_a_new_flow_spec_and_its_search(flows: Flows) -> None:
    made = flows.post("/flowSpecs", {"name": "own", "providerId": "p"})
    assert made.status_code == 201 and made.json()["transformationSpecs"] == []
    found = flows.post("/flowSpecs/search", {"queryString": "property=name==own", "projectionFields": "providerId"})
    assert found.json()["items"] == [{"name": "own", "id": made.json()["id"], "providerId": "p"}]


ROWS: dict[str, Any] = {
    "urlParams": {"host": "${host}", "path": "/rows", "method": "GET"},
    "contentPath": {"path": "$.rows"},
    "paginationParams": {"type": "NONE"},
}
BASIC = {"name": "Basic Authentication", "type": "BasicAuthentication", "spec": {"required": ["host"]}}


PAGED_BY_ITS_USER = {"properties": {"paginationParams": {"type": "object"}}, "required": ["paginationParams"]}


def test_what_cannot_work_is_refused_wherever_it_comes_in(flows: Flows) -> None:
    """The author's spec when it is posted or put, the user's inputs when a source connection is made or patched."""
    rows = {name: value for name, value in ROWS.items() if name != "paginationParams"}
    own = {
        **OWN,
        "type": "generic-rest",
        "authSpec": [BASIC],
        "sourceSpec": {"attributes": rows, "spec": PAGED_BY_ITS_USER},
    }
    made = flows.post("/connectionSpecs", own).json()
    wrong = {**own, "sourceSpec": {"attributes": {**rows, "paginationParams": {"type": "PAGE", "limitName": "n"}}}}
    refused = flows.put(f"/connectionSpecs/{made['id']}", wrong)
    assert code(refused) == "SOURCES-1316-400"
    assert "sourceSpec.attributes.paginationParams.pageParamName" in refused.text
    spec = {"id": made["id"], "version": "1.0"}
    basic = {"specName": "basic-authentication", "params": {"host": flows.linkedin.url}}
    base = flows.connection(connectionSpec=spec, auth=basic)["id"]
    for pages, expected in (({}, 1316), ({"type": "MAGIC"}, 1312), ({"type": "URL", "pointerPath": "$..a"}, 1314)):
        body = flows.source_body(base, connectionSpec=spec, params={"paginationParams": pages})
        assert code(flows.post("/sourceConnections", body)) == f"SOURCES-{expected}-400"
    source = flows.source(base, connectionSpec=spec, params={"paginationParams": {"type": "NONE"}})
    change = {"op": "replace", "path": "/params/paginationParams/type", "value": "OFFSET"}
    answer = flows.patch(f"/sourceConnections/{source['id']}", source["etag"], change)
    assert code(answer) == "SOURCES-1316-400" and "params.paginationParams.offSetName" in answer.text


def once_over(flows: Flows, type: str) -> tuple[str, dict[str, Any]]:
    """The id of a posted spec of this type, and the body of a flow over it by the shipped flow spec."""
    own = {**OWN, "type": type, "authSpec": [BASIC], "sourceSpec": {"attributes": ROWS}}
    spec = {"id": flows.post("/connectionSpecs", own).json()["id"], "version": "1.0"}
    basic = {"specName": "basic-authentication", "params": {"host": flows.linkedin.url}}
    base = flows.connection(connectionSpec=spec, auth=basic)["id"]
    assert code(flows.post("/sourceConnections", flows.source_body(base))) == "SOURCES-1312-400"
    source = flows.source(base, connectionSpec=spec, params={})["id"]
    once = {"startTime": 1625040887, "frequency": "once"}
    ends = {"sourceConnectionIds": [source], "targetConnectionIds": [flows.target()["id"]]}
    return spec["id"], flows.flow_body(**ends, scheduleParams=once)


def test_a_flow_over_a_sandboxs_own_source(flows: Flows) -> None:
    spec, body = once_over(flows, "generic-rest")
    assert flows.one(f"/flowSpecs/{REST}")["sourceConnectionSpecIds"].count(spec) == 1
    made = flows.made("flows", body)
    assert flows.post("/runs", {"flowId": made["id"], "status": "active"}).status_code == 201
    stranger = Flows(flows.api.as_(sandbox="dev"), flows.linkedin)
    assert spec not in stranger.one(f"/flowSpecs/{REST}")["sourceConnectionSpecIds"]


def test_a_flow_spec_of_ones_own_serves_what_it_lists(flows: Flows) -> None:
    spec, body = once_over(flows, "mine")
    assert code(flows.post("/flows", body)) == "SOURCES-1305-400"
    rest = flows.one(f"/flowSpecs/{REST}")
    served = [*rest["sourceConnectionSpecIds"], spec]
    mine = flows.post("/flowSpecs", {**rest, "name": "mine too", "sourceConnectionSpecIds": served}).json()
    flows.made("flows", {**body, "flowSpec": {"id": mine["id"], "version": "1.0"}})
    none = flows.post("/flowSpecs", {**rest, "name": "of none", "sourceConnectionSpecIds": []}).json()
    assert code(flows.post("/flows", {**body, "flowSpec": {"id": none["id"]}})) == "SOURCES-1305-400"


def test_a_replaced_source_is_listed_once(flows: Flows) -> None:
    stranger = Flows(flows.api.as_(sandbox="own-linkedin"), flows.linkedin)
    before = stranger.one(f"/flowSpecs/{REST}")["sourceConnectionSpecIds"]
    linkedin = stranger.one(f"/connectionSpecs/{CANONICAL}")
    assert stranger.put(f"/connectionSpecs/{CANONICAL}", {**linkedin, "description": "d"}).status_code == 200
    assert stranger.one(f"/flowSpecs/{REST}")["sourceConnectionSpecIds"] == before


GENERIC = "4e98f16f-87d6-4ef0-bdc6-7a2b0fe76e62"


def test_the_generic_source_takes_its_objects_with_the_source_connection(flows: Flows) -> None:
    spec = {"id": GENERIC, "version": "1.0"}
    basic = {
        "specName": "Basic Authentication",
        "params": {"host": flows.linkedin.url, "username": "a", "password": "b"},
    }
    base = flows.connection(connectionSpec=spec, auth=basic)["id"]
    params = {**ROWS, "urlParams": {"path": "/rows", "method": "GET"}, "scheduleParams": {}}
    body = flows.source_body(base, connectionSpec=spec, params=params)
    for name in ("urlParams", "contentPath", "paginationParams", "scheduleParams"):
        lacking = {**body, "params": {key: value for key, value in params.items() if key != name}}
        assert code(flows.post("/sourceConnections", lacking)) == "SOURCES-1304-400"
    misspelt = {**body, "params": {**params, "explodeEntityPaths": {"path": "$.rows.x"}}}
    assert code(flows.post("/sourceConnections", misspelt)) == "SOURCES-1312-400"
    bad = {**body, "params": {**params, "x-headrace": {"retention": {"days": 30}}}}
    assert "params.x-headrace.retention.days" in flows.post("/sourceConnections", bad).text
    ends = {"sourceConnectionIds": [flows.made("sourceConnections", body)["id"]]}
    once = {"startTime": 1625040887, "frequency": "once"}
    made = flows.made("flows", flows.flow_body(**ends, targetConnectionIds=[flows.target()["id"]], scheduleParams=once))
    assert flows.post("/runs", {"flowId": made["id"], "status": "active"}).status_code == 201
    merging = {"writeMode": "merge", "key": ["row.id"], "frequencies": ["once"]}
    own = {**body, "params": {**params, "x-headrace": merging}}
    again = {"targetConnectionIds": [flows.target()["id"]], "options": {"lookback": 3}}
    for source, frequency, status in ((body, "once", 400), (own, "day", 400), (own, "once", 201)):
        ends = {"sourceConnectionIds": [flows.made("sourceConnections", source)["id"]], **again}
        schedule = {"startTime": 1625040887, "frequency": frequency} | ({"interval": 1} if frequency == "day" else {})
        answer = flows.post("/flows", flows.flow_body(**ends, scheduleParams=schedule))
        assert answer.status_code == status, answer.text


def test_every_source_that_ships_is_served(flows: Flows) -> None:
    ships = {spec["id"] for spec in sources.shipped_specs()}
    assert len(ships) > 10 and ships <= set(flows.one(f"/flowSpecs/{REST}")["sourceConnectionSpecIds"])


def test_a_source_without_credentials_takes_no_base_connection(flows: Flows) -> None:
    own = {**OWN, "sourceSpec": {"attributes": {"urlParams": {"path": "/x"}, "contentPath": {"path": "$"}}}}
    spec = {"id": flows.post("/connectionSpecs", own).json()["id"]}
    base = flows.connection()["id"]
    body = flows.source_body(base, connectionSpec=spec, params={})
    assert code(flows.post("/sourceConnections", body)) == "SOURCES-1332-400"
    flows.made("sourceConnections", {**body, "baseConnectionId": ""})
