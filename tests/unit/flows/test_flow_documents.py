"""Flows with their schedules: one transaction, the watermark kept, drafts without one, runs told to stop."""

from typing import Any

import pytest

from headrace.errors import Conflict, InUse, Invalid, NotFound
from headrace.flows import ends, flow_documents, plan_inputs, usage
from headrace.store import documents, schedules
from headrace.store.schedules import Schedule

START = 1_625_040_887_000


def schedule(world: Any, id: str) -> Schedule | None:
    with world.store.read() as conn:
        return schedules.find(conn, id)


def act(world: Any, caller: Any, now: int, id: str, action: str) -> documents.Document:
    with world.store.write() as conn:
        return flow_documents.act(conn, caller, id, action, [], None, now)(conn)


def patch(world: Any, caller: Any, now: int, flow: documents.Document, path: str, value: object) -> documents.Document:
    step = {"op": "replace", "path": path, "value": value}
    with world.store.write() as conn:
        return flow_documents.patch(conn, caller, flow.id, [step], flow.etag.strip('"'), now)(conn)


def test_a_flow_and_its_schedule_are_one(world: Any, now: int) -> None:
    made = schedule(world, world.flow().id)
    assert made and (made.frequency, made.interval, made.start, made.backfill) == ("hour", 1, START, True)
    assert made.enabled and made.watermark is None and made.due_at == now


def test_a_refused_flow_leaves_nothing(world: Any, caller: Any) -> None:
    with pytest.raises(Invalid):
        world.flow(scheduleParams={"frequency": "hour", "interval": 0})
    with world.store.read() as conn:
        assert documents.select(conn, caller, "flows") == [] and schedules.due(conn, 10**14, [], 9) == []


def test_a_changed_schedule_keeps_its_watermark(world: Any, caller: Any, now: int) -> None:
    flow = world.flow()
    with world.store.write() as conn:
        schedules.advance(conn, flow.id, watermark=START + 5, due_at=now + 99)
    patch(world, caller, now + 1, flow, "/scheduleParams/frequency", "day")
    made = schedule(world, flow.id)
    assert made and (made.frequency, made.watermark, made.due_at) == ("day", START + 5, now + 1)


def test_disabling_and_enabling(world: Any, caller: Any, now: int) -> None:
    flow = world.flow()
    assert act(world, caller, now, flow.id, "DISABLE").body["state"] == "disabled"
    assert (stopped := schedule(world, flow.id)) and not stopped.enabled
    assert act(world, caller, now, flow.id, "enable").body["state"] == "enabled"
    with pytest.raises(Conflict, match="does not apply in state enabled"):
        act(world, caller, now, flow.id, "enable")


def test_disabling_works_when_the_dataset_is_gone(world: Any, caller: Any, now: int) -> None:
    flow = world.flow()
    with world.store.write() as conn:
        [dataset] = documents.select(conn, caller, "dataSets")
        documents.delete(conn, caller, dataset, now)
    assert act(world, caller, now, flow.id, "disable").body["state"] == "disabled"
    with pytest.raises(Invalid, match="no dataset"):
        act(world, caller, now, flow.id, "enable")


def test_deleting_removes_the_schedule(world: Any, caller: Any, now: int) -> None:
    flow = world.flow()
    with world.store.write() as conn:
        flow_documents.delete(conn, caller, flow.id, now)
    assert schedule(world, flow.id) is None


