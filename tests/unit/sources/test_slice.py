"""Slices: where each row stands in the pages that it came from, and how some of the rows are chosen by their places."""

import pyarrow as pa
import pytest

from headrace.rows import ROW_ERRORS
from headrace.sources.reading import Slice, Stretch
from sliced import typed_rows

# The last two records of a page, a whole page, and the beginning of another one.
STRETCHES = (Stretch("a", 8, 0, 2), Stretch("b", 0, 2, 1), Stretch("c", 0, 3, 3))
PLACES = [("a", 8), ("a", 9), ("b", 0), ("c", 0), ("c", 1), ("c", 2)]


def joined() -> Slice:
    rows = pa.array(range(6), pa.int64())
    typed = pa.table({"_row": rows, "v": rows})
    loose = pa.table({"_row": pa.array([], pa.int64()), "record": pa.array([], pa.string())})
    days = pa.nulls(6, pa.date32())
    return Slice(
        STRETCHES,
        6,
        (typed.slice(0, 2), typed.slice(2)),
        loose,
        ROW_ERRORS.empty_table(),
        days,
        {"rule": 1},
        lambda row: b"%d" % row,
        lambda name: True,
        lambda row, beside: b"-%d" % row if beside else b"%d alone" % row,
        lambda row: row,
    )


def test_each_row_has_a_place_in_its_page() -> None:
    slice = joined()
    assert [slice.place(row) for row in range(6)] == PLACES and slice.original(5) == b"5"
    assert (slice.sent(5), slice.sent(5, beside=False), slice.beside_size(5)) == (b"-5", b"5 alone", 5)
    for row in (-1, 6):
        with pytest.raises(IndexError, match=r"not in this slice \(0 to 5\)"):
            slice.place(row)


CHOICES = [
    ({"a": [9], "c": [0, 2]}, [1, 3, 5]),
    ({"b": [0]}, [2]),
    ({"a": [0, 7, 10], "c": [3], "d": [0]}, []),  # of these pages, and not in this slice
]


@pytest.mark.parametrize(("places", "rows"), CHOICES)
def test_rows_are_chosen_by_their_places(places: dict[str, list[int]], rows: list[int]) -> None:
    kept = joined().only({page: pa.array(indices, pa.int64()) for page, indices in places.items()})
    assert (typed_rows(kept), kept.read, dict(kept.dropped)) == (rows, len(rows), {})
    assert [kept.place(row) for row in rows] == [PLACES[row] for row in rows]
