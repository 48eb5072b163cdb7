"""What cannot work in a spec, or in what a source connection brings for it, refused by its place and the rule."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from headrace.sources.extension import BLOCK, Extension, Listing
from headrace.sources.keys import keying
from headrace.sources.paging_rules import check_paging, require_beside
from headrace.sources.paths import parse_path
from headrace.sources.refusing import ABSENT, COMPLEX, NO_SCHEDULE, Json, object_of, path_of, wrong
from headrace.sources.spec import extension, extraction, inputs
from headrace.sources.template import FILTERS, used_filters
from headrace.sources.times import EPOCH_MILLISECONDS, EPOCH_SECONDS, SPECIFIERS, STANDARD

_ATTRIBUTES = "sourceSpec.attributes"


def check_spec(spec: Json) -> None:
    """SpecInvalid for a spec that cannot work. What it leaves out may be added later, or come with the params."""
    attributes = (spec.get("sourceSpec") or {}).get("attributes") or {}
    declared = inputs(spec).get("properties") or {}
    own = {name: attributes.get(name) for name in OBJECTS if attributes.get(name) or name not in declared}
    _check_objects(own, _ATTRIBUTES)
    _check_extension(extension(spec), f"{_ATTRIBUTES}.{BLOCK}")
    keying(spec)


def check_given(spec: Json, params: Json) -> None:
    """SpecInvalid where the objects of the language that a source connection brings cannot work, or one is missing."""
    declared = inputs(spec).get("properties") or {}
    brought = {name: params[name] for name in OBJECTS if name in declared and params.get(name) is not None}
    if brought.get("scheduleParams") == {}:
        del brought["scheduleParams"]  # a schema that demands it leaves no other way to say that there is none
    _check_objects(brought, "params")
    extraction(spec, params)


def _check_objects(objects: Json, where: str) -> None:
    for name, check in OBJECTS.items():
        if objects.get(name) is not None:
            check(objects[name], f"{where}.{name}")
    contents, pages = objects.get("contentPath"), objects.get("paginationParams")
    if contents and isinstance(pages, Mapping):
        path = parse_path(contents if isinstance(contents, str) else contents["path"])
        require_beside(pages, path, f"{where}.paginationParams")


# -- what is asked ---------------------------------------------------------------------------------------------------


def _check_url(given: Any, where: str) -> None:
    url = object_of(given, where)
    if not isinstance(url.get("path"), str) or not url["path"].strip():
        raise wrong(f"{where}.path", "is missing; it is the path of the source's resource", ABSENT)
    if not isinstance(url.get("host", ""), str):
        raise wrong(f"{where}.host", "must be text")
    if str(url.get("method") or "GET").upper() not in ("GET", "POST"):
        raise wrong(f"{where}.method", f"{url['method']} is not supported; use GET or POST")
    _check_pairs(url.get("queryParams") or {}, f"{where}.queryParams")
    _check_filters(url, where)


def _check_pairs(given: Any, where: str) -> None:
    """Names and values, as an object or (older) one text."""
    if isinstance(given, str):
        return
    for name, value in object_of(given, where).items():
        if isinstance(value, dict | list):
            raise wrong(f"{where}.{name}", "must be text, a number or a boolean")
    _check_filters(given, where)


def _check_body(given: Any, where: str) -> None:
    if not isinstance(given, str):
        _check_filters(object_of(given, where), where)


def _check_filters(node: Any, where: str) -> None:
    if isinstance(node, str):
        for name in used_filters(node):
            if name not in FILTERS:
                raise wrong(where, f"uses the filter {name}, which is none; there are {', '.join(sorted(FILTERS))}")
    below: Iterator[tuple[str, Any]] = iter(())
    if isinstance(node, Mapping):
        below = ((f".{name}", value) for name, value in node.items())
    elif isinstance(node, list):
        below = ((f"[{n}]", value) for n, value in enumerate(node))
    for step, value in below:
        _check_filters(value, f"{where}{step}")


# -- where the records are -------------------------------------------------------------------------------------------


def _check_content(given: Any, where: str) -> None:
    content = {"path": given} if isinstance(given, str) else object_of(given, where)
    if not isinstance(content.get("path"), str) or not content["path"].strip():
        raise wrong(f"{where}.path", "is missing; it must point at an array", ABSENT)
    path_of(content["path"], f"{where}.path", parse_path)
    for name in ("skipAttributes", "keepAttributes"):
        listed = content.get(name) or []
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise wrong(f"{where}.{name}", "must be an array of names")
    if not isinstance(content.get("overrideWrapperAttribute") or "", str):
        raise wrong(f"{where}.overrideWrapperAttribute", "must be text")


def _check_explode(given: Any, where: str) -> None:
    if not given:
        return
    _check_content(given, where)
    text = given if isinstance(given, str) else given["path"]
    path = parse_path(text)
    if not path or not all(isinstance(step, str) for step in path):
        raise wrong(f"{where}.path", f"{text} must lead to an array inside the record, by names alone", COMPLEX)


# -- the window ------------------------------------------------------------------------------------------------------


_TEMPLATES = ("incremental", "backfill")
_FORMATS = ("paramFormat", "scheduleStartParamFormat", "scheduleEndParamFormat")


def _check_schedule(given: Any, where: str) -> None:
    schedule = {name: value for name, value in object_of(given, where).items() if value not in (None, "")}
    if not schedule:
        raise wrong(where, "is empty; leave it out where a source cannot be asked by time", NO_SCHEDULE)
    kind = str(schedule.get("type", "")).upper()
    if kind not in ("", "SIMPLE", "ADVANCE", "ADVANCED"):
        raise wrong(f"{where}.type", f"{kind} is unknown; it must be ADVANCE, or left out")
    if kind.startswith("ADVANCE"):
        named = [name for name in _TEMPLATES if name in schedule]
        if not named:
            raise wrong(f"{where}.incremental", "is missing; a schedule of the type ADVANCE needs it")
        for name in named:
            if "{START_TIME}" not in str(schedule[name]) and "{END_TIME}" not in str(schedule[name]):
                raise wrong(f"{where}.{name}", "holds neither {START_TIME} nor {END_TIME}, so it asks for no window")
    for name in _FORMATS:
        if name in schedule:
            _check_pattern(schedule[name], f"{where}.{name}")


_LITERALS = re.compile(r"'[^']*'|\"[^\"]*\"|\\.")


def _check_pattern(given: Any, where: str) -> None:
    """A .NET date pattern. A letter that means nothing would go out as it is: ``YYYY-MM-DD``, ``%Y-%m-%d``."""
    pattern = str(given)
    if pattern in (*STANDARD, EPOCH_SECONDS, EPOCH_MILLISECONDS):
        return
    bare = _LITERALS.sub("", pattern)
    if "'" in bare or '"' in bare:
        raise wrong(where, f"{pattern} has a quote that does not close")
    unknown = sorted(
        {letter for letter in bare if letter.isalpha() and letter not in SPECIFIERS and letter not in "TZ"}
    )
    strftime = re.search(r"%[A-Za-z]", bare) if len(bare) > 2 else None
    if unknown or strftime or not any(letter in SPECIFIERS for letter in bare):
        why = f"{', '.join(unknown)} means nothing" if unknown else "it names no part of a time"
        known = "a .NET date pattern such as yyyy-MM-ddTHH:mm:ssZ, epochSeconds or epochMilliseconds"
        raise wrong(where, f"{pattern} is not {known} ({why})")


# -- our own additions -----------------------------------------------------------------------------------------------


def _check_extension(declared: Extension, where: str) -> None:
    for status in sorted(declared.ends_at):
        if status != 204 and (not 400 <= status < 500 or status in (401, 403, 429)):
            raise wrong(
                f"{where}.endsAt",
                f"{status} is no end of a list: use 204, or one of 400 to 499 that is not about rights or quotas "
                "(401, 403, 429)",
            )
    for name, text in declared.rename.items():
        if not path_of(text, f"{where}.rename.{name}", parse_path):
            raise wrong(f"{where}.rename.{name}", "is the whole element, and no field of it", COMPLEX)
    for place, listing in _listings(declared):
        path_of(listing.content_path, f"{where}.{place}.contentPath", parse_path)
        path_of(listing.value, f"{where}.{place}.value", parse_path)
        if listing.pagination_params:
            check_paging(listing.pagination_params, f"{where}.{place}.paginationParams")


def _listings(declared: Extension) -> Iterator[tuple[str, Listing]]:
    if declared.partition is not None and declared.partition.listing is not None:
        yield "partition.listing", declared.partition.listing
    yield from ((f"readable[{n}].listing", proof.listing) for n, proof in enumerate(declared.readable))
    for n, rule in enumerate(declared.rules):
        yield from ((f"rules[{n}].listings.{name}", listing) for name, listing in rule.listings.items())


# The objects of the language -> what each must be.
OBJECTS: dict[str, Callable[[Any, str], None]] = {
    "urlParams": _check_url,
    "headerParams": _check_pairs,
    "bodyParams": _check_body,
    "contentPath": _check_content,
    "explodeEntityPath": _check_explode,
    "paginationParams": check_paging,
    "scheduleParams": _check_schedule,
}
