"""Objects of a spec that are good by themselves and cannot work together, refused by their place and the rule."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from headrace.sources.block_reading import PLACE
from headrace.sources.path_contradictions import check_paths
from headrace.sources.refusing import Json, wrong
from headrace.sources.scheduling import END, QUERY, START, is_advanced
from headrace.sources.spec import pairs
from headrace.sources.template import as_text
from headrace.sources.together import Together

_ATTRIBUTES = "sourceSpec.attributes"
_ASKING = ("scheduleStartParamName", "scheduleEndParamName", "incremental", "backfill")
Sent = Iterator[tuple[str, str, str, str]]


def check_together(parts: Together) -> None:
    """SpecInvalid where objects contradict each other."""
    check_paths(parts)
    _check_overwritten(parts)
    _check_end(parts)
    if "urlParams" in parts.objects and parts.knows("urlParams"):
        _check_body(parts)
        _check_window(parts)
        _check_names(parts)


# -- how chains end ---------------------------------------------------------------------------------------------------


def _check_end(parts: Together) -> None:
    """What the block says of a chain must have a chain, and one that it can hold for."""
    kind = str(parts.object("paginationParams").get("type") or "NONE").upper()
    if not parts.knows("paginationParams"):
        return
    if kind == "NONE" and parts.extension.ends_at and not parts.extension.may_be_absent:
        raise wrong(
            f"{PLACE}.endsAt",
            "ends a chain behind its first page, and without paging there is no second one; with mayBeAbsent it may be "
            "the first answer, too",
        )
    if kind != "OFFSET" and parts.extension.total:
        raise wrong(
            f"{PLACE}.total",
            f"is for the type OFFSET, whose offsets count rows; the type {kind} has no use for it",
        )
    if kind not in ("POINTER", "URL") and parts.extension.keep_query:
        raise wrong(
            f"{PLACE}.keepQuery", f"is about links to the next page, and paging of the type {kind} follows none"
        )
    last = str(parts.object("paginationParams").get("endPageIndex") or "").strip()
    if last.isdecimal() and parts.extension.ends_at:
        raise wrong(
            f"{PLACE}.endsAt",
            f"contradicts {parts.places['paginationParams']}.endPageIndex {last}: a chain ends by a number or by a "
            "status; keep one",
        )


# -- what is asked ---------------------------------------------------------------------------------------------------


def _check_overwritten(parts: Together) -> None:
    """What is written into a request must not be written there twice: the author's value would never go out."""
    query, body = pairs(parts.object("urlParams").get("queryParams")), parts.object("bodyParams")
    written = {
        "query": {name: ("queryParams", value) for name, value in query.items()},
        "body": {name: ("bodyParams", value) for name, value in body.items()},
    }
    windows: dict[tuple[str, str], str] = {}
    for member, where, name in _window_names(parts):
        said, value = written[where].get(name, ("", ""))
        if as_text(value):
            raise wrong(
                f"{parts.places['scheduleParams']}.{member}",
                f"{name} has a value in {said} too, which the window's would overwrite; leave one of them out",
            )
        windows[where, name] = member
    for member, where, name, first in _page_names(parts):
        place = f"{parts.places['paginationParams']}.{member}"
        if (where, name) in windows:
            raise wrong(place, f"{name} is the window's {windows[where, name]}, too; a request has it once")
        said, value = written[where].get(name, ("", ""))
        if first and as_text(value).strip() not in ("", first):
            raise wrong(
                place, f"{name} has a value in {said} too, and the pages' begin at {first}; leave one of them out"
            )


def _carrier(parts: Together) -> str:
    """Where the parameters of the window go, and those of pages if the spec does not say."""
    return "body" if str(parts.object("urlParams").get("method") or "GET").upper() == "POST" else "query"


def _window_names(parts: Together) -> Iterator[tuple[str, str, str]]:
    """Member, carrier and name of each parameter that holds an end of the window."""
    for member in ("scheduleStartParamName", "scheduleEndParamName"):
        if name := parts.object("scheduleParams").get(member):
            yield member, _carrier(parts), str(name)


