"""Paging that cannot work, refused by its place and the rule: members that lack, that clash, or that never hold."""

from typing import Any

from headrace.sources import paging, turns
from headrace.sources.asking_rules import HEADER_NAME, check_header_name
from headrace.sources.paths import Path, parse_value_path
from headrace.sources.refusing import COMPLEX, NO_PAGING, Json, object_of, path_of, require_name, require_spelt, wrong

_NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "NONE": (),
    "OFFSET": (("offSetName", "offsetName"),),
    "POINTER": (turns.POINTERS,),
    "URL": (turns.POINTERS,),
    "CONTINUATION_TOKEN": (("continuationTokenPath",), ("parameterName",)),
    "PAGE": (("pageParamName",),),
}
# The members that one way of paging alone reads; elsewhere they would be ignored.
_OF: dict[str, tuple[str, ...]] = {
    "offSetName": ("OFFSET",),
    "offsetName": ("OFFSET",),
    "pageParamName": ("PAGE",),
    "initialPageIndex": ("PAGE",),
    "endPageIndex": ("PAGE",),
    **dict.fromkeys(turns.POINTERS, ("POINTER", "URL")),
    "continuationTokenPath": ("CONTINUATION_TOKEN",),
    "parameterName": ("CONTINUATION_TOKEN",),
}
_PAGING = (
    "type", "limitName", "limitValue", "offSetName", "offsetName", "endConditionName", "endConditionValue",
    *turns.POINTERS, "continuationTokenPath", "parameterType", "parameterName", "delayRequestMillis", "pageParamName",
    "initialPageIndex", "endPageIndex", "maximumRequest",
)  # fmt: skip

_NUMBERS: dict[str, tuple[int, int | None]] = {
    "limitValue": (1, None),
    "initialPageIndex": (0, None),
    "maximumRequest": (1, None),
    "delayRequestMillis": (paging.SHORTEST_REST, paging.LONGEST_REST),
}
_SYNONYMS = (turns.POINTERS, ("offSetName", "offsetName"))
_NAMES = ("limitName", "offSetName", "offsetName", "pageParamName", "parameterName")
_DIGITS = 18


def check_paging(pagination_params: Any, where: str) -> None:
    """SpecInvalid for paging that cannot work."""
    pages = {name: value for name, value in object_of(pagination_params, where).items() if value not in (None, "")}
    if not pages:
        raise wrong(where, "is empty; a source of one page has the type NONE", NO_PAGING)
    kind = str(pages.get("type", "")).upper()
    if kind not in paging.PAGINATORS:
        known = ", ".join(sorted(paging.PAGINATORS))
        why = f"{kind} is unknown" if kind else "is missing"
        raise wrong(f"{where}.type", f"{why}; it must be one of {known}")
    require_spelt(pages, _PAGING, where)
    for names in _NEEDS[kind]:
        if not any(name in pages for name in names):
            raise wrong(f"{where}.{names[0]}", f"is missing; paging of the type {kind} needs it", NO_PAGING)
    for name in _NAMES:
        if name in pages:
            require_name(pages[name], f"{where}.{name}")
    _check_numbers(pages, kind, where)
    _check_condition(pages, where)
    _check_clashes(pages, kind, where)
    way = str(pages.get("parameterType", "QUERYPARAM")).upper()
    if way not in ("QUERYPARAM", "HEADERPARAM"):
        raise wrong(f"{where}.parameterType", "must be QUERYPARAM or HEADERPARAM")
    if way == "HEADERPARAM":
        if kind != "CONTINUATION_TOKEN":
            raise wrong(f"{where}.parameterType", "HEADERPARAM is for the token of CONTINUATION_TOKEN; leave it out")
        check_header_name(pages["parameterName"], f"{where}.parameterName")
    for name in turns.PATHS:
        if name in pages:
            check_place(pages[name], f"{where}.{name}", number=name == "endPageIndex")


def _check_numbers(pages: Json, kind: str, where: str) -> None:
    for name, (least, most) in _NUMBERS.items():
        text = str(pages.get(name, least)).strip()
        digits = text.isascii() and text.isdecimal() and len(text) <= _DIGITS and not isinstance(pages.get(name), bool)
        if not digits or int(text) < least or (most is not None and int(text) > most):
            bounds = f"from {least} on" if most is None else f"from {least:,} to {most:,}"
            raise wrong(f"{where}.{name}", f"must be a whole number {bounds}")
    for name, other in (("limitName", "limitValue"), ("limitValue", "limitName")):
        if name in pages and other not in pages and kind != "NONE":
            raise wrong(f"{where}.{other}", f"is missing; {name} says nothing without it")
    last = str(pages.get("endPageIndex", "")).strip()
    if last.isdecimal() and len(last) > _DIGITS:
        raise wrong(f"{where}.endPageIndex", f"has {len(last):,} digits; an index has at most {_DIGITS}")
    if last.isdecimal() and int(last) < int(pages.get("initialPageIndex", 0)):
        raise wrong(f"{where}.endPageIndex", "lies before initialPageIndex, so no page would be asked for")


