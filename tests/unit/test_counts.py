"""Counts are added field by field, and read back from what earlier releases wrote."""

import msgspec
import pytest

from headrace.counts import ZERO, Counts, Warned, total
from headrace.errors import Broken


def test_counts_add_up() -> None:
    parts = [
        Counts(3, 1, 1, {"activeOnly": 1}, {"c": 1}, {"clicks": 2}, (Warned("c", "m"),), 10),
        Counts(1, 1, 0, {}, {"c": 2}, {}, (Warned("d", "n"),), 5),
    ]
    summed = total(parts)
    assert summed == Counts(
        4, 2, 1, {"activeOnly": 1}, {"c": 3}, {"clicks": 2}, (Warned("c", "m"), Warned("d", "n")), 15
    )
    summed.require_balance("Run")
    assert total([]) == ZERO and total([summed, ZERO]) == summed


@pytest.mark.parametrize("field", Counts.__struct_fields__)
def test_no_field_is_forgotten(field: str) -> None:
    value = {int: 2, dict: {"x": 2}, tuple: (Warned("c", "m"),), frozenset: frozenset("x")}[type(getattr(ZERO, field))]
    counts = msgspec.structs.replace(ZERO, **{field: value})
    assert getattr(total([ZERO, counts]), field) == value != getattr(ZERO, field)


def test_what_does_not_balance_is_told() -> None:
    with pytest.raises(Broken, match="Run 7 does not balance: 3 rows read, 1 written, 0 rejected, 1 dropped"):
        Counts(3, 1, 0, {"activeOnly": 1}).require_balance("Run 7")


def test_counts_of_an_earlier_release_are_read() -> None:
    told = (
        b'{"inputBytes":7,"landedBytes":5,"read":3,"written":1,"rejected":1,"dropped":{"activeOnly":1},"codes":{"c":1},'
        b'"warnings":{},"warned":[{"code":"c","message":"m","_filename":"p","_row":4}],"outputBytes":9}'
    )
    warned = Warned("c", "m", filename="p", row=4)
    expected = Counts(3, 1, 1, {"activeOnly": 1}, {"c": 1}, warned=(warned,), output_bytes=9)
    assert msgspec.json.decode(told, type=Counts) == expected
