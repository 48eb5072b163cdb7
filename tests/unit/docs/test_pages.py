"""Every link leads somewhere, every generated table is the code's, and no page knows one machine."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headrace import sources
from headrace.flows import specs
from headrace.sources import request, scheduling
from headrace.sources.template import Values

ROOT = Path(__file__).parents[3]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CHANGELOG.md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# A page that knows these was written for one machine.
OF_ONE_MACHINE = ("/work/", "/tmp/", "/root/", "pypi.org", "pythonhosted", "index-url")


def links(page: Path) -> Iterator[tuple[Path, str]]:
    for target in LINK.findall(page.read_text()):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = [f"{path.name}#{anchor}" for path, anchor in links(page) if not path.exists()]
    broken += [f"{path.name}#{anchor}" for path, anchor in links(page) if anchor and anchor not in anchors(path)]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_page_knows_one_machine(page: Path) -> None:
    assert not [word for word in OF_ONE_MACHINE if word in page.read_text()]


def test_every_page_can_be_found_from_the_map() -> None:
    mapped = {path for path, _ in links(ROOT / "docs" / "README.md")}
    assert (
        not {name(page) for page in PAGES if "docs" in page.parts}
        - {name(path) for path in mapped}
        - {"docs/README.md"}
    )


def test_generated_tables_are_the_codes(generator: dict) -> None:
    stale = [name(page) for page in generator["pages"]() if generator["filled"](page.read_text()) != page.read_text()]
    assert not stale, "run python docs/generate.py"


def test_files_that_the_map_names_exist() -> None:
    text = (ROOT / "docs" / "README.md").read_text()
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", text)
    assert len(named) > 30
    assert not [path for path in named if not any((ROOT / below / path).exists() for below in (".", "src/headrace"))]


def test_the_example_of_a_source_is_a_spec() -> None:
    text = (ROOT / "docs" / "reference" / "source-specs.md").read_text()
    example = json.loads(re.search(r"```json\n(.*?)```", text, re.DOTALL)[1])
    spec = specs.checked(specs.CONNECTION_SPECS, example)
    assert sources.write_mode(spec) == "replace-window"
    assert sources.secret_params(spec, "API key") == {"key"}
    sources.check_auth(spec, "API key", {"host": "https://api.example.org", "key": "k"})
    sources.check_params(spec, {"team": "blue"})


def _examples_of_sources() -> list[str]:
    text = (ROOT / "docs" / "reference" / "source-specs.md").read_text()
    return re.findall(r"```json\n(.*?)```", text, re.DOTALL)


def test_the_example_of_a_windows_ends_in_a_body_is_what_a_source_is_asked() -> None:
    (example,) = [text for text in _examples_of_sources() if '"bodyParams"' in text]
    spec = {"sourceSpec": {"attributes": {**json.loads(f"{{{example}}}"), "contentPath": "$.rows"}}}
    sources.check_spec(spec)
    span = scheduling.Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    asked = request.build(sources.extraction(spec, {}), Values({"host": "https://api.example.org"}), span)
    assert json.loads(asked.body or "") == {"range": {"from": "2026-03-01", "to": "2026-03-02"}, "granularity": "day"}


def test_the_example_of_a_source_connection_is_taken_by_the_generic_source() -> None:
    (example,) = [text for text in _examples_of_sources() if text.startswith('"params"')]
    params = json.loads(f"{{{example}}}")["params"]
    (generic,) = [spec for spec in sources.shipped_specs() if spec["name"] == "generic-rest"]
    sources.check_params(generic, params)
    sources.check_given(generic, params)
    assert sources.write_mode(sources.settled(generic, params)) == "merge"
