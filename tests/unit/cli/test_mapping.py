"""``headrace map``: what a person sees of an expression or a mapping set on files."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headrace.cli.mapping import app

DECIMAL = {"type": "number", "meta:headraceType": "decimal(18,4)"}


def ran(*arguments: str, given: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, [*arguments], input=given, env={"COLUMNS": "200"})
    told = str(done.exception) if done.exception and not isinstance(done.exception, SystemExit) else ""
    return done.exit_code, done.output + told


def previewed(expression: str, data: str, given: str = "") -> tuple[int, str]:
    return ran("preview", "--expression", expression, "--data", data, given=given)


@pytest.mark.parametrize(
    ("expression", "data", "shown"),
    [
        ("concat(a, '-', n + 1)", '{"a": "x", "n": 1.5}', '"x-2.5" (string)'),
        ("a.b", "{}", "null (null)\na.b is found in no record of the sample."),
        ("row.nope", '{"row": {"a": 1}}', "null (null)\nrow.nope is found in no record of the sample."),
        ("a.b", '{"a": {"b": null}}', "null (null)"),
        (
            "a.b.c",
            '{"a": {"b": "x"}}',
            "null (null)\na.b.c gives no value: a.b is a text, not an object.\n"
            "a.b.c is found in no record of the sample.",
        ),
        ("split(a, ',')", '{"a": "1,[red]x"}', '["1","[red]x"] (array)'),
        ("n + 1", '{"n": 123456789012345678901}', "123456789012345678902 (integer)"),
        ("a", '{"a": "\x9b31m\u202e"}', r'"\x9b31m\u202e" (string)'),
        ("date('2022-08-10')", "{}", '"2022-08-10T00:00:00Z" (date-time)'),
    ],
)
def test_one_record(expression, data, shown):
    assert previewed(expression, data) == (0, f"{shown}\n")


def test_one_record_without_a_value():
    assert previewed("1 / n", '{"n": 0}') == (1, "no value: division by zero\n")


def test_several_records_from_a_file(tmp_path: Path):
    path = tmp_path / "rows.json"
    for text in ('[{"n": 2}, {"n": 0}]', '{"n": 2}\n{"n": 0}\n'):
        path.write_text(text)
        code, shown = previewed("4 / n", str(path))
        assert code == 0
        assert ("2" in shown, "division by zero" in shown) == (True, True)
    code, shown = previewed("n.a.b + m", '[{"n": {"a": 2}}, {"m": 3}, 7]')
    assert code == 0 and "n.a.b gives no value: n.a is a number, not an object." in shown
    assert "n.a.b is found in no record" in shown and "m is found" not in shown


def test_a_record_from_standard_input():
    assert previewed("upper(a)", "-", given='{"a": "x"}') == (0, '"X" (string)\n')


def test_a_syntax_error_shows_its_place():
    code, shown = previewed("concat(a, iff(b, 1))", "{}")
    assert code == 1
    assert "Line 1, column 11: there is no function iff; did you mean iif?" in shown
    assert shown.endswith(f"  concat(a, iff(b, 1))\n  {'^':>11}\n")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("[1]", "--data holds no record: it is number, not an object"),
        ("{", "--data holds no record: line 1 is not JSON"),
        ("-", "--data holds no record, it is empty"),
        ("nowhere.json", "No such file"),
    ],
)
def test_bad_data(data, told):
    code, shown = previewed("a", data)
    assert (code, told in shown) == (1, True)


def explained(tmp_path: Path, items: object, *more: str) -> dict[str, str]:
    """Destination -> the rest of its line."""
    path = tmp_path / "set.json"
    path.write_text(json.dumps(items))
    code, shown = ran("explain", str(path), *more)
    assert code == 0, shown
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if "│" in line]
    return {destination: f"{back_end}: {why}" for destination, _, back_end, why in cells}


ITEMS = [
    {"source": "e.a", "destination": "o.a"},
    {"sourceType": "EXPRESSION", "source": "upper(e.a)", "destination": "o.upper"},
    {"sourceType": "EXPRESSION", "source": "md5(e.a, 'UTF-8')", "destination": "o.padded"},
    {"sourceType": "EXPRESSION", "source": "e.n / 2", "destination": "o.half"},
    {"sourceType": "EXPRESSION", "source": "now()", "destination": "o.now", "matchScore": 0.5, "version": 0},
    {"sourceType": "EXPRESSION", "source": "uuid()", "destination": "o.id"},
    {"sourceType": "STATIC", "source": "x", "destination": "o.x"},
    {"source": "e.l[*].m", "destination": "o.l[*].m"},
    {"source": "e.l[0]", "destination": "o.first"},
]


def test_what_runs_where(tmp_path: Path):
    assert explained(tmp_path, {"mappings": ITEMS}) == {
        "o.a": "columns: taken over as string",
        "o.upper": "columns: where e.a is text or whole number or boolean",
        "o.padded": "distinct values: no form over columns: the function md5",
        "o.half": "columns: where e.n is whole number or number",
        "o.now": "columns: it reads no field: computed once",
        "o.id": "rows: it gives another value each time",
        "o.x": "columns: a constant",
        "o.l[*].m": "columns: elements of one array, as its columns",
        "o.first": "columns: taken over as string",
    }


def test_what_runs_where_over_sample_records(tmp_path: Path):
    found = explained(tmp_path, ITEMS[1:4], "--data", '[{"e": {"a": true, "n": 1.5}}, {"e": {"n": null}}]')
    assert found == {
        "o.upper": "columns: every part has a form over columns",
        "o.padded": "distinct values: no form over columns: the function md5",
        "o.half": "columns: every part has a form over columns",
    }


ODD = {
    "half a character that is not mapped": (
        r'[{"e": {"n": 1}}, {"e": {"n": 2, "h": "\ud83d"}, "\udc00": 1}]',
        "columns",
    ),
    "nothing but that": (r'{"e": {"n": 1, "h": "\ud83d"}}', "columns"),
    "numbers that nothing holds": ('[{"e": {"n": 1, "z": 1e400}}, {"z": ' + "9" * 5000 + "}]", "columns"),
    "kinds that differ where nothing is mapped": ('[{"e": {"n": 1, "z": 1}}, {"e": {"n": 1, "z": {}}}]', "columns"),
    "kinds that differ": ('[{"e": {"n": 1}}, {"e": {"n": "a"}}, {"e": 5}]', "distinct values"),
    "a mapped number that nothing holds": ('{"e": {"n": 1e400}}', "columns"),
    "more kinds than one column has": ('{"e": {"n": [1]}}', "distinct values"),
    "no record": ("[]", "columns"),
}


@pytest.mark.parametrize("name", ODD)
def test_a_sample_is_read_as_a_run_reads(tmp_path: Path, name: str):
    data, back_end = ODD[name]
    found = explained(tmp_path, ITEMS[3:4], "--data", data)
    assert found["o.half"].startswith(f"{back_end}: "), found


# An unreadable record, in each of the forms that records come in; where it stands, and why it cannot be read.
UNREADABLE = {
    "an array": (b'[{"e": {"n": 1}}, 7, {"e": {"n": NaN}}]', {1: "it is number", 2: "NaN is not a JSON value"}),
    "lines": (b'{"e": {"n": 1}}\n{"e": \n\n[]', {1: "line 2 is not JSON", 2: "it is array"}),
    "two lines, the first broken": (b'{"e"}\n{"e": {"n": 1}}', {0: "line 1 is not JSON"}),
    "bytes that are no text": (b'[{"e": "\xff"}, {"e": {"n": 1}}]', {0: "not UTF-8"}),
    "a control character": (b'[{"e": {"n": 1}}, {"e": "\x01"}]', {1: "invalid control character"}),
    "a mark of byte order": (b'\xef\xbb\xbf[{"e": {"n": 1}}, null]', {1: "it is null"}),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_record_costs_itself(tmp_path: Path, name: str):
    body, why = UNREADABLE[name]
    rows, items = tmp_path / "rows.json", tmp_path / "set.json"
    rows.write_bytes(body)
    items.write_text(json.dumps(ITEMS[3:4]))
    code, shown = ran("explain", str(items), "--data", str(rows))
    assert code == 0, shown
    assert "every part has a form over columns" in shown
    lines = [line for line in shown.splitlines() if " cannot be read: " in line]
    assert len(lines) == len(why)
    for line, (n, reason) in zip(lines, why.items(), strict=True):
        assert (line.startswith(f"Record {n} "), reason in line) == (True, True), line
    code, shown = previewed("e.n + 1", str(rows))
    assert (code, "2" in shown) == (0, True)
    assert all(reason in shown for reason in why.values())


def test_of_many_unreadable_records_the_first_are_shown(tmp_path: Path):
    items = tmp_path / "set.json"
    items.write_text(json.dumps(ITEMS[3:4]))
    code, shown = ran("explain", str(items), "--data", json.dumps([{"e": {"n": 1}}, *range(1000)]))
    assert (code, shown.count("cannot be read: ")) == (0, 5)
    assert "1,000 of the 1,001 records cannot be read." in shown


def test_a_schema_says_what_is_exact(tmp_path: Path):
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"properties": {"o": {"type": "object", "properties": {"half": DECIMAL}}}}))
    found = explained(tmp_path, ITEMS[3:4], "--schema", str(schema))
    assert found == {"o.half": "distinct values: no form over columns: decimal arithmetic"}


@pytest.mark.parametrize(
    ("items", "schema", "told"),
    [
        ("1", "", "holds no mapping set"),
        ("{}", "", "mappings: must be an array"),
        ("[]", "{}", "no schema in its full form"),
        ('[{"source": "a", "destination": "b"}]', '{"properties": {}}', "b is not in the target schema"),
    ],
)
def test_bad_files(tmp_path: Path, items, schema, told):
    (tmp_path / "set.json").write_text(items)
    (tmp_path / "schema.json").write_text(schema)
    more = ["--schema", str(tmp_path / "schema.json")] if schema else []
    code, shown = ran("explain", str(tmp_path / "set.json"), *more)
    assert (code, told in shown) == (1, True), shown
