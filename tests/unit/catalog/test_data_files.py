"""What a Range header asks for."""

import pytest

from headrace.catalog.data_files import Extent, extent
from headrace.errors import RangeUnsatisfiable

WANTED = [
    (None, Extent(0, 10, False)),
    ("", Extent(0, 10, False)),
    ("bytes=0-0", Extent(0, 1, True)),
    ("bytes=2-4", Extent(2, 3, True)),
    ("bytes = 2-4", Extent(2, 3, True)),
    ("bytes=8-99", Extent(8, 2, True)),
    ("bytes=8-", Extent(8, 2, True)),
    ("bytes=-3", Extent(7, 3, True)),
    ("bytes=-99", Extent(0, 10, True)),
    ("bytes=-", Extent(0, 10, False)),
    ("bytes=1-2,4-5", Extent(0, 10, False)),
    ("lines=1-2", Extent(0, 10, False)),
]


@pytest.mark.parametrize(("header", "expected"), WANTED)
def test_extents(header: str | None, expected: Extent) -> None:
    assert extent(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=4-2", "bytes=-0"])
def test_a_range_without_bytes_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(RangeUnsatisfiable, match="10 bytes"):
        extent(header, 10)