def _check_condition(pages: Json, where: str) -> None:
    value = str(pages.get("endConditionValue", "NonExist")).strip()
    if "endConditionValue" in pages and "endConditionName" not in pages:
        raise wrong(f"{where}.endConditionName", "is missing; endConditionValue says nothing without it")
    constant = value.lower().startswith(turns.CONST)
    if (constant and not value[len(turns.CONST) :].strip("'\" ")) or (
        not constant and value.lower() not in turns.CONDITIONS
    ):
        raise wrong(f"{where}.endConditionValue", f"{value} never holds; use Const:<value>, Empty, NonExist or Exist")


def _check_clashes(pages: Json, kind: str, where: str) -> None:
    """Members that cannot both hold, or of which one would say nothing."""
    for name, kinds in _OF.items():
        if name in pages and kind not in kinds:
            raise wrong(f"{where}.{name}", f"belongs to {' and '.join(kinds)}; the type {kind} has no use for it")
    for name, other in _SYNONYMS:
        if name in pages and other in pages:
            raise wrong(f"{where}.{other}", f"stands beside {name}, which means the same; keep one of them")
    limit = pages.get("limitName")
    named = {"OFFSET": ("offSetName", "offsetName"), "PAGE": ("pageParamName",)}.get(kind, ())
    if kind == "CONTINUATION_TOKEN" and str(pages.get("parameterType", "")).upper() != "HEADERPARAM":
        named = ("parameterName",)
    for name in named:
        if limit is not None and pages.get(name) == limit:
            raise wrong(f"{where}.{name}", f"is {limit}, as limitName is; a request has it once")
    if kind == "NONE" and "endConditionName" in pages:
        raise wrong(
            f"{where}.endConditionName", "contradicts the type NONE: it asks once, whatever the page says; leave it out"
        )
    fixed = str(pages.get("endPageIndex", "")).strip().isdecimal()
    if kind == "PAGE" and fixed and "endConditionName" in pages:
        raise wrong(
            f"{where}.endPageIndex", "contradicts endConditionName: pages end by a number or by what they say; keep one"
        )


def check_place(place: Any, where: str, number: bool = False) -> None:
    """SpecInvalid for what is no place in an answer: a path into its page, or ``headers.<name>``.

    number  a number may stand there as well
    """
    if number and isinstance(place, int) and not isinstance(place, bool):
        return
    if not isinstance(place, str):
        raise wrong(where, "must be a path, or headers.<name>")
    if place.lower().startswith(turns.HEADER):
        if not HEADER_NAME.fullmatch(place[len(turns.HEADER) :]):
            raise wrong(where, f"{place} names no header", COMPLEX)
    elif turns.is_path(place):
        if not path_of(place, where, parse_value_path):
            raise wrong(where, f"{place} is the whole page, and no value in it", COMPLEX)
    elif not number:
        raise wrong(where, f"{place} is a number, and no path", COMPLEX)


def require_paged_beside(pages: Json, array: Path, where: str) -> None:
    """SpecInvalid for a path of paging that can hold nothing to page by, where the rows are in this array."""
    for name in turns.PATHS:
        single = name != "endConditionName" or turns.is_constant(pages)
        require_beside(pages.get(name), array, f"{where}.{name}", single)


def require_beside(place: Any, array: Path, where: str, is_single: bool = True) -> None:
    """SpecInvalid where a place in an answer leads into the array of the records by a name: arrays have no names.

    is_single  what stands there is used as one value, which no array and no whole row is
    """
    if not isinstance(place, str) or not turns.is_path(place):
        return
    path = parse_value_path(place)
    row = len(path) == len(array) + 1 and path[: len(array)] == array and isinstance(path[-1], int)
    if is_single and (row or path == array[: len(path)]):
        what = "a whole row" if row else "the array of contentPath" if path == array else "what that array lies in"
        name = f"a field of it, such as {place}.id" if row else "what stands beside the array"
        raise wrong(where, f"{place} is {what}, and never a single value; name {name}", COMPLEX)
    if len(path) > len(array) and path[: len(array)] == array and isinstance(path[len(array)], str) and array:
        raise wrong(
            where, f"{place} leads into the array of contentPath, which has no names; "
            f"a row of it is {'.'.join(map(str, array))}[-1]", COMPLEX,
        )  # fmt: skip
