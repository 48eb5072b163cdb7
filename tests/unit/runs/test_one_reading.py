"""What becomes of a record depends on it, the spec and the mapping alone; columns give what one record gives."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from headrace.exact_json import read
from headrace.mapping.derivations import NO_DERIVATIONS
from headrace.mapping.steps import stray
from headrace.runs.judging import Judge, Judged
from headrace.sources import days, gathering, sorting
from headrace.sources.content import Records, Unreadable
from headrace.sources.paths import parse_path
from headrace.sources.shapes import value_at
from headrace.sources.spec import extraction
from pages import TYPES, World, world
from source_server import spec

TIMES = int(os.environ.get("HEADRACE_EXAMPLES", "1"))
SEEDS = st.integers(0, 2**32)
SHOWN = ("family", "code", "column", "source", "message", "value", "expected", "actual")


def examples(number: int) -> Any:
    return settings(max_examples=number * TIMES, derandomize=TIMES == 1, phases=(Phase.explicit, Phase.generate))


@dataclass
class Outcome:
    """What became of records, each by its page and place in it: its row and day, or why it was rejected."""

    records: dict[tuple[str, int], Any] = field(default_factory=dict)
    originals: dict[tuple[str, int], bytes] = field(default_factory=dict)
    warnings: Counter[str] = field(default_factory=Counter)
    strayed: Counter[str] = field(default_factory=Counter)
    absent: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))

    def take(self, judged: Judged, place: Any, day: Any) -> None:
        self.warnings.update(judged.warnings)
        self.strayed.update(judged.strayed)
        self.absent[0].update(judged.mapped)
        self.absent[1].update(judged.present)
        rejected: dict[int, list[Any]] = {}
        for error in judged.errors.to_pylist():
            rejected.setdefault(error["_row"], []).append(tuple(error[name] for name in SHOWN))
        for row, reasons in rejected.items():
            self.records[place(row)] = ("rejected", reasons)
        for values in judged.accepted.to_pylist():
            row = values.pop("_row")
            # By their spelling: 1 is not 1.0, and -0.0 not 0.0.
            spelled = {name: repr(value) for name, value in values.items()}
            self.records.setdefault(place(row), ("row", spelled, day(row)))


def meant(world: World) -> Outcome:
    """The meaning: a plain loop over the elements, each read, placed in its day and mapped by itself."""
    outcome = Outcome()
    view = extraction(world.document, {})
    judge = Judge.of(world.target, NO_DERIVATIONS)
    for name, body in world.bodies:
        records = Records(view, body)
        for n in range(len(records.elements)):
            place, element = (name, n), records.element(n)
            outcome.originals[place] = records.record(n)
            if isinstance(element, Unreadable):
                why = f"The element cannot be read as a record: {element.why}."
                wrapper = view.content.wrapper or "$"
                reason = ("parsing", "INGEST-1401-400", None, wrapper, why, element.text, "object", element.actual)
                outcome.records[place] = ("rejected", [reason])
                continue
            record = records.value(n)
            values = [value_at(record, path) for path in days.paths_of(view.extension.day)]
            day = days.day_of(view.extension.day, values) if values else None
            mapped = judge.compiled.map_records([0], [record])
            outcome.take(judge.checked([mapped]), lambda _row, at=place: at, lambda _row, of=day: of)
            above = (view.content.wrapper,) if view.content.wrapper else ()
            for new, path in view.extension.rename.items():
                lost = stray(read(records.sent(n)), (*above, *parse_path(path)))
                read_of = [s for s in judge.compiled.sources if lost and (*above, new) == s.path[: len(above) + 1]]
                outcome.strayed.update(s.text for s in read_of if stray(record, s.path) is None)
    return outcome


def by_columns(world: World) -> Outcome:
    """What a run makes of the pages."""
    outcome = Outcome()
    judge = Judge.of(world.target, NO_DERIVATIONS)
    for slice in world.decoder(judge.compiled.wanted).slices(world.bodies):
        outcome.take(judge.judged(slice), slice.place, lambda row, of=slice.days.to_pylist(): of[row])
        for row in range(len(slice.days)):
            outcome.originals[slice.place(row)] = slice.original(row)
    return outcome


def assert_same(one: Outcome, other: Outcome, about: Any) -> None:
    assert one.records.keys() == other.records.keys(), about
    for place, became in one.records.items():
        assert became == other.records[place], (about, place, one.originals[place])
    assert (one.warnings, one.strayed) == (other.warnings, other.strayed), about
    assert one.absent == other.absent, about
    assert one.originals == other.originals, about


@pytest.mark.slow
@examples(120)
@given(seed=SEEDS)
def test_columns_give_what_one_record_gives(seed: int) -> None:
    random = world(seed)
    assert_same(by_columns(random), meant(random), (seed, random.document["sourceSpec"], random.items))


@pytest.mark.slow
@examples(1)
@given(seed=SEEDS)
def test_columns_give_what_one_record_gives_on_large_pages(seed: int) -> None:
    random = world(seed, most=3000 if TIMES > 1 else 500)
    assert_same(by_columns(random), meant(random), (seed, random.document["sourceSpec"], random.items))


# By name: what the spec has besides, elements, (source, type) of each field, and each record's values; None: rejected.
ODD: dict[str, tuple[dict[str, Any], list[str], list[tuple[str, str]], list[list[Any] | None]]] = {
    "an inner field of an outer one's name": (
        {}, ['{"k":"a","amount":"1","cost":{"amount":"900"}}', '{"k":"b","amount":"2","cost":null}'],
        [("cost.amount", "long")], [[900], [None]],
    ),
    "both of them": (
        {}, ['{"amount":"1","cost":{"amount":"900"}}', '{"amount":"2","cost":null}'],
        [("amount", "long"), ("cost.amount", "long")], [[1, 900], [2, None]],
    ),
    "a field of the same name one level up": (
        {}, ['{"t":{"k":"a"}}', '{"k":"b"}'], [("t.k", "text")], [["a"], [None]],
    ),
    "renamed or named already": (
        {"x-headrace": {"rename": {"v": "pv[0]"}}}, ['{"pv":["u1"]}', '{"v":"u2"}'], [("v", "text")], [["u1"], ["u2"]],
    ),
    **{f"renamed from {path}": (
        {"x-headrace": {"rename": {"v": path}}},
        ['{"quo\\"te":[{"ta\\tb":"u1","back\\\\slash":"u2"}],"a.b":"u3"}', '{"v":"u"}', "{}"],
        [("v", "text")], [[value], ["u"], [None]],
    ) for path, value in (
        ("""['quo"te'][0]['ta\tb']""", "u1"), ("""['quo"te'][0]['back\\slash']""", "u2"), (r"a\.b", "u3"),
        ("""['quo"te']['ta\tb']""", None))},
    "renamed to each other": (
        {"x-headrace": {"rename": {"v": "w", "w": "v"}}}, ['{"v":"a","w":"b"}', '{"v":"c"}', '{"w":"d"}', "{}"],
        [("v", "text"), ("w", "text")], [["b", "a"], [None, "c"], ["d", None], [None, None]],
    ),
    "renamed from inside another's name": (
        {"x-headrace": {"rename": {"a": "b", "c": "a.x"}}}, ['{"b":"1","a":{"x":"2"}}', '{"a":{"x":"3"}}', '{"b":"4"}'],
        [("a", "text"), ("c", "text")], [["1", "2"], [None, "3"], ["4", None]],
    ),
    "renamed from inside itself": (
        {"x-headrace": {"rename": {"a": "a.x"}}}, ['{"a":{"x":"1"}}', '{"a":"2"}', "{}"],
        [("a", "text")], [["1"], ["2"], [None]],
    ),
    "integers with a point": (
        {}, ['{"n":1234567890123456789.0}', '{"n":9007199254740993.0}', '{"n":9.007199254740993e15}', '{"n":7.5}'],
        [("n", "whole")], [[1234567890123456789], [9007199254740993], [9007199254740993], None],
    ),
    "numbers into text": (
        {}, [f'{{"n":{n}}}' for n in ("7", "1.5", "0.1234567890123456789", "12345678901234567.25", "1.10", "1E+2")],
        [("n", "text")],
        [["7"], ["1.5"], ["0.1234567890123456789"], ["12345678901234567.25"], ["1.10"], ["1E+2"]],
    ),
    "minus zero among integers": (
        {}, ['{"n":1,"m":2}', '{"n":-0,"m":-0}'], [("n", "text"), ("m", "double")], [["1", 2.0], ["-0", -0.0]],
    ),
    "a whole number among fractions": (
        {}, [*['{"n":1.5}'] * 8, '{"n":4}', '{"n":9007199254740993}'],
        [("concat(n, '')", "text")], [*[["1.5"]] * 8, ["4"], ["9007199254740993"]],
    ),
    "beyond every double": (
        {},
        ['{"n":1.5,"l":[1.5]}', '{"n":1.8e308,"l":[]}', f'{{"n":-{"9" * 400}}}', '{"n":2.5,"l":[2.5,10e308]}', "{}"],
        [("n", "double"), ("l", "doubles")], [[1.5, [1.5]], None, None, None, [None, None]],
    ),
    "half a character": (
        {}, ['{"n":1,"t":"\\ud83d"}', '{"n":2,"t":"a"}', '{"n":3,"\\udc00":0}'], [("n", "long"), ("t", "text")],
        [None, [2, "a"], [3, None]],
    ),
    "half a character that is not mapped": ({}, ['{"n":1,"t":"\\ud83d"}', '{"n":2}'], [("n", "long")], [[1], [2]]),
    "no JSON": ({}, ['{"n":1}', '{"n":NaN}', '{"n":Infinity}', '{"t":"x\ny"}', '{"n":2}'], [("n", "long")],
                [[1], None, None, None, [2]]),
    "finer than a microsecond": (
        {}, ['{"t":"2022-08-10T05:06:07.123456789Z"}', '{"t":null}'], [("t", "moment")], [None, [None]],
    ),
    "a name with a quote": ({}, ['{"quo\\"te":1}', '{"quo":2}'], [('quo"te', "long")], [[1], [None]]),
    "a key twice": ({}, ['{"n":1,"n":2}', '{"n":3,"\\u006e":4}'], [("n", "long")], [[2], [4]]),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("way", [meant, by_columns])
@pytest.mark.parametrize("times", [1, 40])
def test_what_odd_sources_send(name: str, way: Any, times: int) -> None:
    attributes, elements, fields, values = ODD[name]
    types = {
        **TYPES,
        "doubles": {"type": "array", "items": {"type": "number"}},
        "whole": {"type": "integer", "meta:xdmType": "long"},
    }
    odd = World(
        spec(contentPath={"path": "$"}, **attributes),
        "",
        [([element.encode() for element in elements] * times, "")],
        tuple(
            {
                "sourceType": "EXPRESSION" if "(" in path else "ATTRIBUTE",
                "source": path,
                "destination": f"f{n}",
            }
            for n, (path, _) in enumerate(fields)
        ),
        {f"f{n}": types[type] for n, (_, type) in enumerate(fields)},
    )
    outcome = way(odd)
    for (_, n), became in outcome.records.items():
        expected = values[n % len(values)]
        if expected is None:
            assert became[0] == "rejected", (n, became)
        else:
            assert became[0] == "row" and [*became[1].values()] == [*map(repr, expected)], (n, became)


# A name in a mapping, and how sources write it.
SPELLED = [
    ("n", '"n"'), ("n", r'"\u006e"'), ("名前", r'"\u540d\u524D"'), ("名前", r'"名\u524d"'), ("é", r'"\u00E9"'),
    ("a/b", r'"a\/b"'), ("a/b", r'"a\u002fb"'), ("a\tb", r'"a\tb"'), ("a\tb", r'"a\u0009b"'),
    ('quo"te', r'"quo\u0022te"'),
    ("😀", '"😀"'), ("😀", r'"\ud83D\uDE00"'), ("a+b", r'"a\u002Bb"'),
]  # fmt: skip


@pytest.mark.parametrize("times", [1, 40])
@pytest.mark.parametrize(("name", "written"), SPELLED)
def test_a_field_that_is_null_is_there_however_its_name_is_written(name: str, written: str, times: int) -> None:
    """Beside it, names of which it is a part, or that are a part of it, and its name as a value."""
    items = tuple({"source": source, "destination": f"f{n}"} for n, source in enumerate((name, f"{name}x", "v")))
    for holder, there in ((f"{{{written}:null", {name, "v"}), (f'{{"x{written[1:]}:null', {"v"})):
        element = f'{holder},"v":[{written},"\\u4e00\\/"]}}'.encode()
        odd = World(
            spec(contentPath={"path": "$"}), "", [([element] * times, "")], items,
            {"f0": TYPES["text"], "f1": TYPES["text"], "f2": TYPES["texts"]},
        )  # fmt: skip
        for way in (meant, by_columns):
            assert way(odd).absent == ({name, f"{name}x", "v"}, there)


def test_a_rename_that_steps_into_something_else_is_told() -> None:
    elements = ['{"pv":"t"}', '{"pv":{"0":"x"}}', '{"pv":5}', '{"pv":["u"]}', '{"pv":[]}', '{"v":"w","pv":5}', "{}"]
    document = spec(contentPath={"path": "$"}, **{"x-headrace": {"rename": {"v": "pv[0]"}}})
    items = ({"source": "v", "destination": "f"},)
    odd = World(document, "", [([element.encode() for element in elements] * 20, "")], items, {"f": TYPES["text"]})
    for way in (meant, by_columns):
        outcome = way(odd)
        assert outcome.strayed == {"v": 80}
        values = [became[1]["f"] for became in outcome.records.values()]
        assert values == ["None", "None", "None", "'u'", "None", "'w'", "None"] * 20
    judge = Judge.of(odd.target, NO_DERIVATIONS)
    [slice] = odd.decoder(judge.compiled.wanted).slices(odd.bodies)
    told = judge.judged(slice).warned["message"].to_pylist()
    assert told[0] == "v gives no value: pv is a text, not an array."
    assert told[3] == "v keeps the value of its own name: pv is a number, not an array."


@pytest.mark.slow
@examples(25)
@given(seed=SEEDS, rows=st.integers(1, 90), size=st.integers(1, 9000), few=st.integers(0, 40))
def test_the_size_of_a_slice_changes_nothing(seed: int, rows: int, size: int, few: int) -> None:
    random = world(seed)
    whole = by_columns(random)
    with (
        patch.object(gathering, "MOST_ROWS", rows),
        patch.object(gathering, "MOST_BYTES", size),
        patch.object(sorting, "FEW", few),
    ):
        assert_same(by_columns(random), whole, (seed, random.document["sourceSpec"], random.items))


# -- whatever is around a record -------------------------------------------------------------------------------------


def texts(outcome: Outcome) -> list[Any]:
    """What became of each record, whichever place it had."""
    return sorted(((repr(became), outcome.originals[place]) for place, became in outcome.records.items()))


@pytest.mark.slow
@pytest.mark.parametrize("way", [meant, by_columns])
@examples(10)
@given(seed=SEEDS)
def test_the_order_of_elements_and_the_cuts_between_pages_change_nothing(way: Any, seed: int) -> None:
    random = world(seed)
    shuffled = Random(seed)
    before = way(random)
    everything = {around: [e for elements, other in random.pages if other == around for e in elements if e]
                  for _, around in random.pages}  # fmt: skip
    pages = []
    for around, elements in everything.items():
        shuffled.shuffle(elements)
        at = shuffled.randrange(len(elements) + 1)
        pages += [(elements[:at], around), (elements[at:], around)]
    original = random.with_pages([([e for e in elements if e], around) for elements, around in random.pages])
    before, after = way(original), way(random.with_pages(pages))
    assert texts(after) == texts(before), (seed, random.items)
    assert after.warnings == before.warnings, (seed, random.items)


@pytest.mark.slow
@pytest.mark.parametrize("way", [meant, by_columns])
@examples(10)
@given(seed=SEEDS)
def test_neighbours_change_nothing(way: Any, seed: int) -> None:
    random = world(seed)
    others = world(seed + 1).pages
    strangers = [element for elements, _ in others for element in elements if element]
    if any(not element for elements, _ in random.pages for element in elements) or "explodeEntityPath" in str(
        random.document
    ):
        return  # an element of its own place is asked for
    before = way(random)
    between = [
        ([*strangers, *(e for element in elements for e in (element, *strangers[:1]))], around)
        for elements, around in random.pages
    ]
    after = way(random.with_pages(between))
    step = 1 + bool(strangers)
    for (page, n), became in before.records.items():
        assert after.records[page, len(strangers) + n * step] == became, (seed, page, n, random.items)


@pytest.mark.slow
@pytest.mark.parametrize("way", [meant, by_columns])
@examples(10)
@given(seed=SEEDS)
def test_what_is_mapped_beside_it_changes_nothing_of_a_value(way: Any, seed: int) -> None:
    random = world(seed)
    together = way(random)
    for name in random.properties:
        alone = replace(
            random,
            properties={name: random.properties[name]},
            items=tuple(item for item in random.items if item["destination"].split("[")[0].split(".")[0] == name),
        )
        for place, became in way(alone).records.items():
            whole = together.records[place]
            if became[0] == "row" == whole[0]:
                assert whole[1][name] == became[1][name], (seed, place, name)
            elif became[0] == "rejected":
                assert whole[0] == "rejected", (seed, place, name)
                # A row that cannot be converted is not looked at by the schema's rules.
                if became[1][0][0] != "validation":
                    assert _reasons(whole, name) == _reasons(became, name), (seed, place, name)


def _reasons(became: Any, name: str) -> list[Any]:
    return [reason for reason in became[1] if reason[2] is None or reason[2].split("[")[0].split(".")[0] == name]


def kinds(outcomes: Iterable[Outcome]) -> Counter[str]:
    return Counter(became[0] for outcome in outcomes for became in outcome.records.values())


def test_the_worlds_hold_good_and_bad_records() -> None:
    seen = kinds(meant(world(seed)) for seed in range(40))
    assert seen["row"] > 100 and seen["rejected"] > 100
