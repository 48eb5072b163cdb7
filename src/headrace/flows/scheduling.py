"""When a flow runs: ``scheduleParams`` as clients write them, read into exact values by Platform's rules."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from headrace import sources
from headrace.clock import epoch_ms
from headrace.errors import Invalid
from headrace.flows.members import LAST_SECOND, epoch_seconds, flag, object_at, whole

Json = dict[str, Any]

ONCE = "once"
LEAST = {"minute": 15, "hour": 1, "day": 1, "week": 1}
MOST = 100_000
SECOND_MS = 1000


@dataclass(frozen=True, slots=True)
class Timing:
    """A schedule: ``start`` in epoch ms, ``interval`` 1 for a one-time flow."""

    frequency: str
    interval: int
    start: int
    backfill: bool


def read(flow: Json, spec: Json, created_at: int) -> Timing:
    """The schedule of a flow over the source ``spec``; Invalid with Platform's code when a rule is broken."""
    params = object_at(flow, "scheduleParams")
    if not params:
        raise Invalid("scheduleParams are missing; give startTime, frequency and interval.", code="1317")
    frequency = _frequency(params)
    interval = _interval(params, frequency)
    sources.check_schedule(spec, frequency, interval)
    if frequency == ONCE and params.get("backfill") is not None:
        raise Invalid("backfill does not go with frequency once; leave it out.", code="1364")
    backfill = flag(params.get("backfill", True), "scheduleParams.backfill")
    return Timing(frequency, interval or 1, _start(params, created_at), backfill)


def check_not_once(before: Timing, flow: Json, now: int) -> None:
    """A started schedule cannot become once. Asked before the new one is read, whose interval would have to go too."""
    if now >= before.start and _frequency(object_at(flow, "scheduleParams")) == ONCE != before.frequency:
        raise Invalid(
            "The start time has passed, so the frequency cannot become once.", code="1403", catalogue="sources",
            field="scheduleParams.frequency",
        )  # fmt: skip


def check_change(before: Timing, after: Timing, now: int) -> None:
    """What a schedule that has started may no longer change."""
    if now < before.start:
        return
    if after.start != before.start:
        raise Invalid("The start time has passed, so it cannot be changed.", code="1366", field="startTime")
    if after.backfill != before.backfill:
        raise Invalid("The start time has passed, so backfill cannot be changed.", code="1404", catalogue="sources")


def _frequency(params: Json) -> str:
    given = params.get("frequency")
    if given is None and params.get("timeUnit") is not None and str(params.get("interval")) == "0":
        return ONCE  # aepp spells a one-time flow like this
    if not isinstance(given, str) or given.lower() not in (ONCE, *LEAST):
        raise Invalid(
            f"scheduleParams.frequency must be one of {', '.join((ONCE, *LEAST))}.", code="1397",
            field="scheduleParams.frequency",
        )  # fmt: skip
    return given.lower()


def _interval(params: Json, frequency: str) -> int | None:
    given, field = params.get("interval"), "scheduleParams.interval"
    if frequency == ONCE:
        if given is not None and "frequency" in params:
            raise Invalid("interval does not go with frequency once; leave it out.", code="1361", field=field)
        return None
    if given is None:
        raise Invalid(f"{field} is missing; send a whole number.", code="1304", field=field)
    interval = whole(given, field)
    if not LEAST[frequency] <= interval <= MOST:
        raise Invalid(
            f"{field} must be between {LEAST[frequency]} and {MOST} with frequency {frequency}.", code="1362",
            field=field,
        )  # fmt: skip
    return interval


def _start(params: Json, created_at: int) -> int:
    """Epoch ms of ``startTime``; without one (aepp may leave it out) the flow starts when it is created."""
    given, field = params.get("startTime"), "scheduleParams.startTime"
    if given is None or given == "":
        return created_at // SECOND_MS * SECOND_MS
    moment = _iso(given)
    if moment is None:
        return epoch_seconds(given, field, "1340") * SECOND_MS
    start = epoch_ms(moment)
    if not 0 <= start <= LAST_SECOND * SECOND_MS:
        raise Invalid(f"{field} must lie between the years 1970 and 9999 (UTC).", code="1340", field=field)
    return start


def _iso(given: object) -> datetime | None:
    if not isinstance(given, str) or "-" not in given.strip()[1:]:
        return None
    try:
        moment = datetime.fromisoformat(given.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
