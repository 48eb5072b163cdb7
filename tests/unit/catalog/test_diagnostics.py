"""Lines over chunk borders, and arrays of lines."""

import json

import pytest

from headrace.catalog.diagnostics import as_array, lines

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
