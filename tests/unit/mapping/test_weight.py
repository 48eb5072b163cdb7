"""What expressions make of nothing has a bounded size, a batch at a time; what grows with the data is free."""

import pyarrow as pa
import pytest

from headrace import allowance
from headrace.allowance import BATCH_ELEMENTS
from headrace.mapping import compile_mapping, preview
from headrace.mapping.weight import CHARACTERS_PER_ELEMENT, weight

TARGET = pa.schema([("o", pa.string()), ("l", pa.list_(pa.string()))])


@pytest.fixture
def room(monkeypatch):
    """Gives each batch room for so many elements."""

    def give(elements):
        left = allowance.Allowance(elements=elements)
        monkeypatch.setattr(allowance, "Allowance", lambda: left)

    return give


@pytest.mark.parametrize(
    ("value", "elements"),
    [(None, 1), (7, 1), ("", 1), ("a" * 10 * CHARACTERS_PER_ELEMENT, 11), ([], 1), ([1, [2, "b"]], 5), ({"a": {}}, 2)],
)
def test_weight(value, elements):
    assert weight(value, 1000) == elements


@pytest.mark.parametrize("source", ["lpad('x', 100000, 'y')", "concat(lpad(s, 100000, 'y'), 'z')"])
def test_rows_beyond_the_room_of_a_batch_are_rejected_with_the_reason(room, source):
    room(5 * 100_000 // CHARACTERS_PER_ELEMENT)
    compiled = compile_mapping([{"sourceType": "EXPRESSION", "source": source, "destination": "o"}], TARGET, 0)
    mapped = compiled.map_records(range(30), [{"s": str(n)} for n in range(30)])
    assert 1 <= mapped.table.num_rows <= 5 and mapped.table.num_rows + mapped.errors.num_rows == 30
    assert "of this batch make together grows too large" in mapped.errors.to_pylist()[0]["message"]


def test_what_grows_with_the_data_is_free(room):
    room(0)
    items = [
        {"sourceType": "EXPRESSION", "source": "explode(s, '')", "destination": "l"},
        {"sourceType": "EXPRESSION", "source": "concat(s, s, s, upper(s))", "destination": "o"},
    ]
    mapped = compile_mapping(items, TARGET, 0).map_records(range(3), [{"s": "ab" * 5_000}] * 3)
    assert (mapped.table.num_rows, len(mapped.table["l"][0])) == (3, 10_001)


def test_a_preview_is_one_batch(room):
    room(10 * 1_000_000 // CHARACTERS_PER_ELEMENT)
    items = [{"sourceType": "EXPRESSION", "source": "lpad(s, 1000000, 'y')", "destination": "o"}]
    answers = preview(items, TARGET, [{"s": str(n)} for n in range(20)], 0)
    assert [bool(one["data"]) for one in answers].count(True) <= 10


@pytest.mark.parametrize("source", ["lpad('x', 100000, 'y')", "lpad(s, 100000, 'yz')"])
def test_a_value_that_all_rows_have_is_counted_for_each(source):
    compiled = compile_mapping([{"sourceType": "EXPRESSION", "source": source, "destination": "o"}], TARGET, 0)
    rows = 2 * BATCH_ELEMENTS * CHARACTERS_PER_ELEMENT // 100_000
    mapped = compiled.map_table(pa.table({"_row": range(rows), "s": ["a"] * rows}))
    assert mapped.table.num_rows + mapped.errors.num_rows == rows
    assert rows / 3 < mapped.errors.num_rows < rows * 2 / 3
