"""Flows over the wire: the tutorial's requests, actions, drafts, and each error's code."""

from typing import Any

import pytest

from headrace.runs.deployment import Deployment
from headrace.store import documents, schedules
from headrace.store.scope import Caller
from wire_flows import MAPPING, NOW, SCHEMA, Flows, code
from wire_server import ORG

ABSENT = "000000000000000000000000"


def replace(path: str, value: object) -> dict[str, object]:
    return {"op": "replace", "path": path, "value": value}


def test_create_and_get_as_printed(flows: Flows, deployment: Deployment) -> None:
    body = flows.flow_body()
    made = flows.made("flows", body)
    found = flows.one(f"/flows/{made['id']}")
    assert {name: found[name] for name in body} == body
    assert found["state"] == "enabled" and found["etag"] == found["version"] == made["etag"]
    assert found["runs"] == f"/flows/{made['id']}/runs"
    inherited = found["inheritedAttributes"]
    assert inherited["properties"] == {"isSourceFlow": True}
    assert inherited["sourceConnections"][0]["id"] == body["sourceConnectionIds"][0]
    assert inherited["sourceConnections"][0]["baseConnection"]["connectionSpec"]["version"] == "1.0"
    assert inherited["targetConnections"][0]["id"] == body["targetConnectionIds"][0]
    assert found["lastOperation"]["operation"] == "create" and found["lastOperation"]["percentCompleted"] == 100.0
    with deployment.store.read() as conn:
        schedule = schedules.find(conn, made["id"])
    assert schedule and schedule.enabled and schedule.start == 1_625_040_887_000


def test_patch_as_printed(flows: Flows, deployment: Deployment) -> None:
    made = flows.flow()
    steps = [
        replace("/scheduleParams/frequency", "day"),
        replace("/name", "New dataflow name"),
        replace("/description", "Updated dataflow description"),
    ]
    answer = flows.patch(f"/flows/{made['id']}", made["etag"], *steps)
    assert answer.status_code == 200 and answer.json()["id"] == made["id"]
    found = flows.one(f"/flows/{made['id']}")
    assert found["etag"] == answer.json()["etag"] != made["etag"]
    assert found["scheduleParams"] == {"startTime": "1625040887", "frequency": "day", "interval": 1}
    assert found["lastOperation"]["ops"] == steps and found["lastOperation"]["operation"] == "update"
    with deployment.store.read() as conn:
        schedule = schedules.find(conn, made["id"])
    assert schedule and schedule.frequency == "day"


def test_delete_as_printed(flows: Flows, deployment: Deployment) -> None:
    path = f"/flows/{flows.flow()['id']}"
    answer = flows.delete(path)
    assert answer.status_code == 204 and answer.content == b""
    assert code(flows.get(path)) == "FLOW-1439-404"
    assert flows.get(path).json()["report"]["type"] == "flows"
    with deployment.store.read() as conn:
        assert schedules.find(conn, path.rpartition("/")[2]) is None


