"""Rows can be replaced by day only where the spec cuts windows into days and names a row's day."""

import pytest

from headrace import sources

DAY = {"date": "element.day"}


@pytest.mark.parametrize(
    ("block", "able"),
    [({}, False), ({"sliceDays": 7}, False), ({"day": DAY}, False), ({"day": DAY, "sliceDays": 7}, True)],
)
def test_replacing_needs_days_and_slices(block: dict[str, object], able: bool) -> None:
    assert sources.can_replace({"sourceSpec": {"attributes": {"x-headrace": block}}}) is able
