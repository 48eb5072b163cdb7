"""A secret that a source repeats is hidden in its page, in texts and never across them; nothing else is changed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace import sources
from headrace.sources import SourceHttp, hiding, masking
from headrace.sources.masking import MASK, SHORTEST_IN_PAGES, masked
from source_server import Reply, Source, part, reading, reply, spec

SECRETS = [
    "plain-secret",
    'with "quotes" & spaces',
    "sl/ash+plus=equals==",
    "umläut-€-漢字",
    "漢字漢字漢字漢字",
    "back\\slash\\",
    "<html> & 'more'",
    '":{"id":1},"',
    "1234567890",
    "a-b-c-d-e",
    "nullnull",
]
SPELLINGS = {
    "plain": lambda value: json.dumps(value, ensure_ascii=False),
    "ASCII": json.dumps,
    "slashes": lambda value: json.dumps(value).replace("/", "\\/"),
    "for HTML": lambda value: (
        json.dumps(value, ensure_ascii=False)
        .replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003E").replace("=", "\\u003d")
    ),
}  # fmt: skip


def hides(body: str, *values: str) -> str:
    return masked(body.encode(), [(f"s{n}", value) for n, value in enumerate(values)]).body.decode()


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("form", hiding.FORMS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_text_loses_every_form_of_a_secret_and_the_page_nothing_else(secret: str, form: str, spelling: str) -> None:
    text = SPELLINGS[spelling](f"you sent {hiding.FORMS[form](secret)}!")
    before, behind = '{"a":1.10, "\\u0062" : "\\/", "rows":[{"x":', ',"n":1e400}, NaN]}'
    assert hides(before + text + behind, secret) == f'{before}"you sent {MASK}!"{behind}'


@pytest.mark.parametrize("secret", ["1", "abc", "true", "1234567", "seven-7"])
def test_a_short_secret_bends_no_value(secret: str) -> None:
    assert len(secret) < SHORTEST_IN_PAGES
    body = json.dumps({secret: [secret, f"x{secret}x", 1, 1234567, True]})
    assert hides(body, secret) == body


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("[12345678]", f'["{MASK}"]'),
        ('{"k":12345678,"l":1}', f'{{"k":"{MASK}","l":1}}'),
        ("12345678", f'"{MASK}"'),
        ("[123456789]", "[123456789]"),
        ("[-12345678, 12345678.0, 0.12345678]", "[-12345678, 12345678.0, 0.12345678]"),
        ('["x123456789"]', f'["x{MASK}9"]'),
        ("[x12345678]", f"[x{MASK}]"),
        ('{"12345678":"a"}', f'{{"{MASK}":"a"}}'),
        ('["12345678', f'["{MASK}'),
        ('["\\"12345678', f'["\\"{MASK}'),
        ('["\\x12345678"]', f'["\\x{MASK}"]'),
        ('["\\ud80012345678"]', '["\\ud800\\u2022\\u2022\\u2022"]'),
    ],
)
def test_what_becomes_of_numbers_names_and_of_what_is_no_json(body: str, shown: str) -> None:
    assert hides(body, "12345678") == shown


def test_values_are_counted_by_the_names_of_their_secrets() -> None:
    page = b'[{"a":"key-key-1 key-key-1","b":"key-key-1 and other-key"},"other-key",11111111]'
    secrets = [("key", "key-key-1"), ("token", "other-key"), ("pin", "11111111")]
    assert masked(page, secrets).values == {"key": 2, "token": 2, "pin": 1}


class Searched(bytes):
    """Counts how often it is searched."""

    times = 0

    def __contains__(self, sought: object) -> bool:
        self.times += 1
        return super().__contains__(sought)  # type: ignore[operator]


def test_a_page_without_secrets_is_searched_and_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_Masking", None)
    page = Searched(b'{"rows":[{"a":"b"}]}')
    secrets = [("token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0"), ("password", "with \\ and '/' in it"), ("none", "")]
    assert masked(page, secrets).body is page
    assert page.times == 2 * 2  # as it is and in base64


def test_a_page_full_of_secrets_is_gone_through_once() -> None:
    # Counted from its beginning for each of them, or searched again behind each, this would take hours.
    page = b"[" + b'"sent plain-secret",' * 100_000 + b'"' + b"plain-secret " * 200_000 + b'"]'
    result = masked(page, [("key", "plain-secret"), ("other", "some-other-secret"), ("number", "1234567890")])
    assert result.values == {"key": 100_001} and len(json.loads(result.body)) == 100_001


PIECES = st.sampled_from(
    [*SECRETS, *(form(SECRETS[1]) for form in hiding.FORMS.values()), "", "x", '"', "\\", "\ud800"]
)
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=4).map("".join)
LEAVES = TEXTS | st.sampled_from([1234567890, 12345678901, 1.5, None, True])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
NAMED = [(f"s{n}", value) for n, value in enumerate(SECRETS)]


def without(value: Any) -> Any:
    """What the page should mean: the same of the values that it holds."""
    if isinstance(value, str):
        return hiding.hidden(value, NAMED, lambda _: MASK)
    if isinstance(value, list):
        return [without(each) for each in value]
    if isinstance(value, dict):
        return {without(name): without(each) for name, each in value.items()}
    return MASK if value == 1234567890 else value


@given(VALUES, st.booleans(), st.sampled_from([None, (",", ":")]))
def test_a_page_means_the_same_without_its_secrets(value: Any, in_ascii: bool, separators: Any) -> None:
    try:
        page = json.dumps(value, ensure_ascii=in_ascii, separators=separators).encode()
    except UnicodeEncodeError:
        page = json.dumps(value, separators=separators).encode()
    result = masked(page, NAMED).body
    assert json.loads(result) == without(value)
    assert masked(result, NAMED).body == result


@given(st.lists(st.sampled_from([b'"', b"\\", b"\\\\", b"plain-secret", b" ", b",", b"\xff", b"{", b"]", b"x", b"1"])))
def test_a_broken_page_keeps_none_either(pieces: list[bytes]) -> None:
    page = b"".join(pieces)
    result = masked(page, NAMED).body
    assert b"plain-secret" not in result
    assert result.replace(MASK.encode(), b"plain-secret").replace(rb"\u2022\u2022\u2022", b"plain-secret") == page


def test_a_source_that_repeats_what_it_was_sent(source: Source, http: SourceHttp) -> None:
    def answer(asked: Any) -> Reply:
        sent = asked.headers["authorization"]
        return reply({"rows": [{"n": n, "echo": sent} for n in range(2)], "next": f"/items?key={sent}"})

    source.answer = answer
    asked = reading(spec())
    credentials = {"host": source.url, "accessToken": "a-long-secret", "clientSecret": "short"}
    [planned] = sources.plan(asked, credentials, http).parts
    [page] = sources.fetch(asked, planned, credentials, http)
    assert page.hidden == {"accessToken": 3} and page.count == 2 and b"a-long-secret" not in page.body
    [slice] = sources.decoder(asked, part(), {("rows", "n"): None, ("rows", "echo"): None}).slices([("p", page.body)])
    [table] = slice.typed
    records = [{"n": n, "echo": f"Bearer {MASK}"} for n in range(2)]
    assert table["rows"].to_pylist() == records
    assert [json.loads(slice.original(row))["rows"] for row in range(2)] == records


def test_a_rule_lets_a_record_stay_whose_value_is_hidden(source: Source, http: SourceHttp) -> None:
    rules = [{"name": "live", "param": "live", "by": "kind", "field": "rows.team",
              "listings": {"TEAM": {"path": "/teams", "contentPath": "$.teams", "value": "id"}}}]  # fmt: skip
    inputs = {"type": "object", "properties": {"live": {"type": "boolean"}, "kind": {"type": "string"}}}
    source.answer = lambda asked: (
        reply({"teams": [{"id": "a-long-secret"}, {"id": "blue"}]})
        if "teams" in asked.target
        else reply({"rows": [{"team": "a-long-secret"}, {"team": "blue"}, {"team": "red"}]})
    )
    asked = reading(spec(inputs, {"rules": rules}), {"live": True, "kind": "TEAM"})
    credentials = {"host": source.url, "accessToken": "a-long-secret"}
    [planned] = sources.plan(asked, credentials, http).parts
    assert planned.allowed == {"live": (MASK, "blue")}
    [page] = sources.fetch(asked, planned, credentials, http)
    [slice] = sources.decoder(asked, planned, {("rows", "team"): None}).slices([("p", page.body)])
    assert slice.dropped == {"live": 1}
