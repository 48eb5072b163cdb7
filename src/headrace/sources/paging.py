"""How the next page is asked for: one entry of PAGINATORS per paging type of the spec language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag, urljoin

import msgspec

from headrace.errors import SourceTruncated, SourceUnreadable, SpecInvalid
from headrace.sources.answers import Answer
from headrace.sources.paths import parse_path, pick
from headrace.sources.reading import Request, Trail
from headrace.sources.request import placed
from headrace.sources.template import encode_link

MOST_REQUESTS = 10_000
Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """A page that was answered.

    first    the chain's request before paging
    at       where in the chain the page was asked for: its request, and the pages before it
    answer   its answer
    count    elements in it
    """

    first: Request
    at: Trail
    answer: Answer
    count: int

    @property
    def asked(self) -> Request:
        """The request that this page answers."""
        return self.at.request


@dataclass(frozen=True, slots=True)
class Paginator:
    """A paging type: the request of the first page, and of the page after a turn (None: that was the last)."""

    first: Callable[[Params, Request], Request]
    following: Callable[[Params, Turn], Request | None]


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
    return float(params.get("delayRequestMillis") or 0) / 1000


# -- what the types share ----------------------------------------------------------------------------------------


def _limited(params: Params, request: Request) -> Request:
    name = params.get("limitName")
    return placed(request, str(name), _limit(params)) if name and _limit(params) else request


def _limit(params: Params) -> int:
    return int(params.get("limitValue") or 0)


def _name(params: Params, *keys: str) -> str:
    found = next((params[key] for key in keys if params.get(key)), None)
    if found is None:
        raise SpecInvalid(
            f"The spec's paginationParams lack {keys[0]}.", field=f"paginationParams.{keys[0]}", rule=1316
        )
    return str(found)


def _last_page(params: Params, turn: Turn) -> bool:
    """An empty page ends every list that is counted; a short one does where the limit is known."""
    return turn.count == 0 or (not params.get("endConditionName") and 0 < turn.count < _limit(params))


def _value(path: str, answer: Answer) -> Any:
    """What a path (or ``headers.<name>``) holds in an answer."""
    if path.lower().startswith("headers."):
        return answer.headers.get(path[len("headers.") :].lower())
    return pick(answer.body, parse_path(path)) if answer.body else None


def _ended(params: Params, answer: Answer) -> bool:
    """Whether the end condition holds: ``Const:<value>``, ``Empty``, ``NonExist`` or ``Exist``."""
    if not params.get("endConditionName"):
        return False
    found = _value(str(params["endConditionName"]), answer)
    rule = str(params.get("endConditionValue") or "NonExist")
    if rule.lower().startswith("const:"):
        told = str(found).lower() if isinstance(found, bool) else str(found)
        return found is not None and told == rule[len("const:") :].strip("'\" ").lower()
    tests = {"empty": found in (None, "", [], {}), "nonexist": found is None, "exist": found is not None}
    return tests.get(rule.lower(), False)


# -- the types ---------------------------------------------------------------------------------------------------


def _once(_: Params, __: Turn) -> None:
    return None


def _offset_first(params: Params, request: Request) -> Request:
    return placed(_limited(params, request), _name(params, "offSetName", "offsetName"), 0)


def _offset_next(params: Params, turn: Turn) -> Request | None:
    if _ended(params, turn.answer) or _last_page(params, turn):
        return None
    step = _limit(params) or turn.count
    start = step * (turn.at.pages + 1)
    return placed(_limited(params, turn.first), _name(params, "offSetName", "offsetName"), start)


def _pointer_next(params: Params, turn: Turn) -> Request | None:
    found = _value(_name(params, "pointerPath", "pointerName"), turn.answer)
    if _ended(params, turn.answer) or not found:
        return None
    if not isinstance(found, str):
        raise SourceUnreadable(f"The link to the next page of {turn.asked.target} is not text.")
    url, _, query = urldefrag(urljoin(turn.asked.target, encode_link(found))).url.partition("?")
    following = msgspec.structs.replace(turn.first, url=url, query=query)
    if following.target == turn.asked.target:
        raise SourceUnreadable(f"The link to the next page of {turn.asked.target} leads to the page itself.")
    return following


def _token_next(params: Params, turn: Turn) -> Request | None:
    found = _value(_name(params, "continuationTokenPath"), turn.answer)
    if found in (None, "", False) or _ended(params, turn.answer):
        return None
    following = _with_token(params, _limited(params, turn.first), str(found))
    return None if following == turn.asked else following


def _with_token(params: Params, request: Request, token: str) -> Request:
    name = _name(params, "parameterName")
    if str(params.get("parameterType") or "").upper() == "HEADERPARAM":
        return request.with_header(name, token)
    return placed(request, name, token)


def _page_first(params: Params, request: Request) -> Request:
    return placed(_limited(params, request), _name(params, "pageParamName"), _first_index(params))


def _first_index(params: Params) -> int:
    return int(params.get("initialPageIndex") or 0)


def _page_next(params: Params, turn: Turn) -> Request | None:
    index = _first_index(params) + turn.at.pages + 1
    end = params.get("endPageIndex")
    known = _value(end, turn.answer) if isinstance(end, str) and not end.strip().isdecimal() else end
    if _last_page(params, turn) or _ended(params, turn.answer) or (known not in (None, "") and index > int(known)):
        return None
    return placed(_limited(params, turn.first), _name(params, "pageParamName"), index)


_POINTER = Paginator(_limited, _pointer_next)

PAGINATORS: dict[str, Paginator] = {
    "NONE": Paginator(lambda _, request: request, _once),
    "OFFSET": Paginator(_offset_first, _offset_next),
    "POINTER": _POINTER,
    "URL": _POINTER,
    "CONTINUATION_TOKEN": Paginator(_limited, _token_next),
    "PAGE": Paginator(_page_first, _page_next),
}


def require_within(params: Params, pages: int, request: Request) -> None:
    """SourceTruncated when a chain goes on beyond the most requests that its spec allows."""
    most = int(params.get("maximumRequest") or MOST_REQUESTS)
    if pages > most:
        raise SourceTruncated(
            f"{request.url} goes on after {most:,} pages, the most that its spec allows (maximumRequest); "
            "ask for less at once, or raise it."
        )
