"""What stands beside the array of a page, as columns: the same value for each of its records."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import pyarrow as pa

from headrace.json_columns import concatenated, repeated, typed_or_written
from headrace.sources.gathering import Gathered
from headrace.sources.shapes import Names


class Beside:
    """The values at these record paths, for the rows of a slice."""

    def __init__(self, rows: Gathered, paths: Sequence[Names]) -> None:
        self._rows, self._paths = rows, paths

    @property
    def odd(self) -> set[int]:
        """The rows of pages in which a path leads into what is no object: such records are read one by one."""
        stretches = zip(self._rows.stretches, self._rows.pages, strict=True)
        odd = [each for each, records in stretches if any(records.strays(path) for path in self._paths)]
        return {row for each in odd for row in range(each.first_row, each.first_row + each.rows)}

    def columns(self, rows: Sequence[int]) -> Mapping[Names, pa.Array]:
        """A column for each path: its value in the page of each of the ``rows``."""
        whole = self._whole
        every = len(rows) == self._rows.count
        return {path: column if every else column.take(pa.array(rows, pa.int64())) for path, column in whole.items()}

    @cached_property
    def _whole(self) -> dict[Names, pa.Array]:
        return {path: self._column(path) for path in self._paths}

    def _column(self, path: Names) -> pa.Array:
        texts = [records.beside(path) for records in self._rows.pages]
        pieces = [repeated(text, each.rows) for text, each in zip(texts, self._rows.stretches, strict=True)]
        return typed_or_written(concatenated(pieces))
