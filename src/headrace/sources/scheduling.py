"""How a window is written into a request: two named parameters, or one expression where ``{SCHEDULE_QUERY}`` stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from headrace.sources.times import DEFAULT, format_time

QUERY = "{SCHEDULE_QUERY}"


@dataclass(frozen=True, slots=True)
class Span:
    """What one request asks for, as the source counts: instants, or the first and the last day at midnight."""

    start: datetime
    end: datetime
    backfill: bool = False


def expression(schedule: Mapping[str, Any], span: Span) -> str:
    """The text of an advanced schedule; empty for a simple one."""
    if str(schedule.get("type", "")).upper() not in ("ADVANCE", "ADVANCED"):
        return ""
    template = (schedule.get("backfill") if span.backfill else None) or schedule.get("incremental") or ""
    pattern = schedule.get("paramFormat") or DEFAULT
    written = template.replace("{START_TIME}", format_time(span.start, pattern))
    return str(written.replace("{END_TIME}", format_time(span.end, pattern)))


def named(schedule: Mapping[str, Any], span: Span) -> dict[str, str]:
    """The start and end parameters of a simple schedule; none for an advanced one."""
    pairs = {}
    for kind, moment in (("Start", span.start), ("End", span.end)):
        name = schedule.get(f"schedule{kind}ParamName")
        if name:
            pairs[str(name)] = format_time(moment, schedule.get(f"schedule{kind}ParamFormat") or DEFAULT)
    return pairs
