"""The rows of every dataset counted against what they must be: right, lost, doubled or foreign."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from bench.kills.work import ACCOUNT
from headrace.lake import Lake, TableRef

PIVOT = f"urn:li:sponsoredAccount:{ACCOUNT}"


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows are right and how many are not.

    doubled  rows beyond the first of their key
    foreign  rows with a key that should not be there, such as those of a replaced upload
    """

    expected: int = 0
    right: int = 0
    lost: int = 0
    doubled: int = 0
    foreign: int = 0

    def __add__(self, other: "Rows") -> "Rows":
        return Rows(*(mine + others for mine, others in zip(astuple(self), astuple(other), strict=True)))

    @property
    def whole(self) -> bool:
        """Whether every row is there once, and no other."""
        return not (self.lost or self.doubled or self.foreign)


def count(lake: Lake, org: str, expected: Mapping[str, Iterable[object]]) -> dict[str, Rows]:
    """By dataset, its rows as the lake has them; ``expected`` are their keys."""
    return {
        dataset: compare(set(keys), present(lake.scan(TableRef(org, "prod", dataset))))
        for dataset, keys in expected.items()
    }


def compare(expected: set[object], present: Counter[object]) -> Rows:
    """What is right of rows with these keys, where one of each is expected."""
    rows = {key: number for key, number in present.items() if key in expected}
    foreign = present.total() - sum(rows.values())
    return Rows(len(expected), len(rows), len(expected) - len(rows), sum(rows.values()) - len(rows), foreign)


def present(rows: pa.Table) -> Counter[object]:
    """How often each key is there: a flow's rows are told apart by their day, an upload's by their ``pivotValue``."""
    return Counter(_key(row) for row in rows["_extconndev"].to_pylist()) if rows.num_rows else Counter()


def _key(row: Mapping[str, Any]) -> object:
    if row["pivotValue"] != PIVOT:
        return row["pivotValue"]
    start = row["dateRange"]["start"]
    return date(start["year"], start["month"], start["day"])
