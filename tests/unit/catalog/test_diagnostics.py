"""Lines over chunk borders, arrays of lines, and files that are not what was recorded."""

import json
from dataclasses import replace

import pytest

from headrace.catalog.diagnostics import as_array, checked, lines
from headrace.errors import FileDamaged
from headrace.lake import Lake

CHUNKS = [
    ([b'{"a":1}\n{"b', b'":2}\n'], [{"a": 1}, {"b": 2}]),
    ([b'{"a":1}'], [{"a": 1}]),
    ([b'{"a":1}\n', b"\n", b'{"b":2}'], [{"a": 1}, {"b": 2}]),
    ([], []),
]


@pytest.mark.parametrize(("chunks", "records"), CHUNKS)
def test_lines_and_arrays(chunks: list[bytes], records: list[dict[str, int]]) -> None:
    assert [json.loads(line) for line in lines(iter(chunks))] == records
    assert json.loads(b"".join(as_array(iter(chunks)))) == records


def test_the_end_of_a_damaged_file_is_withheld(lake: Lake) -> None:
    ref = lake.put("batches/b/row_errors/a", [b"x" * (1 << 20), b"y"])
    assert b"".join(checked(lake, ref)) == b"x" * (1 << 20) + b"y"
    given = b""
    with pytest.raises(FileDamaged):
        for chunk in checked(lake, replace(ref, sha256="0" * 64)):
            given += chunk
    assert given == b"x" * (1 << 20)
