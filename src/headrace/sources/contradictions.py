"""Objects of a spec that are good by themselves and cannot work together, refused by their place and the rule."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from headrace.sources.block_reading import PLACE
from headrace.sources.extension import Extension
from headrace.sources.paging_rules import require_beside
from headrace.sources.paths import Path, parse_path
from headrace.sources.refusing import COMPLEX, Json, wrong
from headrace.sources.scheduling import END, QUERY, START, is_advanced
from headrace.sources.spec import Content, content_of, pairs
from headrace.sources.template import as_text

_ATTRIBUTES = "sourceSpec.attributes"
_ASKING = ("scheduleStartParamName", "scheduleEndParamName", "incremental", "backfill")
Sent = Iterator[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class Together:
    """The objects of a spec as they apply, each good by itself.

    objects  by name; those that are absent or empty are not in it
    places   where each of them stands
    open     names of objects that may still be given
    """

    objects: Mapping[str, Any]
    places: Mapping[str, str]
    open: Collection[str]
    extension: Extension

    def object(self, name: str) -> Json:
        """The object of that name; names and values where it is written as one text."""
        return pairs(self.objects.get(name))

    def knows(self, *names: str) -> bool:
        """Whether none of these objects may still be given."""
        return not {*names} & {*self.open}


def check_together(parts: Together) -> None:
    """SpecInvalid where objects contradict each other."""
    _check_paths(parts)
    _check_overwritten(parts)
    _check_end(parts)
    if "urlParams" in parts.objects and parts.knows("urlParams"):
        _check_window(parts)
        _check_names(parts)


# -- paths -----------------------------------------------------------------------------------------------------------


def _check_paths(parts: Together) -> None:
    if "contentPath" not in parts.objects:
        return
    content = content_of(parts.objects["contentPath"], "contentPath")
    _check_fields(parts, content)
    if "paginationParams" in parts.objects:
        require_beside(parts.object("paginationParams"), content.path, parts.places["paginationParams"])
    if "explodeEntityPath" not in parts.objects or not content.wrapper:
        return
    path = content_of(parts.objects["explodeEntityPath"], "explodeEntityPath").path
    if path[:1] != (content.wrapper,) or len(path) < 2:
        written = ".".join(map(str, path))
        raise wrong(
            f"{parts.places['explodeEntityPath']}.path",
            f"{written} leads to no array inside a record: there the element of contentPath is {content.wrapper}, so "
            f"the path is $.{content.wrapper}.<array>", COMPLEX,
        )  # fmt: skip


def _check_fields(parts: Together, content: Content) -> None:
    """What tells rows apart, or says their day, is a single value of a record; some paths can never lead to one."""
    for member, path in _fields(parts.extension):
        why = _no_value(path, content)
        if why:
            raise wrong(f"{PLACE}.{member}", f"{'.'.join(map(str, path))} {why}")


def _fields(block: Extension) -> Iterator[tuple[str, Path]]:
    yield from ((f"key[{n}]", parse_path(text)) for n, text in enumerate(block.key))
    if block.version:
        yield "version", parse_path(block.version)
    if block.deletion is not None:
        yield "deletion.field", parse_path(block.deletion.field)
    for name in ("date", "year", "month", "day") if block.day is not None else ():
        if text := getattr(block.day, name):
            yield f"day.{name}", parse_path(text)
    yield from ((f"rules[{n}].field", tuple(rule.field.split("."))) for n, rule in enumerate(block.rules))


def _no_value(path: Path, content: Content) -> str:
    """Why no record has a single value at a path; empty where one may have."""
    wrapper = content.wrapper
    if not wrapper:
        return ""
    if path == (wrapper,):
        return f"is the whole element, an object, and never a single value; name a field of it, such as {wrapper}.id"
    name = path[0]
    last = content.path[-1] if content.path else None
    beside = isinstance(last, str) and isinstance(name, str) and name != last and content.keeps(name)
    if name != wrapper and not beside:
        return (
            f"is in no record: its element is {wrapper}, so the path is {wrapper}.<field>, and {name} does not go along"
        )
    return ""


def _check_end(parts: Together) -> None:
    """A last page that is fixed by a number is asked for, whatever status comes before it."""
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
    ends = any(_holds(text, START, END) for text in texts)
    where = parts.places.get("scheduleParams", f"{_ATTRIBUTES}.scheduleParams")
    if ends and not advanced:
        raise wrong(
            f"{where}.type", f"must be ADVANCE: {START} or {END} stands in the request, and would go out as it is"
        )
    if ends or not advanced:
        return
    if not any(_holds(text, QUERY) for text in texts):
        raise wrong(
            f"{where}.type",
            f"is ADVANCE, and none of {START}, {END} and {QUERY} stands in queryParams, headerParams or the bodyParams "
            "of a POST, so no window is asked for; write them where the window goes",
        )
    if not schedule.get("incremental") and not schedule.get("backfill"):
        raise wrong(f"{where}.incremental", f"is missing; it is what stands where {QUERY} is written")


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
