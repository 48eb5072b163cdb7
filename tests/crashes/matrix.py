"""The cross product of kinds of work, places to die and databases, and the rule by which ``make test`` runs a part."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import pytest

DATABASES = ("sqlite", "postgresql")
EVERY = 3  # odd, so that the databases take turns


def crossed(
    axes: Mapping[str, Sequence[Any]] = {}, exists: Callable[..., bool] = lambda *_: True, every: int = EVERY
) -> pytest.MarkDecorator:
    """Parametrizes a test by every combination of the axes that exists, each in a ``world`` on each database.

    The rule: ``make test`` runs the first of a test's cells and every third from there (every ``every``-th of a large
    test). The others are marked ``matrix``; ``make test-matrix`` runs all.
    """
    combinations = [values for values in product(*axes.values()) if exists(*values)]
    return pytest.mark.parametrize([*axes, "world"], list(_cells(combinations, every)), indirect=["world"])


def _cells(combinations: Sequence[tuple[Any, ...]], every: int) -> Iterator[Any]:
    cells = [(*values, database) for values in combinations for database in DATABASES]
    for n, cell in enumerate(cells):
        marks = (pytest.mark.matrix,) if n % every else ()
        yield pytest.param(*cell, marks=marks, id="-".join(map(str, cell)))
