"""Bad rows on a running platform: what rejects one, what share fails a run, and that the counts always balance."""

from typing import Any

import pytest

from headrace.cli.tutorial import load_bodies
from tutorial_flows import EXPORT, Flow, Json, Tutorial, counted, reasons

pytestmark = pytest.mark.slow

HALF_A_YEAR = 200  # days: a hundred rows, one of them with a text for its clicks
TENANT = "_extconndev"


def attribute(source: str, destination: str, kind: str = "ATTRIBUTE") -> Json:
    return {"sourceType": kind, "source": source, "destination": f"{TENANT}.{destination}"}


def rejected(flow: Flow, batch: str) -> list[Json]:
    """Every quarantined record, by the links of the batch."""
    listing = flow.api.get(f"{EXPORT}/batches/{batch}/meta?path=row_errors").json()["data"]
    headers = {"Accept": "application/json"}
    pages = [flow.api.get(entry["_links"]["self"]["href"], headers=headers).json() for entry in listing]
    return [record for page in pages for record in page]


OPTIONS: dict[str, tuple[Json, str, int]] = {
    "unset": ({}, "success", 99),
    "diagnostics alone": ({"errorDiagnosticsEnabled": True}, "success", 99),
    "kept to the row": ({"partialIngestionPercent": 1}, "success", 99),
    "given as text": ({"partialIngestionPercent": "1.0", "errorDiagnosticsEnabled": True}, "success", 99),
    "exceeded": ({"partialIngestionPercent": 0.99}, "failed", 0),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_the_share_of_bad_rows_decides_when_it_is_set(tutorial: Tutorial, name: str) -> None:
    options, state, rows = OPTIONS[name]
    flow = tutorial.flow(days=HALF_A_YEAR, options=options)
    run = flow.settled()
    assert (run["state"], counted(run), flow.rows().num_rows) == (state, (100, rows, 1), rows)
    (batch,) = flow.batches()
    metrics = batch["metrics"]
    assert batch["status"] == state
    assert metrics["inputRecordCount"] == (
        metrics["outputRecordCount"] + metrics["failedRecordCount"] + metrics["skippedRecordCount"]
    )
    (record,) = rejected(flow, batch["id"])
    assert record["element"]["clicks"] == "n/a" and record["_errors"][0]["code"] == "MAPPER-3700-400"
    told = run["activities"][1]["statusSummary"]["extensions"]["errors"]
    assert [error["code"] for error in told] == ["INGEST-1212-400", "MAPPER-3700-400"]
    assert told == [
        {("message" if name == "description" else name): error[name] for name in error if name != "rows"}
        for error in batch["errors"][-2:]
    ]


def test_a_run_over_its_share_says_so_and_still_shows_what_was_wrong(tutorial: Tutorial) -> None:
    flow = tutorial.flow(days=HALF_A_YEAR, options={"partialIngestionPercent": 0.5})
    run = flow.settled()
    assert "1 of 100" in reasons(run) and "1.00 %" in reasons(run) and "0.5 %" in reasons(run)
    summary = run["metrics"]["recordSummary"]
    assert summary["skippedInfo"] == [{"rule": "notCommitted", "recordCount": 99}]
    assert run["metrics"]["fileSummary"]["outputFileCount"] == 0 == run["metrics"]["sizeSummary"]["outputBytes"]
    manifest = run["activities"][1]["statusSummary"]["extensions"]["manifest"]
    for link in manifest.values():
        assert flow.api.get(link).status_code == 200
    (sample,) = flow.api.get(manifest["sampleErrors"]).json()
    assert (sample["value"], sample["column"]) == ('"n/a"', f"{TENANT}.clicks")
    assert flow.shown()["gaps"][0]["runId"] == run["id"]


def test_earlier_rows_stay_when_a_later_window_is_too_bad(tutorial: Tutorial) -> None:
    flow = tutorial.flow(options={"partialIngestionPercent": 50})
    assert counted(flow.settled()) == (2, 2, 0)
    tutorial.platform.linkedin.fault("malformed", element="x")
    run = flow.settled("PT1H")
    assert (run["state"], counted(run), flow.rows().num_rows) == ("failed", (1, 0, 1), 2)
    assert flow.retrigger(run).status_code == 200
    again = flow.settled()
    assert (again["state"], flow.rows().num_rows) == ("success", 2) and "gaps" not in flow.shown()


NO_GOOD_ROW = [
    ({}, "failed"),
    ({"partialIngestionPercent": 99}, "failed"),
    ({"partialIngestionPercent": 100}, "success"),
]


@pytest.mark.parametrize(("options", "state"), NO_GOOD_ROW)
def test_a_run_without_a_good_row_fails_unless_that_is_allowed(tutorial: Tutorial, options: Json, state: str) -> None:
    flow = tutorial.flow(mappings=[attribute("element.pivotValue", "clicks")], options=options)
    run = flow.settled()
    assert (run["state"], counted(run), flow.rows().num_rows) == (state, (2, 0, 2), 0)
    assert len(rejected(flow, flow.batches()[0]["id"])) == 2
    assert bool(flow.shown().get("gaps")) == (state == "failed")


def test_an_expression_that_fails_gives_null_and_a_warning(tutorial: Tutorial) -> None:
    flow = tutorial.flow(
        days=HALF_A_YEAR,
        mappings=[
            attribute("to_integer(element.clicks)", "clicks", "EXPRESSION"),
            attribute("element.impressions", "impressions"),
        ],
    )
    run = flow.settled()
    assert (run["state"], counted(run)) == ("success", (100, 100, 0))
    assert run["metrics"]["recordSummary"]["warningRecordCount"] == 1
    clicks = [row["clicks"] for row in flow.rows()[TENANT].to_pylist()]
    assert (len(clicks), clicks.count(None)) == (100, 1)
    (link,) = run["activities"][1]["statusSummary"]["extensions"]["manifest"].values()
    (warning,) = flow.api.get(link).json()
    assert (warning["column"], warning["source"]) == (f"{TENANT}.clicks", "to_integer(element.clicks)")
    assert "n/a" in warning["message"] and warning["_filename"].startswith("part-")


@pytest.mark.parametrize(("value", "destination"), [("7", "likes"), ("a text", "pivotValue")])
def test_a_constant_fills_every_row(tutorial: Tutorial, value: str, destination: str) -> None:
    flow = tutorial.flow(mappings=[attribute(value, destination, "STATIC")], options={"partialIngestionPercent": 100})
    assert counted(flow.settled()) == (2, 2, 0)


def test_one_that_never_fits_is_refused_before_it_rejects_every_row(tutorial: Tutorial) -> None:
    schema = {"schemaRef": {"id": tutorial.values["SCHEMA_ID"], "contentType": "1.0"}}
    body = {"outputSchema": schema, "mappings": [attribute("a text", "likes", "STATIC")]}
    answer = tutorial.platform.api.post("/data/foundation/conversion/mappingSets", json=body)
    assert answer.status_code == 400
    assert f'"a text" cannot become long, the type of {TENANT}.likes' in answer.json()["detail"]


# The rows of 4 and 9 August have 142 and 136 clicks, 4 and 2 follows.
RULES: dict[str, tuple[str, Json, int, str]] = {
    "a minimum": ("clicks", {"type": "integer", "minimum": 140}, 1, "at least 140"),
    "a maximum": ("clicks", {"type": "integer", "maximum": 139}, 1, "at most 139"),
    "both bounds as they are printed": ("clicks", {"type": "integer", "minimum": -(2**53), "maximum": 2**53}, 2, ""),
    "an enumeration": ("pivotValue", {"type": "string", "enum": ["urn:li:sponsoredAccount:1"]}, 0, "must be one of"),
    "a pattern": ("pivotValue", {"type": "string", "pattern": "^urn:li:sponsored[A-Z][a-z]+:[0-9]+$"}, 2, ""),
    "a length": ("pivotValue", {"type": "string", "maxLength": 8}, 0, "8"),
}


@pytest.mark.parametrize("name", RULES)
def test_a_row_that_breaks_a_rule_of_the_schema_is_turned_away_alone(tutorial: Tutorial, name: str) -> None:
    field, declared, rows, told = RULES[name]
    flow = _flow_into(tutorial, f"Rule: {name}", {field: declared}, [attribute(f"element.{field}", field)])
    assert counted(flow.settled()) == (2, rows, 2 - rows)
    for record in rejected(flow, flow.batches()[0]["id"]):
        (error,) = record["_errors"]
        assert error["column"] == f"{TENANT}.{field}" and told in error["message"].lower()
        assert error["code"] != "MAPPER-3700-400"


def test_a_missing_required_field_is_counted_under_its_code(tutorial: Tutorial) -> None:
    flow = _flow_into(
        tutorial,
        "Required",
        {"clicks": {"type": "integer"}, "likes": {"type": "integer"}},
        [attribute("element.likes", "likes"), attribute("to_integer(element.clicks)", "clicks", "EXPRESSION")],
        required=["clicks"],
        days=HALF_A_YEAR,
    )
    run = flow.settled()
    assert (run["state"], counted(run)) == ("success", (100, 99, 1))
    assert run["metrics"]["recordSummary"]["warningRecordCount"] == 1
    listed = run["activities"][1]["statusSummary"]["extensions"]["errors"]
    assert [(error["code"], error.get("recordCount")) for error in listed][1:] == [("INGEST-1555-400", 1)]
    (record,) = rejected(flow, flow.batches()[0]["id"])
    assert record["element"]["clicks"] == "n/a" and record["_errors"][0]["column"] == f"{TENANT}.clicks"


def _flow_into(
    tutorial: Tutorial, title: str, fields: Json, mappings: list[Json], required: list[str] | None = None, **flow: Any
) -> Flow:
    """A flow into a schema of its own whose tenant object has these fields; bad rows are allowed without limit."""
    group = load_bodies()["fieldGroup"]
    held: Json = {"type": "object", "properties": fields}
    held |= {"required": required} if required else {}
    group["definitions"]["customFields"]["properties"] = {TENANT: held}
    schema = tutorial.schema(group, title)
    return tutorial.flow(schema=schema, mappings=mappings, options={"partialIngestionPercent": 100}, **flow)
