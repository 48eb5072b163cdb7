"""What user agents tell, by cases as data."""

import json
from pathlib import Path

import pytest

from headrace.mapping.functions import FUNCTIONS

CASES = json.loads((Path(__file__).parents[2] / "cases/mapping/user_agents.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['class']}: {case['text'][:50]}")
def test_what_user_agents_tell(case):
    told = {name: FUNCTIONS[name].run(case["text"]) for name in FUNCTIONS if name.startswith("ua_")}
    system, program = case["system"], case["program"]
    assert told == {
        "ua_os_name": system,
        "ua_os_version": case["system_version"],
        "ua_os_version_major": f"{system} {case['system_version'].split('.')[0]}",
        "ua_os_name_version": f"{system} {case['system_version']}",
        "ua_agent_name": program,
        "ua_agent_version": case["program_version"],
        "ua_agent_version_major": f"{program} {case['program_version'].split('.')[0]}",
        "ua_device_class": case["class"],
    }


def test_only_the_beginning_of_an_endless_text_is_read():
    assert FUNCTIONS["ua_os_name"].run("x" * 2048 + " iPhone OS 5_1") == "Unknown"
