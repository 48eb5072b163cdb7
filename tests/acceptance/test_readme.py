"""The README's tutorial, pasted: every command in order in one shell, and what the text says of it."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wire_server import free_port

pytestmark = pytest.mark.slow

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```bash\n(.*?)^```$", README.read_text(), re.M | re.S)
COMMANDS = Path(sys.executable).parent
MARK = "=== block "


def _script() -> str:
    """The blocks as printed, but for the two ports and the environment that is there already."""
    text = "".join(f"echo '{MARK}{n}'\n{block}\necho\n" for n, block in enumerate(BLOCKS))
    for port in ("8088", "8089"):
        with free_port() as listener:
            text = text.replace(port, str(listener.getsockname()[1]))
    return text.replace("make install\n", "", 1).replace("$PWD/.venv/bin", str(COMMANDS), 1)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block wrote."""
    here = tmp_path_factory.mktemp("newcomer")
    shell = subprocess.Popen(
        ["bash", "-c", "set -euo pipefail\n" + _script()], cwd=here, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"PATH": os.environ["PATH"], "HOME": str(here)},
    )  # fmt: skip
    try:
        output, _ = shell.communicate(timeout=180)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGTERM)
        raise
    logs = "\n".join(f"{log.name}:\n{log.read_text()}" for log in here.glob("*.log"))
    assert shell.returncode == 0, output + logs
    return re.split(rf"^{MARK}\d+\n", output, flags=re.M)[1:]


def _block(containing: str) -> int:
    (found,) = [n for n, block in enumerate(BLOCKS) if containing in block]
    return found


def test_the_servers_answer(shown: list[str]) -> None:
    assert '"status"' in shown[_block("linkedin-simulator serve")]


def test_explore_shows_the_data(shown: list[str]) -> None:
    explored = json.loads(shown[_block("/explore?")])
    assert set(explored["schema"]["properties"]) == {"element"} and explored["data"]


def test_the_run_has_the_figures_and_links_to_the_bad_record(shown: list[str]) -> None:
    decoder = json.JSONDecoder()
    runs, end = decoder.raw_decode(shown[_block("runs?property=")])
    (run,) = runs["items"]
    counted = run["metrics"]["recordSummary"]
    assert [counted[f"{name}RecordCount"] for name in ("input", "output", "failed")] == [100, 99, 1]
    (sample,) = json.loads(shown[_block("runs?property=")][end:])
    assert sample["code"] == "MAPPER-3700-400" and '"n/a"' in sample["message"]


def test_the_query_gives_the_months_and_verify_agrees(shown: list[str]) -> None:
    output = shown[_block("headrace query")]
    months = [int(month) for month in re.findall(r"^│ +(\d+) +│ +\d+ +│$", output, re.M)]
    assert months == [2, 3, 4, 5, 6, 7, 8]
    assert "agree" in output


def test_the_day_passes(shown: list[str]) -> None:
    assert '"now":"2022-08-11T05:' in shown[_block('"advance": "P1D"')]


def test_no_answer_is_an_error(shown: list[str]) -> None:
    assert [output for output in shown if "errorMessage" in output or "Traceback" in output] == []
