"""How one answer says that it goes on: the paging that a spec would declare."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from headrace.sources import going_on, recognising
from headrace.sources.address import Address
from headrace.sources.answers import Answer
from headrace.sources.links import next_of
from headrace.sources.paths import Path, parse_path, written
from headrace.sources.recognising import AnswerValue

Json = dict[str, Any]

_ECHOED_LIMITS = (
    "limit", "per_page", "perPage", "page_size", "pageSize", "maxResults", "max_results", "itemsPerPage", "take",
)  # fmt: skip
_LIMITS = (*_ECHOED_LIMITS, "page[size]", "size", "count", "rows", "top", "$top")
_OFFSETS = ("offset", "start", "skip", "startAt", "start_at", "startIndex", "start_index", "from_index", "$skip")
_PAGES = ("page", "pageNumber", "page_number", "pageIndex", "p", "page[number]")
_FIRSTS = (0, 1)  # where an answer begins whose URL does not say where
_ROW_IDS = ("starting_after", "startingAfter", "after_id", "since_id")
_TOKENS = {
    "nextpagetoken": ("page_token", "pageToken"),
    "nextcursor": ("cursor", "cursor"),
    "nexttoken": ("next_token", "nextToken"),
    "aftercursor": ("page[after]", "page[after]"),
    "endcursor": ("after", "after"),
    "nextafter": ("after", "after"),
    "next": ("cursor", "cursor"),
    "nextmarker": ("marker", "marker"),
}  # folded name of a token in an answer -> its parameter, where names have underscores and where they have not


@dataclass(frozen=True, slots=True)
class Way:
    """The paginationParams, what says so, and what a person must look at."""

    pages: Json
    why: str
    checks: tuple[str, ...] = ()


def paging(answer: Answer, body: Any, path: Path, rest: Mapping[str, str]) -> Way:
    """How it goes on. ``path`` is where the records are, ``rest`` the query."""
    way = _way(answer, body, path, rest)
    if way.pages["type"] == "NONE":
        return way
    counted = way.pages["type"] in ("OFFSET", "PAGE")
    pages = way.pages | (_limit(rest) or (_echoed_limit(body, path) if counted else {}))
    return replace(way, pages=pages, checks=(*way.checks, *_guessed(pages, rest)))


def _guessed(pages: Json, rest: Mapping[str, str]) -> list[str]:
    """What is said of parameters that the URL lacks, so that no answer has shown that the source takes them."""
    sent = (pages.get(name) for name in ("offSetName", "pageParamName", "limitName"))
    names = [name for name in sent if name and name not in rest]
    if not names:
        return []
    which = "one of this name" if len(names) == 1 else "both by these names"
    return [f"The URL had no {' and no '.join(names)}; see that the source takes {which}."]


def _way(answer: Answer, body: Any, path: Path, rest: Mapping[str, str]) -> Way:
    if 'rel="next"' in answer.headers.get("link", "") or "rel=next" in answer.headers.get("link", ""):
        return Way({"type": "POINTER", "pointerPath": "headers.link"}, "the Link header names the next page")
    link = going_on.next_link(body, path)
    if link is not None:
        empty = ", which is null in this answer" if link.value is None else ""
        return Way({"type": "POINTER", "pointerPath": link.written}, f"{link.written} holds the next page{empty}")
    flag = going_on.flag(body, path)
    end = {"endConditionName": flag.entry.written, "endConditionValue": f"Const:{flag.last}"} if flag else {}
    token = going_on.token(body, path)
    if token is not None:
        name = _token_param(token, rest)
        check = f"The URL had no {name}; see that the source takes {token.written} by that name."
        why = f"{token.written} is sent back as {name}"
        return Way(_continued(token.written, name) | end, why, () if name in rest else (check,))
    return _counted(body, path, rest, end) or _by_last_row(body, path, rest, end) or Way({"type": "NONE"}, _NOTHING)


_NOTHING = "nothing says how it goes on"


def _continued(path: str, name: str) -> Json:
    return {
        "type": "CONTINUATION_TOKEN",
        "continuationTokenPath": path,
        "parameterType": "QUERYPARAM",
        "parameterName": name,
    }


def _by_last_row(body: Any, path: Path, rest: Mapping[str, str], end: Json) -> Way | None:
    """The last row's id sent back: where the URL has a parameter for it, and of lists such as Stripe's."""
    name = next((name for name in _ROW_IDS if name in rest), "")
    if not (name and end and going_on.have_ids(recognising.value_in(body, path))) and not going_on.last_row_id(
        body, path
    ):
        return None
    name, cursor = name or "starting_after", f"{written(path)}[-1].id"
    check = f"The id of a page's last row is sent back as {name}, as Stripe has it: see that this source takes it so."
    return Way(_continued(cursor, name) | end, f"{cursor} is sent back as {name}", (check,))


def kept(pages: Json, answer: Answer, body: Any, address: Address) -> Json:
    """The secrets in the query that the link to the next page leaves out, and must get back."""
    path = str(pages.get("pointerPath") or "")
    if not path:
        return {}
    link = next_of(answer.headers["link"]) if path == "headers.link" else recognising.value_in(body, parse_path(path))
    there = [name for name, _ in parse_qsl(urlsplit(str(link or "")).query)]
    lost = [name for name, value in address.query.items() if value.startswith("${") and link and name not in there]
    return {"keepQuery": lost} if lost else {}


def _counted(body: Any, path: Path, rest: Mapping[str, str], end: Json) -> Way | None:
    pages, index = going_on.page_count(body, path), going_on.page_number(body, path)
    offset = next((name for name in _OFFSETS if rest.get(name, "").isdecimal()), "")
    echo = going_on.echoed(body, path, _PAGES) if pages else None
    page = next((name for name in _PAGES if rest.get(name, "").isdecimal()), "")
    # Spring says pageable.pageNumber, and is asked for page.
    page = page or (str(echo.path[-1]) if echo and "pageable" not in echo.path else "page" if pages else "")
    if offset:
        return _offset(offset, f"the URL counts rows by {offset}", int(rest[offset]), end)
    if page:
        first = int(rest.get(page) or (index.value if index else 1))
        last = {"endPageIndex": pages.written} if pages and not end and first == 1 else {}
        why = f"{pages.written} counts pages" if pages else f"the URL counts pages by {page}"
        return Way({"type": "PAGE", "pageParamName": page, "initialPageIndex": first, **last, **end}, why)
    return _by_echo(body, path, rest, end)


def _by_echo(body: Any, path: Path, rest: Mapping[str, str], end: Json) -> Way | None:
    """Paging by a parameter that the URL lacks and the answer repeats, where it says more of pages than that."""
    if not (end or _limit(rest) or _echoed_limit(body, path) or going_on.total(body, path)):
        return None
    offset, page = going_on.echoed(body, path, _OFFSETS), going_on.echoed(body, path, _PAGES)
    if offset is not None and offset.value in _FIRSTS:
        name = str(offset.path[-1])
        return _offset(name, f"{offset.written} says where in all rows the answer begins", offset.value, end)
    if page is not None and page.value in _FIRSTS:
        name = str(page.path[-1])
        why = f"{page.written} says which page the answer is"
        return Way({"type": "PAGE", "pageParamName": name, "initialPageIndex": page.value, **end}, why)
    return None


def _offset(name: str, why: str, began: int, end: Json) -> Way:
    check = f"Offsets begin at 0, and {name} was {began} in this answer: see that 0 is the first row's here."
    return Way({"type": "OFFSET", "offSetName": name, **end}, why, (check,) if began else ())


def _limit(rest: Mapping[str, str]) -> Json:
    name = next((name for name in _LIMITS if rest.get(name, "").isdecimal()), "")
    return {"limitName": name, "limitValue": int(rest[name])} if name else {}


def _echoed_limit(body: Any, path: Path) -> Json:
    """The limit that the answer repeats, where it holds no more rows than that."""
    limit, rows = going_on.echoed(body, path, _ECHOED_LIMITS), recognising.value_in(body, path)
    return (
        {"limitName": limit.path[-1], "limitValue": limit.value} if limit and limit.value >= max(len(rows), 1) else {}
    )


def _token_param(token: AnswerValue, rest: Mapping[str, str]) -> str:
    spelled, camel = _TOKENS.get(token.name, (str(token.path[-1]), str(token.path[-1])))
    name = spelled if "_" in str(token.path[-1]) or "_" in "".join(rest) else camel
    return next((known for known in rest if known in (spelled, camel)), name)
