"""Catalog's query parameters: simple filters, ``property`` filters, order, page and projection."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import FilterInvalid, Invalid
from headrace.wire.filters import Predicate, all_of, exists, going_on, parse_condition, values_at
from headrace.wire.pages import SortKey, sort_items, whole_number

Body = dict[str, Any]
Pairs = Sequence[tuple[str, str]]

MOST = 100
DEFAULT_LIMIT = 20
MOST_PATTERNS = 100
MOST_KEYS = 20
PAGING = frozenset({"limit", "start", "offset", "orderBy", "sort", "properties"})
OPERATORS = "=!<>"


@dataclass(frozen=True, slots=True)
class Fields:
    """What may be filtered in one listing.

    paths   query parameter -> dotted path in the object
    same    spellings of a value that mean another one: ``failure`` is ``failed``
    shifted aepp counts the pages of this listing from 1; its second page starts one object late
    """

    paths: Mapping[str, str]
    same: Mapping[str, str]
    shifted: bool = False


TIMES = {
    "createdAfter": ("created", ">"),
    "createdBefore": ("created", "<"),
    "startAfter": ("started", ">"),
    "startBefore": ("started", "<"),
    "endAfter": ("completed", ">"),
    "endBefore": ("completed", "<"),
}
_COMMON = ("created", "createdClient", "createdUser", "updated", "updatedUser", "version")
DATASETS = Fields(
    {name: name for name in (*_COMMON, "id", "name", "description", "state", "enableErrorDiagnostics")}, {}, True
)
BATCHES = Fields(
    {name: name for name in (*_COMMON, "status", "recordCount", "failedRecordCount", "size", "started", "completed")}
    | {"batch": "id", "id": "id", "externalId": "externalId", "dataSet": "relatedObjects.id"},
    {"failure": "failed", "active": "success", "queued": "staging", "processing": "staging"},
)

LAST_BATCHES = Fields(
    {
        "dataSetId": "id", "created": "created", "updated": "updated", "lastBatchId": "lastBatchId",
        "lastBatchStatus": "lastBatchStatus", "lastSuccessfulBatchId": "lastSuccessfulBatchId",
        "lastFailedBatchId": "lastFailedBatchId",
    },
    BATCHES.same,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """A listing's query, read."""

    predicate: Predicate
    order: tuple[SortKey, ...]
    limit: int
    start: int
    properties: tuple[str, ...] | None

    def page(self, items: Iterable[Body]) -> list[Body]:
        """The page of those items (already in default order) that pass the filters."""
        kept = [item for item in going_on(items, "filters") if self.predicate(item)]
        ordered = sort_items(kept, self.order) if self.order else kept
        return ordered[self.start : self.start + self.limit]

    def asks_for(self, member: str) -> bool:
        """Whether ``properties`` names a member that answers do not hold otherwise."""
        return self.properties is not None and member in self.properties

    def projected(self, item: Body) -> Body:
        """The members that the query asks for; all without ``properties``."""
        if self.properties is None:
            return item
        result: Body = {}
        for path in self.properties:
            _copy(item, result, path)
        return result


def read(pairs: Pairs, fields: Fields) -> Selection:
    """What the query asks for; Invalid or FilterInvalid names the parameter that cannot be read."""
    given = [(name, value) for name, value in pairs if value]
    limit = _number(given, "limit", DEFAULT_LIMIT, least=1, most=MOST)
    start = _number(given, "start", _number(given, "offset", 0))
    if fields.shifted and start > limit and start % limit == 1:
        start -= 1
    predicates = [predicate for name, value in given for predicate in _predicates(name, value, fields)]
    order = _order(next((value for name, value in given if name in ("orderBy", "sort")), ""))
    properties = next((value for name, value in given if name == "properties"), None)
    return Selection(all_of(predicates), order, limit, start, _names(properties))


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def _number(pairs: Pairs, name: str, default: int, least: int = 0, most: int = 2**53) -> int:
    text = next((value for key, value in pairs if key == name), None)
    return default if text is None else whole_number(name, text, least, most)


