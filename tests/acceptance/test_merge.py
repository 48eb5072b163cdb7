"""Rows merged by key on a running platform: of each key the highest version holds, whatever comes when and again."""

from typing import Any

import pytest

from daily_source import Daily
from headrace.runs.verification import verify
from tutorial_flows import CONVERSION, EXPORT, FLOWS, Flow, Json, counted

pytestmark = pytest.mark.slow

KEYED: Json = {"key": ["row.id"], "version": "row.v", "deletion": {"field": "row.state", "values": ["gone"]}}
MERGING: Json = {"writeMode": "merge", **KEYED}
BATCHES = "/data/foundation/import/batches"


def row(id: Any, clicks: Any, v: int = 1, **more: Any) -> Json:
    return {"id": id, "clicks": clicks, "v": v, **more}


def gone(id: Any, v: int) -> Json:
    return {"id": id, "v": v, "state": "gone"}


def merged(flow: Flow, scope: str = "") -> Json:
    """What stands in the table: clicks by key, each key once in its scope."""
    rows = [row for row in flow.rows().to_pylist() if row["_headrace"]["scope"].startswith(scope or flow.id)]
    clicks = {row["_headrace"]["key"]: row["_extconndev"]["clicks"] for row in rows}
    assert len(clicks) == len(rows)
    return clicks


def dropped(run: Json) -> Json:
    return {each["rule"]: each["recordCount"] for each in summary(run).get("skippedInfo", ())}


def summary(run: Json) -> Json:
    found: Json = run["metrics"]["recordSummary"]
    return found


def beside(run: Json) -> tuple[int, int]:
    """Rows of the table that were replaced, and that were deleted."""
    return summary(run).get("replacedRecordCount", 0), summary(run).get("deletedRecordCount", 0)


def whole(flow: Flow) -> None:
    deployment = flow.platform.deployment
    assert verify(deployment.store, deployment.lake, lambda *_: None).findings == []


def batch_of(run: Json) -> str:
    id: str = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    return id


def replayed(flow: Flow, run: Json, **body: Any) -> Json:
    """The replay of a run, which its dry run has foreseen."""
    path = f"{FLOWS}/runs/{run['id']}/action?op=replay"
    foreseen = flow.api.post(path, json={**body, "dryRun": True}).json()["after"]
    answer = flow.api.post(path, json=body)
    assert answer.status_code == 200, answer.text
    flow.platform.wait()
    item: Json = flow.api.get(f"{FLOWS}/runs/{answer.json()['id']}").json()["items"][0]
    assert tuple(foreseen[name] for name in ("read", "written", "rejected")) == counted(item)
    assert foreseen["droppedByRule"] == dropped(item)
    assert (foreseen.get("replaced", 0), foreseen.get("deleted", 0)) == beside(item)
    return item


def readable(flow: Flow) -> None:
    """Makes the next version of the flow's mapping, which reads clicks of n/a too, and adds 10 to the others."""
    mapping = flow.shown()["transformations"][0]["params"]["mappingId"]
    clicks = {"sourceType": "EXPRESSION", "destination": "_extconndev.clicks",
              "source": 'iif(row.clicks == "n/a", 0, to_integer(row.clicks) + 10)'}  # fmt: skip
    known = flow.api.get(f"{CONVERSION}/mappingSets/{mapping}").json()
    body = {"xdmSchema": known["outputSchema"]["schemaRef"]["id"], "xdmVersion": "1.0", "mappings": [clicks]}
    assert flow.api.put(f"{CONVERSION}/mappingSets/{mapping}", json=body).is_success


