"""Java's regular expressions, by cases as data, and the time that they may take."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from headrace import allowance
from headrace.errors import MappingSyntax
from headrace.mapping import compile_mapping, preview, validate_expression
from headrace.mapping.failure import Failed
from headrace.mapping.pattern_text import RegexInvalid
from headrace.mapping.regex_time import LONGEST_PATTERN, Regex, compiled

CASES = json.loads((Path(__file__).parents[2] / "cases/mapping/java_regexes.json").read_text("utf-8"))
TARGET = pa.schema([("_id", pa.string()), ("found", pa.bool_())])
# Doubles its steps with every letter.
ENDLESS = "(a|aa)+$"
SLOW_TEXT = "a" * 60 + "b"


def runs(pattern, **given):
    regex = compiled(pattern)
    if "replaced" in given:
        return [(regex.replaced(given["text"], given["replacement"]), given["replaced"])]
    methods = {"first": regex.first, "matches": regex.matches, "pieces": regex.pieces}
    return [(methods[what](given["text"]), expected) for what, expected in given.items() if what != "text"]


@pytest.mark.parametrize("case", [one for one in CASES if "invalid" not in one], ids=lambda one: one["pattern"][:40])
def test_what_java_means(case):
    [(made, expected)] = runs(**case)
    assert made == expected


@pytest.mark.parametrize("case", [one for one in CASES if "invalid" in one], ids=lambda one: one["pattern"][:40])
def test_what_java_refuses(case):
    with pytest.raises(RegexInvalid) as raised:
        compiled(case["pattern"])
    assert case["invalid"] in str(raised.value)
    assert raised.value.position == case["position"]


@pytest.mark.parametrize("replacement", ["$", "a$b", "$2", "${no}", "x\\"])
def test_a_replacement_that_refers_to_nothing_fails(replacement):
    with pytest.raises(Failed):
        compiled("(a)").replaced("a", replacement)


def test_a_replacement_grows_no_text_beyond_reason():
    with pytest.raises(Failed, match="grows beyond"):
        compiled("a").replaced("a" * 1000, "b" * 2000)


PIECES = st.sampled_from(
    [
        *"ab01()[]{}*+?|^$.\\-&,<>=!:#/ ixk",
        "(?",
        "(?<",
        "(?<n>",
        "\\k<n>",
        "[^",
        "&&",
        "\\Q",
        "\\E",
        "\\p{L}",
        "\\u",
        "{2}",
        "\\1",
    ]
)


@settings(max_examples=300, derandomize=True, phases=[Phase.generate])
@given(st.lists(PIECES, max_size=12).map("".join), st.text("ab01 \n", max_size=8))
def test_a_text_is_a_pattern_that_runs_or_is_refused(pattern, text):
    try:
        regex = compiled(pattern)
    except RegexInvalid:
        return
    assert "".join(regex.pieces("")) == ""
    assert regex.matches(text) in (True, False)


def test_many_repetitions_are_refused_together():
    with pytest.raises(RegexInvalid, match="longer than 20000"):
        compiled("a{1000}" * 21)


def test_a_pattern_has_a_longest_length():
    with pytest.raises(RegexInvalid, match="at most 4096"):
        compiled("a" * (LONGEST_PATTERN + 1))


def test_a_pattern_that_is_written_out_is_checked_with_the_expression():
    with pytest.raises(MappingSyntax, match="the group has no closing") as raised:
        validate_expression('1 + matches_regex(a, "x(y")')
    assert (raised.value.facts["line"], raised.value.facts["column"]) == (1, 22)


@pytest.mark.parametrize("method", ['matches("(")', 'replaceAll("(", "")', 'replaceFirst("(", "")', 'split("(")'])
def test_so_is_one_that_a_method_takes(method):
    with pytest.raises(MappingSyntax, match="the group has no closing"):
        validate_expression(f"a.{method}")


def test_a_pattern_from_the_data_costs_its_value_only():
    items = [{"sourceType": "EXPRESSION", "source": "matches_regex('a', p)", "destination": "found"}]
    mapped = compile_mapping(items, TARGET, 0).map_records([0, 1], [{"p": "("}, {"p": "[a-c]"}])
    assert (mapped.table["found"].to_pylist(), mapped.warnings) == ([None, True], {"found": 1})


def test_a_row_that_backtracks_without_end_is_rejected_with_the_reason_and_the_others_go_in():
    items = [
        {"sourceType": "ATTRIBUTE", "source": "id", "destination": "_id"},
        {"sourceType": "EXPRESSION", "source": f"matches_regex(t, '{ENDLESS}')", "destination": "found"},
    ]
    typed = pa.table({"_row": [5, 6, 7], "id": ["x", "y", "z"], "t": ["aaa", SLOW_TEXT, "b"]})
    mapped = compile_mapping(items, TARGET, 0).map_table(typed)
    assert (mapped.table["_row"].to_pylist(), mapped.table["found"].to_pylist()) == ([5, 7], [True, False])
    [error] = mapped.errors.to_pylist()
    assert (error["_row"], error["code"], error["column"]) == (6, "MAPPER-3700-400", "found")
    assert f"the regular expression {ENDLESS} was stopped after" in error["message"]
    assert error["value"] == f'"{SLOW_TEXT}"'


def test_a_preview_has_one_allowance_though_it_evaluates_twice(monkeypatch):
    made = []
    one = allowance.Allowance
    monkeypatch.setattr(allowance, "Allowance", lambda: made.append(one(0.05)) or made[-1])
    items = [{"sourceType": "EXPRESSION", "source": 'matches_regex(s, "(a|aa)+")', "destination": "found"}]
    records = [{"s": "a" * 60 + "!"}] * 50
    answers = preview(items, pa.schema([("found", pa.bool_())]), records, 0)
    assert len(made) == 1 and all("stopped" in answer["errors"][0]["exception"] for answer in answers)


def test_a_batch_of_such_rows_ends_when_its_time_is_used_up(monkeypatch):
    left = allowance.Allowance(0.1)
    monkeypatch.setattr(allowance, "Allowance", lambda: left)
    items = [{"sourceType": "EXPRESSION", "source": f"matches_regex(t, '{ENDLESS}')", "destination": "found"}]
    records = [{"t": f"{SLOW_TEXT}{n}"} for n in range(100)]
    mapped = compile_mapping(items, TARGET, 0).map_records(range(101), [*records, {"t": "aaaa"}])
    assert (mapped.errors.num_rows, mapped.table["_row"].to_pylist()) == (100, [100])
    assert left.seconds < 0.1


def test_long_texts_are_cut_in_time_that_grows_with_them():
    text = ",".join("abc" for _ in range(20_000))
    assert len(Regex.pieces(compiled(","), text)) == 20_000
