"""How one answer says that it goes on: the paging that a spec would declare."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from headrace.sources import recognising
from headrace.sources.address import Address
from headrace.sources.answers import Answer
from headrace.sources.links import next_of
from headrace.sources.paths import Path, parse_path
from headrace.sources.recognising import Told

Json = dict[str, Any]

_LIMITS = (
    "limit",
    "per_page",
    "perPage",
    "page_size",
    "pageSize",
    "page[size]",
    "size",
    "count",
    "rows",
    "top",
    "$top",
)
_OFFSETS = ("offset", "start", "skip", "startIndex", "start_index", "from_index", "$skip")
_PAGES = ("page", "pageNumber", "page_number", "pageIndex", "p", "page[number]")
_TOKENS = {
    "nextpagetoken": ("page_token", "pageToken"),
    "nextcursor": ("cursor", "cursor"),
    "nexttoken": ("next_token", "nextToken"),
    "aftercursor": ("page[after]", "page[after]"),
    "endcursor": ("after", "after"),
    "nextafter": ("after", "after"),
    "nextmarker": ("marker", "marker"),
}  # folded name of a token in an answer -> its parameter, where names have underscores and where they have not


def paging(answer: Answer, body: Any, path: Path, rest: Mapping[str, str]) -> tuple[Json, str]:
    """The paginationParams, and what says so. ``path`` is where the records are, ``rest`` the query."""
    pages, why = _way(answer, body, path, rest)
    return (pages | _limit(rest) if pages["type"] != "NONE" else pages), why


def _way(answer: Answer, body: Any, path: Path, rest: Mapping[str, str]) -> tuple[Json, str]:
    if 'rel="next"' in answer.headers.get("link", "") or "rel=next" in answer.headers.get("link", ""):
        return {"type": "POINTER", "pointerPath": "headers.link"}, "the Link header names the next page"
    link = recognising.next_link(body, path)
    if link is not None:
        empty = ", which is null in this answer" if link.value is None else ""
        return {"type": "POINTER", "pointerPath": link.written}, f"{link.written} holds the next page{empty}"
    flag = recognising.more_flag(body, path)
    end = {"endConditionName": flag.written, "endConditionValue": "Const:false"} if flag else {}
    token = recognising.token(body, path)
    if token is not None:
        name = _token_param(token, rest)
        pages = {"continuationTokenPath": token.written, "parameterType": "QUERYPARAM", "parameterName": name}
        return {"type": "CONTINUATION_TOKEN", **pages, **end}, f"{token.written} is sent back as {name}"
    return _counted(body, path, rest, end)


def kept(pages: Json, answer: Answer, body: Any, address: Address) -> Json:
    """The secrets in the query that the link to the next page leaves out, and must get back."""
    path = str(pages.get("pointerPath") or "")
    if not path:
        return {}
    link = next_of(answer.headers["link"]) if path == "headers.link" else recognising.value_in(body, parse_path(path))
    there = [name for name, _ in parse_qsl(urlsplit(str(link or "")).query)]
    lost = [name for name, value in address.query.items() if value.startswith("${") and link and name not in there]
    return {"keepQuery": lost} if lost else {}


def _counted(body: Any, path: Path, rest: Mapping[str, str], end: Json) -> tuple[Json, str]:
    pages, index = recognising.page_count(body, path), recognising.first_index(body, path)
    offset = next((name for name in _OFFSETS if rest.get(name, "").isdecimal()), "")
    page = next((name for name in _PAGES if rest.get(name, "").isdecimal()), "page" if pages is not None else "")
    if offset:
        return {"type": "OFFSET", "offSetName": offset, **end}, f"the URL counts rows by {offset}"
    if page:
        first = int(rest.get(page) or (index.value if index else 1))
        last = {"endPageIndex": pages.written} if pages and not end and first == 1 else {}
        why = f"{pages.written} counts pages" if pages else f"the URL counts pages by {page}"
        return {"type": "PAGE", "pageParamName": page, "initialPageIndex": first, **last, **end}, why
    return {"type": "NONE"}, "nothing says how it goes on"


def _limit(rest: Mapping[str, str]) -> Json:
    name = next((name for name in _LIMITS if rest.get(name, "").isdecimal()), "")
    return {"limitName": name, "limitValue": int(rest[name])} if name else {}


def _token_param(token: Told, rest: Mapping[str, str]) -> str:
    spelled, camel = _TOKENS.get(token.name, (str(token.path[-1]), str(token.path[-1])))
    name = spelled if "_" in str(token.path[-1]) or "_" in "".join(rest) else camel
    return next((known for known in rest if known in (spelled, camel)), name)
