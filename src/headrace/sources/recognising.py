"""What an unknown answer says by itself: where its records are, how it goes on, and which fields matter."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headrace.sources.auth import folded
from headrace.sources.days import day_of
from headrace.sources.extension import Day
from headrace.sources.fields import Field
from headrace.sources.paths import Path

Json = dict[str, Any]

DEEPEST = 4
_NEXT_LINKS = ("next", "nextlink", "nextpage", "nexturl", "nextpageurl", "odatanextlink", "nexthref", "nextpagelink")
_TOKENS = (
    "nextpagetoken", "nextcursor", "nexttoken", "aftercursor", "endcursor", "continuationtoken", "nextmarker", "cursor",
    "scrollid", "pagetoken", "nextafter",
)  # fmt: skip
_MORE = ("hasmore", "hasnext", "hasnextpage", "more", "moreresults")
_PAGES = ("totalpages", "pagecount", "numpages", "lastpage", "pages")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
_NAMED_AS_TIME = re.compile(r"date|day|time|_at$|At$|created|updated|since|^on$", re.IGNORECASE)
_DAY_WORDS = ("day", "date", "time", "timestamp", "created", "start", "updated", "changed", "modified")
_EPOCHS = (946_684_800, 4_102_444_800)  # 2000 to 2100, in seconds


@dataclass(frozen=True, slots=True)
class Told:
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


def written(path: Path) -> str:
    """A path as JSONPath."""
    return "$" + "".join(_step(step) for step in path)


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if re.fullmatch(r"[\w\-]+", step) else f"['{step}']"


def arrays(body: Any) -> list[Told]:
    """The arrays of objects in an answer, the likeliest first: the most elements, then the least deep."""
    known = [told for told in _walked(body, (), into_lists=True) if isinstance(told.value, list)]
    objects = [told for told in known if told.value and all(isinstance(item, dict) for item in told.value)]
    return sorted(objects, key=lambda told: (-len(told.value), len(told.path)))


def empty_arrays(body: Any) -> list[Told]:
    """The arrays without any element in an answer."""
    return [told for told in _walked(body, (), into_lists=True) if told.value == []]


def rows_without_names(body: Any) -> list[Told]:
    """The arrays of arrays in an answer."""
    known = (told for told in _walked(body, ()) if isinstance(told.value, list))
    return [told for told in known if told.value and all(isinstance(item, list) for item in told.value)]


def _walked(value: Any, path: Path, into_lists: bool = False) -> Iterator[Told]:
    yield Told(path, value)
    if len(path) >= DEEPEST:
        return
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _walked(below, (*path, name), into_lists)
    elif into_lists and isinstance(value, list) and not all(isinstance(item, dict) for item in value):
        for n, below in enumerate(value[:4]):
            yield from _walked(below, (*path, n), into_lists)


def next_link(body: Any, beside: Path) -> Told | None:
    """The link to the next page; where none has a value, a member of that name."""
    links = [told for told in _outside(body, beside) if _is_next(told.path)]
    valued = (told for told in links if isinstance(told.value, str) and re.match(r"https?://|[/?]", told.value))
    return next(valued, next((told for told in links if told.value is None and told.name != "next"), None))


def _is_next(path: Path) -> bool:
    names = [folded(str(step)) for step in path]
    return names[-1:] != [] and (names[-1] in _NEXT_LINKS or (names[-1] in ("href", "url", "link") and "next" in names))


def token(body: Any, beside: Path) -> Told | None:
    """The token of the next page."""
    return _named(body, beside, _TOKENS, (str, int))


def more_flag(body: Any, beside: Path) -> Told | None:
    """The flag that says whether more follows."""
    return _named(body, beside, _MORE, (bool,))


def page_count(body: Any, beside: Path) -> Told | None:
    """The number of pages."""
    return _named(body, beside, _PAGES, (int,))


def first_index(body: Any, beside: Path) -> Told | None:
    """The number of this page."""
    return _named(body, beside, ("page", "pagenumber", "currentpage", "pageindex", "number"), (int,))


def _named(body: Any, beside: Path, names: Sequence[str], kinds: tuple[type, ...]) -> Told | None:
    for told in _outside(body, beside):
        plain = isinstance(told.value, kinds) and (bool in kinds or not isinstance(told.value, bool))
        if told.name in names and plain and told.value != "":
            return told
    return None


def _outside(body: Any, beside: Path) -> Iterator[Told]:
    """The values of an answer that are not among its records."""
    return (told for told in _walked(body, (), into_lists=True) if told.path and told.path[: len(beside)] != beside)


# -- fields ----------------------------------------------------------------------------------------------------------


def days_among(fields: Sequence[Field], records: int) -> list[Field]:
    """The fields that hold a day in every record, the likeliest first."""
    able = [field for field in fields if field.plain and field.records == records and _holds_days(field)]
    return sorted(able, key=lambda field: _likely_day(field.path.rpartition(".")[2]))


def _holds_days(field: Field) -> bool:
    if field.types == ["string"]:
        return all(_ISO_DAY.fullmatch(value) and day_of(Day(date="x"), [value]) for value in field.values)
    if field.types == ["integer"] and _NAMED_AS_TIME.search(field.path.rpartition(".")[2]):
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
        if len({str(value) for value in field.values}) == len(field.values) and _named_as_key(field.path)
    ]
    return sorted(able, key=lambda field: (field.path.count("."), folded(field.path) not in ("id", "uuid", "guid")))


def _named_as_key(path: str) -> bool:
    name = path.rpartition(".")[2]
    return bool(re.fullmatch(r"(?:.*[a-z_\-])?(?:id|Id|ID|uuid|guid|key)", name)) or name.lower() in (
        "id",
        "uuid",
        "key",
    )


def versions_among(fields: Sequence[Field], records: int) -> list[Field]:
    """The fields that say when a record was last changed."""
    changed = re.compile(r"updated|modified|changed", re.IGNORECASE)
    return [field for field in days_among(fields, records) if changed.search(field.path.rpartition(".")[2])]


def value_in(body: Any, path: Path) -> Any:
    """What an answer holds at a path that it has."""
    for step in path:
        body = body[step]
    return body


def beside_of(body: Any, path: Path) -> list[str]:
    """The names of what stands beside an array."""
    parent = value_in(body, path[:-1])
    return [name for name in parent if name != path[-1]] if isinstance(parent, Mapping) else []
