"""A derivation of the operator's own reaches every place where a mapping is evaluated."""

from pathlib import Path
from typing import Any

import pytest

from headrace.cli.tutorial import fill, load_bodies
from headrace.errors import Invalid
from headrace.main import build
from headrace.settings import Settings
from tutorial_flows import CONVERSION, FLOWS, Flow, Tutorial

pytestmark = pytest.mark.slow

NAMED = "_extconndev.pivotValue"
ECID = {"sourceType": "EXPRESSION", "source": "fpid_to_ecid(element.pivotValue)", "destination": NAMED}
PLAIN = {"sourceType": "ATTRIBUTE", "source": "element.pivotValue", "destination": NAMED}
RECORD = {"element": {"pivotValue": "a"}}
DERIVED = "'urn:li:sponsoredAccount:507947502'"


@pytest.fixture(scope="module")
def changes() -> dict[str, Any]:
    return {"fpid_to_ecid": "builtins:ascii"}


@pytest.fixture(scope="module")
def flow(prepared: Tutorial) -> Flow:
    return prepared.flow(mappings=[ECID])


def values(flow: Flow) -> set[str | None]:
    return {row["pivotValue"] for row in flow.rows()["_extconndev"].to_pylist()}


def test_runs_and_replays(flow: Flow) -> None:
    run = flow.settled()
    assert (run["state"], values(flow)) == ("success", {DERIVED})
    dry = flow.api.post(f"{FLOWS}/runs/{run['id']}/action?op=replay", json={"dryRun": True}).json()
    assert (dry["before"]["warnings"], dry["after"]["warnings"], dry["changed"]) == (0, 0, 0)
    assert flow.api.post(f"{FLOWS}/runs/{run['id']}/action?op=replay", json={}).is_success
    assert (flow.settled()["state"], values(flow)) == ("success", {DERIVED})


def test_previews_and_samples(prepared: Tutorial) -> None:
    sample = {"expression": ECID["source"], "sampleData": RECORD}
    assert prepared.post(f"{CONVERSION}/languages/el/validate", sample)["result"] == "'a'"
    mapping_set = fill(load_bodies()["mappingSet"], prepared.values) | {"mappings": [ECID]}
    shown = prepared.post(f"{CONVERSION}/mappingSets/preview", {"mappingSet": mapping_set, "data": RECORD})
    assert shown == {"data": {"_extconndev": {"pivotValue": "'a'"}}, "errors": None}


def test_a_process_is_built_with_what_its_settings_name(tmp_path: Path) -> None:
    deployment = build(Settings(tmp_path / "good", fpid_to_ecid="builtins:ascii")).deployment
    assert deployment.derivations.ecid is ascii
    for part in (deployment.http, deployment.lake, deployment.store):
        part.close()
    with pytest.raises(Invalid, match="--fpid-to-ecid"):
        build(Settings(tmp_path / "bad", fpid_to_ecid="no.such:module"))
