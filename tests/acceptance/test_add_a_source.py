"""The how-to that adds a source, pasted: every command in order in one shell, against a catalogue on loopback."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

import pasted
from pasted import COMMANDS, Pasted
from source_server import Asked, Reply, Source, reply, serving
from wire_server import free_port

pytestmark = pytest.mark.slow

PAGE = Pasted.of("docs/how-to/add-a-source.md")
PRINTED = "https://earthquake.usgs.gov"


def catalogue(asked: Asked) -> Reply:
    """An earthquake at noon of each day that is asked for; a day alone ends as it begins, as there."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(asked.target).query).items()}
    first, last = (datetime.fromisoformat(query[name]).replace(tzinfo=UTC) for name in ("starttime", "endtime"))
    noons = [first.replace(hour=12) + timedelta(days=n) for n in range((last - first).days + 1)]
    features = [feature(noon) for noon in noons if noon <= last]
    return reply({"type": "FeatureCollection", "metadata": {"count": len(features)}, "features": features})


def feature(noon: datetime) -> dict[str, object]:
    properties = {"mag": noon.day / 4, "place": f"{noon.day} km N of here", "time": int(noon.timestamp() * 1000)}
    return {"type": "Feature", "id": f"us{noon:%Y%m%d}", "properties": properties}


@pytest.fixture(scope="module")
def source() -> Iterator[Source]:
    with serving() as running:
        running.answer = catalogue
        yield running


def _script(source: Source) -> str:
    """The blocks as printed, but for the port, the catalogue and that it is at a private address."""
    text = PAGE.script
    with free_port() as listener:
        text = text.replace("8088", str(listener.getsockname()[1]))
    return re.sub(r"(headrace sources (?:init|test)) ", r"\1 --allow-private-hosts ", text.replace(PRINTED, source.url))


@pytest.fixture(scope="module")
def shown(source: Source, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block wrote."""
    return pasted.run(_script(source), tmp_path_factory.mktemp("newcomer"), f"{COMMANDS}:")


def test_the_page_is_printed_for_the_real_catalogue() -> None:
    assert PRINTED in PAGE.blocks[PAGE.place("sources init")]


def test_the_spec_is_proposed(shown: list[str]) -> None:
    output = shown[PAGE.place("sources init")]
    assert "contentPath $.features" in output and "day feature.properties.time" in output
    assert "counts the last day in" in " ".join(output.split())


def test_the_source_is_walked_and_its_recording_says_the_same(shown: list[str]) -> None:
    walked, again = shown[PAGE.place("--record ")], shown[PAGE.place("--recorded")]
    for output in (walked, again):
        assert "write 3 rows, in the place of what these days held" in output
        assert "feature.properties.mag" in output
    assert "recorded in earthquakes.recorded.json" in walked


def test_explore_shows_the_fields(shown: list[str]) -> None:
    explored = json.loads(shown[PAGE.place("/explore?")])
    assert set(explored["schema"]["properties"]) == {"feature"}


def test_the_first_run_writes_a_row_a_day(shown: list[str]) -> None:
    runs, _ = json.JSONDecoder().raw_decode(shown[PAGE.place("runs?property=")])
    (run,) = runs["items"]
    counted = run["metrics"]["recordSummary"]
    assert counted["inputRecordCount"] == counted["outputRecordCount"] >= 2
    assert re.search(r"\d+ km N of here", shown[PAGE.place("headrace query")])


def test_epoch_milliseconds_become_a_date_time(shown: list[str]) -> None:
    assert "2019-10-23T11:24:35.123Z" in shown[PAGE.place("dformat")]


def test_no_answer_is_an_error(shown: list[str]) -> None:
    assert [output for output in shown if "errorMessage" in output or "Traceback" in output] == []


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/add-a-source.md"])
def test_a_refused_answer_is_shown_and_stops_what_needs_it(page: str, tmp_path: Path) -> None:
    (field,) = re.findall(r'^field\(\) \{.*?"\$1"; \}\n', Pasted.of(page).script, re.M | re.S)
    refused = '{"type": "XDM-1521-400", "detail": "The title is taken."}'
    script = f"{field}GROUP=$(echo '{refused}' | field '$id')\necho went on\necho ${{GROUP:?}}\necho too far\n"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode != 0 and done.stdout == "went on\n"
    assert f"REFUSED: {refused}" in done.stderr and "GROUP: parameter null or not set" in done.stderr


def test_every_id_of_the_page_is_required_where_it_is_used() -> None:
    taken = set(re.findall(r"^([A-Z]+)=\$\(api", PAGE.script, re.M))
    assert {"SPEC", "DATASET", "FLOW"} <= taken
    assert [name for name in taken if re.search(rf"\$({name}\b|{{{name}[^:])", PAGE.script)] == []
