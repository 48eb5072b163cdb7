"""Whether a flow can run: its spec, its two ends, its mapping against the target's schema, its schedule and options."""

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace import sandboxes, sources
from headrace.catalog import datasets
from headrace.dataprep import completeness, mapping_sets
from headrace.dataprep.mapping_sets import Pinned
from headrace.errors import Invalid, NotFound
from headrace.flows import ends, scheduling, specs, states
from headrace.flows.members import WRONG, at, flag, list_at, object_at, optional_text, text_at, whole, wrong
from headrace.flows.scheduling import Timing
from headrace.flows.usage import IDS_IN_FLOW, SOURCES, TARGETS
from headrace.store import documents
from headrace.store.documents import Document
from headrace.store.scope import Caller

Json = dict[str, Any]

APPEND = "append"
REPLACE_WINDOW, MERGE = "replace-window", "merge"
WRITE_MODES = (APPEND, REPLACE_WINDOW, MERGE)
MOST_LOOKBACK = 3650  # days
MOST_RETRY_HOURS = 24 * 366
ABSENT = {SOURCES: "1322", TARGETS: "1323"}
LAST_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Options:
    """A flow's options.

    tolerance    greatest share of rejected rows in percent; None: no limit
    diagnostics  whether rejected rows are kept
    write_mode   overrides the source's own way of writing; None: as the source says
    lookback     days before its window that a run reads again; None: as the source says
    may_be_empty whether an answer without rows may take those of its days away; None: as the source says
    retry_hours  how long a window is tried again that failed for a reason that may pass; None: as this server does
    """

    tolerance: float | None
    diagnostics: bool
    write_mode: str | None
    lookback: int | None
    retry_hours: float | None
    may_be_empty: bool | None


def checked(conn: sa.Connection, caller: Caller, flow: Json, created_at: int) -> Timing | None:
    """The schedule of a flow that can run, None for a draft; an error with Platform's code otherwise."""
    for name in ("name", "description"):
        optional_text(flow, name)
    options(flow)
    flow_spec = specs.flow_spec(conn, caller, text_at(flow, "flowSpec.id", "1413"))
    if flow["state"] == states.DRAFT:
        _check_draft(flow_spec, flow)
        return None
    source, target = end(conn, caller, flow, SOURCES), end(conn, caller, flow, TARGETS)
    for kind, found in ((SOURCES, source), (TARGETS, target)):
        states.require_no_draft(f"{kind} {found.id}", found.body)
        ends.require_complete(conn, caller, kind, found.body)
    spec = source_spec(conn, caller, source)
    _check_served(flow_spec, spec, target)
    require_writable(options(flow), spec)
    _check_complete(conn, caller, _checked_mapping(conn, caller, flow, target))
    timing = scheduling.read(flow, spec, created_at)
    _require_days_apart(options(flow), spec, timing)
    return timing


def checked_timing(conn: sa.Connection, caller: Caller, flow: Json, created_at: int) -> Timing:
    """The schedule of a stored flow."""
    return scheduling.read(flow, source_spec(conn, caller, end(conn, caller, flow, SOURCES)), created_at)


def end(conn: sa.Connection, caller: Caller, flow: Json, kind: str) -> Document:
    """The one source or target connection of a flow."""
    name = IDS_IN_FLOW[kind]
    given = list_at(flow, name)
    if len(given) != 1 or not isinstance(given[0], str):
        raise Invalid(
            f"{name} must hold exactly one id, as text; it holds {len(given)} items.",
            code="1321" if given else "1320",
            field=name,
        )
    found = documents.find(conn, caller, kind, given[0])
    if found is None:
        raise Invalid(f"{name}: there is no {kind} {given[0]} in this sandbox.", code=ABSENT[kind], field=name)
    return found


def source_spec(conn: sa.Connection, caller: Caller, source: Document) -> Json:
    """The connection spec of a source connection, with the additions that this one brings."""
    spec = specs.connection_spec(conn, caller, text_at(source.body, "connectionSpec.id", "1413"))
    return sources.settled(spec, object_at(source.body, "params"))


