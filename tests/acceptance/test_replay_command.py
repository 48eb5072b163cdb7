"""``headrace replay`` as it is typed, against a running platform: tables of counts and differences, and exit codes."""

import pytest
from typer.testing import CliRunner, Result

from acceptance.test_replay import HALF_A_YEAR, correct
from headrace.client import RequestFailed
from headrace.main import app
from tutorial_flows import Flow, Tutorial
from wire_server import ORG

pytestmark = pytest.mark.slow


@pytest.fixture
def flow(tutorial: Tutorial) -> Flow:
    made = tutorial.flow(days=HALF_A_YEAR)
    made.settled()
    return made


def typed(flow: Flow, *options: str) -> Result:
    command = ["replay", flow.runs()[-1]["id"], "--url", flow.platform.url, "--org", ORG, *options]
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, command)


def cells(result: Result, name: str) -> list[str]:
    """The cells of the table's row that begins so."""
    (line,) = [
        line for line in result.output.splitlines() if line.startswith("│") and line[1:].strip().startswith(name)
    ]
    return [cell.strip() for cell in line.strip("│").split("│")][1:]


def test_a_dry_run_then_both_kinds_of_replay(flow: Flow) -> None:
    version = correct(flow)
    tried = typed(flow, "--dry-run")
    assert tried.exit_code == 0, tried.output
    assert "version 0" in tried.output and f"version {version}" in tried.output
    assert (cells(tried, "written"), cells(tried, "MAPPER-3700-400")) == (["99", "100"], ["1", "0"])
    assert "0 changed, 1 became good, 0 became bad. Nothing was written." in tried.output
    assert "_extconndev.clicks" in tried.output and "rejected: n/a" in tried.output
    only = typed(flow, "--only-quarantined")
    assert only.exit_code == 0 and (cells(only, "read"), cells(only, "rejected")) == (["100", "1"], ["1", "0"])
    every = typed(flow, "--mapping-version", str(version))
    assert every.exit_code == 0 and cells(every, "written") == ["99", "100"] and "success" in every.output
    assert flow.rows().num_rows == 100


def test_a_replay_that_fails_or_is_refused_ends_with_one(flow: Flow) -> None:
    failed = typed(flow, "--only-quarantined", "--mapping-version", "0")
    assert failed.exit_code == 1 and "All 1 records were rejected" in failed.output
    refused = typed(flow, "--mapping-version", "9")
    assert isinstance(refused.exception, RequestFailed) and "answered 404" in str(refused.exception)
