"""A reset beside a worker: what runs is stopped, nothing is left behind, and everything can begin again."""

import pytest

from headrace.runs.verification import verify
from headrace.store import sandboxes
from platform_server import NOW, Platform
from tutorial_flows import Tutorial, counted

pytestmark = pytest.mark.slow


def test_a_reset_stops_what_runs_and_all_begins_again(platform: Platform) -> None:
    before = Tutorial(platform)
    before.values["SCHEMA_ID"] = before.schema()
    before.flow(days=200)
    assert counted(before.flow().settled())[2] == 0
    platform.linkedin.advance("PT1H")
    platform.api.post("/_emulator/clock", json={"advance": "PT1H"})
    answer = platform.api.post("/_emulator/reset", json={"now": NOW})
    assert answer.status_code == 200, answer.text
    deployment = platform.deployment
    with deployment.store.read() as conn:
        assert sandboxes.orgs(conn) == []
    assert verify(deployment.store, deployment.lake, lambda *_: None).counts["batches"] == 0
    assert not [path for path in deployment.settings.warehouse.rglob("*") if path.is_file()]
    again = Tutorial(platform)
    again.values["SCHEMA_ID"] = again.schema()
    assert counted(again.flow(days=200).settled()) == (100, 99, 1)
