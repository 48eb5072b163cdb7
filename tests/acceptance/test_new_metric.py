"""A metric more touches three files: a copy of the code gets one by three edits, runs, and shows it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import headrace

pytestmark = pytest.mark.slow

SOURCE = Path(headrace.__file__).parent
TESTS = Path(__file__).parents[1]
# Where it is counted, its field, where it is shown: a file, a line of it, and what stands there instead. The metric is
# one that nobody needs, so that nobody will add it in earnest: how many slices of pages were promoted.
EDITS = {
    "runs/promotion.py": ("        read=slice.read,\n", "        read=slice.read,\n        slices=1,\n"),
    "counts.py": ("    output_bytes: int = 0\n", "    output_bytes: int = 0\n    slices: int = 0\n"),
    "runs/run_documents.py": (
        "    if recorded.counts.warnings:\n",
        '    summary["sliceCount"] = recorded.counts.slices\n    if recorded.counts.warnings:\n',
    ),
}
RUN = """
import sys, tempfile
from pathlib import Path
from headrace.cli import tutorial
from headrace.client import Client
from linkedin_simulator.running import running
from wire_server import ORG, deploy, serve

NOW = "2022-08-10T05:00:00Z"
host = "https://api.linkedin.com"
with tempfile.TemporaryDirectory() as directory, running(world="tutorial", clock=NOW) as simulator:
    deployment = deploy(Path(directory), host_aliases={host: simulator.url})
    worker = deployment.worker()
    worker.start()
    for url in serve(deployment):
        with Client(url, ORG, "token", "tests") as client:
            walk = tutorial.Walk(client, lambda sent: None)
            walk.values["LINKEDIN_ADS_ACCESS_TOKEN"] = simulator.token
            client.call("POST", "/_emulator/clock", {"now": NOW})
            tutorial.connect(walk)
            tutorial.prepare(walk)
            tutorial.start_flow(walk)
            client.call("POST", "/_emulator/clock", {"advance": "PT0S", "wait": True})
            run, = tutorial.list_runs(walk)
            print(run["metrics"]["recordSummary"]["sliceCount"], run["metrics"]["fileSummary"]["inputFileCount"])
    worker.stop(30)
    deployment.http.close()
    deployment.lake.close()
    deployment.store.close()
"""


def edited(root: Path) -> Path:
    """A copy of the code in which a run counts its slices."""
    code = root / "headrace"
    shutil.copytree(SOURCE, code, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (line, instead) in EDITS.items():
        file = code / name
        text = file.read_text()
        assert text.count(line) == 1, f"{name} has no line {line!r} any more"
        file.write_text(text.replace(line, instead))
    return code


def test_three_edits_count_store_and_show_a_metric(tmp_path: Path) -> None:
    edited(tmp_path)
    paths = os.pathsep.join([str(tmp_path), str(SOURCE.parent), str(TESTS)])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    slices, pages = done.stdout.split()
    assert int(slices) == int(pages) > 0  # each page of the tutorial is one slice
