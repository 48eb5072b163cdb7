"""How many rows a change would delete, counted before anything is committed."""

import pytest

from contracts.lake.factory import AT, REF, SCHEMA, aug, load
from headrace.errors import WindowSuperseded
from headrace.lake import Change, Lake
from headrace.lake.changes import Append, Delete, ReplaceWindow, Replay

COUNTED: list[tuple[Delete, str, int]] = [
    (ReplaceWindow(aug(1), aug(31)), "flow/a", 5),
    (ReplaceWindow(aug(1), aug(2)), "flow/a", 3),
    (ReplaceWindow(aug(3), aug(3)), "flow/a", 1),
    (ReplaceWindow(aug(9), aug(31)), "flow/a", 0),
    (ReplaceWindow(aug(1), aug(31)), "flow/b", 1),
    (ReplaceWindow(aug(1), aug(31)), "flow/c", 0),
    (Replay("B2"), "flow/a", 3),
    (Append(), "flow/a", 0),
]


@pytest.fixture
def filled(lake: Lake) -> Lake:
    """Days 1 to 4 in two batches of one scope, one day of another, a row without a day."""
    load(lake, "B1", {aug(1): 1, aug(2): 2})
    load(lake, "B2", {aug(2): 3, aug(3): 4, aug(4): 5})
    load(lake, "B3", {aug(1): 6}, scope="flow/b")
    load(lake, "B4", {None: 7})
    return lake


@pytest.mark.parametrize(("delete", "scope", "rows"), COUNTED)
def test_rows_are_counted_and_stay(filled: Lake, delete: Delete, scope: str, rows: int) -> None:
    before = filled.figures(REF)
    assert filled.rows_deleted_by(REF, Change("B5", scope, delete, (), AT)) == rows
    assert filled.figures(REF) == before
    if not isinstance(delete, Append):
        outcome = filled.commit(REF, SCHEMA, [Change("B5", scope, delete, (), AT)])["B5"]
        assert outcome.rows_deleted == rows


def test_rows_that_were_read_later_are_not_counted_away(filled: Lake) -> None:
    with pytest.raises(WindowSuperseded):
        filled.rows_deleted_by(REF, Change("B5", "flow/a", ReplaceWindow(aug(1), aug(31)), (), AT - 1))
