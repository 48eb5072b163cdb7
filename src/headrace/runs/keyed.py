"""Rows that are merged by key, on their way to the writer: told apart, those without a key turned away."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.lake.layout import KEYED, row_position
from headrace.lake.pages import page_number
from headrace.sources.keys import Keying, identities
from headrace.sources.reading import Slice


@dataclass(frozen=True, slots=True)
class Keyed:
    """A slice whose rows are told apart.

    slice      without the rows that have no key, which are rejected, and without deletions
    deletions  the ``_row`` of those
    columns    KEYED, by ``_row``; None where rows are not merged
    """

    slice: Slice
    deletions: pa.Array
    columns: pa.Table | None

    def of(self, rows: pa.Array) -> pa.Table | None:
        """The columns of these rows."""
        return None if self.columns is None else self.columns.take(rows)


Identify = Callable[[Slice], Keyed]


def identify(keying: Keying | None, part: int) -> Identify:
    """How the slices of a part are told apart; they are not, without a ``keying``."""
    if keying is None:
        return lambda slice: Keyed(slice, pa.array([], pa.int64()), None)
    return lambda slice: _keyed(slice, keying, part)


def _keyed(slice: Slice, keying: Keying, part: int) -> Keyed:
    rows = [chunk for table in (*slice.typed, slice.loose) for chunk in table["_row"].chunks]
    here = pa.chunked_array(rows, pa.int64()).combine_chunks()
    told = identities(keying, here.to_pylist(), [slice.original(row) for row in here.to_pylist()])
    columns = [told.key, told.version, _positions(slice, part).take(here), told.deleted]
    # Every record of the slice has its place in the columns, though only those that are here have values.
    places = pc.index_in(pa.array(range(len(slice.days)), pa.int64()), here)
    deleting = here.filter(pc.and_(told.deleted, told.key.is_valid()))
    out = pa.chunked_array([told.errors["_row"].combine_chunks(), deleting], pa.int64())
    loose, *typed = (table.filter(pc.invert(pc.is_in(table["_row"], out))) for table in (slice.loose, *slice.typed))
    rejected = pa.concat_tables([slice.rejected, told.errors])
    left = replace(slice, typed=tuple(typed), loose=loose, rejected=rejected)
    return Keyed(left, deleting, pa.Table.from_arrays(columns, schema=KEYED).take(places))


def _positions(slice: Slice, part: int) -> pa.Array:
    stretches = [
        row_position(part, page_number(stretch.page), stretch.first) + np.arange(stretch.rows, dtype=np.int64)
        for stretch in slice.stretches
    ]
    return pa.array(np.concatenate(stretches), pa.int64())
