"""Two judgements of the same rows compared: what changed, what became good or bad, and where."""

from collections import Counter
from decimal import Decimal

import pyarrow as pa

from headrace.rows import ROW_ERRORS, row_errors
from headrace.runs.judging import Judged
from headrace.runs.replay_trial import MOST_DIFFERENCES, Trial

POINT = pa.struct([("x", pa.int64()), ("tags", pa.list_(pa.string()))])


def judged(values: dict[int, object], kind: pa.DataType = pa.int64(), bad: tuple[int, ...] = ()) -> Judged:
    rows = pa.array(list(values), pa.int64())
    errors = row_errors(
        {"_row": row, "family": "conversion", "code": "C", "message": "no", "column": "v", "value": '"n/a"'}
        for row in bad
    )
    return Judged(pa.table({"_row": rows, "v": pa.array(list(values.values()), kind)}), errors, Counter())


def compared(before: Judged, after: Judged) -> Trial:
    trial = Trial()
    trial.compare(lambda row: ("p", row), before, after)
    return trial


def seen(trial: Trial) -> list[tuple[object, ...]]:
    return [(one["kind"], one["row"], one["destination"], one["before"], one["after"]) for one in trial.differences]


def test_values_that_differ_are_found_with_their_rows() -> None:
    trial = compared(judged({1: 5, 2: None, 3: 7, 4: None}), judged({1: 5, 2: 6, 3: 8, 4: None}))
    assert seen(trial) == [("changed", 2, "v", None, 6), ("changed", 3, "v", 7, 8)]
    assert trial.outcomes == {"changed": 2, "becameGood": 0, "becameBad": 0}


def test_decimals_are_shown_with_their_digits() -> None:
    kind = pa.decimal128(38, 18)
    before, after = judged({1: Decimal("12345678901234567.25")}, kind), judged({1: Decimal("1.1")}, kind)
    (difference,) = compared(before, after).differences
    assert [str(difference[side]) for side in ("before", "after")] == ["12345678901234567.25", "1.1"]


def test_rows_that_turn_are_shown_at_the_destination_of_the_reason() -> None:
    trial = compared(judged({1: 5}, bad=(2,)), judged({2: 6}, bad=(1,)))
    assert seen(trial) == [("becameGood", 2, "v", "n/a", 6), ("becameBad", 1, "v", 5, "n/a")]
    assert [one["message"] for one in trial.differences] == ["no", "no"]


def test_objects_are_compared_leaf_by_leaf_and_lists_whole() -> None:
    old = {1: {"x": 1, "tags": ["a"]}, 2: {"x": 2, "tags": []}, 3: None}
    new = {1: {"x": 1, "tags": ["b"]}, 2: {"x": 3, "tags": []}, 3: {"x": 4, "tags": None}}
    found = seen(compared(judged(old, POINT), judged(new, POINT)))
    assert found == [
        ("changed", 1, "v.tags", ["a"], ["b"]),
        ("changed", 2, "v.x", 2, 3),
        ("changed", 3, "v.x", None, 4),
    ]


def test_a_field_that_only_one_side_has_is_null_on_the_other() -> None:
    more = judged({1: 5})
    wider = Judged(more.accepted.append_column("w", pa.array(["new"])), ROW_ERRORS.empty_table(), Counter())
    assert seen(compared(more, wider)) == [("changed", 1, "w", None, "new")]
    assert seen(compared(wider, more)) == [("changed", 1, "w", "new", None)]
    assert seen(compared(more, judged({1: 5}, pa.int32()))) == []


def test_the_sample_ends_and_the_counts_go_on() -> None:
    many = range(MOST_DIFFERENCES + 5)
    trial = compared(judged(dict.fromkeys(many, 1)), judged(dict.fromkeys(many, 2)))
    trial.compare("q", judged({}, bad=(1,)), judged({1: 1}))
    assert (len(trial.differences), trial.outcomes["changed"], trial.outcomes["becameGood"]) == (20, 25, 1)
