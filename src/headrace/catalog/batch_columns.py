"""Which questions about batches the columns of their table answer."""

from collections.abc import Mapping

from headrace.catalog.batch_shape import WORDS
from headrace.catalog.selection import BATCHES, PAGING, TIMES, Pairs, Selection
from headrace.store.batches import NEXT
from headrace.store.column_queries import ColumnQuery, Comparison, Ordering, comparison_with_number
from headrace.wire.filters import number

# Paths of a batch as it is rendered that show a column as it is.
NUMBERS: Mapping[str, str] = {
    "created": "created_at",
    "updated": "updated_at",
    "started": "started_at",
    "completed": "completed_at",
}
TEXTS: Mapping[str, str] = {
    "id": "id",
    "externalId": "external_id",
    "relatedObjects.id": "dataset_id",
    "createdClient": "created_client",
    "createdUser": "created_by",
    "updatedUser": "updated_by",
}
COLUMNS: Mapping[str, str] = {**NUMBERS, **TEXTS}
OTHER_FILTERS = ("property", "tags")


def column_query(pairs: Pairs, selection: Selection) -> ColumnQuery | None:
    """A listing's query, put to columns; None when one of them does not say what a filter or the order asks for."""
    filters = [(name, value) for name, value in pairs if value and name not in PAGING]
    comparisons = [_comparison(name, value) for name, value in filters if _narrows(name)]
    if None in comparisons or any(key.field not in COLUMNS for key in selection.order):
        return None
    orderings = (Ordering(COLUMNS[key.field], key.descending) for key in selection.order)
    query = ColumnQuery(tuple(filter(None, comparisons)), tuple(orderings))
    return None if query.too_long else query


def _narrows(name: str) -> bool:
    return name in TIMES or name in BATCHES.paths or name in OTHER_FILTERS


def _comparison(name: str, text: str) -> Comparison | None:
    if name in TIMES:
        path, operator = TIMES[name]
        return comparison_with_number(NUMBERS[path], operator, number(text))
    if name in OTHER_FILTERS or "*" in text:
        return None
    return _any_or_none_of(BATCHES.paths[name], "!=" if text.startswith("!") else "==", text.removeprefix("!"))


def _any_or_none_of(path: str, operator: str, text: str) -> Comparison | None:
    values = tuple(BATCHES.same.get(value, value) for value in text.split(","))
    if path == "status":
        return Comparison(path, operator, tuple(status for status in NEXT if WORDS.get(status, status) in values))
    if path in NUMBERS:
        # A filter compares texts: 05 is not 5.
        value = number(text)
        return comparison_with_number(NUMBERS[path], operator, value) if str(value) == text else None
    return Comparison(TEXTS[path], operator, values) if path in TEXTS else None
