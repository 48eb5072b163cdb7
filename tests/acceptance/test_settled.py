"""What was settled where the sources leave room, on a running platform: one section for each part of the list."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from headrace import ids, sources
from headrace.api.first_start import first_account
from headrace.clock import epoch_ms
from headrace.errors import Invalid
from headrace.main import app, build
from headrace.query import local
from headrace.settings import Settings
from linkedin_simulator import running
from platform_server import NOW, Platform
from tutorial_flows import CONVERSION, FLOWS, REGISTRY, Flow, Json, Tutorial, counted
from wire_server import HEADERS, Api, deploy, serve

pytestmark = pytest.mark.slow

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
PRINTED_START = 1_625_040_887_000
TENANT = "_extconndev"


def window(run: Json) -> tuple[int, int]:
    extensions = run["activities"][0]["durationSummary"]["extensions"]
    return extensions["windowStart"], extensions["windowEnd"]


def at(*parts: int) -> int:
    return epoch_ms(datetime(*parts, tzinfo=UTC))  # type: ignore[arg-type]


def schedule(tutorial: Tutorial, start_ms: int, **more: object) -> Flow:
    params = {"startTime": str(start_ms // 1000), "frequency": "hour", "interval": 1, **more}
    return tutorial.flow(scheduleParams=params)


# -- 1, 9: windows and their clamp -------------------------------------------------------------------------------


def test_the_printed_start_is_one_clamped_backfill_and_then_one_interval_at_a_time(tutorial: Tutorial) -> None:
    flow = schedule(tutorial, PRINTED_START)
    (run,) = [flow.settled()]
    extensions = run["activities"][0]["durationSummary"]["extensions"]
    boundary = PRINTED_START + (tutorial.platform.deployment.clock.now() - PRINTED_START) // HOUR_MS * HOUR_MS
    assert window(run) == (at(2022, 2, 10), boundary) and len(flow.runs()) == 1
    assert (extensions["requestedWindowStart"], extensions["requestedWindowEnd"]) == (PRINTED_START, boundary)
    assert extensions["clamps"] == [
        "The window starts at 2021-06-30 but the source keeps 6 months: read from 2022-02-10 on."
    ]
    assert run["activities"][0]["statusSummary"]["extensions"] == {"type": "backfill"}
    following = flow.settled("PT1H")
    assert window(following) == (boundary, boundary + HOUR_MS) and counted(following) == (0, 0, 0)
    assert following["activities"][0]["statusSummary"]["extensions"] == {"type": "incremental"}
    assert flow.rows().num_rows == 99


def test_a_start_to_come_has_no_run_before_its_first_interval_is_over(tutorial: Tutorial) -> None:
    start = (tutorial.platform.deployment.clock.now() // 1000 + 1800) * 1000
    flow = schedule(tutorial, start)
    tutorial.platform.wait("PT1H")
    assert flow.runs() == []
    assert window(flow.settled("PT1H")) == (start, start + HOUR_MS)


def test_without_backfill_the_first_window_is_the_interval_of_the_creation(tutorial: Tutorial) -> None:
    now = tutorial.platform.deployment.clock.now()
    start = (now // 1000 - 36 * 3600 - 1800) * 1000
    flow = schedule(tutorial, start, backfill="false")
    tutorial.platform.wait()
    assert flow.runs() == []
    assert window(flow.settled("PT1H")) == (start + 36 * HOUR_MS, start + 37 * HOUR_MS)


def test_a_jump_of_the_clock_gives_every_window_once_and_disabling_keeps_the_place(tutorial: Tutorial) -> None:
    flow = schedule(tutorial, tutorial.platform.deployment.clock.now() - HOUR_MS)
    flow.settled()
    flow.settled("PT5H")
    windows = [window(run) for run in reversed(flow.runs())]
    assert len(windows) == 6
    assert all(end == start for (_, end), (start, _) in pairwise(windows))
    flow.act("disable")
    tutorial.platform.wait("PT3H")
    assert len(flow.runs()) == 6
    flow.act("enable")
    tutorial.platform.wait()
    assert len(flow.runs()) == 9 and window(flow.runs()[2])[0] == windows[-1][1]


# -- 2: ids ------------------------------------------------------------------------------------------------------


def test_run_and_batch_ids_are_derived_from_flow_window_and_cause(tutorial: Tutorial) -> None:
    flow = tutorial.flow()
    tutorial.platform.linkedin.fault("status", path="/rest/adAnalytics", status=404, times=1)
    run = flow.settled()
    assert run["id"] == ids.run_id(flow.id, *window(run), "schedule")
    (batch,) = flow.batches()
    assert batch["id"] == ids.batch_id(run["id"], run["createdAt"])
    again = flow.retrigger(run).json()["id"]
    assert again == ids.run_id(flow.id, *window(run), f"retrigger:{run['id']}")
    assert flow.retrigger(run).status_code == 400
    tutorial.platform.wait()
    assert [one["id"] for one in flow.runs()] == [again, run["id"]]


# -- 3: the clock ------------------------------------------------------------------------------------------------


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Api]:
    deployment = deploy(tmp_path / "fresh", public_url="https://headrace.example/base/")
    for url in serve(deployment):
        with httpx2.Client(base_url=url, headers=HEADERS, trust_env=False) as http:
            yield Api(http)
    deployment.jobs.stop(0)
    deployment.http.close()
    deployment.lake.close()
    deployment.store.close()


def test_the_clock_moves_back_until_there_is_a_run(fresh: Api, platform: Platform, tutorial: Tutorial) -> None:
    for now in ("2023-01-01T00:00:00Z", NOW):
        assert fresh.post("/_emulator/clock", json={"now": now}).json()["now"] == now
    tutorial.flow().settled()
    before = platform.deployment.clock.now()
    answer = platform.api.post("/_emulator/clock", json={"now": "2022-08-10T04:00:00Z"})
    assert answer.status_code == 409 and "only while no run exists" in answer.text
    assert platform.deployment.clock.now() >= before


def test_our_own_tokens_do_not_age_with_the_emulators_clock(fresh: Api) -> None:
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    token = fresh.post("/ims/token/v3", data=form).json()
    fresh.post("/_emulator/clock", json={"advance": "P30D"})
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert fresh.get(f"{FLOWS}/connections", headers=headers).status_code == 200


def test_a_sources_token_ages_with_the_clocks(tutorial: Tutorial) -> None:
    """On a simulator of its own: the shared one keeps its clock."""
    with running(world="tutorial", clock=NOW) as linkedin:
        flow = tutorial.flow(host=linkedin.url, token=linkedin.token)
        assert flow.settled()["state"] == "success"
        linkedin.advance("P61D")
        assert "expired" in flow.settled("PT1H")["metrics"]["statusSummary"]["errors"][0]["message"].lower()


# -- 5: explore --------------------------------------------------------------------------------------------------


def explored(tutorial: Tutorial, **source_params: str) -> list[Json]:
    connection = tutorial.flow().connection
    query = "objectType=rest&object=json&fileType=json&preview=true"
    if source_params:
        query += f"&sourceParams={base64.b64encode(json.dumps(source_params).encode()).decode()}"
    answer = tutorial.platform.api.get(f"{FLOWS}/connections/{connection}/explore?{query}")
    assert answer.status_code == 200, answer.text
    return [record["element"] for record in answer.json()["data"]]


def test_explore_by_itself_shows_the_last_week_of_every_account(tutorial: Tutorial) -> None:
    rows = explored(tutorial)
    assert [row["dateRange"]["start"]["day"] for row in rows] == [9, 4]
    (asked,) = tutorial.asked()
    assert "pivot=ACCOUNT" in asked.query and "508670032" in asked.query and "507947502" in asked.query
    today = date.fromisoformat(NOW[:10])
    assert f"end:(year:{today.year},month:{today.month},day:{today.day})" in asked.query


def test_explore_takes_the_sources_parameters(tutorial: Tutorial) -> None:
    rows = explored(tutorial, accountIds="507947502", pivot="CAMPAIGN GROUP")
    assert rows and all("sponsoredCampaignGroup" in row["pivotValue"] for row in rows)


# -- 8, 9: what is asked, pivots, activeOnly ---------------------------------------------------------------------

PIVOTS = {"ACCOUNT": "Account", "CAMPAIGN GROUP": "CampaignGroup", "CAMPAIGN": "Campaign", "CREATIVE": "Creative"}


@pytest.mark.parametrize("pivot", PIVOTS)
def test_every_pivot_adds_up_to_the_same_days(tutorial: Tutorial, pivot: str) -> None:
    flow = tutorial.flow(source={"pivot": pivot})
    run = flow.settled()
    assert run["state"] == "success"
    rows = flow.rows()[TENANT].to_pylist()
    assert {row["pivotValue"].split(":")[2] for row in rows} == {f"sponsored{PIVOTS[pivot]}"}
    assert (sum(row["clicks"] for row in rows), sum(row["impressions"] for row in rows)) == (278, 33_007)


def test_the_withdrawn_metric_is_never_asked_for_and_is_null(tutorial: Tutorial) -> None:
    flow = tutorial.flow()
    flow.settled()
    (asked,) = tutorial.asked()
    fields = asked.query.rpartition("fields=")[2].split(",")
    assert len(fields) == 11 and "approximateUniqueImpressions" not in fields
    assert {row["approximateUniqueImpressions"] for row in flow.rows()[TENANT].to_pylist()} == {None}


def test_active_only_is_off_by_default_and_counts_what_it_leaves_out(tutorial: Tutorial) -> None:
    source = {"accountIds": "", "pivot": "CREATIVE"}
    every = tutorial.flow(source=source, days=60).settled()
    run = tutorial.flow(source={**source, "activeOnly": "true"}, days=60).settled()
    summary = run["metrics"]["recordSummary"]
    assert "skippedInfo" not in every["metrics"]["recordSummary"] and counted(run)[0] == counted(every)[0]
    assert summary["skippedRecordCount"] > 0
    assert summary["skippedInfo"] == [{"rule": "activeOnly", "recordCount": summary["skippedRecordCount"]}]


# -- 14, 16: days and types --------------------------------------------------------------------------------------


def test_every_row_has_the_sources_day_and_an_integer_without_bounds_is_a_long(tutorial: Tutorial) -> None:
    custom = {"type": "object", "properties": {TENANT: {"type": "object", "properties": {"big": {"type": "integer"}}}}}
    group = {
        "type": "object",
        "meta:intendedToExtend": ["https://ns.adobe.com/xdm/context/profile"],
        "definitions": {"customFields": custom},
        "allOf": [{"$ref": "#/definitions/customFields"}],
    }
    schema = tutorial.schema(group, "Big")
    path = f"{REGISTRY}/schemas/{schema.replace(':', '%3A').replace('/', '%2F')}"
    full = tutorial.platform.api.get(path, headers={"Accept": "application/vnd.adobe.xed-full+json;version=1"}).json()
    declared = full["properties"][TENANT]["properties"]["big"]
    assert declared["meta:xdmType"] == "int" and "maximum" not in declared
    big = [{"sourceType": "STATIC", "source": "9223372036854775807", "destination": f"{TENANT}.big"}]
    flow = tutorial.flow(schema=schema, mappings=big)
    assert counted(flow.settled()) == (2, 2, 0)
    assert [row["big"] for row in flow.rows()[TENANT].to_pylist()] == [2**63 - 1] * 2
    days = {row["day"] for row in flow.rows()["_headrace"].to_pylist()}
    assert days == {date(2022, 8, 4), date(2022, 8, 9)}


@pytest.fixture
def money(tutorial: Tutorial) -> Flow:
    """A flow whose source also asks for the cost, into the LinkedIn field group that ships."""
    [shipped] = [spec for spec in sources.shipped_specs() if spec["name"] == "linkedin-ads"]
    spec = {key: value for key, value in shipped.items() if key != "id"} | {"name": "linkedin with cost"}
    attributes = spec["sourceSpec"]["attributes"]
    attributes["urlParams"]["queryParams"]["fields"] = "clicks,costInLocalCurrency,dateRange,pivotValues"
    del attributes["x-headrace"]["aliases"]
    api = tutorial.platform.api
    spec_id = tutorial.post(f"{FLOWS}/connectionSpecs", spec)["id"]
    flow_spec = api.get(f"{FLOWS}/flowSpecs").json()["items"][0]
    flow_spec = {key: value for key, value in flow_spec.items() if key not in ("id", "etag")}
    flow_spec |= {"name": "with cost", "sourceConnectionSpecIds": [spec_id]}
    flow_spec_id = tutorial.post(f"{FLOWS}/flowSpecs", flow_spec)["id"]
    groups = [{"$ref": "https://ns.adobe.com/headrace/mixins/linkedin-ads-analytics"}]
    body = {
        "type": "object",
        "title": f"Money {spec_id}",
        "allOf": [{"$ref": "https://ns.adobe.com/xdm/context/profile"}, *groups],
    }
    schema = tutorial.post(f"{REGISTRY}/schemas", body)["$id"]
    mappings = [
        {"sourceType": "ATTRIBUTE", "source": f"element.{name}", "destination": f"linkedInAds.{name}"}
        for name in ("clicks", "costInLocalCurrency", "pivotValue")
    ]
    return tutorial.flow(
        spec_id=spec_id, flowSpec={"id": flow_spec_id, "version": "1.0"}, schema=schema, mappings=mappings, days=200
    )


def test_money_is_exact_from_the_source_to_sql(money: Flow, platform: Platform) -> None:
    run = money.settled()
    assert counted(run) == (100, 99, 1), run["metrics"]["statusSummary"]
    costs = [row["costInLocalCurrency"] for row in money.rows()["linkedInAds"].to_pylist()]
    assert all(isinstance(cost, Decimal) for cost in costs)
    assert any(cost != cost.quantize(Decimal("1e-17")) for cost in costs), "the credit of 2e-18 is lost"
    sql = "SELECT sum(linkedInAds.costInLocalCurrency), any_value(typeof(linkedInAds.costInLocalCurrency))"
    ((total, kind),) = local.rows(platform.deployment.settings.data_dir, None, "prod", f'{sql} FROM "{money.dataset}"')
    assert (total, kind) == (sum(costs), "DECIMAL(38,18)")


def test_money_that_does_not_fit_is_rejected_never_rounded(money: Flow, platform: Platform) -> None:
    element = {
        "clicks": 1,
        "costInLocalCurrency": "0.0000000000000000001",
        "pivotValues": ["urn:li:sponsoredAccount:507947502"],
        "dateRange": {"start": {"year": 2022, "month": 8, "day": 9}, "end": {"year": 2022, "month": 8, "day": 9}},
    }
    platform.linkedin.fault("malformed", element=element, after=5)  # in the part that asks for its day
    assert counted(money.settled()) == (101, 99, 2)
    (batch,) = money.batches()
    assert batch["errors"][1:] == [
        {"code": "MAPPER-3700-400", "description": "Mapper Transform Error", "recordCount": 2}
    ]


# -- 17: in use --------------------------------------------------------------------------------------------------


def test_what_a_flow_uses_stays_until_the_flow_goes(tutorial: Tutorial) -> None:
    flow, api = tutorial.flow(), tutorial.platform.api
    flow.settled()
    shown = flow.shown()
    ends = {
        f"{FLOWS}/connections/{flow.connection}": "1418",
        f"{FLOWS}/sourceConnections/{flow.source}": "1447",
        f"{FLOWS}/targetConnections/{shown['targetConnectionIds'][0]}": "1447",
    }
    for path, code in ends.items():
        answer = api.delete(path)
        assert answer.status_code == 400 and f"-{code}-400" in answer.json()["type"], answer.text
    assert api.delete(f"{FLOWS}/flows/{flow.id}").status_code == 204
    assert {api.delete(path).status_code for path in ends} == {204}


def test_a_mapping_set_stays_while_a_flow_maps_with_it_and_so_does_the_pinned_version(tutorial: Tutorial) -> None:
    flow, api = tutorial.flow(), tutorial.platform.api
    path = f"{CONVERSION}/mappingSets/{flow.shown()['transformations'][0]['params']['mappingId']}"
    later = api.get(path).json()
    later["mappings"] = [one for one in later["mappings"] if one["destination"] != "_extconndev.clicks"]
    assert api.put(path, json=later).json()["version"] == 1
    answer = api.delete(path)
    assert answer.status_code == 409 and f"is used by flow {flow.id}" in answer.json()["detail"]
    assert flow.settled()["state"] == "success"
    assert None not in [row["clicks"] for row in flow.rows()["_extconndev"].to_pylist()]
    assert api.delete(f"{FLOWS}/flows/{flow.id}").status_code == 204
    assert api.delete(path).status_code in (200, 204) and api.get(path).status_code == 404


# -- 19: beside a running server ---------------------------------------------------------------------------------


def test_query_and_verify_work_beside_the_running_server(tutorial: Tutorial) -> None:
    flow = tutorial.flow()
    flow.settled()
    directory = ["--data-dir", str(tutorial.platform.deployment.settings.data_dir)]
    sql = f'SELECT sum({TENANT}.clicks) AS clicks, count(*) AS rows FROM "{flow.dataset}"'
    asked = CliRunner().invoke(app, ["query", sql, *directory, "--format", "json"])
    assert asked.exit_code == 0, asked.output
    assert json.loads(asked.stdout) == [{"clicks": 278, "rows": 2}]
    checked = CliRunner().invoke(app, ["verify", *directory])
    assert checked.exit_code == 0 and "Everything agrees" in checked.stdout, checked.stdout
    assert flow.settled("PT1H")["state"] == "success"


def test_the_public_url_begins_every_link(fresh: Api) -> None:
    for n in range(2):
        body = {"name": f"b{n}", "connectionSpec": {"id": "5f6b8d7c-3a0e-4a86-9d53-0c1a7d3f2b10", "version": "1.0"}}
        params = {"host": "https://api.linkedin.com", "accessToken": "t"}
        made = fresh.post(
            f"{FLOWS}/connections", json={**body, "auth": {"specName": "OAuth2 Refresh Code", "params": params}}
        )
        assert made.headers["location"].startswith(f"https://headrace.example/base{FLOWS}/connections/")


# -- 7, 20: a secure start ---------------------------------------------------------------------------------------


def test_aliases_and_open_doors_are_for_the_emulator_on_loopback(tmp_path: Path) -> None:
    aliases = {"https://api.linkedin.com": "http://127.0.0.1:1"}
    for settings in (Settings(tmp_path, host_aliases=aliases), Settings(tmp_path, host="0.0.0.0", emulator=True)):
        with pytest.raises(Invalid):
            build(settings)
    assert list(tmp_path.iterdir()) == []


def test_a_secure_start_reaches_no_private_host(tmp_path: Path, platform: Platform) -> None:
    process = build(Settings(tmp_path / "secure"))
    shown = first_account(process.deployment) or ""
    org, client, secret = (line.split()[-1] for line in shown.splitlines()[1:4])
    for url in serve(process.deployment):
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        token = httpx2.post(f"{url}/ims/token/v3", data=form, trust_env=False).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "x-api-key": client, "x-gw-ims-org-id": org}
        platform.linkedin.forget_requests()
        for host in (platform.linkedin.url, platform.linkedin.url.replace("127.0.0.1", "localhost"), "http://[::1]:80"):
            params = {"host": host, "accessToken": platform.linkedin.token}
            body = {
                "name": "inside",
                "connectionSpec": {"id": "5f6b8d7c-3a0e-4a86-9d53-0c1a7d3f2b10", "version": "1.0"},
                "auth": {"specName": "OAuth2 Refresh Code", "params": params},
            }
            made = httpx2.post(f"{url}{FLOWS}/connections", json=body, headers=headers, trust_env=False).json()["id"]
            for way in ("test", "explore?objectType=rest"):
                answer = httpx2.get(f"{url}{FLOWS}/connections/{made}/{way}", headers=headers, trust_env=False)
                assert answer.status_code >= 400 or answer.json()["result"] is False
                assert "--allow-private-hosts" in answer.text, answer.text
        assert platform.linkedin.requests() == []
    process.deployment.jobs.stop(0)
    process.deployment.http.close()
    process.deployment.lake.close()
    process.deployment.store.close()
