"""What an answer is packed in: many members are as quick as one, and no more comes out than may."""

import gzip

import pytest

from headrace.errors import SourceTooLarge
from headrace.sources.packing import unpacked


def test_very_many_members_are_taken_one_after_the_other():
    body = (gzip.compress(b"") * 999 + gzip.compress(b"[1]")) * 200
    assert unpacked(body, {}, 1 << 20, "x") == b"[1]" * 200


@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("announced", [{}, {"content-encoding": "gzip"}])
def test_no_more_comes_out_than_may(members, announced):
    body = gzip.compress(bytes(1000)) * members
    assert len(unpacked(body, announced, 1000 * members, "x")) == 1000 * members
    with pytest.raises(SourceTooLarge):
        unpacked(body, announced, 1000 * members - 1, "x")
