"""Keys, versions and deletions: the same whatever way a record is read, and in the order that the values have."""

import json
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import SpecInvalid
from headrace.sources import keys
from headrace.sources.keys import Deletion, Field, Keying, identities

ROW_KEY = Keying((Field(("row", "id")),))


def key_of(record, keying=ROW_KEY):
    found = identities(keying, [7], [record.encode() if isinstance(record, str) else record])
    return found.key[0].as_py(), found.errors.to_pylist()


# Records with one key, and the text of it.
EQUAL = {
    '["a"]': ['{"row":{"id":"a"}}', '{"row":{"id":"\\u0061"}}', '{"row":{"id":"b","id":"a"}}',
            '{"x":[],"row":{"id" : "a"}}'],
    '["ü\\"\\\\"]': ['{"row":{"id":"ü\\"\\\\"}}', '{"row":{"id":"\\u00fc\\u0022\\u005c"}}'],
    "[7]": ['{"row":{"id":7}}', '{"row":{"id":7.0}}', '{"row":{"id":70e-1}}', '{"row":{"id":0.7E+1}}'],
    '["7"]': ['{"row":{"id":"7"}}'],
    '["7.0"]': ['{"row":{"id":"7.0"}}'],
    "[0]": ['{"row":{"id":0}}', '{"row":{"id":-0}}', '{"row":{"id":0e5}}', '{"row":{"id":-0.00}}'],
    "[-0.05]": ['{"row":{"id":-0.05}}', '{"row":{"id":-5e-2}}'],
    "[9007199254740993]": ['{"row":{"id":9007199254740993}}', '{"row":{"id":9007199254740993.0}}'],
    "[true]": ['{"row":{"id":true}}'],
    "[1e400]": ['{"row":{"id":1e400}}', '{"row":{"id":10E+399}}'],
    '[""]': ['{"row":{"id":""}}'],
}  # fmt: skip


@pytest.mark.parametrize(("text", "record"), [(text, record) for text, all in EQUAL.items() for record in all])
def test_equal_keys_have_one_text(text, record):
    assert key_of(record) == (text, [])


NO_KEYS = {
    '{"row":{}}': (keys.MISSING, "is absent"),
    "{}": (keys.MISSING, "is absent"),
    '{"row":null}': (keys.MISSING, "is absent"),
    '{"row":"text"}': (keys.MISSING, "is absent"),
    '{"row":[1]}': (keys.MISSING, "is absent"),
    '{"row":{"id":null}}': (keys.MISSING, "is null"),
    '{"row":{"id":{"a":1}}}': (keys.UNFIT, 'is {"a":1}, not a text, a number or a boolean'),
    '{"row":{"id":[1]}}': (keys.UNFIT, "is [1]"),
    '{"row":{"id":"\\ud800"}}': (keys.UNFIT, "row.id is"),
}


@pytest.mark.parametrize("record", NO_KEYS)
def test_a_row_without_its_key_has_an_error_that_says_why(record):
    key, (error,) = key_of(record)
    code, message = NO_KEYS[record]
    assert (key, error["_row"], error["code"], error["source"]) == (None, 7, code, "row.id")
    assert message in error["message"]


LONG = [  # a token, as long as one may be and a character longer
    lambda n: "7" * n,
    lambda n: "-0." + "7" * (n - 3),
    lambda n: "1e" + "0" * (n - 3) + "7",
    lambda n: f'"{"7" * n}"',
    lambda n: '"\\u00fc' + "ü" * (n - 1) + '"',
]


@pytest.mark.parametrize("token", LONG)
def test_a_key_has_a_greatest_length(token):
    longest, longer = (f'{{"row":{{"id":{token(length)}}}}}' for length in (4096, 4097))
    assert key_of(longest)[0] and not key_of(longest)[1]
    key, (error,) = key_of(longer)
    assert (key, error["code"], error["expected"], len(error["value"])) == (
        None, keys.UNFIT, "at most 4,096 characters", 500)  # fmt: skip
    assert error["message"] == "The row has no key: row.id has more than 4,096 characters."


