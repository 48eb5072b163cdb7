"""Tables in these tests are small; their expressions run over columns all the same, and no form may fail there."""

from collections.abc import Iterator

import pytest

from headrace.mapping import columns


@pytest.fixture(autouse=True, scope="module")
def columns_whatever_the_number_of_rows() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "FEW_ROWS", 0)
        patch.setattr(columns.log, "warning", _fail)
        yield


def _fail(*told: object) -> None:
    raise AssertionError(told)