def _page_names(parts: Together) -> Sent:
    """Member, carrier, name and first value of each parameter of paging; a token's first value is the author's."""
    pages = parts.object("paginationParams")
    kind, way = (str(pages.get(name) or "").upper() for name in ("type", "parameterType"))
    where = "query" if way == "QUERYPARAM" else _carrier(parts)
    if kind != "NONE" and pages.get("limitName"):
        yield "limitName", where, str(pages["limitName"]), as_text(pages.get("limitValue"))
    for member in ("offSetName", "offsetName") if kind == "OFFSET" else ():
        if pages.get(member):
            yield member, where, str(pages[member]), "0"
    if kind == "PAGE" and pages.get("pageParamName"):
        yield "pageParamName", where, str(pages["pageParamName"]), as_text(pages.get("initialPageIndex") or 0)
    if kind == "CONTINUATION_TOKEN" and way != "HEADERPARAM":
        yield "parameterName", where, str(pages.get("parameterName")), ""


def _check_body(parts: Together) -> None:
    if _carrier(parts) == "query" and parts.object("bodyParams"):
        raise wrong(parts.places["bodyParams"], "would never go out: only a POST has a body, and the method is GET")


def _check_window(parts: Together) -> None:
    """Days that are asked for one by one, and an advanced schedule, must stand somewhere."""
    schedule = parts.object("scheduleParams")
    advanced = is_advanced(schedule)
    asks = advanced or any(map(schedule.get, _ASKING))
    if parts.extension.slice_days and parts.knows("scheduleParams") and not asks:
        raise wrong(
            f"{PLACE}.sliceDays",
            "cuts windows into days, and no request asks for any: scheduleParams name no parameter and no place for "
            "them, so the same answer would come for each; add them, or leave sliceDays out",
        )
    if not parts.knows("scheduleParams", "headerParams", "bodyParams"):
        return
    texts = [parts.object("headerParams"), pairs(parts.object("urlParams").get("queryParams"))]
    if _carrier(parts) == "body":
        texts.append(parts.object("bodyParams"))
    ends, whole = (any(_holds(text, *places) for text in texts) for places in ((START, END), (QUERY,)))
    where = parts.places.get("scheduleParams", f"{_ATTRIBUTES}.scheduleParams")
    if (ends or whole) and not advanced:
        place = f"{START} or {END}" if ends else QUERY
        raise wrong(f"{where}.type", f"must be ADVANCE: {place} stands in the request, and no window would be there")
    _check_inclusive(parts, schedule, texts, where)
    if not advanced:
        return
    if not ends and not whole:
        raise wrong(
            f"{where}.type",
            f"is ADVANCE, and none of {START}, {END} and {QUERY} stands in queryParams, headerParams or the bodyParams "
            "of a POST, so no window is asked for; write them where the window goes",
        )
    written = [name for name in ("incremental", "backfill") if schedule.get(name)]
    if whole and not written:
        raise wrong(f"{where}.incremental", f"is missing; it is what stands where {QUERY} is written")
    if written and not whole:
        raise wrong(
            f"{where}.{written[0]}", f"goes where {QUERY} is written, which the request does not have; leave it out"
        )


def _check_inclusive(parts: Together, schedule: Json, texts: Sequence[Json], where: str) -> None:
    """An end that counts itself in must be asked for."""
    if not parts.extension.end_inclusive:
        return
    templates = [schedule.get("incremental"), schedule.get("backfill")]
    if not (_holds([*texts, *templates], END) if is_advanced(schedule) else schedule.get("scheduleEndParamName")):
        raise wrong(
            f"{PLACE}.endInclusive",
            "is about the end that a request asks for, and none asks for one; name its parameter "
            f"({where}.scheduleEndParamName), or leave it out",
        )


def _holds(node: Any, *places: str) -> bool:
    if isinstance(node, Mapping):
        return any(_holds(value, *places) for value in node.values())
    if isinstance(node, list):
        return any(_holds(value, *places) for value in node)
    return any(place in str(node) for place in places)


def _check_names(parts: Together) -> None:
    """Names of parameters that the block says something about must be those of the first request."""
    query = [*pairs(parts.object("urlParams").get("queryParams"))]
    for name in sorted(parts.extension.omit_when_empty):
        if name not in query:
            raise wrong(f"{PLACE}.omitWhenEmpty", f"names {name}, which queryParams do not have")
    if any("${" in name for name in query) or not parts.knows("scheduleParams"):
        return
    there = {*map(unquote, query), *(name for _, where, name in _window_names(parts) if where == "query")}
    for n, name in enumerate(parts.extension.keep_query):
        if name not in there:
            raise wrong(
                f"{PLACE}.keepQuery[{n}]", f"is {name}, which the query of the first request does not have; there it "
                f"has {', '.join(sorted(there)) or 'nothing'}",
            )  # fmt: skip
