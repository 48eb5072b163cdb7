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
    samples = json.loads(msgspec.json.encode([*samples_of([written])]))
    assert samples == [{**SHOWN, "record": shown, "_filename": "p.json"}]


def test_a_readable_record_keeps_its_own_bytes() -> None:
    assert line(b'{"a": 1.10,\n"b": 2}', [REASON], ORIGIN).startswith(b'{"a": 1.10, "b": 2,"_errors":')


@pytest.mark.parametrize("number", [b"1e400", b"1.10", b"12345678901234567890.5", b"1e-99999999999999999999"])
def test_a_number_is_shown_as_it_came(number: bytes) -> None:
    written = line(b'{"a":' + number + b"}", [REASON], ORIGIN)
    assert b'"record":{"a":' + number + b"}" in msgspec.json.encode([*samples_of([written])])


WRAPPED = [b'{"big": 1e400, "row": {"a": 1}}', b'{"row": {"a": 2.0}}', b'{"row": {"a": 3}}']


def test_what_stands_beside_the_array_is_shown_with_every_record() -> None:
    lines = [line(WRAPPED[0], [REASON], ORIGIN), *(line(one, [REASON], Origin("p.json", 8), 7) for one in WRAPPED[1:])]
    assert b"big" not in lines[1] and origin_of(lines[1]) == Origin("p.json", 8)
    shown = [bytes(msgspec.json.encode(sample["record"])) for sample in samples_of(lines)]
    assert shown == [b'{"big":1e400,"row":' + each + b"}" for each in (b'{"a": 1}', b'{"a": 2.0}', b'{"a": 3}')]


UNTOLD = {
    "another page": [(WRAPPED[0], Origin("o.json", 7), None), (WRAPPED[1], ORIGIN, 7)],
    "another row": [(WRAPPED[0], Origin("p.json", 6), None), (WRAPPED[1], ORIGIN, 7)],
    "a corrupt record there": [(b'{"big": NaN, "row": {}}', ORIGIN, None), (WRAPPED[1], ORIGIN, 7)],
    "a corrupt record here": [(WRAPPED[0], ORIGIN, None), (b'{"row": NaN}', ORIGIN, 7)],
}


@pytest.mark.parametrize("name", UNTOLD)
def test_where_it_stands_is_named_where_it_cannot_be_shown(name: str) -> None:
    first, second = samples_of([line(original, [REASON], *place) for original, *place in UNTOLD[name]])
    assert "_besideRow" not in first and json.loads(msgspec.json.encode(second))["_besideRow"] == 7
    assert "a" in json.dumps(json.loads(msgspec.json.encode(second))["record"])


def test_a_field_of_the_source_by_our_name_is_no_reference() -> None:
    lines = [line(WRAPPED[0], [REASON], ORIGIN), line(b'{"_besideRow": 7, "row": 1}', [REASON], Origin("p.json", 8))]
    assert b"big" not in msgspec.json.encode([*samples_of(lines)][1])


def test_origins_are_gathered_by_page() -> None:
    rows = gathered([ORIGIN, Origin("q", 1), Origin("p.json", 9)])
    assert {page: numbers.to_pylist() for page, numbers in rows.items()} == {"p.json": [7, 9], "q": [1]}
