"""Each spec that ships, held to recorded answers: over a socket, and by ``headrace sources test --recorded``."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from headrace import exact_json, sources
from headrace.cli.source_inputs import replayable
from headrace.clock import Window, epoch_ms, utc
from headrace.flows import specs
from headrace.main import app
from headrace.sources import Reading, SourceHttp, recording
from headrace.sources.declared import record_schema
from headrace.sources.fields import Steps, fields_of
from headrace.sources.spec import extraction
from headrace.sources.walking import Ended, Walk, rows_left
from source_server import QUICK, Asked, Reply, part

CASES = sorted((Path(__file__).parents[2] / "cases" / "sources").glob("*.json"))
SHIPPED = {spec["name"]: spec for spec in sources.shipped_specs()}


def held(path: Path) -> tuple[dict[str, Any], recording.Recording]:
    """A case as JSON, and the recording that it holds."""
    return exact_json.read(path.read_bytes()), recording.read(path.read_bytes())


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_recorded_answers_are_read_whole(source, path):
    case, kept = held(path)
    document = SHIPPED[kept.spec]
    typed, secrets = replayable(document, kept, {})

    def filled(text: str) -> str:
        for name, value in secrets.items():
            text = text.replace("${" + name + "}", value)
        return text

    def answer(asked: Asked) -> Reply:
        for exchange in kept.exchanges:
            parts = urlsplit(filled(exchange.url))
            expected = (exchange.method, f"{parts.path}?{parts.query}", filled(exchange.sent or ""))
            if expected == (asked.method, asked.target, asked.body.decode()):
                return Reply(exchange.status, exchange.body, dict(exchange.headers))
        return Reply(418, f"not recorded: {asked.method} {asked.target} {asked.body.decode()}".encode())

    source.answer = answer
    origins = {f"{parts.scheme}://{parts.netloc}" for parts in (urlsplit(one.url) for one in kept.exchanges)}
    http = SourceHttp(True, dict.fromkeys(origins, source.url), patience=QUICK, pause=lambda _: None)
    end = epoch_ms(kept.end)
    reading = Reading(document, typed.auth, typed.params, Window(epoch_ms(kept.start), end), end, backfill=True)
    walk = Walk(reading, typed.credentials, http)
    ends = [step for step in walk.steps(100) if isinstance(step, Ended)]
    http.close()
    assert walk.seen.records == case["expected"]["records"]
    assert rows_left(walk.seen, walk.view) == len(walk.seen.records)
    assert [(end.why, end.more) for end in ends] == [(case["expected"]["ended"], None)]
    assert len(source.asked) == len(kept.exchanges)
    sent = [str(asked.headers) + asked.target + asked.body.decode() for asked in source.asked]
    assert all(("recorded-" in one or "Basic " in one) == bool(secrets) for one in sent)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_record_is_decoded_by_every_path_that_it_has(path):
    case, kept = held(path)
    document = SHIPPED[kept.spec]
    typed, _ = replayable(document, kept, {})
    end = epoch_ms(kept.end)
    reading = Reading(document, typed.auth, typed.params, Window(epoch_ms(kept.start), end), end)
    wanted = {field.names: None for field in fields_of(case["expected"]["records"]) if field.plain}
    first, last = (utc(epoch_ms(moment)).date() for moment in (kept.start, kept.end))
    decoder = sources.decoder(reading, part(first_day=first, last_day=last), wanted)
    slices = list(decoder.slices((str(n), one.body) for n, one in enumerate(kept.exchanges)))
    assert sum(each.read for each in slices) == len(case["expected"]["records"])
    assert sum(each.rejected.num_rows for each in slices) == 0


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_recorded_answers_need_nothing_but_the_command(path):
    case, _ = held(path)
    done = CliRunner().invoke(app, ["sources", "test", case["spec"], "--recorded", str(path)])
    assert done.exit_code == 0, done.output
    assert f"read {len(case['expected']['records'])} record" in done.output
    assert case["expected"]["ended"] in " ".join(done.output.split())


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_declared_fields_are_those_that_come(path):
    case, kept = held(path)
    document = SHIPPED[kept.spec]
    declared = record_schema(document, extraction(document, kept.params))
    for field in fields_of(case["expected"]["records"]) if declared else ():
        assert knows(declared, field.steps), field.steps


def knows(schema: dict[str, Any], path: Steps) -> bool:
    """Whether a schema has a path; an object without declared properties takes any."""
    if not path:
        return True
    if path[0] is None:
        return schema.get("type") == "array" and knows(schema["items"], path[1:])
    properties = schema.get("properties", {})
    return not properties or (path[0] in properties and knows(properties[path[0]], path[1:]))


def test_every_spec_has_a_case_and_every_case_its_origin():
    assert {held(path)[0]["spec"] for path in CASES} == set(SHIPPED) - {"linkedin-ads"}
    for path in CASES:
        case, _ = held(path)
        assert case.get("published", "").startswith("https://") or case.get("authored"), path.name


def test_specs_that_ship_could_be_posted_and_are_told_apart():
    for name, document in SHIPPED.items():
        specs.checked(specs.CONNECTION_SPECS, {key: value for key, value in document.items() if key != "id"})
        assert document["type"] == specs.GENERIC and document["description"] and document["version"] == "1.0", name
    ids = [document["id"] for document in SHIPPED.values()]
    assert len(set(ids)) == len(ids)
    folder = Path(sources.__file__).parent / "specs"
    assert {path.stem for path in folder.glob("*.json")} == set(SHIPPED)