def test_a_dry_run_counts_as_the_merge_decides(daily: Daily) -> None:
    daily.odd = [row("a", 5), row("b", 5), row("a", 6, v=2), gone("c", 1)]
    flow = daily.flow(MERGING)
    run = flow.settled()
    assert (counted(run), dropped(run)) == ((4, 2, 0), {"superseded": 1, "deletion": 1})
    whole(flow)
    path = f"{FLOWS}/runs/{run['id']}/action?op=replay"
    found = flow.api.post(path, json={"dryRun": True}).json()
    counts = {"read": 4, "written": 2, "rejected": 0, "rejectedByCode": {}, "warnings": 0}
    assert found["before"] == found["after"] == {**counts, "droppedByRule": {"superseded": 1, "deletion": 1}}
    daily.odd = [row("b", 7, v=3)]
    flow.settled("PT1H")
    assert not {"replaced", "deleted"} & found["after"].keys()
    found = flow.api.post(path, json={"dryRun": True}).json()
    assert found["after"] == {**counts, "written": 1, "droppedByRule": {"superseded": 2, "deletion": 1}}
    whole(flow)


def test_restated_rows_old_versions_and_deletions(daily: Daily) -> None:
    daily.odd = [row("a", 1), row("b", 1), row("c", 1), row("b", 2, v=2), row(7, 7), row("7", 70)]
    flow = daily.flow(MERGING)
    run = flow.settled()
    assert (counted(run), dropped(run), beside(run)) == ((6, 5, 0), {"superseded": 1}, (0, 0))
    assert merged(flow) == {'["a"]': 1, '["b"]': 2, '["c"]': 1, "[7]": 7, '["7"]': 70}
    daily.odd = [row("a", 2, v=2), row("b", 1), gone("c", 3), gone("d", 1), row(7.0, 8), {"clicks": 5, "v": 1},
                 row(None, 5), row({"x": 1}, 5), row("e", "n/a"), row("f", 5, v="new")]  # fmt: skip
    run = flow.settled("PT1H")
    assert (counted(run), dropped(run), beside(run)) == ((10, 2, 5), {"superseded": 1, "deletion": 2}, (2, 1))
    assert merged(flow) == {'["a"]': 2, '["b"]': 2, "[7]": 8, '["7"]': 70}
    daily.odd = [row("c", 9, v=2), row("a", 2, v=2)]
    run = flow.settled("PT1H")
    assert (counted(run), dropped(run), beside(run)) == ((2, 1, 0), {"superseded": 1}, (1, 0))
    assert merged(flow) == {'["a"]': 2, '["b"]': 2, "[7]": 8, '["7"]': 70}
    daily.odd = [row("c", 9, v=4)]
    assert counted(flow.settled("PT1H")) == (1, 1, 0) and merged(flow)['["c"]'] == 9
    whole(flow)


def test_a_row_without_its_key_is_kept_with_the_reason(daily: Daily) -> None:
    daily.odd = [row("a", 1), {"clicks": 2, "v": 1}, row(None, 3), row([1], 4), row("b", 5, v="soon")]
    flow = daily.flow(MERGING)
    run = flow.settled()
    assert counted(run) == (5, 1, 4)
    samples = flow.api.get(f"{EXPORT}/batches/{batch_of(run)}/meta?path=row_error_samples.json").json()
    assert sorted(sample["message"] for sample in samples) == [
        "The row has no key: row.id is [1], not a text, a number or a boolean.",
        "The row has no key: row.id is absent.",
        "The row has no key: row.id is null.",
        'The row has no version: row.v is "soon", not a number or an ISO date or time.',
    ]


def test_replays_and_reverts_take_rows_that_still_stand(daily: Daily) -> None:
    daily.odd = [row("a", 1), row("b", 1), row("c", 1), row("d", "n/a")]
    flow = daily.flow({**MERGING, "version": ""})
    first = flow.settled()
    assert counted(first) == (4, 3, 1)
    daily.odd = [row("b", 2), gone("c", 1)]
    second = flow.settled("PT1H")
    assert (counted(second), dropped(second), beside(second)) == ((2, 1, 0), {"deletion": 1}, (1, 1))
    daily.odd = []
    readable(flow)
    rest = replayed(flow, first, rows="quarantined")
    assert (counted(rest), dropped(rest)) == ((1, 1, 0), {}) and merged(flow) == {'["a"]': 1, '["b"]': 2, '["d"]': 0}
    again = replayed(flow, first)
    assert (counted(again), dropped(again)) == ((4, 2, 0), {"superseded": 2})
    assert merged(flow) == {'["a"]': 11, '["b"]': 2, '["d"]': 0}
    assert flow.api.post(f"{BATCHES}/{batch_of(second)}?action=REVERT").status_code == 200
    assert merged(flow) == {'["a"]': 11, '["d"]': 0}
    for shown in (flow.runs()[::-1][1], flow.api.get(f"{FLOWS}/runs/{second['id']}").json()["items"][0]):
        assert shown["id"] == second["id"] and counted(shown) == counted(second)
        assert (summary(shown)["revertedRecordCount"], summary(shown)["alreadyGoneRecordCount"]) == (1, 0)
        assert shown["activities"][1]["recordSummary"] == summary(shown)
    assert not any("revertedRecordCount" in summary(run) for run in flow.runs() if run["id"] != second["id"])
    last = replayed(flow, again)
    assert (counted(last), dropped(last)) == ((4, 4, 0), {})
    assert merged(flow) == {'["a"]': 11, '["b"]': 11, '["c"]': 11, '["d"]': 0}
    whole(flow)


