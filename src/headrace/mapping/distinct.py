"""Rows that read the same values, found so that each combination of values is computed once."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

# One column has one type, so its values are different when their JSON is.
_ENCODE = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Combinations:
    """The distinct combinations of values in some columns.

    first   the first row of each, in the order of the rows
    which   for every row, the combination that it has
    """

    first: pa.Array
    which: pa.Array


def combinations(columns: Sequence[pa.Array], most: int) -> Combinations | None:
    """The combinations of ``columns``; None as soon as there are more than ``most``."""
    which = pa.repeat(pa.scalar(0, pa.int64()), len(columns[0]))
    for column in columns:
        one = _coded(column)
        # A combination is counted as one number; both factors are at most the number of rows, so it fits.
        both = pc.add(pc.multiply(which, len(one.dictionary)), one.indices.cast(pa.int64())).dictionary_encode()
        if len(both.dictionary) > most:
            return None
        which = both.indices.cast(pa.int64())
    return Combinations(_first(which), which)


def _coded(column: pa.Array) -> pa.DictionaryArray:
    if pa.types.is_nested(column.type):
        column = pa.array([_ENCODE(value) for value in column.to_pylist()], pa.binary())
    elif pa.types.is_floating(column.type):
        # By their bits: 0.0 and -0.0 are equal, but have not the same text.
        column = column.view(pa.int64() if column.type == pa.float64() else pa.int32())
    elif pa.types.is_null(column.type):
        column = column.cast(pa.bool_())
    return column.dictionary_encode(null_encoding="encode")


def _first(which: pa.Array) -> pa.Array:
    """Where each number occurs for the first time; the numbers are given out in the order of the rows."""
    rows = pa.table({"which": which, "row": pa.array(range(len(which)), pa.int64())})
    found = rows.group_by("which", use_threads=False).aggregate([("row", "min")]).sort_by("which")
    return found["row_min"].combine_chunks()
