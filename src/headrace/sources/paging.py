"""How a chain goes on behind a page: one entry of PAGINATORS per paging type of the spec language."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from headrace.errors import SourceTruncated, SourceUnreadable, SpecInvalid
from headrace.exact_json import has_whole_characters
from headrace.sources import links
from headrace.sources.cutting import is_inside
from headrace.sources.paths import parse_value_path
from headrace.sources.reading import LONGEST_ADDRESS, Request, Trail, shown
from headrace.sources.request import placed, queried
from headrace.sources.stated import all_rows, last_index, require_all_rows
from headrace.sources.turns import HEADER, POINTERS, Params, Turn, condition, ended, value_at

MOST_REQUESTS = 10_000
SHORTEST_REST, LONGEST_REST = 10, 60_000  # milliseconds


@dataclass(frozen=True, slots=True)
class Paginator:
    """A paging type.

    first      where the chain begins
    following  where it goes on behind a turn, or why that was the last page
    linked     whether pages name the page after them, so that a chain may go round
    """

    first: Callable[[Params, Request], Trail]
    following: Callable[[Params, Turn], Trail | str]
    linked: bool = False


def paginator(params: Params) -> Paginator:
    """The paginator that the spec names; none named means one request."""
    kind = str(params.get("type") or "NONE").upper()
    if kind not in PAGINATORS:
        raise SpecInvalid(
            f"The spec's paging type {kind} is unknown; it must be one of {', '.join(sorted(PAGINATORS))}.",
            field="paginationParams.type",
            rule=1312,
        )
    return PAGINATORS[kind]


def delay_seconds(params: Params) -> float:
    """How long the source wants to rest between two pages."""
    return min(float(params.get("delayRequestMillis") or 0), LONGEST_REST) / 1000  # specs of before may say more


def require_within(params: Params, pages: int, request: Request) -> None:
    """SourceTruncated when a chain goes on beyond the most requests that its spec allows."""
    most = int(params.get("maximumRequest") or MOST_REQUESTS)
    if pages > most:
        raise SourceTruncated(
            f"{shown(request.url)} goes on after {most:,} pages, the most that its spec allows (maximumRequest); "
            "ask for less at once, or raise it."
        )


# -- what the types share --------------------------------------------------------------------------------------------


def _limited(params: Params, request: Request) -> Request:
    name = params.get("limitName")
    return _placed(params, request, str(name), limit(params)) if name and limit(params) else request


def _placed(params: Params, request: Request, name: str, value: str | int) -> Request:
    """One more parameter: in the query where the spec says so, else where the request has its own."""
    if str(params.get("parameterType") or "").upper() == "QUERYPARAM":
        return queried(request, name, value)
    return placed(request, name, value)


def limit(params: Params) -> int:
    """How many rows a page is asked for; 0 where the spec does not say."""
    return int(params.get("limitValue") or 0)


def _name(params: Params, *keys: str) -> str:
    name = next((params[key] for key in keys if params.get(key)), None)
    if name is None:
        raise SpecInvalid(
            f"The spec's paginationParams lack {keys[0]}.", field=f"paginationParams.{keys[0]}", rule=1316
        )
    return str(name)


_EMPTY = "the page is empty"


def _require_end(params: Params, turn: Turn, what: str) -> None:
    """SourceUnreadable where the source says that more follows, and not where."""
    if ended(params, turn) is False:
        raise SourceUnreadable(
            f"{turn.answer.url} says by {params['endConditionName']} that more rows follow, but holds {what}."
        )


# -- the types -------------------------------------------------------------------------------------------------------


def _once(params: Params, _: Turn) -> str:
    return "paging NONE asks once" if params.get("type") else "no paging is declared, so it asks once"


def _plain_first(params: Params, request: Request) -> Trail:
    return Trail(request)


def _limited_first(params: Params, request: Request) -> Trail:
    return Trail(_limited(params, request))


def _offset_first(params: Params, request: Request) -> Trail:
    return Trail(_offset(params, request, 0))


def _offset(params: Params, request: Request, offset: int) -> Request:
    return _placed(params, _limited(params, request), _name(params, "offSetName", "offsetName"), offset)


def _offset_next(params: Params, turn: Turn) -> Trail | str:
    end, total = ended(params, turn), all_rows(turn)
    if total is not None:
        require_all_rows(params, turn, total)
        proven = 0 < turn.count < limit(params) and turn.at.pages > 0
        if turn.at.offset + turn.count >= total and (proven or not turn.count):
            return f"{turn.total} says that there are {total:,} rows, and they came"
    if end or (turn.count == 0 and end is None):
        return condition(params) if end else _EMPTY
    most, steady = limit(params), turn.at.steady
    if turn.count:
        steady = turn.count == most and (steady or turn.at.offset == 0)
    elif not steady:
        why = "no full pages before it show how many rows come at once" if most else "there is no limitValue"
        raise SourceUnreadable(
            f"{turn.answer.url} says by {params['endConditionName']} that more rows follow, but holds none, and {why}, "
            "so nobody knows where to go on. Use another way of paging, or a limitValue that the source grants."
        )
    offset = turn.at.offset + (turn.count or most)
    short = digest(turn.cut.elements[-1]) if 0 < turn.count < most else ""
    return Trail(_offset(params, turn.first, offset), offset=offset, short=short, steady=steady, total=total)


def _page_first(params: Params, request: Request) -> Trail:
    return Trail(_page(params, request, _first_index(params)))


def _page(params: Params, request: Request, index: int) -> Request:
    return _placed(params, _limited(params, request), _name(params, "pageParamName"), index)


def _first_index(params: Params) -> int:
    return int(params.get("initialPageIndex") or 0)


def _page_next(params: Params, turn: Turn) -> Trail | str:
    end, last = ended(params, turn), last_index(params, turn)
    index = _first_index(params) + turn.at.pages + 1
    if end:
        return condition(params)
    if last is not None and index > last:
        return f"{params['endPageIndex']} says that page {last} is the last"
    if turn.count == 0 and end is None and last is None:
        return _EMPTY
    return Trail(_page(params, turn.first, index), last_index=last)


def _pointer_next(params: Params, turn: Turn) -> Trail | str:
    path = _name(params, *POINTERS)
    link = value_at(path, turn)
    if isinstance(link, str) and path.lower().startswith(HEADER) and link.lstrip().startswith("<"):
        link = links.next_of(link)
    if ended(params, turn):
        return condition(params)
    if not link:
        _require_end(params, turn, f"no link at {path}")
        return f"there is no link at {path}"
    if not isinstance(link, str):
        raise SourceUnreadable(f"The link to the next page of {turn.answer.url} is not text.")
    _require_sendable(link, f"the link at {path}", turn)
    onward = links.following(turn.at.request, turn.first, link, turn.keep_query)
    return Trail(onward, named_by=_naming(path, turn))


def _token_next(params: Params, turn: Turn) -> Trail | str:
    path = _name(params, "continuationTokenPath")
    token = value_at(path, turn)
    if ended(params, turn):
        return condition(params)
    if token in (None, "", False):
        _require_end(params, turn, f"no token at {path}")
        if turn.count and is_inside(parse_value_path(path), turn.array):
            raise SourceUnreadable(
                f"{turn.answer.url}: a row that should say how the chain goes on has no {path}, so it cannot be told "
                "whether rows are missing; correct the spec's continuationTokenPath, or declare its end condition."
            )
        return f"there is no token at {path}"
    if isinstance(token, dict | list) or "${" in str(token):
        raise SourceUnreadable(f"{turn.answer.url} holds no token at {path} that could be sent.")
    _require_sendable(str(token), f"the token at {path}", turn)
    if _in_header(params) and not (str(token).isascii() and str(token).isprintable()):
        raise SourceUnreadable(f"{turn.answer.url}: the token at {path} holds what no header of a request can.")
    onward = _with_token(params, _limited(params, turn.first), str(token))
    return Trail(onward, named_by=_naming(path, turn))


def _naming(path: str, turn: Turn) -> str:
    """The digest of the row in which a path leads to what names the next page; empty where that stands elsewhere."""
    if path.lower().startswith(HEADER) or not is_inside(steps := parse_value_path(path), turn.array):
        return ""
    row = steps[len(turn.array)]
    return digest(turn.cut.elements[row]) if isinstance(row, int) else ""


def _require_sendable(text: str, what: str, turn: Turn) -> None:
    """SourceUnreadable for what names the next page and could not go into the request for it."""
    if not has_whole_characters(text):
        raise SourceUnreadable(f"{turn.answer.url}: {what} holds half a character, so it cannot be sent.")
    if len(text) > LONGEST_ADDRESS:
        raise SourceUnreadable(
            f"{turn.answer.url}: {what} has {len(text):,} characters, more than the {LONGEST_ADDRESS:,} that any "
            "request has; correct the spec's paginationParams."
        )


def _in_header(params: Params) -> bool:
    return str(params.get("parameterType") or "").upper() == "HEADERPARAM"


def _with_token(params: Params, request: Request, token: str) -> Request:
    name = _name(params, "parameterName")
    if _in_header(params):
        return request.with_header(name, token)
    return _placed(params, request, name, token)


_POINTER = Paginator(_limited_first, _pointer_next, linked=True)

PAGINATORS: dict[str, Paginator] = {
    "NONE": Paginator(_plain_first, _once),
    "OFFSET": Paginator(_offset_first, _offset_next),
    "POINTER": _POINTER,
    "URL": _POINTER,
    "CONTINUATION_TOKEN": Paginator(_limited_first, _token_next, linked=True),
    "PAGE": Paginator(_page_first, _page_next),
}


def digest(text: bytes | msgspec.Raw) -> str:
    """What stands for a text where the text itself must not be written down."""
    return hashlib.blake2b(bytes(text), digest_size=16).hexdigest()
