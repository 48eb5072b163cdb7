"""The README's tutorial, pasted: every command in order in one shell, and what the text says of it."""

import json
import re

import pytest

import pasted
from pasted import COMMANDS, Pasted
from wire_server import free_port

pytestmark = pytest.mark.slow

README = Pasted.of("README.md")


def _script() -> str:
    """The blocks as printed, but for the two ports and the environment that is there already."""
    text = README.script
    for port in ("8088", "8089"):
        with free_port() as listener:
            text = text.replace(port, str(listener.getsockname()[1]))
    return text.replace("make install\n", "", 1).replace("$PWD/.venv/bin", str(COMMANDS), 1)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block wrote."""
    return pasted.run(_script(), tmp_path_factory.mktemp("newcomer"))


def test_the_servers_answer(shown: list[str]) -> None:
    assert '"status"' in shown[README.place("linkedin-simulator serve")]


def test_explore_shows_the_data(shown: list[str]) -> None:
    explored = json.loads(shown[README.place("/explore?")])
    assert set(explored["schema"]["properties"]) == {"element"} and explored["data"]


def test_the_run_has_the_figures_and_links_to_the_bad_record(shown: list[str]) -> None:
    decoder = json.JSONDecoder()
    runs, end = decoder.raw_decode(shown[README.place("runs?property=")])
    (run,) = runs["items"]
    counted = run["metrics"]["recordSummary"]
    assert [counted[f"{name}RecordCount"] for name in ("input", "output", "failed")] == [100, 99, 1]
    (sample,) = json.loads(shown[README.place("runs?property=")][end:])
    assert sample["code"] == "MAPPER-3700-400" and '"n/a"' in sample["message"]


def test_the_query_gives_the_months_and_verify_agrees(shown: list[str]) -> None:
    output = shown[README.place("headrace query")]
    months = [int(month) for month in re.findall(r"^│ +(\d+) +│ +\d+ +│$", output, re.M)]
    assert months == [2, 3, 4, 5, 6, 7, 8]
    assert "agree" in output


def test_the_day_passes(shown: list[str]) -> None:
    assert '"now":"2022-08-11T05:' in shown[README.place('"advance": "P1D"')]


def test_no_answer_is_an_error(shown: list[str]) -> None:
    assert [output for output in shown if "errorMessage" in output or "Traceback" in output] == []
