"""JSON read to the last digit, by two readers that mean the same."""

import copy
import json
import pickle
from decimal import Decimal

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headrace import exact_json
from headrace.exact_json import DEEPEST, NotJson, Written, depth_exceeds, quoted, read, spelled

SPELLINGS = ["1.10", "1E+2", "-0", "-0.0", "1e400", "1e-400", "0.1234567890123456789", "9007199254740993.0"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_number_with_a_fraction_an_exponent_or_a_sign_of_zero_knows_its_spelling(spelling):
    number = read(spelling)
    assert isinstance(number, Written) and (number.token, number) == (spelling, Decimal(spelling))
    assert pickle.loads(pickle.dumps(number)).token == copy.deepcopy(number).token == spelling


def test_an_integer_of_more_digits_knows_its_spelling():
    number = read("9" * 4301)
    assert isinstance(number, Written) and (number.token, number) == ("9" * 4301, Decimal("9" * 4301))


@pytest.mark.parametrize("digits", [1, 19, 20, 400, 4300])
def test_an_integer_is_an_integer_of_any_length(digits):
    assert read("9" * digits) == int("9" * digits) and type(read(b"-" + b"9" * digits)) is int


@pytest.mark.parametrize("spelling", ["1e99999999999999999999", "-1E99999999999999999999"])
def test_a_number_beyond_all_bounds_is_infinite_and_keeps_its_spelling(spelling):
    number = read(f"[{spelling}]")[0]
    assert (number.token, number.is_infinite(), number < 0) == (spelling, True, spelling.startswith("-"))


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_too_small_to_compute_with_is_nearly_nothing_and_nothing_is_zero(sign):
    tiny, zero = read(f"[{sign}1e-99999999999999999999, {sign}0.0e99999999999999999999]")
    assert (tiny.token, float(tiny), bool(tiny)) == (f"{sign}1e-99999999999999999999", 0.0, True)
    assert (str(float(tiny)), str(float(zero)), zero) == (f"{sign}0.0", f"{sign}0.0", 0)


def test_the_last_of_equal_keys_holds_and_halves_of_characters_stay():
    assert read('{"a":1,"\\u0061":2}') == {"a": 2}
    assert read('{"\\udc00":"x\\ud83d","k":"\\ud83d\\ude00"}') == {"\udc00": "x\ud83d", "k": "😀"}


NO_JSON = {
    "NaN": "NaN is not a JSON value", "[-Infinity]": "-Infinity is not a JSON value",
    '"a\nb"': "invalid control character at character 3", b'"\xff"': "byte 2 is not UTF-8",
    "": "expecting value at character 1", "{}{}": "extra data at character 3", "01": "extra data at character 2",
    '"\ud83d"': "character 2 is half a character", "[1,]": "expecting value at character 4",
    "\ufeff1": "expecting value at character 1",
}  # fmt: skip


@pytest.mark.parametrize("text", NO_JSON)
def test_what_is_not_json_is_refused_with_the_place(text):
    with pytest.raises(NotJson) as raised:
        read(text)
    assert raised.value.reason == f"it is not JSON ({NO_JSON[text]})"


def nested(levels):
    return '{"a":[' * (levels // 2) + "[" * (levels % 2) + "1" + "]" * (levels % 2) + "]}" * (levels // 2)


@pytest.mark.parametrize("levels", [DEEPEST + 1, 901, 5000, 100_000])
def test_nesting_ends_at_the_same_depth_wherever_the_reader_is_called_from(levels):
    assert read(nested(DEEPEST)) and not depth_exceeds(nested(DEEPEST).encode())
    with pytest.raises(NotJson, match=f"more than {DEEPEST} levels"):
        read(nested(levels))
    assert depth_exceeds(nested(levels).encode())


def test_brackets_in_texts_are_no_levels():
    text = json.dumps(["[{" * 400, "\\" + "[" * 400, {"[" * 300: 1}])
    assert read(text) == json.loads(text)


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,4})?", fullmatch=True)
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(["\\ud83d", "\\udc00", "\\u0041", "\\n", "\\x", "\n", "-0", "[", "}", '\\"', "\\"]),
        st.text(max_size=3),
    ),
    max_size=4,
).map(lambda pieces: '"' + "".join(pieces) + '"')
BAD = st.sampled_from(["NaN", "Infinity", "-", "1.", "01", "tru", "", "+1", "nul", "\x00", "\ufeff"])
SCALARS = st.one_of(NUMBERS, NUMBERS, TEXTS, st.sampled_from(["true", "false", "null", "-0"]))


def jsons(scalars):
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(lambda items: "[" + ", ".join(items) + "]"),
            st.lists(st.tuples(TEXTS, inner), max_size=4).map(
                lambda items: "{" + ",".join(f"{name}:{value}" for name, value in items) + "}"
            ),
        ),
        max_leaves=8,
    )


def outcome(text):
    try:
        return msgspec.json.encode(spelled(read(text)))
    except NotJson:
        return None


@settings(max_examples=200)
@given(st.one_of(jsons(SCALARS), jsons(st.one_of(SCALARS, BAD))))
@example("9" * 4301)
@example("-0")
def test_the_fast_reader_and_the_complete_one_mean_the_same(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_json, "has_minus_zero", lambda _text: True)
        complete = outcome(text)
    assert outcome(text) == complete


@settings(max_examples=100)
@given(jsons(SCALARS))
def test_what_was_read_is_written_with_every_token_as_it_came(text):
    try:
        value = read(text)
    except NotJson:
        return
    again = read(msgspec.json.encode(spelled(value)))
    assert msgspec.json.encode(spelled(again)) == msgspec.json.encode(spelled(value))


@given(st.text(st.characters(exclude_categories=()), max_size=6))
def test_any_text_is_quoted_so_that_it_is_read_again(text):
    assert read(quoted(text)) == text
