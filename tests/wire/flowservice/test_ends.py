"""Source and target connections over the wire: as printed, both data lake ids, and each error's code."""

from typing import Any

import pytest

from wire_flows import DATASET, Flows, code

LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"


def replace(path: str, value: object) -> dict[str, object]:
    return {"op": "replace", "path": path, "value": value}


def test_a_source_connection_as_printed(flows: Flows) -> None:
    base = flows.connection()["id"]
    made = flows.source(base)
    found = flows.one(f"/sourceConnections/{made['id']}")
    body = flows.source_body(base)
    assert {name: found[name] for name in body} == body
    assert found["etag"] == made["etag"] and found["state"] == "enabled"
    assert found["inheritedAttributes"]["baseConnection"]["id"] == base


@pytest.mark.parametrize("spec", [LAKE, "fd2c8ff3-1de0-4f6b-8fa8-4264784870eb"])
def test_both_printed_ids_mean_the_data_lake(flows: Flows, spec: str) -> None:
    id = flows.target(connectionSpec={"id": spec, "version": "1.0"})["id"]
    found = flows.one(f"/targetConnections/{id}")
    assert found["connectionSpec"]["id"] == spec and found["params"] == {"dataSetId": DATASET}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"baseConnectionId": None}, "SOURCES-1304-400"),
        ({"baseConnectionId": "70383d02-2777-4be7-a309-9dd6eea1b46d"}, "SOURCES-1312-400"),
        ({"connectionSpec": {"id": "none"}}, "FLOW-1413-400"),
        ({"connectionSpec": {"id": LAKE}}, "SOURCES-1305-400"),
        ({"data": {}}, "SOURCES-1304-400"),
        ({"data": {"format": "delimited"}}, "SOURCES-1327-400"),
        ({"params": {"pivot": "PLANET"}}, "SOURCES-1312-400"),
        ({"params": {"accountIds": "one"}}, "SOURCES-1312-400"),
        ({"params": "all"}, "SOURCES-1312-400"),
        ({"params": {"acountIds": "507947502"}}, "SOURCES-1312-400"),
    ],
)
def test_a_source_connection_that_cannot_be_made(flows: Flows, changes: Any, expected: str) -> None:
    body = flows.source_body(flows.connection()["id"], **changes)
    assert code(flows.post("/sourceConnections", body)) == expected


def test_a_misspelt_parameter_is_not_taken_for_none(flows: Flows) -> None:
    # Without any id the source reads every account, so a typo must not pass for "no id".
    params = {"acountIds": "507947502", "zebra": 1}
    told = flows.post("/sourceConnections", flows.source_body(flows.connection()["id"], params=params)).text
    assert "acountIds is not a parameter here (did you mean accountIds?)" in told
    assert "zebra is not a parameter here (known: accountIds, " in told


@pytest.mark.parametrize("pivot", ["ACCOUNT", "CAMPAIGN GROUP", "CAMPAIGN_GROUP", "CAMPAIGN", "CREATIVE"])
def test_the_four_pivots_in_every_spelling(flows: Flows, pivot: str) -> None:
    flows.source(params={"pivot": pivot, "campaignIds": "1991010101,1992020202"})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"connectionSpec": {"id": "8a9c3494-9708-43d7-ae3f-cda01e5030e1"}}, "SOURCES-1307-400"),
        ({"params": {}}, "SOURCES-1325-400"),
        ({"params": {"dataSetId": ""}}, "SOURCES-1325-400"),
        ({"params": {"dataSetId": "000000000000000000000000"}}, "SOURCES-1312-400"),
        ({"data": {"format": "xml"}}, "SOURCES-1327-400"),
    ],
)
def test_a_target_connection_that_cannot_be_made(flows: Flows, changes: Any, expected: str) -> None:
    assert code(flows.post("/targetConnections", flows.target_body(**changes))) == expected


@pytest.mark.parametrize("kind", ["sourceConnections", "targetConnections"])
def test_patch_delete_and_not_found(flows: Flows, kind: str) -> None:
    made = flows.source() if kind == "sourceConnections" else flows.target()
    path = f"/{kind}/{made['id']}"
    assert code(flows.patch(path, None, replace("/name", "x"))) == "FLOW-1403-400"
    assert code(flows.patch(path, "stale", replace("/name", "x"))) == "FLOW-1404-412"
    assert code(flows.patch(path, made["etag"], replace("/connectionSpec/id", "x"))) == "FLOW-1414-400"
    assert code(flows.patch(path, made["etag"], replace("/state", "disabled"))) == "FLOW-1456-400"
    answer = flows.patch(path, made["etag"], replace("/name", "other"))
    assert answer.json()["id"] == made["id"] and answer.json()["etag"] != made["etag"]
    assert flows.one(path)["name"] == "other"
    assert flows.delete(path).status_code == 204
    assert code(flows.get(path)) == "FLOW-1439-404"


@pytest.mark.parametrize("kind", ["sourceConnections", "targetConnections"])
def test_used_by_a_flow(flows: Flows, kind: str) -> None:
    ids = {"sourceConnections": flows.source()["id"], "targetConnections": flows.target()["id"]}
    flow = flows.flow(sourceConnectionIds=[ids["sourceConnections"]], targetConnectionIds=[ids["targetConnections"]])
    assert code(flows.delete(f"/{kind}/{ids[kind]}")) == "FLOW-1447-400"
    flows.delete(f"/flows/{flow['id']}")
    assert flows.delete(f"/{kind}/{ids[kind]}").status_code == 204


def test_drafts_of_both(flows: Flows) -> None:
    for kind, body in (
        ("sourceConnections", flows.source_body(flows.connection()["id"])),
        ("targetConnections", flows.target_body()),
    ):
        made = flows.made(kind, {"connectionSpec": body["connectionSpec"]}, "?mode=draft")
        path = f"/{kind}/{made['id']}"
        assert flows.post(f"{path}/action?op=publish").status_code == 400
        steps = [{"op": "add", "path": f"/{name}", "value": body[name]} for name in body if name != "connectionSpec"]
        assert flows.patch(path, made["etag"], *steps).status_code == 200
        assert flows.post(f"{path}/action?op=publish").json()["id"] == made["id"]
        assert flows.one(path)["state"] == "enabled"