def _order(text: str) -> tuple[SortKey, ...]:
    keys, descending = [], False
    parts = [part for part in text.split(",") if part]
    if len(parts) > MOST_KEYS:
        raise Invalid(f"orderBy takes {MOST_KEYS} fields, not {len(parts)}.", field="orderBy")
    for part in parts:
        direction, colon, field = part.rpartition(":")
        if colon:
            if direction.lower() not in ("asc", "desc"):
                raise Invalid(f"orderBy={text} cannot be read; use asc:name or desc:name.", field="orderBy")
            descending = direction.lower() == "desc"
        keys.append(SortKey(field.strip(), descending))
    return tuple(keys)


def _predicates(name: str, value: str, fields: Fields) -> list[Predicate]:
    if name in PAGING:
        return []
    if name == "property":
        # Two filters may come in one parameter only as two parameters: commas separate values.
        return [_property(value)]
    if name == "tags":
        return [_tag(value)]
    if name in TIMES:
        path, operator = TIMES[name]
        return [_compared(path, operator, value, name)]
    return [_simple(fields.paths[name], value, fields)] if name in fields.paths else []


def _simple(path: str, text: str, fields: Fields) -> Predicate:
    negated = text.startswith("!")
    wanted = {fields.same.get(value, value) for value in text.removeprefix("!").split(",")}
    patterns = [value for value in wanted if "*" in value]
    if len(patterns) > MOST_PATTERNS:
        raise Invalid(f"A filter takes {MOST_PATTERNS} values with *, not {len(patterns)}.", field=path)

    def test(item: Mapping[str, Any]) -> bool:
        values = [_text(value) for value in values_at(item, path)]
        listed = any(value in wanted for value in values)
        return (listed or any(_like(value, pattern) for value in values for pattern in patterns)) != negated

    return test


def _tag(text: str) -> Predicate:
    # Tag names hold slashes and colons are rare in them, but values hold colons: enabled:true.
    name, _, pattern = text.partition(":")

    def test(item: Mapping[str, Any]) -> bool:
        values = item.get("tags", {}).get(name)
        found = values if isinstance(values, list) else [values]
        return values is not None and (not pattern or any(_like(_text(value), pattern) for value in found))

    return test


def _compared(path: str, operator: str, text: str, name: str) -> Predicate:
    if not text.isdecimal():
        raise Invalid(f"Query parameter {name}={text} must be epoch milliseconds.", field=name)
    condition = parse_condition(f"{path}{operator}{text}")
    assert condition is not None
    return condition


def _property(text: str) -> Predicate:
    path, tilde, pattern = text.partition("~")
    if tilde and not any(character in path for character in OPERATORS):
        return _matching(path.strip(), pattern)
    if not any(character in text[1:] for character in OPERATORS):
        present = exists(text.removeprefix("!").strip())
        return (lambda item: not present(item)) if text.startswith("!") else present
    condition = parse_condition(text)
    if condition is None:
        raise FilterInvalid(f"property={text} cannot be read; use path==value.", reason="operator", path=text)
    return condition


def _matching(path: str, pattern: str) -> Predicate:
    # Arrow's expressions take linear time, whatever a client sends.
    def found(value: str) -> bool:
        return bool(pc.match_substring_regex(pa.array([value]), pattern=pattern)[0].as_py())

    try:
        found("")
    except pa.ArrowInvalid as error:
        message = f"property={path}~{pattern} holds no regular expression: {error}"
        raise FilterInvalid(message, reason="regex", path=path) from error
    return lambda item: any(found(_text(value)) for value in values_at(item, path))


def _like(value: str, pattern: str) -> bool:
    if "*" not in pattern:
        return value == pattern
    first, *inner, last = pattern.split("*")
    if not value.startswith(first) or not value.endswith(last) or len(value) < len(first) + len(last):
        return False
    at, end = len(first), len(value) - len(last)
    for part in inner:
        at = value.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _copy(source: Mapping[str, Any], into: Body, path: str) -> None:
    if path in source:
        into[path] = source[path]
        return
    name, dot, rest = path.partition(".")
    inner = source.get(name)
    if dot and isinstance(inner, Mapping):
        part: Body = {}
        _copy(inner, part, rest)
        if part:
            kept = into.get(name)
            into[name] = {**(kept if isinstance(kept, dict) else {}), **part}