def mapping(flow: Json) -> tuple[str, int]:
    """Id and version of the flow's mapping set."""
    for step in _steps(flow):
        if at(step, "params.mappingId") is not None:
            version = at(step, "params.mappingVersion")
            number = whole(0 if version in (None, "") else version, "mappingVersion", "1412")
            if not 0 <= number <= LAST_VERSION:
                raise Invalid(f"mappingVersion {number} is not a version.", code="1412", field="mappingVersion")
            return text_at(step, "params.mappingId"), number
    raise Invalid(
        "The flow has no Mapping transformation; add {name: Mapping, params: {mappingId, mappingVersion}}.",
        code="1328",
        field="transformations",
    )


def _steps(flow: Json) -> list[Json]:
    """The flow's transformations, each of which must be an object."""
    steps = list_at(flow, "transformations")
    for n, step in enumerate(steps):
        if not isinstance(step, dict):
            raise wrong(f"transformations[{n}]", "an object with a name and params")
    return steps


def options(flow: Json) -> Options:
    """The options of a flow. Partial ingestion brings diagnostics along."""
    given = object_at(flow, "options")
    percent, write_mode = given.get("partialIngestionPercent"), given.get("writeMode")
    tolerance = None if percent is None else _percent(percent)
    diagnostics = flag(given.get("errorDiagnosticsEnabled", True), "options.errorDiagnosticsEnabled")
    if write_mode is not None and write_mode not in WRITE_MODES:
        raise wrong("options.writeMode", f"one of {', '.join(WRITE_MODES)}")
    lookback = None if given.get("lookback") is None else _days(given["lookback"])
    retry_hours = None if given.get("retryHours") is None else _hours(given["retryHours"])
    may_be_empty = None if given.get("mayBeEmpty") is None else flag(given["mayBeEmpty"], "options.mayBeEmpty")
    return Options(tolerance, diagnostics or tolerance is not None, write_mode, lookback, retry_hours, may_be_empty)


def _hours(given: object) -> float:
    hours = _number(given)
    if hours is None or not 0 <= hours <= MOST_RETRY_HOURS:
        raise wrong("options.retryHours", f"a number of hours from 0 (never) to {MOST_RETRY_HOURS}")
    return hours


def _days(given: object) -> int:
    days = whole(given, "options.lookback")
    if not 0 <= days <= MOST_LOOKBACK:
        raise wrong("options.lookback", f"a number of days from 0 to {MOST_LOOKBACK}")
    return days


def require_writable(options: Options, spec: Json) -> None:
    """Invalid when the way in which rows are written does not bear what the source, or the flow, asks for."""
    lookback = sources.lookback_days(spec) if options.lookback is None else options.lookback
    if lookback and (options.write_mode or sources.write_mode(spec)) == APPEND:
        raise Invalid(
            f"A look-back of {lookback} days reads rows again, and append would double them. Set options.writeMode to "
            "one that replaces rows, or options.lookback to 0.",
            code=WRONG,
            field="options.lookback",
        )
    if options.write_mode == MERGE and sources.keying(spec) is None:
        raise Invalid(
            f"The connection spec {spec.get('name')} cannot merge rows: that needs a key in its x-headrace block. Add "
            "it, or choose another options.writeMode.",
            code=WRONG,
            field="options.writeMode",
        )
    if options.write_mode == REPLACE_WINDOW and not sources.can_replace(spec):
        raise Invalid(
            f"The connection spec {spec.get('name')} cannot replace windows: that needs sliceDays and day in its "
            "x-headrace block. Add them, or choose another options.writeMode.",
            code=WRONG,
            field="options.writeMode",
        )


def _require_days_apart(options: Options, spec: Json, timing: Timing) -> None:
    """Invalid when windows that follow each other ask for the same days, and their rows are appended."""
    if timing.frequency == scheduling.ONCE or (options.write_mode or sources.write_mode(spec)) != APPEND:
        return
    whole_days = timing.frequency in ("day", "week")
    if sources.asks_for_days_again(spec, timing.start, whole_days):
        raise Invalid(
            f"The connection spec {spec.get('name')} asks for whole days (sliceDays), and the windows of this schedule "
            "share some, so that append would double their rows. Set options.writeMode to one that replaces rows, or "
            "let the windows be days that begin at midnight UTC.",
            code=WRONG,
            field="options.writeMode",
        )


