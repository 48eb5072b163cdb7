"""What an answer says of the rows behind it: by links, tokens and flags, by counts, and by its own place among them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headrace.errors import SourceUnreadable
from headrace.exact_json import NotJson, read
from headrace.sources.auth import folded
from headrace.sources.links import next_of
from headrace.sources.paths import Path
from headrace.sources.recognising import AnswerValue, value_in, walked

_NEXT_LINKS = (
    "next", "nextlink", "nextpage", "nexturl", "nextpageurl", "odatanextlink", "nexthref", "nextpagelink",
    "nextrecordsurl",
)  # fmt: skip
_TOKENS = (
    "nextpagetoken", "nextcursor", "nexttoken", "aftercursor", "endcursor", "continuationtoken", "nextmarker", "cursor",
    "scrollid", "pagetoken", "nextafter",
)  # fmt: skip
_NUMBER = re.compile(r"\s*(\d{1,18})\s*", re.ASCII)
_RANGE = re.compile(r"\s*(?!bytes\b)\w+\s+(?:\d+-\d+|\*)/(\d{1,18})\s*", re.ASCII)
_MORE = (
    "hasmore", "hasnext", "hasnextpage", "hasmorepages", "hasmoreitems", "hasmoreresults", "more", "moreresults",
    "moreitemsincollection", "moreavailable", "truncated", "istruncated",
)  # fmt: skip
_LAST = ("islast", "islastpage", "last", "lastpage", "done", "endofstream", "endofrecords")
_PAGE_COUNTS = ("totalpages", "pagecount", "numpages", "lastpage", "pages")
_PAGE_NUMBERS = ("page", "pagenumber", "currentpage", "pageindex", "number")
_CURSORS = ("cursor", "cursors", "paging", "pagination", "pageinfo")
_TOTALS = (
    "total", "totalcount", "totalresults", "totalitems", "totalrecords", "totalrows", "totalelements", "totalsize",
    "numfound",
)  # fmt: skip
_COUNTS = ("totalcount", "totalitems", "totalrecords", "totalrows", "totalelements", "numfound", "value")
# A bare total may be a sum: it counts rows for certain only where the answer speaks of pages.
_SUMS = ("totals", "summary", "sum", "sums", "amount", "amounts", "cost", "costs", "money", "balance")
_MONEY = ("currency", "currencycode", "subtotal", "tax", "taxes", "amount", "price", "balance", "discount", "vat")
_PAGING = ("paging", "pagination", "page", "pages", "pageinfo", "meta", "metadata", "resultinfo", "responsemetadata")
_PLACES = (
    *_PAGE_COUNTS, *_PAGE_NUMBERS, "limit", "offset", "perpage", "pagesize", "maxresults", "itemsperpage", "startat",
    "startindex", "count", "skip", "take",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flag:
    """A member that says whether more follows.

    more  what it says
    last  what it is on the last page, as an end condition writes it
    """

    entry: AnswerValue
    more: bool
    last: str


@dataclass(frozen=True, slots=True)
class Behind:
    """Why an answer says that more rows follow; ``certain`` unless what it says may be about something else."""

    why: str
    certain: bool = True


def next_link(body: Any, beside: Path) -> AnswerValue | None:
    """The link to the next page; where none has a value, a member of that name."""
    links = [entry for entry in _outside(body, beside) if _is_next(entry.path)]
    valued = (entry for entry in links if isinstance(entry.value, str) and re.match(r"https?://|[/?]", entry.value))
    return next(valued, next((entry for entry in links if entry.value is None and entry.name != "next"), None))


def _is_next(path: Path) -> bool:
    names = [folded(str(step)) for step in path]
    return names[-1:] != [] and (names[-1] in _NEXT_LINKS or (names[-1] in ("href", "url", "link") and "next" in names))


def token(body: Any, beside: Path) -> AnswerValue | None:
    """The token of the next page: what is named as one, else what is ``after`` or ``next`` of a cursor."""
    named = (entry for entry in _named(body, beside, _TOKENS, (str, int)) if entry.value != "")
    return next(named, next((entry for entry in _outside(body, beside) if _is_cursor(entry)), None))


def _is_cursor(entry: AnswerValue) -> bool:
    *around, name = (folded(str(step)) for step in entry.path)
    is_text = isinstance(entry.value, str) and entry.value != "" and not re.match(r"https?://|[/?]", entry.value)
    return is_text and name in ("after", "next") and any(word in _CURSORS for word in around)


def flag(body: Any, beside: Path) -> Flag | None:
    """The flag that says whether more follows, as a boolean or its text."""
    for entry in _outside(body, beside):
        says = str(entry.value).lower() if isinstance(entry.value, bool | str) else ""
        if says in ("true", "false") and entry.name in (*_MORE, *_LAST):
            more = (says == "true") == (entry.name in _MORE)
            return Flag(entry, more, "false" if entry.name in _MORE else "true")
    return None


def page_count(body: Any, beside: Path) -> AnswerValue | None:
    """The number of pages."""
    return next(_named(body, beside, _PAGE_COUNTS), None)


def page_number(body: Any, beside: Path) -> AnswerValue | None:
    """The number of this page."""
    return next(_named(body, beside, _PAGE_NUMBERS), None)


def total(body: Any, beside: Path) -> AnswerValue | None:
    """How many rows there are on all pages; of several, the first that is no sum."""
    return next((entry for entry in _totals(body, beside) if not _is_sum(body, entry)), None)


def _totals(body: Any, beside: Path) -> Iterator[AnswerValue]:
    for entry in _outside(body, beside):
        # Elasticsearch's {"value": 10000, "relation": "gte"} in the place of a number.
        relates = isinstance(entry.value, dict) and entry.value.keys() == {"value", "relation"}
        most = AnswerValue((*entry.path, "value"), entry.value["value"]) if relates else entry
        if entry.name in _TOTALS and isinstance(most.value, int) and not isinstance(most.value, bool):
            yield most


def echoed(body: Any, beside: Path, names: Sequence[str]) -> AnswerValue | None:
    """A parameter that the answer repeats, with its number: one of these names, as they are spelled."""
    repeated = _named(body, beside, [folded(name) for name in names])
    return next((each for each in repeated if each.path[-1] in names), None)


def last_row_id(body: Any, path: Path) -> bool:
    """Whether it is a list that goes on behind the id of its last row, as Stripe's do, and names no other."""
    around = value_in(body, path[:-1]) if path else None
    if not isinstance(around, dict) or around.get("object") != "list" or "last_id" in around:
        return False
    return flag(body, path) is not None and have_ids(value_in(body, path))


