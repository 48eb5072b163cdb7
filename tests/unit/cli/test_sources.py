"""``headrace sources``: a spec tried on a source and on a recording of it; no secret is shown or written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from headrace.main import app
from headrace.mapping.paths import parse_path, reader
from source_server import API_KEY, BASIC, BEARER, NONE, Asked, Reply, Source, reply, serving, spec

ROWS = [{"id": n, "day": f"2026-03-{n:02d}", "cost": {"amount": "1.10"}, "tags": ["a"]} for n in range(1, 6)]
DAYS = {"writeMode": "replace-window", "sliceDays": 31, "day": {"date": "rows.day"}}
ASKED = {"scheduleStartParamName": "from", "scheduleEndParamName": "to"}
PAGES = {"type": "PAGE", "pageParamName": "page", "limitName": "size", "limitValue": 2}


@pytest.fixture
def source() -> Iterator[Source]:
    with serving() as running:
        running.answer = paged
        yield running


def paged(asked: Asked) -> Reply:
    page = int(asked.target.partition("page=")[2].partition("&")[0] or 0)
    return reply({"rows": ROWS[page * 2 : page * 2 + 2]}, **{"X-RateLimit-Remaining": "7", "X-Other": "o"})


def ran(*arguments: str, given: str = "", columns: int = 80) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["sources", "test", *arguments], input=given, env={"COLUMNS": str(columns)})
    said = str(done.exception) if done.exception and not isinstance(done.exception, SystemExit) else ""
    return done.exit_code, done.output + said


def written(tmp_path: Path, document: Any, **auth: Any) -> str:
    path = tmp_path / "spec.json"
    whole = {"providerId": "p", "attributes": {}, "type": "generic-rest", **document, **auth}
    path.write_bytes(msgspec.json.encode(whole))
    return str(path)


def tried(tmp_path: Path, source: Source, document: Any, *more: str, auth: Any = NONE) -> tuple[int, str]:
    path = written(tmp_path, document, authSpec=[auth])
    return ran(path, "--params", f"host={source.url}", "--allow-private-hosts", "--until", "2026-03-07", *more)


def test_a_walk_shows_requests_heads_pages_and_the_end(tmp_path, source):
    document = spec(contentPath={"path": "$.rows", "keepAttributes": ["-"]}, paginationParams=PAGES)
    code, shown = tried(tmp_path, source, document)
    assert code == 0, shown
    assert [line for line in shown.splitlines() if line.startswith("GET")] == [
        f"GET {source.url}{target}" for target in source.targets
    ]
    assert shown.count("200, application/json, ") == len(source.asked)
    assert shown.count("x-ratelimit-remaining: 7") == len(source.asked) and "x-other" not in shown
    assert "page 1: 2 records" in shown and "page 3: 1 record" in shown
    assert "The chain ends after" in shown and "read 5 records" in shown and "write 5 rows, appended" in shown
    rows = [line.split() for line in shown.splitlines() if line.startswith("rows.")]
    assert [row[:3] for row in rows] == [
        ["rows.id", "integer", "5"],
        ["rows.day", "string", "5"],
        ["rows.cost.amount", "string", "5"],
        ["rows.tags[*]", "string", "5"],
    ]
    wide = [line for line in shown.splitlines() if len(line) > 80 and not line.startswith("GET ")]
    assert not wide


def test_a_first_run_over_days(tmp_path, source):
    source.answer = lambda _: reply({"rows": [*ROWS, {"day": "soon"}, {}, {"day": "2020-01-01"}, 7]})
    code, shown = tried(tmp_path, source, spec(extension=DAYS, scheduleParams=ASKED))
    assert code == 0
    assert "2026-03-01 to 2026-03-07 (UTC days): 1 chain" in shown and "9 records, 1 of them no object" in shown
    assert "reject 1 record of days that were not asked for" in shown and "write 5 rows" in shown
    assert "reject 1 element that can be read as no object" in shown
    assert "reject 2 records without a readable day at rows.day" in shown
    assert "in the place of what these days held" in shown


@pytest.mark.parametrize(
    ("attributes", "again"),
    [
        ({}, True),
        ({"extension": {"frequencies": ["once"]}}, False),
        ({"scheduleParams": {"scheduleStartParamName": "from"}}, False),
        ({"extension": {"writeMode": "merge", "key": ["rows.id"]}}, False),
    ],
)
def test_rows_that_would_double_are_told(tmp_path, source, attributes, again):
    source.answer = lambda _: reply({"rows": ROWS})
    _, shown = tried(tmp_path, source, spec(**attributes))
    assert ("append them once more" in " ".join(shown.split())) == again, shown


def test_a_first_run_that_merges(tmp_path, source):
    rows = [{"id": 1, "v": 2}, {"id": 2, "v": 1}, {"id": 1, "v": 1}, {"v": 1}, {"id": 3, "v": 1, "gone": True}]
    source.answer = lambda _: reply({"rows": rows})
    extension = {
        "writeMode": "merge",
        "key": ["rows.id"],
        "version": "rows.v",
        "deletion": {"field": "rows.gone", "present": True},
    }
    code, shown = tried(tmp_path, source, spec(extension=extension))
    assert code == 0, shown
    assert "reject 1 record without a key or version" in shown
    assert "drop 1 record that another one of the same key takes the place of" in shown
    assert "drop 1 deletion, and the rows of their keys" in shown
    assert "write 2 rows, merged by rows.id" in shown and "once more" not in shown


def test_a_walk_stops_where_it_is_told(tmp_path, source):
    source.answer = lambda asked: reply({"rows": [{**row, "at": asked.target} for row in ROWS]})
    endless = {**PAGES, "limitValue": 5}
    code, shown = tried(tmp_path, source, spec(paginationParams=endless), "--pages", "3")
    assert code == 0 and len(source.asked) == 3
    assert "is left after 3 pages: it goes on with" in shown and "15 records on these pages, and more" in shown


# A field of a record -> the path that a mapping takes, and the field in which it stands there.
NAMED = {
    "a.b": r"row.a\.b",
    "c d": "row.c d",
    'q"t': 'row.q"t',
    "o'k": "row.o'k",
    "x[0]": r"row.x\[0\]",
    "back\\slash": r"row.back\\slash",
    "${x}": r"row.\${x}",
    "$id": "row.$id",
    "a|b`c": "row.a|b`c",
}


def test_fields_are_shown_by_the_paths_that_a_mapping_takes(tmp_path, source):
    row = {**{name: n for n, name in enumerate(NAMED)}, "a": {"b": "another"}}
    source.answer = lambda _: reply({"rows": [row]})
    code, _ = began(f"{source.url}/x", "--folder", str(tmp_path), "--name", "mine", "--allow-private-hosts")
    _, shown = ran(str(tmp_path / "mine.json"), "--allow-private-hosts", columns=200)
    lines = [line.strip() for line in shown.splitlines()]
    notes = (tmp_path / "mine.md").read_text()
    assert code == 0 and "row.a.b  " in shown and "| `` row.a\\|b`c `` | integer |" in notes
    for n, path in enumerate(NAMED.values()):
        assert reader(parse_path(path))({"row": row}) == n
        assert any(line.startswith(f"{path}  ") and line.endswith(f"  {n}") for line in lines), shown
        assert "|" in path or f"| `{path}` | integer |" in notes


def test_examples_are_shown_as_the_source_wrote_them(tmp_path, source):
    source.answer = lambda _: Reply(200, b'{"rows": [{"a": 1e400, "b": 1.10, "c": -0, "d": "1"}]}')
    shown = tried(tmp_path, source, spec())[1].splitlines()
    rows = [line.split() for line in shown if line.startswith("rows.")]
    assert [row[3] for row in rows] == ["1e400", "1.10", "-0", '"1"']
    assert any(line.startswith("The schema of 1 record; a mapping") for line in shown)


def test_a_field_without_a_name_is_told_with_what_gives_it_one(tmp_path, source):
    source.answer = lambda _: reply({"rows": [{"id": 1, "": 5}]})
    _, shown = tried(tmp_path, source, spec(contentPath={"path": "$.rows", "overrideWrapperAttribute": "row"}))
    assert '1 field lies under an empty name (""), which no mapping can take' in shown and "row. " not in shown
    extension = {"rename": {"blank": "['']"}}
    renamed = spec(contentPath={"path": "$.rows", "overrideWrapperAttribute": "row"}, extension=extension)
    _, shown = tried(tmp_path, source, renamed)
    assert "no mapping" not in shown and ["row.blank", "integer", "1", "5"] in [r.split() for r in shown.splitlines()]


STEERING = "\x1b[31m red \x9b1A \u202e \x7f \r over"


def test_no_text_of_a_source_steers_the_terminal(tmp_path, source):
    row = {"id": STEERING, STEERING: 1, "day": "2026-03-01"}
    source.answer = lambda _: reply({f"rows {STEERING}": [row], "meta": {"total": 5}}, **{"X-Total": "\x1b[31m1"})
    _, begun = began(f"{source.url}/x", "--folder", str(tmp_path), "--name", "mine", "--allow-private-hosts")
    code, shown = ran(str(tmp_path / "mine.json"), "--allow-private-hosts")
    assert code == 1 and "MISS ROWS" in shown, shown
    notes = (tmp_path / "mine.md").read_text()
    for text in (begun, shown, notes):
        assert "\\x1b" in text and not {*STEERING} - {" ", *"[31mredAov"} & {*text}
    source.answer = lambda _: reply({"error": STEERING}, 403)
    code, refused = began(f"{source.url}/x", "--folder", str(tmp_path), "--name", "no", "--allow-private-hosts")
    assert code == 1 and r"It says: \x1b[31m red \x9b1A \u202e \x7f \r over" in refused


TEXT, ANY = {"type": "string"}, {"type": "object"}
LISTED = {"type": "array", "items": {"type": "object", "properties": {"a": TEXT, "b": TEXT}}}
DECLARED = {
    "fields below an object": ({"p": ANY}, {"p": {"email": "x", "deep": {"a": 1}}}, "", ""),
    "items of an array": ({"p": {"type": "array"}}, {"p": [{"a": 1}]}, "", ""),
    "an object that is null": ({"p": {"properties": {"a": TEXT}}}, {"p": None}, "", "rows.p.a"),
    "an array that is empty": ({"p": LISTED}, {"p": []}, "", "rows.p[*].a, rows.p[*].b"),
    "one item of two": ({"p": LISTED}, {"p": [{"a": "x"}]}, "", "rows.p[*].b"),
    "a name with a point": ({"p.q": TEXT}, {"p": {"q": "x"}}, "rows.p.q", r"rows.p\.q"),
    "a name that begins alike": ({"p": ANY}, {"pq": {"a": 1}}, "rows.pq.a", "rows.p"),
}


@pytest.mark.parametrize("case", DECLARED)
def test_the_fields_that_are_declared_and_those_that_come(tmp_path, source, case):
    fields, row, unknown, absent = DECLARED[case]
    source.answer = lambda _: reply({"rows": [row]})
    document = spec()
    items = {"type": "object", "properties": fields}
    document["sourceSpec"]["schema"] = {"properties": {"rows": {"type": "array", "items": items}}}
    said = " ".join(tried(tmp_path, source, document)[1].split())
    assert (f"Not in the spec's schema: {unknown}." in said) == bool(unknown), said
    assert (f"In the spec's schema, in no record: {absent}." in said) == bool(absent), said
    assert said.count("the spec's schema") == bool(unknown) + bool(absent), said


ONCE: dict[str, str] = {}
LINKED = {"type": "POINTER", "pointerPath": "$.nxt"}
BEHIND = {
    "a flag": (ONCE, {"has_more": True}, "$.has_more is true"),
    "a flag of the last page": (ONCE, {"paging": {"isLast": False}}, "$.paging.isLast is false"),
    "a flag beside no link": (LINKED, {"hasMore": True}, "$.hasMore is true"),
    "a count": (ONCE, {"total": 7, "limit": 5}, "$.total is 7, and 5 came"),
    "a link": (ONCE, {"next": "/items?page=2"}, "$.next names a next page"),
    "a link that the spec misspells": (LINKED, {"next": "/items?page=2"}, "$.next names a next page"),
    "a token": (ONCE, {"nextPageToken": "a"}, "$.nextPageToken names a next page"),
    "a count of a summary": (ONCE, {"summary": {"total_count": 7}}, "$.summary.total_count is 7, and 5 came"),
    "Elasticsearch's": (
        ONCE,
        {"hits": {"total": {"value": 10000, "relation": "gte"}}},
        "$.hits.total.value is 10,000, and 5 came",
    ),
    "a flag of the end": (ONCE, {"has_more": False, "next": "/items?page=2"}, ""),
    "a count of what came": (ONCE, {"total": 5}, ""),
    "a token of this page": (ONCE, {"cursor": "a"}, ""),
    "no link": (LINKED, {"next": None}, ""),
}


@pytest.mark.parametrize("case", BEHIND)
def test_rows_behind_the_last_page_are_told(tmp_path, source, case):
    pages, beside, why = BEHIND[case]
    source.answer = lambda _: reply({"rows": ROWS, **beside})
    code, shown = tried(tmp_path, source, spec(paginationParams=pages) if pages else spec())
    said = " ".join(shown.split())
    assert (code, "MISS ROWS" in said) == (bool(why), bool(why)), shown
    assert f"MISS ROWS that follow: {why}" in said or not why


STATED = {
    "a count": (ONCE, {"X-Total-Count": "7"}, "the header x-total-count is 7, and 5 came"),
    "a count of what came": (ONCE, {"X-Total-Count": "5"}, ""),
    "a link": (ONCE, {"Link": '</items?page=2>; rel="next"'}, "the Link header names a next page"),
    "a link back": (ONCE, {"Link": '</items?page=0>; rel="prev"'}, ""),
    "a link to itself, where links are followed": (
        {"type": "POINTER", "pointerPath": "headers.link"},
        {"Link": '</items>; rel="next"'},
        "",
    ),
}


@pytest.mark.parametrize("case", STATED)
def test_rows_behind_the_last_page_are_told_by_headers_too(tmp_path, source, case):
    pages, headers, why = STATED[case]
    source.answer = lambda _: reply({"rows": ROWS}, **headers)
    code, shown = tried(tmp_path, source, spec(paginationParams=pages) if pages else spec())
    said = " ".join(shown.split())
    assert (code, f"MISS ROWS that follow: {why}" in said) == (bool(why), bool(why)), shown


def test_a_total_that_may_be_a_count_is_told_and_no_failure(tmp_path, source):
    source.answer = lambda _: reply({"rows": ROWS, "total": 4500})
    code, shown = tried(tmp_path, source, spec())
    assert code == 0 and "perhaps miss rows: $.total is 4,500, and 5 came" in " ".join(shown.split()), shown


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"rows": []}, "find nothing: "),
        ({"rows": [1, "x"]}, "reject 2 elements that can be read as no object"),
    ],
)
def test_without_a_row_it_ends_with_1(tmp_path, source, answer, why):
    source.answer = lambda _: reply(answer)
    code, shown = tried(tmp_path, source, spec())
    assert (code, why in shown, "write 0 rows" in shown) == (1, True, True), shown


def test_a_source_that_refuses(tmp_path, source):
    source.answer = lambda _: reply({"message": "who are you"}, 403)
    code, shown = tried(tmp_path, source, spec(), "--record", str(tmp_path / "rec.json"))
    assert code == 1 and "403, application/json" in shown and "It says: who are you" in shown
    assert json.loads((tmp_path / "rec.json").read_text())["exchanges"][0]["status"] == 403
    assert ran(str(tmp_path / "spec.json"), "--recorded", str(tmp_path / "rec.json"))[0] == 1


def test_a_recording_that_cannot_be_written(tmp_path, source):
    code, shown = tried(tmp_path, source, spec(), "--record", str(tmp_path / "nowhere" / "rec.json"))
    assert code == 1 and "rec.json cannot be written: No such file" in shown


def test_a_source_at_a_private_address_is_refused_without_the_option(tmp_path, source):
    path = written(tmp_path, spec(), authSpec=[NONE])
    code, shown = ran(path, "--params", f"host={source.url}")
    assert code == 1 and "private" in shown and not source.asked
    assert "give --allow-private-hosts to the command that asks it" in shown


# -- recordings --------------------------------------------------------------------------------------------------

SECRETS = ["s3cret/with space+plus", 'quote"back\\slash-ümlaut']


def echoing(asked: Asked) -> Reply:
    """A source that repeats whatever it was sent, in its answer and in a link."""
    headers = {name: value for name, value in asked.headers.items() if name in ("authorization", "x-key")}
    sent = asked.body.decode()
    if "page=2" in asked.target:
        return reply({"rows": ROWS[2:4], "next": None})
    link = f"{asked.target}{'&' if '?' in asked.target else '?'}page=2"
    body = {"rows": ROWS[:2], "headers": headers, "target": asked.target, "sent": sent, "next": link}
    return reply(body, **{"X-Next": asked.target, "Set-Cookie": "session=abcdef"})


UNSIGNED = {**BEARER, "name": "Own way", "type": "None", "spec": {"properties": BEARER["spec"]["properties"]}}
WAYS = {
    "bearer": (BEARER, lambda secret: {"accessToken": secret}, {}),
    "basic": (BASIC, lambda secret: {"username": "anna", "password": secret}, {}),
    "header": (API_KEY, lambda secret: {"authKey1": secret}, {}),
    "query": (
        UNSIGNED,
        lambda secret: {"accessToken": secret},
        {"urlParams": {"path": "/items", "method": "GET", "queryParams": {"key": "${accessToken}"}}},
    ),
    "body": (
        UNSIGNED,
        lambda secret: {"accessToken": secret},
        {"urlParams": {"path": "/items", "method": "POST"}, "bodyParams": {"auth": {"token": "${accessToken}"}}},
    ),
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_shown_or_recorded_and_a_recording_answers_alone(tmp_path, source, way, secret):
    auth, credentials, attributes = WAYS[way]
    if way in ("bearer", "header") and not secret.isascii():
        secret = secret.encode("ascii", "replace").decode()
    source.answer = echoing
    document = spec(paginationParams={"type": "POINTER", "pointerPath": "$.next"}, **attributes)
    (tmp_path / "secret.json").write_text(json.dumps(credentials(secret)))
    recording = tmp_path / "rec.json"
    options = ("--params", str(tmp_path / "secret.json"), "--record", str(recording))
    code, shown = tried(tmp_path, source, document, *options, auth=auth)
    assert code == 0, shown
    assert len(source.asked) == 2 and "4 records" in shown
    parts = {secret, *secret.replace('"', " ").replace("\\", " ").replace("/", " ").replace("+", " ").split()}
    kept = recording.read_text() + shown
    assert not [part for part in parts if len(part) > 5 and part in kept]
    assert "${" in recording.read_text() and "session=" not in kept and 'authorization": "Basic YW' not in kept
    asked = len(source.asked)
    code, again = ran(str(tmp_path / "spec.json"), "--recorded", str(recording))
    assert code == 0, again
    assert len(source.asked) == asked and "4 records" in again
    assert shown[shown.index("What a first run") :].startswith(again[again.index("What a first run") :])


def test_the_days_can_be_chosen(tmp_path, source):
    source.answer = lambda _: reply({"rows": ROWS})
    _, shown = tried(
        tmp_path, source, spec(extension=DAYS, scheduleParams=ASKED), "--since", "2026-03-03", "--until", "2026-03-04"
    )
    assert "2026-03-03 to 2026-03-04 (UTC days)" in shown and "write 2 rows" in shown


def test_a_renewed_token_is_in_no_recording(tmp_path, source):
    def answer(asked: Asked) -> Reply:
        if asked.method == "POST":
            return reply({"access_token": "fresh-token", "refresh_token": "fresh-refresh"})
        if asked.headers["authorization"] != "Bearer fresh-token":
            return reply({"seen": asked.headers["authorization"]}, 401)
        return reply({"rows": ROWS[:1], "seen": asked.headers["authorization"], "old": "stale-token"})

    source.answer = answer
    params = {"accessToken": "stale-token", "refreshToken": "old-refresh", "clientId": "me", "clientSecret": "client-s"}
    auth = {**BEARER, "spec": {"properties": {**BEARER["spec"]["properties"], "accessTokenUrl": {}, "clientId": {}}}}
    given = json.dumps({**params, "accessTokenUrl": f"{source.url}/token"})
    recording = tmp_path / "rec.json"
    path = written(tmp_path, spec(), authSpec=[auth])
    options = ("--params", f"host={source.url}", "--params", "-", "--allow-private-hosts", "--record", str(recording))
    code, shown = ran(path, *options, given=given)
    assert code == 0 and "for a new token" in shown, shown
    kept = recording.read_text() + shown
    assert not [
        word for word in ("fresh-token", "fresh-refresh", "stale-token", "old-refresh", "client-s") if word in kept
    ]
    assert [one["status"] for one in json.loads(recording.read_text())["exchanges"]] == [200]
    assert ran(path, "--recorded", str(recording))[0] == 0


def test_secret_parameters_are_not_recorded_either(tmp_path, source):
    document = spec(
        {"properties": {"apiKey": {}, "password": {}, "team": {}}},
        urlParams={
            "path": "/items",
            "method": "GET",
            "queryParams": {"k": "${apiKey}", "p": "${password}", "t": "${team}"},
        },
    )
    source.answer = lambda asked: reply({"rows": ROWS, "you": asked.target})
    recording = tmp_path / "rec.json"
    typed = ("--params", "apiKey=key-of-mine", "--params", "password=9876", "--params", "team=blue")
    code, shown = tried(tmp_path, source, document, *typed, "--record", str(recording))
    assert code == 0 and source.targets == ["/items?k=key-of-mine&p=9876&t=blue"]
    kept = recording.read_text() + shown
    assert "key-of-mine" not in kept and "9876" not in kept and "blue" in kept
    assert ran(str(tmp_path / "spec.json"), "--recorded", str(recording))[0] == 0


def test_answers_are_kept_token_for_token(tmp_path, source):
    body = b'{"rows": [{"n": 1.10, "big": 12345678901234567890, "e": 1E400}]}'
    source.answer = lambda _: Reply(200, body, {"Content-Type": "application/json"})
    recording = tmp_path / "rec.json"
    tried(tmp_path, source, spec(), "--record", str(recording))
    assert all(token in recording.read_text() for token in ("1.10", "12345678901234567890", "1E400"))


def test_what_is_no_json_is_recorded_as_text(tmp_path, source):
    source.answer = lambda _: Reply(200, b'{"n": 1}\n{"n": 2}\n', {"Content-Type": "application/x-ndjson"})
    recording = tmp_path / "rec.json"
    code, shown = tried(tmp_path, source, spec(contentPath={"path": "$"}), "--record", str(recording))
    assert code == 0 and json.loads(recording.read_text())["exchanges"][0]["text"] == '{"n": 1}\n{"n": 2}\n', shown
    code, again = ran(str(tmp_path / "spec.json"), "--recorded", str(recording))
    assert code == 0 and "read 2 records" in again


def test_a_refusal_behind_a_good_page_names_what_it_may_be(tmp_path, source):
    source.answer = lambda asked: paged(asked) if "page=1" not in asked.target else Reply(404)
    code, shown = tried(tmp_path, source, spec(paginationParams=PAGES))
    assert code == 1 and "name 404 in the endsAt of the spec's x-headrace" in " ".join(shown.split())


@pytest.mark.parametrize("charset", ["ISO-8859-1", "utf-16-be", "utf-16", "Shift_JIS"])
def test_a_recording_reads_as_its_answers_in_another_charset_did(tmp_path, source, charset):
    body = json.dumps({"rows": [{"name": "日本" if charset == "Shift_JIS" else "café"}]}, ensure_ascii=False)
    headers = {"Content-Type": f'application/json; charset="{charset}"'}
    source.answer = lambda _: Reply(200, body.encode(charset), headers)
    recording = tmp_path / "rec.json"
    code, shown = tried(tmp_path, source, spec(), "--record", str(recording))
    name = next(line for line in shown.splitlines() if line.strip().startswith("rows.name"))
    assert code == 0 and ("日本" in name or "café" in name), shown
    code, again = ran(str(tmp_path / "spec.json"), "--recorded", str(recording))
    assert code == 0 and name in again


def test_what_nests_deeper_than_a_recording_can_is_recorded_as_text(tmp_path, source):
    deep = b'{"rows": [{"n": 1}, {"n": ' + b"[" * 3_000 + b"]" * 3_000 + b"}]}"
    source.answer = lambda _: Reply(200, deep)
    recording = tmp_path / "rec.json"
    code, shown = tried(tmp_path, source, spec(), "--record", str(recording))
    assert code == 0 and json.loads(recording.read_text())["exchanges"][0]["text"] == deep.decode(), shown
    code, again = ran(str(tmp_path / "spec.json"), "--recorded", str(recording))
    assert code == 0 and "read 2 records" in again


def test_other_parameters_than_the_recorded_ones_have_no_answer(tmp_path, source):
    document = spec(
        {"properties": {"team": {}}},
        urlParams={"path": "/items", "method": "GET", "queryParams": {"t": "${team}"}},
    )
    recording = tmp_path / "rec.json"
    tried(tmp_path, source, document, "--params", "team=blue", "--record", str(recording))
    code, shown = ran(str(tmp_path / "spec.json"), "--recorded", str(recording), "--params", "team=red")
    assert code == 1 and f"The recording has no answer to GET {source.url}/items?t=red" in shown
    assert f"It answers GET {source.url}/items?t=blue" in shown


# -- what is wrong -----------------------------------------------------------------------------------------------

WRONG = {
    "no JSON": ('{"a": 1,\n "b": }', "is not valid JSON at line 2, column 7"),
    "no object": ("[]", "must be one JSON object"),
    "no name": ('{"providerId": "p"}', "at $.name"),
    "an unknown addition": (spec(extension={"sliceDay": 1}), "at $.sourceSpec.attributes.x-headrace"),
    "an authentication without a name": ({**spec(), "authSpec": [{}]}, "at $.authSpec[0]"),
    "a schema that is none": ({**spec({"type": "nothing"})}, "at $.sourceSpec.spec"),
    "an unknown paging": (
        spec(paginationParams={"type": "PAGES"}),
        "at $.sourceSpec.attributes.paginationParams.type",
    ),
    "no content path": (spec(contentPath={}), "at $.sourceSpec.attributes.contentPath.path"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_spec_is_told_with_its_path(tmp_path, source, case):
    document, said = WRONG[case]
    if isinstance(document, str):
        (tmp_path / "spec.json").write_text(document)
    else:
        written(tmp_path, document)
    code, shown = ran(str(tmp_path / "spec.json"), "--params", f"host={source.url}", "--auth", "None")
    assert code == 1 and said in shown and not source.asked, shown
    assert shown.count(said.removeprefix("at $.")) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--params", "tem=1"), "tem is neither a credential nor a parameter of this spec (did you mean team?)"),
        (("--params", "{"), "--params is not valid JSON"),
        (("--params", "nowhere.json"), "No such file"),
        (("--params", '{"host": "x"}', "--auth", "Kerberos"), "has no authentication 'Kerberos'"),
        (("--params", "host=x", "--params", "team=1", "--since", "soon"), "--since soon is no day"),
        (
            ("--params", "host=x", "--params", "team=1", "--since", "2026-02-02", "--until", "2026-02-01"),
            "no day is left",
        ),
        (("--record", "a", "--recorded", "b"), "give one of them"),
        (("--recorded", "{tmp}/spec.json"), "is no recording"),
        (("--recorded", "{tmp}/deep.json"), "is no recording: nested too deeply"),
        (("--params", "{tmp}/deep.json"), "is nested too deeply to be read"),
        (("--params", "host=x"), "Mandatory parameters are missing in params: team"),
    ],
)
def test_wrong_options(tmp_path, options, said):
    path = written(tmp_path, spec({"properties": {"team": {}}, "required": ["team"]}), authSpec=[NONE])
    (tmp_path / "deep.json").write_text('{"a":' * 3_000)
    code, shown = ran(path, *(option.replace("{tmp}", str(tmp_path)) for option in options))
    assert code == 1 and said in shown, shown


def test_what_the_generic_source_is_given_is_told_with_its_path():
    given = {
        "host": "https://api.acme.test",
        "urlParams": {"path": "/rows"},
        "contentPath": {"path": "$.rows[*]"},
        "paginationParams": {"type": "NONE"},
        "scheduleParams": {},
    }
    code, shown = ran("generic-rest", "--auth", "None", "--params", json.dumps(given))
    assert code == 1 and "generic-rest at $.params.contentPath.path" in shown, shown


def test_specs_that_ship_go_by_their_names():
    code, shown = ran("linkedin-ads")
    assert code == 1 and "Mandatory parameters are missing in auth.params: accessToken, host" in shown
    code, shown = ran("linkedin-adds")
    assert code == 1 and "no spec of that name ships; these do: " in shown and "linkedin-ads" in shown


# -- init --------------------------------------------------------------------------------------------------------


def began(*arguments: str, given: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["sources", "init", *arguments], input=given, env={"COLUMNS": "80"})
    said = str(done.exception) if done.exception and not isinstance(done.exception, SystemExit) else ""
    return done.exit_code, done.output + said


@pytest.fixture
def started(tmp_path: Path, source: Source) -> tuple[str, ...]:
    """What init is asked with, for a source that demands a key and pages by links that repeat it."""

    def answer(asked: Asked) -> Reply:
        if "key=s3cr%2Fet%20key" not in asked.target and "key=s3cr/et%20key" not in asked.target:
            return reply({"message": "no key"}, 401)
        page = 2 if "page=2" in asked.target else 1
        link = None if page == 2 else f"{asked.target}&page=2"
        return reply({"rows": ROWS[:2] if page == 1 else ROWS[2:], "next": link})

    source.answer = answer
    url = f"{source.url}/v1/daily?key=s3cr/et key&team=blue&from=2026-03-01&to=2026-03-05"
    return url, "--folder", str(tmp_path), "--name", "mine", "--allow-private-hosts"


def test_a_spec_is_written_that_reads_everything(tmp_path, source, started):
    code, shown = began(*started)
    assert code == 0 and len(source.asked) == 1, shown
    notes = (tmp_path / "mine.md").read_text()
    assert "- contentPath $.rows: an array of 2 objects." in notes and "| `row.cost.amount` | string | 2 |" in notes
    for text in (shown, notes):
        assert "mine.json --params secrets.json --allow-private-hosts" in text
    assert "s3cr" not in shown + notes + (tmp_path / "mine.json").read_text()
    assert not [line for line in shown.splitlines() if len(line) > 80 and not line.startswith("  headrace")]
    options = ("--params", "key=s3cr/et key", "--allow-private-hosts", "--since", "2026-03-01", "--until", "2026-03-05")
    recording = str(tmp_path / "rec.json")
    code, walked = ran(str(tmp_path / "mine.json"), *options, "--record", recording)
    assert code == 0 and "write 5 rows, in the place of what these days held" in walked, walked
    code, again = ran(str(tmp_path / "mine.json"), "--recorded", recording)
    assert code == 0 and "write 5 rows" in again and "s3cr" not in walked + again


def test_a_file_that_is_there_is_not_written_over(tmp_path, source, started):
    (tmp_path / "mine.md").write_text("my notes")
    code, shown = began(*started)
    assert code == 1 and "is there already" in shown and not source.asked
    assert (tmp_path / "mine.md").read_text() == "my notes" and not (tmp_path / "mine.json").exists()
    assert began(*started, "--force")[0] == 0 and "mine.json" in (tmp_path / "mine.md").read_text()


def test_headers_come_from_standard_input(tmp_path, source):
    source.answer = lambda asked: reply(ROWS, 200 if asked.headers.get("authorization") == "Bearer t0ken" else 401)
    options = (f"{source.url}/rows", "--folder", str(tmp_path), "--allow-private-hosts", "--headers", "-")
    code, shown = began(*options, given='{"Authorization": "Bearer t0ken"}')
    assert code == 0, shown
    spec = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert spec["authSpec"][0]["type"] == "OAuth2RefreshCode" and "t0ken" not in json.dumps(spec) + shown


BY_HAND = "its spec is written by hand: sourceSpec.attributes.urlParams.method is POST"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply({"message": "who are you"}, 403), "It says: who are you"),
        (Reply(200, b"<html>hello</html>"), "answers with no JSON; it begins with: <html>hello"),
        (reply({"ok": False, "error": "no team"}), 'an error in place of records: {"error":"no team"}'),
        (reply({"message": "no GET"}, 405), "It says: no GET. init asks by GET. If this source is asked by POST"),
        (reply({"message": "No body!"}, 400), "No body! init asks by GET."),
        *((reply({}, status), BY_HAND) for status in (400, 404, 405, 415, 422, 501)),
    ],
)
def test_a_url_that_does_not_work_writes_nothing(tmp_path, source, answer, said):
    source.answer = lambda _: answer
    code, shown = began(f"{source.url}/rows", "--folder", str(tmp_path), "--allow-private-hosts")
    assert code == 1 and said in " ".join(shown.split()) and not list(tmp_path.iterdir())


def test_an_error_that_came_with_a_good_status_is_shown_short_and_without_secrets(tmp_path, source):
    source.answer = lambda _: reply({"errors": [{"why": "no key s3cr3t-key " + "x" * 5_000}], "rows": []})
    code, shown = began(f"{source.url}/rows?api_key=s3cr3t-key", "--folder", str(tmp_path), "--allow-private-hosts")
    assert code == 1 and "an error in place of records: " in shown and "no key •••" in shown, shown
    assert "s3cr3t" not in shown and len(shown) < 1_000 and not list(tmp_path.iterdir())


def test_the_spec_by_hand_that_init_names_works(tmp_path, source):
    page = Path(__file__).parents[3] / "docs/how-to/add-a-source.md"
    document = json.loads(page.read_text().partition("```json\n")[2].partition("```")[0])
    document["sourceSpec"]["attributes"]["urlParams"]["host"] = source.url
    source.answer = lambda asked: reply({"rows": ROWS if json.loads(asked.body)["page"] == 1 else []})
    (tmp_path / "spec.json").write_text(json.dumps(document))
    days = ("--since", "2026-03-01", "--until", "2026-03-05")
    code, shown = ran(str(tmp_path / "spec.json"), "--params", "key=k", "--allow-private-hosts", *days)
    assert code == 0 and "write 5 rows" in shown, shown
    first = {"metrics": ["clicks"], "range": {"from": "2026-03-01", "to": "2026-03-06"}, "page": 1}
    assert [asked.method for asked in source.asked] == ["POST"] * 2 and json.loads(source.asked[0].body) == first


def test_a_private_address_is_not_asked(tmp_path, source):
    code, shown = began(f"{source.url}/rows", "--folder", str(tmp_path))
    assert code == 1 and "private" in shown and not source.asked
    assert "give --allow-private-hosts to the command that asks it" in shown
