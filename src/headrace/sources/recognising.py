"""What an unknown answer says by itself: where its records are, and which of their fields matter."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headrace.sources.auth import folded
from headrace.sources.days import day_of
from headrace.sources.extension import Day
from headrace.sources.fields import Field
from headrace.sources.paths import Path, written

Json = dict[str, Any]

DEEPEST = 4
_RECORDS = (
    "data", "results", "items", "records", "rows", "value", "values", "elements", "entries", "features", "hits", "list",
    "content", "objects", "resources", "nodes", "edges",
)  # fmt: skip
_ALONG = ("included", "includes", "errors", "warnings", "links", "headers", "columns", "facets", "aggregations")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
_NAMED_AS_TIME = re.compile(r"date|day|time|_at$|At$|created|updated|since|^on$", re.IGNORECASE)
_DAY_WORDS = ("day", "date", "time", "timestamp", "created", "start", "updated", "changed", "modified")
_EPOCHS = (946_684_800, 4_102_444_800)  # 2000 to 2100, in seconds


@dataclass(frozen=True, slots=True)
class AnswerValue:
    """A value of an answer by the path that leads to it."""

    path: Path
    value: Any

    @property
    def name(self) -> str:
        """The last name of the path, without case and punctuation; ``next.after`` counts as ``nextafter``."""
        names = [folded(str(step)) for step in self.path]
        return "nextafter" if names[-2:] == ["next", "after"] else names[-1] if names else ""

    @property
    def written(self) -> str:
        """The path as a spec writes it."""
        return written(self.path)


def arrays(body: Any) -> list[AnswerValue]:
    """The arrays of objects in an answer, and its empty ones, the likeliest first: by name, elements and depth.

    By name, records come before what is named as neither, and that before what goes along with records. An empty array
    only goes before others that go along with it.
    """
    known = [entry for entry in walked(body, (), into_lists=True) if isinstance(entry.value, list)]
    able = [entry for entry in known if all(isinstance(item, dict) for item in entry.value)]
    return sorted(able, key=_likely_records)


def goes_along(entry: AnswerValue) -> bool:
    """Whether an array is named as one that goes along with records: what they refer to, what is wrong, columns."""
    return entry.name.endswith(_ALONG)


def _likely_records(entry: AnswerValue) -> tuple[int, int, int, int]:
    name = 3 if goes_along(entry) else 0 if entry.name in _RECORDS else 1
    return (name if entry.value else max(name, 2), name, -len(entry.value), len(entry.path))


def rows_without_names(body: Any) -> list[AnswerValue]:
    """The arrays of arrays in an answer."""
    known = (entry for entry in walked(body, ()) if isinstance(entry.value, list))
    return [entry for entry in known if entry.value and all(isinstance(item, list) for item in entry.value)]


def walked(value: Any, path: Path, into_lists: bool = False) -> Iterator[AnswerValue]:
    """Every value of an answer from ``path`` on, as deep as answers say anything of themselves."""
    yield AnswerValue(path, value)
    if len(path) >= DEEPEST:
        return
    if isinstance(value, dict):
        for name, below in value.items():
            yield from walked(below, (*path, name), into_lists)
    elif into_lists and isinstance(value, list) and not all(isinstance(item, dict) for item in value):
        for n, below in enumerate(value[:4]):
            yield from walked(below, (*path, n), into_lists)


# -- fields ----------------------------------------------------------------------------------------------------------


def days_among(fields: Sequence[Field], records: int) -> list[Field]:
    """The fields that hold a day in every record, the likeliest first."""
    able = [field for field in fields if field.plain and field.records == records and _holds_days(field)]
    return sorted(able, key=lambda field: _likely_day(field.name))


def _holds_days(field: Field) -> bool:
    if field.types == ["string"]:
        return all(_ISO_DAY.fullmatch(value) and day_of(Day(date="x"), [value]) for value in field.values)
    if field.types == ["integer"] and _NAMED_AS_TIME.search(field.name):
        return all(
            _EPOCHS[0] <= value / (1000 if value > 10 * _EPOCHS[1] else 1) <= _EPOCHS[1] for value in field.values
        )
    return False


def _likely_day(name: str) -> int:
    """The place of a name in the order of likelihood; the smaller, the likelier."""
    words = re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
    if len(words) == 1 and words[0] in _DAY_WORDS:
        return _DAY_WORDS.index(words[0])
    return len(_DAY_WORDS) + next((n for n, word in enumerate(_DAY_WORDS) if word in words), len(_DAY_WORDS))


def keys_among(fields: Sequence[Field], records: int) -> list[Field]:
    """The fields that could be a record's key: in every record, each time another, and named as a key is."""
    able = [
        field
        for field in fields
        if field.plain and field.records == records and field.types in (["string"], ["integer"])
        if len({str(value) for value in field.values}) == len(field.values) and _named_as_key(field.name)
    ]
    return sorted(able, key=lambda field: (len(field.steps), folded(field.name) not in ("id", "uuid", "guid")))


def _named_as_key(name: str) -> bool:
    name = re.split(r"[^\w\-]", name)[-1]
    return bool(re.fullmatch(r"(?:.*[a-z_\-])?(?:id|Id|ID|uuid|guid|key)", name)) or name.lower() in (
        "id",
        "uuid",
        "key",
    )


def versions_among(fields: Sequence[Field], records: int) -> list[Field]:
    """The fields that say when a record was last changed."""
    changed = re.compile(r"updated|modified|changed", re.IGNORECASE)
    return [field for field in days_among(fields, records) if changed.search(field.name)]


def value_in(body: Any, path: Path) -> Any:
    """What an answer holds at a path that it has."""
    for step in path:
        body = body[step]
    return body


def beside_of(body: Any, path: Path) -> list[str]:
    """The names of what stands beside an array."""
    parent = value_in(body, path[:-1])
    return [name for name in parent if name != path[-1]] if isinstance(parent, Mapping) else []
