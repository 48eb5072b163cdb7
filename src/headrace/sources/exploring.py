"""Explore: a few real records of a source, newest first, and the schema that they show."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from headrace.clock import Window, epoch_ms
from headrace.exact_json import spelled
from headrace.sources import days, discovery, planning
from headrace.sources.auth import Access, Renewed
from headrace.sources.chains import walk
from headrace.sources.content import Records, Unreadable, why_empty
from headrace.sources.declared import record_schema
from headrace.sources.fetching import access_of, chain_of
from headrace.sources.http import SourceHttp
from headrace.sources.inference import schema_of
from headrace.sources.periods import day_at, midnight
from headrace.sources.reading import Credentials, Explored, Part, Reading
from headrace.sources.request import values_for
from headrace.sources.shapes import value_at
from headrace.sources.spec import Extraction, extraction

MOST = 100
_TOGETHER = 50  # partitions that one request can name without growing too long
_EVERY_DAY = 1_000_000  # that a request can ask for


def explore(
    spec: dict[str, Any],
    auth_spec_name: str,
    credentials: Credentials,
    params: Mapping[str, Any],
    now: int,
    http: SourceHttp,
    preview: bool = True,
    renewed: Renewed | None = None,
) -> Explored:
    """At most 100 records and their schema; no records without ``preview``. ``renewed`` is told a renewed token."""
    view = extraction(spec, params)
    reading = Reading(
        spec, auth_spec_name, {**view.extension.explore.params, **_told(params)}, _window(view, now), now, True
    )
    seen = sample(reading, credentials, http.brisk(), renewed)
    records = [record for _, record in _newest(view, seen.records)]
    schema = record_schema(spec, view) or (schema_of(records) if records else None)
    if schema is None:
        schema = _without_records(seen.empty)
    elif said := seen.unreadable or seen.empty:
        schema = {**schema, "description": " ".join(filter(None, [schema.get("description"), said]))}
    return Explored("hierarchical", schema, [spelled(record) for record in records] if preview else [])


@dataclass(frozen=True, slots=True)
class Sample:
    """Some records of a source. ``empty`` says why there are none, ``unreadable`` how many elements are no records."""

    records: list[Any]
    empty: str = ""
    unreadable: str = ""


def sample(reading: Reading, credentials: Credentials, http: SourceHttp, renewed: Renewed | None = None) -> Sample:
    """The records of one request for everything at once, and of the pages after it until there are enough."""
    view = extraction(reading.spec, reading.params)
    access = access_of(reading, credentials, renewed)
    part = _together(view, reading, credentials, access, http)
    records: list[Any] = []
    unreadable = 0
    empty = why = ""
    for answered in walk(replace(chain_of(view, part.request), lenient=True), access, http):
        page = Records(view, answered.answer.body)
        text = answered.answer.body.decode("utf-8", "replace")
        repeats = access.redact(text) != text
        for n in range(len(page.elements)):
            if len(records) >= MOST:
                break
            element = page.element(n)
            if isinstance(element, Unreadable):
                unreadable += 1
                why = why or element.why
            else:
                records.append(_without_secrets(page.value(n), access) if repeats else page.value(n))
        if not records and (page.elements or not empty):
            empty = why_empty(answered.answer, page)
        if len(records) >= MOST:
            break
    span = f" It was asked for {part.first_day} to {part.last_day} (UTC)." if part.first_day else ""
    elements = f"{unreadable:,} of the {unreadable + len(records):,} elements that were read"
    sentence = f"{elements} can be read as no record; of the first: {why}. A run rejects such elements."
    sentence = access.redact(sentence) if unreadable else ""
    return Sample(records, "" if records else access.redact(f"No record came: {empty}{span}"), sentence)


def _without_secrets(record: Any, access: Access) -> Any:
    """The record as it may be shown: some sources repeat what they are sent."""
    if isinstance(record, str):
        return access.redact(record)
    if isinstance(record, list):
        return [_without_secrets(item, access) for item in record]
    if isinstance(record, Mapping):
        return {access.redact(name): _without_secrets(value, access) for name, value in record.items()}
    return record


def _without_records(reason: str) -> dict[str, Any]:
    return {"type": "object", "properties": {}, "description": f"{reason} The spec declares no schema to show instead."}


def _together(view: Extraction, reading: Reading, credentials: Credentials, access: Access, http: SourceHttp) -> Part:
    """One part that covers every partition and the whole window."""
    values = values_for(reading.spec, reading.auth_spec, reading.params, credentials)
    discovery.require_readable(view, values, access, http)
    names = discovery.partitions(view, values, access, http)
    joined = ",".join(names[:_TOGETHER])
    [cut] = planning.spans(view, reading.window, reading.backfill, _EVERY_DAY)
    return planning.part_of(view, planning.narrowed(view, values, joined), cut, "", {}, 0)


def _window(view: Extraction, now: int) -> Window:
    """The last days of the spec, today included; everything for a source that is not asked by days."""
    told = view.extension
    if not told.slice_days:
        return Window(0, now)
    first = day_at(now, told.zone) - timedelta(days=told.explore.days - 1)
    return Window(epoch_ms(midnight(first, told.zone)), now + 1)


def _told(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value not in (None, "")}


def _newest(view: Extraction, records: list[Any]) -> list[tuple[date, Any]]:
    """The records by day, the newest first; those without a day last."""
    day, paths = view.extension.day, days.paths_of(view.extension.day)
    dated = [(days.day_of(day, [value_at(record, path) for path in paths]), record) for record in records]
    ordered = sorted(((found or date.min, record) for found, record in dated), key=lambda pair: pair[0], reverse=True)
    return ordered[:MOST]
