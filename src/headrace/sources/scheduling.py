"""How a window is written into a request: in two named parameters, or wherever the request has a place for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from headrace.sources.times import DEFAULT, format_time

QUERY = "{SCHEDULE_QUERY}"
START, END = "{START_TIME}", "{END_TIME}"


@dataclass(frozen=True, slots=True)
class Span:
    """What one request asks for, as the source counts: instants, or the first and the last day at midnight."""

    start: datetime
    end: datetime
    backfill: bool = False


def is_advanced(schedule: Mapping[str, Any]) -> bool:
    """Whether the window stands where the request says; else it goes into parameters of its own."""
    return str(schedule.get("type") or "").upper() in ("ADVANCE", "ADVANCED")


def writer(schedule: Mapping[str, Any], span: Span) -> Callable[[str], str]:
    """Writes the window of an advanced schedule into a text of the request: its ends, or the whole expression.

    Of a simple schedule the places stay empty.
    """
    advanced = is_advanced(schedule)
    pattern = schedule.get("paramFormat") or DEFAULT
    ends = {START: format_time(span.start, pattern), END: format_time(span.end, pattern)} if advanced else {}

    def with_ends(text: str) -> str:
        for place, moment in ends.items():
            text = text.replace(place, moment)
        return text

    template = (schedule.get("backfill") if span.backfill else None) or schedule.get("incremental") or ""
    whole = with_ends(str(template)) if advanced else ""
    return lambda text: with_ends(text.replace(QUERY, whole))


def named(schedule: Mapping[str, Any], span: Span) -> dict[str, str]:
    """The start and end parameters of a simple schedule; none for an advanced one."""
    pairs = {}
    for kind, moment in (("Start", span.start), ("End", span.end)):
        name = schedule.get(f"schedule{kind}ParamName")
        if name:
            pairs[str(name)] = format_time(moment, schedule.get(f"schedule{kind}ParamFormat") or DEFAULT)
    return pairs