def test_a_key_of_several_fields_is_told_apart():
    keying = Keying((Field(("a",)), Field(("b", "c"))))
    records = ['{"a":"x","b":{"c":1}}', '{"a":"x,1","b":{"c":""}}', '{"a":"x","b":{"c":"1"}}', '{"a":"x"}']
    found = identities(keying, range(4), [record.encode() for record in records])
    assert found.key.to_pylist() == ['["x",1]', '["x,1",""]', '["x","1"]', None]


def test_a_field_may_have_any_name():
    names = ["@id", "a b", "_a", "__class__", "f1", "ü", "a.b", "class", 'quo"te', "back\\slash", "ta\tb", ""]
    keying = Keying(tuple(Field((name, "x y")) for name in names))
    record = json.dumps({name: {"x y": n, "f0": 9} for n, name in enumerate(reversed(names))})
    assert key_of(record, keying) == ("[11,10,9,8,7,6,5,4,3,2,1,0]", [])


KINDS = [  # the kind of the field, its token, the key
    (keys.TEXT, "7.0", '["7.0"]'), (keys.TEXT, '"7.0"', '["7.0"]'), (keys.TEXT, "true", '["true"]'),
    (keys.NUMBER, '"7.0"', "[7]"), (keys.NUMBER, "7", "[7]"), (keys.NUMBER, '"x"', '["x"]'),
    (keys.INSTANT, '"2024-03-01T01:00:00.500+01:00"', '["2024-03-01T00:00:00.5"]'),
    (keys.INSTANT, '"2024-03-01T00:00:00.5Z"', '["2024-03-01T00:00:00.5"]'),
    (keys.INSTANT, '"soon"', '["soon"]'),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "token", "key"), KINDS)
def test_a_value_is_brought_to_the_kind_of_its_field(kind, token, key):
    assert key_of(f'{{"id":{token}}}', Keying((Field(("id",), kind),)))[0] == key


# -- declared in a spec ----------------------------------------------------------------------------------------------

DECLARED = [  # the block, what it declares
    ({}, None),
    ({"key": ["row.id"]}, ROW_KEY),
    ({"key": ["$.row['a.b']", "p[0]"], "version": "row.v"},
     Keying((Field(("row", "a.b")), Field(("p", 0))), Field(("row", "v")))),
    ({"key": [r"row.event\.id"], "version": """row['v"']"""},
     Keying((Field(("row", "event.id")),), Field(("row", 'v"')))),
    ({"key": ["row.id"], "deletion": {"field": "row.at", "present": True}},
     Keying((Field(("row", "id")),), None, Deletion(("row", "at")))),
    ({"key": ["row.id"], "deletion": {"field": "d", "values": [True, "x", 1.5]}},
     Keying((Field(("row", "id")),), None, Deletion(("d",), ("true", '"x"', "1.5")))),
]  # fmt: skip
REFUSED = [  # the block, the member that is named
    ({"writeMode": "merge"}, "key"),
    ({"writeMode": "merge", "key": []}, "key"),
    ({"version": "row.v"}, "key"),
    ({"deletion": {"field": "d", "present": True}}, "key"),
    ({"key": ["row.id", "row.id"]}, "key"),
    ({"key": ["row.id", "row[*]"]}, "key[1]"),
    ({"key": ["$"]}, "key[0]"),
    ({"key": ["row.id"], "version": "a b c("}, "version"),
    ({"key": ["row.id"], "deletion": {"field": "d"}}, "deletion"),
    ({"key": ["row.id"], "deletion": {"field": "d", "values": [1], "present": True}}, "deletion"),
    ({"key": ["row.id"], "deletion": {"field": "?", "values": [1]}}, "deletion.field"),
    ({"key": ["row.id"], "deletion": {"field": "d", "values": ["x" * 4096]}}, "deletion.values"),
]


def in_spec(block):
    return {"name": "s", "sourceSpec": {"attributes": {"x-headrace": block}}}


@pytest.mark.parametrize(("block", "keying"), DECLARED)
def test_a_spec_declares_how_its_rows_are_told_apart(block, keying):
    assert keys.keying(in_spec(block)) == keying


@pytest.mark.parametrize(("block", "member"), REFUSED)
def test_what_cannot_tell_rows_apart_is_refused_by_its_name(block, member):
    with pytest.raises(SpecInvalid) as refused:
        keys.keying(in_spec(block))
    assert refused.value.facts["field"] == f"sourceSpec.attributes.x-headrace.{member}"