def _percent(given: object) -> float:
    number = _number(given)
    if number is None or not 0 < number <= 100:
        raise wrong("options.partialIngestionPercent", "a number above 0, at most 100")
    return number


def _number(given: object) -> float | None:
    """A number, which may come as text; None for anything else."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        return float(given)
    digits = given.strip() if isinstance(given, str) else ""
    return float(digits) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", digits) else None


def _check_draft(flow_spec: Json, flow: Json) -> None:
    if not specs.takes_drafts(flow_spec):
        raise Invalid(f"The flow spec {flow_spec.get('name')} does not support drafts.", code="1398")
    for name in IDS_IN_FLOW.values():
        list_at(flow, name)
    _steps(flow)
    object_at(flow, "scheduleParams")


def _check_served(flow_spec: Json, spec: Json, target: Document) -> None:
    served = {sources.resolve_alias(id) for id in list_at(flow_spec, "sourceConnectionSpecIds")}
    if spec["id"] not in served:
        raise Invalid(
            f"The flow spec {flow_spec.get('name')} does not serve the source {spec.get('name')}; "
            f"add {spec['id']} to its sourceConnectionSpecIds.",
            code="1305",
            field="sourceConnectionIds",
        )
    if specs.target_spec_id(at(target.body, "connectionSpec.id")) not in list_at(flow_spec, "targetConnectionSpecIds"):
        raise Invalid(
            f"The flow spec {flow_spec.get('name')} does not write to this target; its connectionSpec.id must be "
            f"{specs.DATA_LAKE}.",
            code="1307",
            field="targetConnectionIds",
        )


def _checked_mapping(conn: sa.Connection, caller: Caller, flow: Json, target: Document) -> Pinned:
    found = pinned(conn, caller, *mapping(flow))
    if not found.items:
        raise Invalid(
            f"Mapping set {found.id} has no mappings, so every record would become an empty row; add some.",
            code="1419",
            field="transformations",
        )
    dataset = datasets.target(conn, caller, text_at(target.body, "params.dataSetId", "1325"))
    if (_name(found.schema_id), found.major) != (_name(dataset.schema_id), dataset.major):
        raise Invalid(
            f"Mapping set {found.id} fills the schema {found.schema_id} (version {found.major}), the target dataset "
            f"has {dataset.schema_id} (version {dataset.major}); they must be the same.",
            code="1425",
            field="transformations",
        )
    return found


def _check_complete(conn: sa.Connection, caller: Caller, found: Pinned) -> None:
    # A set may leave fields out while it is put together; a run of it would reject its rows.
    tenant = sandboxes.tenant_of(conn, caller.org)
    missing = completeness.left_out(conn, caller, found.schema_id, found.major, found.items, tenant)
    if missing:
        raise Invalid(
            f"Mapping set {found.id} in version {found.version} fills nothing into {', '.join(missing)}, which the "
            "schema requires, so rows would be rejected; map it, and name the set's new version in mappingVersion.",
            code="1419",
            field="transformations",
        )


def pinned(conn: sa.Connection, caller: Caller, id: str, version: int) -> Pinned:
    """One version of a mapping set; Invalid with Platform's code where there is none."""
    try:
        documents.get(conn, caller, mapping_sets.KIND, id)
    except NotFound as error:
        raise Invalid(f"There is no mapping set {id} in this sandbox.", code="1419", field="mappingId") from error
    try:
        return mapping_sets.pinned(conn, caller, id, version)
    except NotFound as error:
        raise Invalid(f"Mapping set {id} has no version {version}.", code="1412", field="mappingVersion") from error


def _name(schema_id: str) -> str:
    # A schema is named by its URI or by its meta:altId; both end in the same name.
    return re.split(r"[/.]", schema_id)[-1]
