"""The switches of a mapping set."""

import pytest

from headrace.dataprep.options import Options, options
from headrace.errors import MappingSetInvalid


def test_switches():
    assert options({}) == options({"strictMapping": None}) == Options(strict=False, nulls=False)
    assert options({"strictMapping": True, "allowNullValues": True}) == Options(strict=True, nulls=True)
    with pytest.raises(MappingSetInvalid, match="allowNullValues: must be true or false"):
        options({"allowNullValues": "yes"})
