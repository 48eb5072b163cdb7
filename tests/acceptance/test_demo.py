"""``headrace demo`` as a newcomer meets it: one command, every figure, and a plain word when it cannot."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def _demo(data_dir: Path, columns: int = 100) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "headrace.main", "demo", "--data-dir", str(data_dir)]
    environment = {"COLUMNS": str(columns), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    ended = _demo(tmp_path_factory.mktemp("demo") / "kept")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    return ended.stdout


FACTS = {
    "the run": r"run +success +100 +99 +1 ",
    "its copy": r"copyActivity +success",
    "its promotion": r"promotionActivity +success +100 +99 +1 ",
    "its window, clamped": r"window 2022-02-10 00:00 to 2022-08-10 04:14 UTC",
    "the errors that it lists": r"MAPPER-3700-400 +Mapper Transform Error",
    "the quarantined record": r'"clicks":"n/a"',
    "why": r'"n/a" from element\.clicks cannot become long',
    "a picture of impressions": r"impressions per day, 2022-02-\d\d to 2022-08-09 \(99 days\)",
    "a picture of clicks": r"clicks per day, 2022-02-\d\d to 2022-08-09 \(99 days\)",
    "a query": r'headrace query "SELECT',
    "its result": r"│ 2022 │ +8 │ +3 │ +49397 │ +432 │ +0\.87 │",
    "the next window": r"the next window brought 0 records; the table had 99 rows and has 99",
    "the flow deleted": r"DELETE /flowservice/flows/[-0-9a-f]{36}\s+204",
    "the connection deleted": r"DELETE /flowservice/connections/[-0-9a-f]{36}\s+204",
    "the last word": r"100 records in, 99 in the lake, 1 quarantined with its reason, none lost\.",
}


@pytest.mark.parametrize("fact", FACTS)
def test_the_demo_shows(shown: str, fact: str) -> None:
    assert re.search(FACTS[fact], shown), shown


def test_it_keeps_to_the_terminals_width(shown: str) -> None:
    assert [line for line in shown.splitlines() if len(line) > 100] == []


def test_it_starts_from_an_empty_directory_only(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ended = _demo(tmp_path)
    assert ended.returncode == 1
    (line,) = (ended.stdout + ended.stderr).splitlines()
    assert line.startswith("error:") and "is not empty" in line