def test_as_printed_without_a_token_it_is_refused(flows: Flows) -> None:
    answer = flows.post("/flows", flows.flow_body(), headers={"Authorization": ""})
    assert (answer.status_code, answer.json()["error_code"]) == (403, "403010")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"flowSpec": {"id": "none"}}, "FLOW-1413-400"),
        ({"state": "enabled"}, "FLOW-1410-400"),
        ({"mode": "draft"}, "SOURCES-1368-400"),
        ({"sourceConnectionIds": []}, "SOURCES-1320-400"),
        ({"sourceConnectionIds": ["246d052c-da4a-494a-937f-a0d17b1c6cf5"]}, "SOURCES-1322-400"),
        ({"sourceConnectionIds": ["a", "b"]}, "SOURCES-1321-400"),
        ({"transformations": []}, "SOURCES-1328-400"),
        ({"transformations": [{"params": {"mappingId": ABSENT}}]}, "FLOW-1419-400"),
        ({"transformations": [{"params": {"mappingId": MAPPING, "mappingVersion": 9}}]}, "FLOW-1412-400"),
        ({"scheduleParams": {}}, "SOURCES-1317-400"),
        ({"scheduleParams": {"startTime": "1", "frequency": "week", "interval": 1}}, "SOURCES-1397-400"),
        ({"scheduleParams": {"startTime": "1", "frequency": "hour", "interval": "0"}}, "SOURCES-1362-400"),
        ({"scheduleParams": {"startTime": "x", "frequency": "hour", "interval": "1"}}, "SOURCES-1340-400"),
        ({"options": {"partialIngestionPercent": -1}}, "SOURCES-1312-400"),
    ],
)
def test_a_flow_that_cannot_run_gets_its_code(flows: Flows, changes: Any, expected: str) -> None:
    assert code(flows.post("/flows", flows.flow_body(**changes))) == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (replace("/scheduleParams/startTime", "1625040888"), "SOURCES-1366-400"),
        (replace("/scheduleParams/frequency", "once"), "SOURCES-1403-400"),
        ({"op": "add", "path": "/scheduleParams/backfill", "value": False}, "SOURCES-1404-400"),
        (replace("/scheduleParams/interval", 0), "SOURCES-1362-400"),
        (replace("/nothing", 0), "FLOW-1455-400"),
        (replace("/state", "disabled"), "FLOW-1456-400"),
        (replace("/lastOperation", {}), "SOURCES-1365-400"),
        ({"op": "copy", "path": "/name", "from": "/description"}, "FLOW-1434-400"),
        (replace("/transformations/0/params/mappingVersion", "4"), "FLOW-1412-400"),
    ],
)
def test_a_bad_patch_gets_its_code_and_changes_nothing(flows: Flows, step: Any, expected: str) -> None:
    made = flows.flow()
    assert code(flows.patch(f"/flows/{made['id']}", made["etag"], replace("/name", "x"), step)) == expected
    found = flows.one(f"/flows/{made['id']}")
    assert found["etag"] == made["etag"] and found["name"] == "LinkedIn Ads dataflow"