def have_ids(rows: Any) -> bool:
    """Whether each row has an id."""
    return bool(rows) and all(isinstance(row, dict) and isinstance(row.get("id"), str | int) for row in rows)


def behind(
    body: Any,
    beside: Path,
    rows: int,
    headers: Mapping[str, str],
    known: frozenset[Path] | None = frozenset(),
) -> Behind | None:
    """Why an answer says that more follows its ``rows`` (those before it included); None where it does not.

    ``known`` are the paths that were followed already; None: its links and tokens mean nothing.
    """
    says = flag(body, beside)
    if says is not None:
        return Behind(f"{says.entry.written} is {str(says.entry.value).lower()}") if says.more else None
    if known is not None:
        for entry in (next_link(body, beside), _next_token(body, beside)):
            if entry and entry.value is not None and entry.path not in known:
                return Behind(f"{entry.written} names a next page")
        if _links_on(headers):
            return Behind("the Link header names a next page")
    for where, most in _stated_in(headers):
        if most > rows:
            return Behind(f"{where} is {most:,}, and {rows:,} came")
    stated = total(body, beside)
    if stated is None or stated.value <= rows:
        return None
    return Behind(f"{stated.written} is {stated.value:,}, and {rows:,} came", _counts_rows(body, beside, stated))


def _links_on(headers: Mapping[str, str]) -> bool:
    try:
        return next_of(headers.get("link", "")) is not None
    except SourceUnreadable:
        return False


def _stated_in(headers: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The headers that say how many rows there are, each with that number."""
    for name, text in headers.items():
        word = folded(name).removeprefix("x").removeprefix("wp").removeprefix("pagination")
        number = _RANGE.fullmatch(text) if word == "contentrange" else _NUMBER.fullmatch(text)
        if number and word in (*_TOTALS, "contentrange"):
            yield f"the header {name}", int(number[1])
        elif word == "" and text.lstrip().startswith("{"):
            yield from ((f"{entry.written} in the header {name}", entry.value) for entry in _in_json(text))


def _in_json(text: str) -> Iterator[AnswerValue]:
    """The numbers of all rows in a header that is JSON, as ASP.NET's X-Pagination is."""
    try:
        held = read(text)
    except NotJson:
        return
    for entry in walked(held, ()):
        if entry.name in _TOTALS and isinstance(entry.value, int) and not isinstance(entry.value, bool):
            yield entry


def _is_sum(body: Any, most: AnswerValue) -> bool:
    """Whether a total stands among sums or beside money, and its name does not say that it counts."""
    if most.name in _COUNTS:
        return False
    around = value_in(body, most.path[:-1])
    beside = [folded(name) for name in around] if isinstance(around, dict) else []
    return any(folded(str(step)) in _SUMS for step in most.path[:-1]) or any(name in _MONEY for name in beside)


def _counts_rows(body: Any, beside: Path, most: AnswerValue) -> bool:
    if most.name != "total" or any(folded(str(step)) in _PAGING for step in most.path[:-1]):
        return True
    return next(_named(body, beside, _PLACES), None) is not None


def _next_token(body: Any, beside: Path) -> AnswerValue | None:
    """The token of the next page, where its name says so: another one may be this page's own."""
    entry = token(body, beside)
    return entry if entry and entry.name.startswith("next") else None


def _named(body: Any, beside: Path, names: Sequence[str], kinds: tuple[type, ...] = (int,)) -> Iterator[AnswerValue]:
    for entry in _outside(body, beside):
        if entry.name in names and isinstance(entry.value, kinds) and not isinstance(entry.value, bool):
            yield entry


def _outside(body: Any, beside: Path) -> Iterator[AnswerValue]:
    """The values of an answer that are not among its records."""
    return (entry for entry in walked(body, (), into_lists=True) if entry.path and entry.path[: len(beside)] != beside)
