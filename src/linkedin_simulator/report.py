"""A report made from events: which elements it has, and what stands in them."""

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from linkedin_simulator import metrics
from linkedin_simulator.periods import Period, period_of
from linkedin_simulator.worlds.model import Event, Number, Placement

Element = dict[str, object]
Key = tuple[Period, tuple[str, ...]]

# How a row finds its value for a pivot. Pivots that no world has data for yield no rows.
PIVOT_VALUES: dict[str, Callable[[Placement], str]] = {
    "ACCOUNT": lambda place: f"urn:li:sponsoredAccount:{place.account.id}",
    "CAMPAIGN_GROUP": lambda place: f"urn:li:sponsoredCampaignGroup:{place.group.id}",
    "CAMPAIGN": lambda place: f"urn:li:sponsoredCampaign:{place.campaign.id}",
    "CREATIVE": lambda place: f"urn:li:sponsoredCreative:{place.creative.id}",
    "COMPANY": lambda place: f"urn:li:organization:{place.account.organization}",
    "SHARE": lambda place: f"urn:li:share:{place.creative.share}",
    "OBJECTIVE_TYPE": lambda place: place.campaign.objective,
}


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked for, checked: the period, the rows' keys and the fields."""

    period: Period
    granularity: str
    pivots: tuple[str, ...]
    fields: tuple[str, ...]
    sort: tuple[str, bool] | None = None  # metric, descending


@dataclass(slots=True)
class Row:
    """The sums of one element while they are added up."""

    totals: defaultdict[str, Number] = field(default_factory=lambda: defaultdict(int))
    shown: dict[str, object] = field(default_factory=dict)

    def add(self, event: Event, daily: bool) -> None:
        """Adds one creative's day. A spoiled value shows in daily rows only."""
        for name, value in event.metrics.items():
            self.totals[name] += value
        if daily:
            self.shown.update(event.spoiled)


def elements(report: Report, events: Iterable[Event], audience: int, seed: int) -> list[Element]:
    """The elements of a report. Without a sort their order is stable but says nothing."""
    rows = _summed(report, events)
    asked = [name for name in report.fields if name not in metrics.KEYS]
    found = []
    for key, row in rows.items():
        values = {**row.totals, **_derived(row.totals, audience)}
        if any(values.get(name) for name in asked or values):
            found.append((key, values, _element(report, key, values, row.shown)))
    if report.sort:
        name, descending = report.sort
        found.sort(key=lambda entry: entry[1].get(name, 0), reverse=descending)
    else:
        found.sort(key=lambda entry: _shuffled(entry[0], seed))
    return [element for _, _, element in found]


def _summed(report: Report, events: Iterable[Event]) -> Mapping[Key, Row]:
    rows: defaultdict[Key, Row] = defaultdict(Row)
    pivots = [PIVOT_VALUES.get(pivot) for pivot in report.pivots]
    known = [pivot for pivot in pivots if pivot is not None]
    if len(known) < len(pivots):
        return rows
    periods: dict[date, Period] = {}
    for event in events:
        if event.day not in periods:
            periods[event.day] = period_of(event.day, report.granularity, report.period)
        key = (periods[event.day], tuple(value_of(event.placement) for value_of in known))
        rows[key].add(event, report.granularity == "DAILY")
    return rows


def _derived(totals: Mapping[str, Number], audience: int) -> dict[str, Number | float]:
    """Metrics that do not add up: a member reached twice counts once."""
    reach = round(int(totals.get("impressions", 0)) ** 0.92)
    return {
        "approximateMemberReach": reach,
        "approximateUniqueImpressions": reach,
        "audiencePenetration": round(min(1.0, reach / audience), 6),
    }


def _element(report: Report, key: Key, values: Mapping[str, Number | float], shown: Mapping[str, object]) -> Element:
    period, pivot_values = key
    element: Element = {}
    for name in report.fields:
        if name == "dateRange":
            element[name] = period.body()
        elif name == "pivotValues":
            element[name] = list(pivot_values)
        elif metrics.is_given(name, report.pivots, report.period.days()):
            element[name] = shown[name] if name in shown else _rendered(name, values.get(name, 0))
    return element


def _rendered(name: str, value: Number | float) -> object:
    kind = metrics.kind(name)
    if kind == "money":
        return str(value)
    return float(value) if kind == "double" else int(value)


def _shuffled(key: Key, seed: int) -> tuple[int, Sequence[str]]:
    period, pivot_values = key
    return zlib.crc32(f"{seed}/{period.start}/{pivot_values}".encode()), pivot_values