def test_a_dry_run_tells_which_rows_of_the_table_would_go(daily: Daily) -> None:
    daily.odd = [row("a", 1), row("b", 1)]
    flow = daily.flow(MERGING)
    flow.settled()
    daily.odd = [row("a", "n/a", v=2), row("c", "n/a"), row("b", 2, v=2)]
    run = flow.settled("PT1H")
    assert (counted(run), merged(flow)) == ((3, 1, 2), {'["a"]': 1, '["b"]': 2})
    daily.odd = []
    readable(flow)
    path = f"{FLOWS}/runs/{run['id']}/action?op=replay"
    found = flow.api.post(path, json={"dryRun": True, "rows": "quarantined"}).json()
    assert found["after"]["replaced"] == 1 and not {"replaced", "deleted"} & found["before"].keys()
    rest = replayed(flow, run, rows="quarantined")
    assert (beside(rest), merged(flow)) == ((1, 0), {'["a"]': 0, '["b"]': 2, '["c"]': 0})
    whole(flow)


def test_a_flow_may_merge_where_its_source_appends(daily: Daily) -> None:
    daily.odd = [row("a", 1)]
    appending = daily.flow(KEYED)
    merging = daily.flow(KEYED, options={"writeMode": "merge"})
    for advance in ("PT0S", "PT1H", "PT1H"):
        daily.tutorial.platform.wait(advance)
    assert appending.rows().num_rows == 3 and merged(merging) == {'["a"]': 1}
    assert counted(merging.runs()[0]) == (1, 1, 0) and beside(merging.runs()[0]) == (1, 0)


def test_a_mode_that_a_source_cannot_bear_is_refused(daily: Daily) -> None:
    body = daily.flow({"day": {"date": "row.at"}}).shown()
    names = ("name", "flowSpec", "sourceConnectionIds", "targetConnectionIds", "transformations", "scheduleParams")
    for mode, words in (("merge", "needs a key"), ("replace-window", "needs sliceDays and day"), ("upsert", "one of")):
        asked = {name: body[name] for name in names} | {"options": {"writeMode": mode}}
        answer = daily.tutorial.platform.api.post(f"{FLOWS}/flows", json=asked)
        assert answer.status_code == 400 and words in answer.text and "options.writeMode" in answer.text


def test_flows_into_one_dataset_merge_side_by_side(daily: Daily) -> None:
    daily.odd = [row("a", 1), row("b", 1)]
    first = daily.flow(MERGING)
    body = first.shown()
    names = ("name", "flowSpec", "sourceConnectionIds", "targetConnectionIds", "transformations", "scheduleParams")
    second = daily.tutorial.post(f"{FLOWS}/flows", {name: body[name] for name in names})["id"]
    daily.tutorial.made.append(second)
    for hour in range(3):
        daily.odd = [row("a", hour + 2, v=hour + 2), row(f"new{hour}", hour)]
        daily.tutorial.platform.wait("PT1H")
    for flow in (first.id, second):
        found = merged(first, flow)
        assert found['["a"]'] == 4 and set(found) >= {'["new0"]', '["new1"]', '["new2"]'}
    whole(first)