@pytest.mark.parametrize(
    "start",
    [
        -1,
        253_402_300_800,
        "9" * 20,
        "1.5",
        True,
        "1969-12-31",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_start_time_is_an_instant(flows: Flows, start: Any) -> None:
    answer = flows.post(
        "/flows", flows.flow_body(scheduleParams={"startTime": start, "frequency": "hour", "interval": 1})
    )
    assert code(answer) == "SOURCES-1340-400"
    assert answer.json()["errorMessage"].startswith("scheduleParams.startTime must ")


def test_the_same_start_time_in_another_spelling_is_no_change(flows: Flows) -> None:
    made = flows.flow()
    params = {"startTime": 1625040887, "frequency": "hour", "interval": "2", "backfill": "true"}
    assert flows.patch(f"/flows/{made['id']}", made["etag"], replace("/scheduleParams", params)).status_code == 200
    assert flows.one(f"/flows/{made['id']}")["scheduleParams"] == params


def test_a_flow_without_a_start_time_starts_when_it_is_created(flows: Flows, deployment: Deployment) -> None:
    # flow-service.md 1.4, row 12: aepp may leave it out.
    made = flows.flow(scheduleParams={"frequency": "hour", "interval": 1})
    created = flows.one(f"/flows/{made['id']}")["createdAt"]
    with deployment.store.read() as conn:
        found = schedules.find(conn, made["id"])
    assert found is not None and found.start == created // 1000 * 1000


def test_a_flow_over_an_empty_mapping_set_is_refused(flows: Flows, deployment: Deployment) -> None:
    # A set may be empty while it is put together; a run of it would fill the lake with empty rows.
    body = {"xdmSchema": SCHEMA, "xdmVersion": "1.0", "mappings": [], "modifiedDate": NOW, "modifiedBy": "wire-tests"}
    with deployment.store.write() as conn:
        documents.create(conn, Caller(ORG, "prod", "", "wire-tests", "wire-tests"), "mappingSets", "empty", body, NOW)
    step = {"name": "Mapping", "params": {"mappingId": "empty", "mappingVersion": "0"}}
    answer = flows.post("/flows", flows.flow_body(transformations=[step]))
    assert code(answer) == "FLOW-1419-400" and "no mappings" in answer.json()["errorMessage"]


def test_labels_and_policy_are_patched_like_anything_else(flows: Flows) -> None:
    made = flows.flow()
    steps = [
        {"op": "Add", "path": "/labels", "value": ["core/C12"]},
        {"op": "Add", "path": "/policy", "value": {"enforcementRefs": ["a"]}},
    ]
    assert flows.patch(f"/flows/{made['id']}", made["etag"], *steps).status_code == 200
    found = flows.one(f"/flows/{made['id']}")
    assert found["labels"] == ["core/C12"] and found["policy"] == {"enforcementRefs": ["a"]}


def test_enable_and_disable_in_any_case_and_without_a_body(flows: Flows) -> None:
    made = flows.flow()
    path = f"/flows/{made['id']}"
    assert code(flows.post(f"{path}/action?op=enable")) == "FLOW-1422-400"
    answer = flows.post(f"{path}/action?op=DISABLE")
    assert answer.status_code == 200 and set(answer.json()) == {"id", "etag"}
    assert flows.one(path)["state"] == "disabled"
    assert flows.post(f"{path}/action?op=enable", headers={"If-Match": answer.json()["etag"]}).status_code == 200
    assert code(flows.post(f"{path}/action?op=disable", headers={"If-Match": "old"})) == "FLOW-1404-412"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "SOURCES-1359-400"),
        ("?op=explode", "SOURCES-1398-400"),
        ("?op=FINALIZE&subOp=APPLY", "FLOW-1402-400"),
        ("?op=disable&subOp=PROGRESS", "FLOW-1436-400"),
        ("?op=publish", "FLOW-1422-400"),
    ],
)
def test_other_actions_get_their_code(flows: Flows, query: str, expected: str) -> None:
    assert code(flows.post(f"/flows/{flows.flow()['id']}/action{query}")) == expected


def test_a_draft_over_drafts_is_published_from_below(flows: Flows) -> None:
    source = flows.made("sourceConnections", flows.source_body(flows.connection()["id"]), "?mode=draft")["id"]
    body = flows.flow_body(sourceConnectionIds=[source], targetConnectionIds=[flows.target()["id"]])
    assert code(flows.post("/flows", body)) == "FLOW-1422-400"
    path = f"/flows/{flows.made('flows', body, '?mode=draft')['id']}"
    assert flows.one(path)["state"] == "draft"
    assert code(flows.post(f"{path}/action?op=publish")) == "FLOW-1422-400"
    assert flows.post(f"/sourceConnections/{source}/action?op=publish").status_code == 200
    assert flows.post(f"{path}/action?op=publish").status_code == 200
    assert flows.one(path)["state"] == "enabled"


def test_a_flow_made_by_aepp(flows: Flows) -> None:
    params = {"frequency": "hour", "interval": "15", "foldernameTemplate": "%DESTINATION%"}
    id = flows.flow(scheduleParams=params)["id"]
    assert flows.one(f"/flows/{id}")["scheduleParams"] == params


def test_another_sandboxs_connections_do_not_exist(flows: Flows) -> None:
    stranger = Flows(flows.api.as_(sandbox="dev"), flows.linkedin)
    answer = stranger.post("/flows", flows.flow_body())
    assert code(answer) == "SOURCES-1322-400"
    assert code(stranger.get(f"/flows/{flows.flow()['id']}")) == "FLOW-1439-404"
