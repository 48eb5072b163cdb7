"""A reading cut into parts: partition by partition, and in each the window span by span."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from headrace.clock import Window, utc
from headrace.sources import discovery
from headrace.sources.auth import Renewed
from headrace.sources.fetching import access_of
from headrace.sources.http import SourceHttp
from headrace.sources.limits import clamp
from headrace.sources.reading import Credentials, Part, Planned, Reading
from headrace.sources.request import build, values_for
from headrace.sources.scheduling import Span
from headrace.sources.slicing import Cut, cuts
from headrace.sources.spec import Extraction, extraction
from headrace.sources.template import Values

_LEAST = timedelta(microseconds=1)  # what is written of the moment before an end is the unit before it


def plan(reading: Reading, credentials: Credentials, http: SourceHttp, renewed: Renewed | None = None) -> Planned:
    """The parts of a run. The source may be asked for what there is to read; ``renewed`` is told a renewed token."""
    view = extraction(reading.spec, reading.params)
    window, clamps = clamp(reading.spec, reading.window, reading.now)
    if window.start >= window.end:
        return Planned((), Window(window.end, window.end), clamps)
    values = values_for(reading.spec, reading.auth_spec, reading.params, credentials)
    access = access_of(reading, credentials, renewed)
    discovery.require_readable(view, values, access, http)
    parts: list[Part] = []
    for partition in discovery.partitions(view, values, access, http):
        allowed = discovery.allowed(view, values, partition, access, http)
        for cut in spans(view, window, reading.backfill):
            part = part_of(view, narrowed(view, values, partition), cut, partition, allowed, len(parts))
            parts.append(msgspec.structs.replace(part, label=access.redact(part.label)))
    return Planned(tuple(parts), window, clamps)


def spans(view: Extraction, window: Window, backfill: bool, days: int | None = None) -> Iterator[Cut]:
    """The window as the source is asked for it: whole, or by so many days at once (None: as the spec says)."""
    told = view.extension
    if not told.slice_days:
        end = utc(window.end) - (_LEAST if told.end_inclusive else timedelta())
        yield Cut(Span(utc(window.start), end, backfill))
        return
    yield from cuts(window, told.slice_days if days is None else days, backfill, told.zone, told.period)


def narrowed(view: Extraction, values: Values, partition: str) -> Values:
    """The values with the partition's parameter set to this partition alone."""
    rule = view.extension.partition
    given: dict[str, Any] = {"partition": partition}
    if rule is not None and partition:
        given[rule.param] = partition
    return discovery.with_given(values, given)


def part_of(
    view: Extraction, values: Values, cut: Cut, partition: str, allowed: dict[str, tuple[str, ...]], n: int
) -> Part:
    """One part: the request of a partition's cut."""
    days = f"{cut.first_day} to {cut.last_day}" if cut.first_day else ""
    label = ", ".join(piece for piece in (partition, days) if piece)
    return Part(n, build(view, values, cut.span), partition, cut.first_day, cut.last_day, label, allowed)