# -- versions --------------------------------------------------------------------------------------------------------

# Tokens in the order of their versions; those of one line are the same version.
ORDERED = [
    ["-1e4000"], ["-10", "-1e1", '"-10"'], ["-1.23"], ["-1.2"], ["-1e-4000"], ["0", "-0.0", "0e9"], ["1e-4000"],
    ["1.2"],
    ["1.23"], ["9", '"9"'], ["10", "1E+1"], ["1712345678901"], ["9007199254740993"], ["9007199254740994"], ["1e4000"],
    ['"0001-01-01"'], ['"2024-02-29"', '"2024-02-29T00:00Z"'], ['"2024-03-01T00:59:59+01:00"'],
    ['"2024-03-01T00:00:00"', '"2024-03-01 00:00:00.000Z"', '"2024-03-01T01:00:00+0100"', '"2024-03-01T01:00:00+01"'],
    ['"2024-03-01T00:00:00.123456788Z"'], ['"2024-03-01T00:00:00.123456789Z"'], ['"2024-03-01T00:00:00.5Z"'],
]  # fmt: skip
NO_VERSIONS = [
    "null",
    "true",
    '"v1"',
    '""',
    "{}",
    '"2024-02-30"',
    '"03/01/2024"',
    '"2024-03-01T24:61"',
    "1e5000",
    "[1]",
]


def versions(tokens):
    keying = Keying((Field(("id",)),), Field(("v",)))
    return identities(keying, range(len(tokens)), [f'{{"id":1,"v":{token}}}'.encode() for token in tokens])


def test_versions_sort_as_their_values():
    texts = [set(versions(same).version.to_pylist()) for same in ORDERED]
    assert [len(each) for each in texts] == [1] * len(ORDERED)
    in_order = [text for each in texts for text in each]
    assert in_order == sorted(in_order) and len(set(in_order)) == len(in_order)


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=None), min_size=2, max_size=20))
def test_any_numbers_sort_as_their_values(numbers):
    small = [number for number in numbers if abs(number.adjusted()) < 4000]
    by_text = dict(zip(versions([format(each, "e") for each in small]).version.to_pylist(), small, strict=True))
    assert [by_text[text] for text in sorted(by_text)] == sorted(set(small))


def test_a_version_has_a_greatest_length():
    found = versions(["1" * 4097, f'"{"1" * 4097}"', f'"2024-03-01T00:00:00.{"1" * 4077}"', "1" * 4096])
    assert [error["message"] for error in found.errors.to_pylist()] == [
        "The row has no version: v has more than 4,096 characters."
    ] * 3
    assert found.version[3].as_py()


@pytest.mark.parametrize("token", NO_VERSIONS)
def test_a_row_without_its_version_has_an_error(token):
    found = versions([token, "1"])
    (error,) = found.errors.to_pylist()
    assert error["_row"] == 0 and "The row has no version: v is" in error["message"]
    assert [key is None for key in found.key.to_pylist()] == [True, False]


# -- deletions -------------------------------------------------------------------------------------------------------

DELETIONS = [  # what deletes, the token (None: absent), whether it does
    (Deletion(("d",), ("true",)), "true", True), (Deletion(("d",), ("true",)), '"true"', False),
    (Deletion(("d",), ("true",)), None, False), (Deletion(("d",), ("true",)), "null", False),
    (Deletion(("d",), ("1",)), "1.0", True), (Deletion(("d",), ('"gone"', '"dead"')), '"\\u0067one"', True),
    (Deletion(("d",), ('"gone"',)), "{}", False),
    (Deletion(("d",)), '"2024-01-01"', True), (Deletion(("d",)), "null", False),
    (Deletion(("d",)), None, False), (Deletion(("d",)), "false", True),
]  # fmt: skip


@pytest.mark.parametrize(("deletion", "token", "deletes"), DELETIONS)
def test_a_deletion_is_what_was_declared(deletion, token, deletes):
    record = '{"id":1}' if token is None else f'{{"id":1,"d":{token}}}'
    found = identities(Keying((Field(("id",)),), None, deletion), [0], [record.encode()])
    assert found.deleted.to_pylist() == [deletes]


