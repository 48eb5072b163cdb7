"""What is counted of rows: one frozen value for a slice, a part or a whole batch, added field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

import msgspec

from headrace.errors import Broken
from headrace.rows import Reason


class Warned(Reason, frozen=True, omit_defaults=True):
    """A value that became null with a warning, as diagnostics show it: the reason, and the row that went on.

    Its value is cut to 500 characters.
    """

    filename: str = msgspec.field(default="", name="_filename")
    row: int | None = msgspec.field(default=None, name="_row")


class Counts(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The rows of a slice, a part or a batch: read = written + rejected + dropped by a named rule.

    A metric more is one field here; ``total`` adds it up by its type.

    dropped       rows by the rule that left them out
    codes         rejected rows by the code of their first reason
    warnings      values that became null with a warning, by column
    warned        the first few of those values
    output_bytes  of the data files that were written
    replaced      rows of the table that went for merged ones, counted beside the balance
    deleted       rows of the table that went for deletions, counted beside the balance
    emptied       rows of the table that go because the source gave none for their days
    strayed       records in which a mapped path steps into what has no such step, by path
    unknown       records that have a field which their schema does not know, by the field's name
    mapped        the paths that were looked for in records
    present       those that some record has
    hidden        values of pages that had a secret of the connection in them, by its name
    """

    read: int = 0
    written: int = 0
    rejected: int = 0
    dropped: dict[str, int] = {}
    codes: dict[str, int] = {}
    warnings: dict[str, int] = {}
    warned: tuple[Warned, ...] = ()
    output_bytes: int = 0
    replaced: int = 0
    deleted: int = 0
    emptied: int = 0
    strayed: dict[str, int] = {}
    unknown: dict[str, int] = {}
    mapped: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()
    hidden: dict[str, int] = {}

    def require_balance(self, subject: str) -> None:
        """Broken when a row of ``subject`` is missing or counted twice: nothing of it may be committed."""
        dropped = sum(self.dropped.values())
        if self.read != self.written + self.rejected + dropped:
            raise Broken(
                f"{subject} does not balance: {self.read} rows read, {self.written} written, {self.rejected} rejected, "
                f"{dropped} dropped by rule. Nothing was committed."
            )


ZERO = Counts()

# Rules by which a value is missing without that its record is turned away.
STRAYED, NOWHERE, UNKNOWN, UNDECLARED = "steppedInto", "foundInNoRecord", "unknownField", "notInSpec"
# By which a value is another one than the source's.
HIDDEN = "hiddenSecret"
# By which rows of a key double.
DOUBLED = "appendedBesideKey"


def warnings_by_rule(counts: Counts) -> list[dict[str, Any]]:
    """What records lacked or had beside what was wanted: the rule, the path, and in how many records.

    Of secrets that were hidden: the name in place of a path, and in how many values.
    """
    counted = ((STRAYED, counts.strayed), (UNKNOWN, counts.unknown))
    return [
        *({"rule": rule, "path": path, "recordCount": n} for rule, by in counted for path, n in sorted(by.items())),
        *({"rule": NOWHERE, "path": path} for path in sorted(counts.mapped - counts.present)),
        *({"rule": HIDDEN, "path": name, "valueCount": n} for name, n in sorted(counts.hidden.items())),
    ]


def total(counts: Iterable[Counts]) -> Counts:
    """The sum: numbers are added, counts by name are added name by name, lists follow one another."""
    summands = list(counts)
    return Counts(*(add([getattr(each, name) for each in summands]) for name, add in _ADDITIONS.items()))


def _by_name(values: Sequence[dict[str, int]]) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for value in values:
        summed.update(value)
    return dict(summed)


def _addition(default: object) -> Callable[[Sequence[Any]], Any]:
    if isinstance(default, int):
        return sum
    if isinstance(default, frozenset):
        return lambda values: frozenset().union(*values)
    return _by_name if isinstance(default, dict) else lambda values: tuple(chain.from_iterable(values))


_ADDITIONS = {name: _addition(getattr(ZERO, name)) for name in Counts.__struct_fields__}
