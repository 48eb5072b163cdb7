"""Windows that cannot be written into a request, refused by their place: schedules and the formats of times."""

import re
from typing import Any

from headrace.sources.refusing import NO_SCHEDULE, object_of, require_name, require_spelt, wrong
from headrace.sources.scheduling import END, START
from headrace.sources.times import EPOCH_MILLISECONDS, EPOCH_SECONDS, SPECIFIERS, STANDARD, tokens

_TEMPLATES = ("incremental", "backfill")
_NAMES = ("scheduleStartParamName", "scheduleEndParamName")
_FORMATS = ("paramFormat", "scheduleStartParamFormat", "scheduleEndParamFormat")


def check_schedule(schedule_params: Any, where: str) -> None:
    """SpecInvalid for a schedule that cannot work."""
    schedule = {name: value for name, value in object_of(schedule_params, where).items() if value not in (None, "")}
    if not schedule:
        raise wrong(where, "is empty; leave it out where a source cannot be asked by time", NO_SCHEDULE)
    kind = str(schedule.get("type", "")).upper()
    if kind not in ("", "SIMPLE", "ADVANCE", "ADVANCED"):
        raise wrong(f"{where}.type", f"{kind} is unknown; it must be ADVANCE, or left out")
    require_spelt(schedule, ("type", *_TEMPLATES, *_NAMES, *_FORMATS), where)
    for name in (*_TEMPLATES, "paramFormat"):
        if name in schedule and not kind.startswith("ADVANCE"):
            raise wrong(f"{where}.{name}", "says nothing without the type ADVANCE; add that, or leave it out")
    for name in [name for name in _NAMES if name in schedule]:
        require_name(schedule[name], f"{where}.{name}")
    if kind.startswith("ADVANCE"):
        for name in [name for name in _TEMPLATES if name in schedule]:
            if START not in str(schedule[name]) and END not in str(schedule[name]):
                raise wrong(f"{where}.{name}", "holds neither {START_TIME} nor {END_TIME}, so it asks for no window")
    start = schedule.get("scheduleStartParamName")
    if start is not None and start == schedule.get("scheduleEndParamName"):
        raise wrong(f"{where}.scheduleEndParamName", f"is {start}, as scheduleStartParamName is; a request has it once")
    for name in _FORMATS:
        if name in schedule:
            check_pattern(schedule[name], f"{where}.{name}")
        of = name.replace("ParamFormat", "ParamName")
        if name in schedule and of in _NAMES and of not in schedule:
            raise wrong(f"{where}.{of}", f"is missing; {name} says nothing without it")


_LITERALS = re.compile(r"'[^']*'|\"[^\"]*\"|\\.")


def check_pattern(text: Any, where: str) -> None:
    """SpecInvalid for what is no .NET date pattern, or writes parts that say nothing.

    A letter that means nothing would go out as it is: ``YYYY-MM-DD``, ``%Y-%m-%d``.
    """
    pattern = str(text)
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
    _check_units(pattern, where)


# A part of a time -> the parts of which one must stand beside it, and what is wrong without them.
_BESIDE = {
    "m": ("Hh", "minutes (m) without hours (H); months are M"),
    "s": ("m", "seconds (s) without minutes (m)"),
    "f": ("s", "fractions (f) without seconds (s)"),
    "F": ("s", "fractions (F) without seconds (s)"),
    "h": ("t", "hours of half a day (h) without AM or PM (t); hours of the day are H"),
}


def _check_units(pattern: str, where: str) -> None:
    """A part of a time says nothing without the larger one: ``yyyy-mm-dd`` would write minutes for months."""
    parts = {letter: width for letter, width in tokens(pattern) if width}
    for letter, (beside, why) in _BESIDE.items():
        if letter in parts and not parts.keys() & {*beside}:
            raise wrong(where, f"{pattern} has {why}")
    if "y" in parts and parts.get("d", 3) < 3 and "M" not in parts:
        raise wrong(where, f"{pattern} has a year (y) and a day (d) without a month (M)")