def test_a_value_that_is_not_foreseen_has_an_error():
    keying = Keying((Field(("id",)),), None, Deletion(("t",), ('"d"', '"D"'), ('"u"', '"U"')))
    records = [f'{{"id":1,"t":{token}}}'.encode() for token in ('"d"', '"U"', "null", '"x"')]
    found = identities(keying, range(4), records)
    assert found.deleted.to_pylist() == [True, False, False, False]
    assert [(error["_row"], error["message"]) for error in found.errors.to_pylist()] == [
        (3, 't is "x", not one of "d", "D", "u", "U".')
    ]


@pytest.mark.parametrize("token", ["1." + "0" * 4095, f'"{"x" * 4097}"'])
def test_a_value_that_is_too_long_to_be_compared_has_an_error(token):
    found = identities(Keying((Field(("id",)),), Field(("id",)), Deletion(("d",), ("1",))), [0, 1, 2], [
        b'{"id":1,"d":%s}' % token.encode(), b'{"id":1,"d":1.0}', b'{"id":%s,"d":2}' % (b"1" * 4097),
    ])  # fmt: skip
    assert found.deleted.to_pylist() == [False, True, False]
    assert [key is None for key in found.key.to_pylist()] == [True, False, True]
    messages = [error["message"] for error in found.errors.to_pylist()]
    assert messages[0] == "d has more than 4,096 characters." and "row has no key" in messages[1]


# -- one meaning -----------------------------------------------------------------------------------------------------

TOKENS = [
    '"a"', '"\\u0061"', "1", "1.0", "-0", "1e400", '"1"', "true", "null", "{}", '{"id": 2}', "[3]",
    '"ü"', '"\\ud83d\\ude00"',
    '"\\ud800"', "12345678901234567890123", '"2024-01-01T00:00:00+02:00"', '""',
]  # fmt: skip
SHAPES = ['{{"id":{0},"v":{1}}}', '{{"v":{1},"id":{0}}}', '{{"id":{0}}}', '{{"id":1,"id":{0},"v":{1}}}',
          '"{{}}"', "[{0}]",
          "null", "{1}"]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_a_row_is_the_same_among_any_neighbours(seed):
    """Columns and single records: what is read of a record depends on it alone."""
    dice = random.Random(seed)
    keying = Keying(
        (Field(("row", "id")), *([Field(("by",))] if seed % 3 == 0 else [])),
        Field(("row", "v")) if seed % 2 else None,
        Deletion(("row", "v"), ("1", '"a"')) if seed % 5 == 0 else None,
    )
    records: list[bytes] = []
    for _ in range(dice.choice([1, 40, 1200])):
        row = dice.choice(SHAPES).format(dice.choice(TOKENS), dice.choice(TOKENS))
        odd = '"\\ud800"' if dice.random() < 0.01 else "1"  # what the quick reader does not take
        records.append(f'{{"by":{dice.choice(TOKENS)},"odd":{odd},"row":{row}}}'.encode())
    assert all(isinstance(json.loads(record), dict) for record in records)
    together = identities(keying, range(len(records)), records)
    errors = {error.pop("_row"): error for error in together.errors.to_pylist()}
    for n, record in enumerate(records):
        alone = identities(keying, [0], [record])
        assert alone.key[0] == together.key[n] and alone.deleted[0] == together.deleted[n], record
        assert alone.key[0].as_py() is None or alone.version[0] == together.version[n], record
        assert (
            [{**error, "_row": 0} for error in [errors[n]] if n in errors] == alone.errors.to_pylist()
            if n in errors
            else (not alone.errors.num_rows)
        )


@given(st.integers(-(10**30), 10**30), st.integers(-60, 60))
def test_numbers_are_the_same_key_exactly_when_they_are_equal(digits, exponent):
    number = Decimal(f"{digits}e{exponent}")
    plain, spelled = key_of(f'{{"row":{{"id":{number:f}}}}}')[0], key_of(f'{{"row":{{"id":{digits}e{exponent}}}}}')[0]
    assert plain == spelled
    assert Decimal(plain[1:-1]) == number
