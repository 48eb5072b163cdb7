"""Which back end fills each destination of a compiled mapping, with the reason."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

import pyarrow as pa

from headrace.mapping.columns import AttributeColumn, Column, ExpressionColumn, ListColumn, StaticColumn
from headrace.mapping.elements import walks_one_array
from headrace.mapping.mapping_set import CompiledMapping
from headrace.mapping.paths import format_path
from headrace.mapping.tables import column_at
from headrace.mapping.vectors import DOUBLE, FLAG, LONG, TEXT, NotVectorised, kind_of

COLUMNS, VALUES, ROWS = "columns", "distinct values", "rows"
_WORDS = {TEXT: "text", LONG: "whole number", DOUBLE: "number", FLAG: "boolean"}
_MOST_GUESSES = len(_WORDS) ** 4

Names = tuple[str, ...]
Kinds = dict[Names, str]


@dataclass(frozen=True, slots=True)
class Explained:
    """How one destination is filled: ``back_end`` is columns, distinct values or rows."""

    destination: str
    source: str
    back_end: str
    why: str


def explain(compiled: CompiledMapping, sample: pa.Table | None = None) -> list[Explained]:
    """One entry for each mapping; ``sample`` holds decoded rows, without it every kind of field is tried."""
    return [one for column in compiled.plan.columns.values() for one in _explained(column, sample)]


def _explained(column: Column, sample: pa.Table | None) -> Iterator[Explained]:
    if isinstance(column, ListColumn):
        how = _of_elements(column)
        for cell in column.cells:
            yield Explained(cell.destination, cell.source, *how)
    elif isinstance(column, StaticColumn | AttributeColumn | ExpressionColumn):
        yield Explained(column.cell.destination, column.cell.source, *_back_end(column, sample))


def _back_end(column: StaticColumn | AttributeColumn | ExpressionColumn, sample: pa.Table | None) -> tuple[str, str]:
    if isinstance(column, StaticColumn):
        return COLUMNS, "a constant"
    if isinstance(column, AttributeColumn):
        return _of_attribute(column)
    if not column.repeats:
        return ROWS, "it gives another value each time"
    if not column.wanted:
        return COLUMNS, "it reads no field: computed once"
    return _of_sample(column, sample) if sample is not None else _of_any(column)


def _of_elements(column: ListColumn) -> tuple[str, str]:
    if pa.types.is_list(column.type) and walks_one_array(column.places):
        return COLUMNS, "elements of one array, as its columns"
    return ROWS, "elements of an array are put together row by row"


def _of_attribute(column: AttributeColumn) -> tuple[str, str]:
    if pa.types.is_map(column.type):
        return VALUES, "it is a whole map"
    if pa.types.is_list(column.type):
        return COLUMNS, "taken over as an array"
    return COLUMNS, f"taken over as {column.type}"


def _of_sample(column: ExpressionColumn, sample: pa.Table) -> tuple[str, str]:
    try:
        kinds = {names: kind_of(column_at(sample, names)) for names in column.wanted}
    except NotVectorised as error:
        return VALUES, f"no form over columns: {error}"
    why = column.why_not_vectorised(kinds)
    return (VALUES, f"no form over columns: {why}") if why else (COLUMNS, "every part has a form over columns")


def _of_any(column: ExpressionColumn) -> tuple[str, str]:
    """Whatever the fields may hold: the kinds for which it runs over columns, or why it does for none."""
    guesses = islice(product(_WORDS, repeat=len(column.wanted)), _MOST_GUESSES)
    reasons: Counter[str] = Counter()
    good: list[Kinds] = []
    for guess in guesses:
        kinds = dict(zip(column.wanted, guess, strict=True))
        why = column.why_not_vectorised(kinds)
        if why is None:
            good.append(kinds)
        else:
            reasons[why] += 1
    if not good:
        return VALUES, f"no form over columns: {reasons.most_common(1)[0][0]}"
    return COLUMNS, f"where {_told(good)}" if reasons else "every part has a form over columns"


def _told(good: list[Kinds]) -> str:
    """For each field the kinds that it may have."""
    fields: Mapping[Names, dict[str, None]] = {
        names: dict.fromkeys(_WORDS[kinds[names]] for kinds in good) for names in good[0]
    }
    told = [f"{format_path(names)} is {' or '.join(words)}" for names, words in fields.items()]
    return ", ".join(told)
