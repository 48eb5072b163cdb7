"""Records gathered for a slice: of one page, or of several small ones that follow each other."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from headrace.sources.content import Records, Unreadable
from headrace.sources.reading import Stretch

MOST_ROWS = 15_000
MOST_BYTES = 16 * 1024 * 1024

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")

Named = tuple[str, Records]


@dataclass(slots=True)
class Gathered:
    """The rows of a slice, each an element of one of its pages."""

    stretches: tuple[Stretch, ...] = ()
    pages: list[Records] = field(default_factory=list)
    count: int = 0
    size: float = 0.0

    def sorted(self) -> tuple[dict[int, bytes], list[int], dict[int, Unreadable]]:
        """By row: the texts of objects; the rows of objects that only the complete reader takes; what is no record."""
        texts: dict[int, bytes] = {}
        loose: list[int] = []
        rejected: dict[int, Unreadable] = {}
        for stretch, records in zip(self.stretches, self.pages, strict=True):
            some = records.texts(stretch.first, stretch.rows)
            if records.are_objects(some):
                texts.update(zip(range(stretch.first_row, stretch.first_row + stretch.rows), some, strict=True))
                continue
            for n in range(stretch.rows):
                row, element = stretch.first_row + n, records.element(stretch.first + n)
                if isinstance(element, Unreadable):
                    rejected[row] = element
                elif _HALF.search(element):
                    loose.append(row)  # only the complete reader takes half a surrogate pair
                else:
                    texts[row] = element
        return texts, loose, rejected

    def record(self, row: int) -> bytes:
        """The record as JSON in wrapper form; numbers are copied, not read."""
        records, n = self._place(row)
        return records.record(n)

    def sent(self, row: int, beside: bool) -> bytes:
        """The same before the spec's ``rename``, with or without what stands beside the array."""
        records, n = self._place(row)
        return records.sent(n, beside)

    def beside_size(self, row: int) -> int:
        """Bytes of what stands beside the array of the record's page and goes into it."""
        return self._place(row)[0].beside_size

    def mentions(self, name: str) -> bool:
        """Whether some record may have a field of this name somewhere."""
        return any(page.mentions(name) for page in self.pages)

    def value(self, row: int) -> Any:
        """The record, read."""
        records, n = self._place(row)
        return records.value(n)

    def _place(self, row: int) -> tuple[Records, int]:
        at = bisect_right(self.stretches, row, key=lambda each: each.first_row) - 1
        return self.pages[at], self.stretches[at].first + row - self.stretches[at].first_row

    def add(self, page: str, records: Records, first: int, rows: int, size: float) -> None:
        """Takes so many records of a page from ``first`` on, ``size`` bytes of it."""
        self.stretches = (*self.stretches, Stretch(page, first, self.count, rows))
        self.pages.append(records)
        self.count += rows
        self.size += size


def gathered(pages: Iterable[Named]) -> Iterator[Gathered]:
    """The records of pages, given with their names, by slices."""
    rows = Gathered()
    for name, records in pages:
        count, first = len(records.elements), 0
        while first < count:
            room = min(MOST_ROWS - rows.count, records.within(first, MOST_BYTES - rows.size))
            if rows.count and room <= 0:
                yield rows
                rows = Gathered()
                continue
            taken = min(max(room, 1), count - first)
            rows.add(name, records, first, taken, records.size(first, taken))
            first += taken
    if rows.count:
        yield rows
