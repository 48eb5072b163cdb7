"""A line of quarantine: the record goes in and comes out as it came, with our members apart from its own."""

import json

import msgspec
import pytest

from headrace.quarantined import Origin, Reason, gathered, line, origin_of, samples_of

REASON = Reason("C", "no", column="x", value='"n/a"')
SHOWN = {"code": "C", "message": "no", "column": "x", "value": '"n/a"'}
ORIGIN = Origin("p.json", 7)
RECORDS = {
    "an object": (b'{"a": 1.10}', {"a": 1.1}),
    "an empty object": (b"{ }", {}),
    "members named as ours": (b'{"_row": 1, "_filename": "q", "_errors": [1]}', {}),
    "a member named as a corrupt record's": (
        b'{"_corrupt_record": "x", "a": 1}',
        {"_corrupt_record": "x", "a": 1},
    ),
    "no object": (b"7", "7"),
    "a text": (b'"half a {line"', '"half a {line"'),
    "unreadable": (b'{"a": NaN}', '{"a": NaN}'),
    "unreadable within": (b'{"a": [01]}', '{"a": [01]}'),
    "too deep": (b'{"a":' * 300 + b"1" + b"}" * 300, '{"a":' * 300 + "1" + "}" * 300),
    "a number that nothing holds": (b'{"a": 1e999999}', {"a": float("inf")}),
    "half a character": (b'{"a": "\\ud83d", "\\udc00": 1}', {"a": "\ud83d", "\udc00": 1}),
    "a NUL": (b'{"a": "\\u0000"}', {"a": "\0"}),
    "no text": (b"\xff\xfe", "\ufffd\ufffd"),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_comes_out_as_it_went_in(name: str) -> None:
    original, shown = RECORDS[name]
    written = line(original, [REASON], ORIGIN)
    assert written.endswith(b"\n") and written.count(b"\n") == 1 and json.loads(written)["_row"] == 7
    assert origin_of(written) == ORIGIN
    samples = json.loads(msgspec.json.encode(samples_of(written)))
    assert samples == [{**SHOWN, "record": shown, "_filename": "p.json"}]


def test_a_readable_record_keeps_its_own_bytes() -> None:
    assert line(b'{"a": 1.10,\n"b": 2}', [REASON], ORIGIN).startswith(b'{"a": 1.10, "b": 2,"_errors":')


@pytest.mark.parametrize("number", [b"1e400", b"1.10", b"12345678901234567890.5", b"1e-99999999999999999999"])
def test_a_number_is_shown_as_it_came(number: bytes) -> None:
    written = line(b'{"a":' + number + b"}", [REASON], ORIGIN)
    assert b'"record":{"a":' + number + b"}" in msgspec.json.encode(samples_of(written))


def test_origins_are_gathered_by_page() -> None:
    rows = gathered([ORIGIN, Origin("q", 1), Origin("p.json", 9)])
    assert {page: numbers.to_pylist() for page, numbers in rows.items()} == {"p.json": [7, 9], "q": [1]}