def test_a_draft_has_no_schedule_until_it_is_published(world: Any, caller: Any, now: int) -> None:
    with world.store.write() as conn:
        spec = {"id": "6499120c-0b15-42dc-936e-847ea3c24d72"}
        draft = flow_documents.create(conn, caller, {"name": "d", "flowSpec": spec}, "draft", now)(conn)
    assert draft.body["state"] == "draft" and schedule(world, draft.id) is None
    with pytest.raises(Invalid, match="exactly one id"):
        act(world, caller, now, draft.id, "publish")
    for name, value in world.flow_body().items():
        step = {"op": "add", "path": f"/{name}", "value": value}
        with world.store.write() as conn:
            draft = flow_documents.patch(conn, caller, draft.id, [step], draft.etag.strip('"'), now)(conn)
    assert act(world, caller, now, draft.id, "publish").body["state"] == "enabled"
    assert schedule(world, draft.id)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"flowSpec": {"id": "none"}}, "1413"),
        ({"flowSpec": None}, "1413"),
        ({"state": "enabled"}, "1410"),
        ({"mode": "draft"}, "1368"),
        ({"sourceConnectionIds": []}, "1320"),
        ({"sourceConnectionIds": ["a", "b"]}, "1321"),
        ({"sourceConnectionIds": ["a"]}, "1322"),
        ({"sourceConnectionIds": "a"}, "1312"),
        ({"targetConnectionIds": [7]}, "1321"),
        ({"targetConnectionIds": ["a"]}, "1323"),
        ({"transformations": []}, "1328"),
        ({"transformations": [{"name": "Mapping", "params": {"mappingId": "none"}}]}, "1419"),
        ({"options": {"partialIngestionPercent": 0}}, "1312"),
        ({"options": {"partialIngestionPercent": "101"}}, "1312"),
        ({"options": {"errorDiagnosticsEnabled": "no"}}, "1312"),
        ({"options": {"writeMode": "upsert"}}, "1312"),
        ({"name": 5}, "1312"),
    ],
)
def test_a_flow_that_cannot_run_gets_its_code(world: Any, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        world.flow(**changes)
    assert caught.value.facts["code"] == code


@pytest.mark.parametrize("version", ["7", "x", -1, 2**40])
def test_a_mapping_version_must_exist(world: Any, version: object) -> None:
    params = {"mappingId": "bf5286a9c1ad4266baca76ba3adc9366", "mappingVersion": version}
    with pytest.raises(Invalid) as caught:
        world.flow(transformations=[{"name": "Mapping", "params": params}])
    assert caught.value.facts["code"] == "1412"


@pytest.mark.parametrize("schema", [("https://ns.adobe.com/extconndev/schemas/ffff", 1), (None, 2)])
def test_the_mapping_must_fill_the_datasets_schema(
    world: Any, caller: Any, now: int, schema: tuple[str | None, int]
) -> None:
    with world.store.write() as conn:
        [dataset] = documents.select(conn, caller, "dataSets")
        id, major = schema
        label = f"application/vnd.adobe.xed+json;version={major}"
        ref = {"id": id or dataset.body["schemaRef"]["id"], "contentType": label}
        documents.replace_body(conn, caller, dataset, {**dataset.body, "schemaRef": ref}, now)
    with pytest.raises(Invalid) as caught:
        world.flow()
    assert caught.value.facts["code"] == "1425"


def test_plan_inputs_are_the_documents_as_values(world: Any, caller: Any) -> None:
    flow = world.flow(options={"partialIngestionPercent": "5", "writeMode": "replace-window"})
    with world.store.read() as conn:
        found = plan_inputs(conn, caller, flow.id)
    assert found.spec["name"] == "linkedin-ads" and found.auth_spec == "OAuth2 Refresh Code"
    assert found.source_params == {"pivot": "ACCOUNT"} and found.mapping_version == 0
    assert [found.source_connection_id] == flow.body["sourceConnectionIds"]
    assert (found.tolerance, found.diagnostics, found.write_mode) == (5.0, True, "replace-window")


def test_plan_inputs_name_what_is_gone(world: Any, caller: Any, now: int) -> None:
    flow = world.flow()
    with world.store.write() as conn:
        [base] = documents.select(conn, caller, "connections")
        documents.delete(conn, caller, base, now)
    with world.store.read() as conn, pytest.raises(NotFound, match=rf"Flow {flow.id} cannot run.*{base.id}"):
        plan_inputs(conn, caller, flow.id)


def test_only_a_flow_puts_something_in_use(world: Any, caller: Any, now: int) -> None:
    flow = world.flow()
    [source] = flow.body["sourceConnectionIds"]
    with world.store.write() as conn:
        [base] = documents.select(conn, caller, "connections")
        with pytest.raises(InUse) as caught:
            usage.require_unused_connection(conn, caller, base.id)
        assert caught.value.facts["code"] == "1418" and flow.id in caught.value.message
        with pytest.raises(InUse) as caught:
            ends.delete(conn, caller, "sourceConnections", source, now)
        assert caught.value.facts["code"] == "1447"
        flow_documents.delete(conn, caller, flow.id, now)
        usage.require_unused_connection(conn, caller, base.id)
