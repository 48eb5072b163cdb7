"""One window of one flow, from its source into the lake: read this first.

    plan      freeze what the run needs, cut it into parts
    copy      per part: source -> landed pages, as they came                             [copyActivity]
    promote   per part: decode -> map -> check -> data files and quarantine files        [promotionActivity]
              (a part is promoted while the next one is copied)
              then the run must balance, keep its tolerance, and is committed once
    record    metrics, batch, watermark and the flow's next window in one transaction

Every step is recorded when it is done, and a recorded step is read, not done again. So the whole is one re-entrant
call: whoever is given the run after a crash calls it from the top. A replay comes here with its plan made and its
pages landed, by the run that it promotes again.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import zstandard

from headrace import crash_points, flows, sources
from headrace.lake import Stamp
from headrace.lake.landing import InputPage
from headrace.runs import ending, replay_rows
from headrace.runs.changes import changes, scope_of
from headrace.runs.deployment import Deployment
from headrace.runs.ending import Failure, HandedBack
from headrace.runs.plan import FlowPlan
from headrace.runs.planning import make_plan, open_batch
from headrace.runs.promotion import Choose, PartWork, Slices, Tally, Wanted, promote_part
from headrace.sources.reading import Page, Part
from headrace.store import parts, runs
from headrace.store.parts import COPY, PLANNED, PROMOTED, PROMOTION, PartRecord
from headrace.store.runs import Run

MOST_ATTEMPTS = 8
PROMOTIONS = 2  # at once: while one decodes, the other one's columns are compressed and written
LANDING_LEVEL = 1


def flow_run(deployment: Deployment, run_id: str) -> None:
    """Carries one run to its end. Returns early when another worker has ended it, or when it was put aside."""
    with deployment.store.write() as conn:
        run = runs.enter(conn, run_id, deployment.clock.now())
        if run is None:
            ending.wait_if_unfinished(conn, run_id, deployment.clock.now())
            return
    try:
        plan = _planned(deployment, run)
        _carry(deployment, run, plan)
        _commit(deployment, run, plan)
    except HandedBack as reason:
        ending.hand_back(deployment, run, str(reason))
    except ending.FINAL as reason:
        ending.give_up(deployment, run, reason)
    except Exception as trouble:
        ending.troubled(deployment, run, trouble)


# -- plan -----------------------------------------------------------------------------------------------------


def _planned(deployment: Deployment, run: Run) -> FlowPlan:
    ending.obey(deployment, run.id)
    if run.attempt > MOST_ATTEMPTS:
        raise Failure("CONNECTOR-2001-500", f"The run was given up after {MOST_ATTEMPTS} attempts that did not end.")
    if run.plan is None:
        _plan(deployment, run)
    with deployment.store.read() as conn:
        value, recorded = runs.by_id(conn, run.id).plan, parts.listed(conn, run.id)
    return FlowPlan.from_json(value or {}, tuple(Part.from_json(record.spec) for record in recorded))


def _plan(deployment: Deployment, run: Run) -> None:
    now = deployment.clock.now()
    made = make_plan(deployment, run, now)
    with deployment.store.write() as conn:
        if runs.set_plan(conn, run.id, made.to_json(), now):
            parts.plan(conn, run.id, [part.to_json() for part in made.parts])
            open_batch(conn, run, made, now)
    crash_points.reach(crash_points.PLANNED)


# -- copy and promote -------------------------------------------------------------------------------------------


def _carry(deployment: Deployment, run: Run, plan: FlowPlan) -> None:
    """Copies part after part; each is promoted behind, while the next ones are copied."""
    _start(deployment, run, COPY)
    choose = replay_rows.chooser(deployment, run, plan)
    with ThreadPoolExecutor(PROMOTIONS, thread_name_prefix="headrace-promote") as behind:
        promoted: list[Future[None]] = []
        try:
            for part, record in _recorded(deployment, run, plan):
                _require_no_failure(promoted)
                if record.state == PLANNED:
                    ending.obey(deployment, run.id)
                    record = _copy_part(deployment, run, plan, part, record)
                promoted.append(behind.submit(_promote, deployment, run, plan, part, record, choose))
            _end(deployment, run, COPY)
            _start(deployment, run, PROMOTION)
            for future in promoted:
                future.result()
        finally:
            behind.shutdown(cancel_futures=True)


def _require_no_failure(promoted: Sequence[Future[None]]) -> None:
    """Raises what a promotion behind has raised: nothing more needs to be copied then."""
    for future in promoted:
        if future.done():
            future.result()


# -- copy -----------------------------------------------------------------------------------------------------


def _copy_part(deployment: Deployment, run: Run, plan: FlowPlan, part: Part, record: PartRecord) -> PartRecord:
    with deployment.store.read() as conn:
        credentials = flows.credentials.load(conn, deployment.keyring, run.caller, plan.connection_id)
    now = deployment.clock.now()
    keep = flows.credentials.keeper(deployment.store, deployment.keyring, run.caller, plan.connection_id, now)
    raw = []
    for page in sources.fetch(plan.reading, part, credentials, deployment.http, keep):
        raw.append(_land(deployment, run, part, page))
        crash_points.reach(crash_points.LANDING)
    with deployment.store.write() as conn:
        size = sum(page["facts"]["size"] for page in raw)
        counts = {"inputBytes": size, "landedBytes": sum(page["ref"]["bytes"] for page in raw)}
        copied = parts.copied(conn, record, raw, counts)
    crash_points.reach(crash_points.LANDED)
    return copied


def _land(deployment: Deployment, run: Run, part: Part, page: Page) -> dict[str, Any]:
    landed = InputPage(run.batch_id, part.n, run.attempt, page.n)
    ref = deployment.lake.landing.put(landed, [zstandard.ZstdCompressor(LANDING_LEVEL).compress(page.body)])
    facts = {"encoding": "zstd", "size": len(page.body), "url": page.url, "format": "json"}
    return {"name": f"part-{part.n:05}-page-{page.n:05}.json", "ref": ref.to_json(), "facts": facts}


# -- promote --------------------------------------------------------------------------------------------------


def _promote(
    deployment: Deployment,
    run: Run,
    plan: FlowPlan,
    part: Part,
    record: PartRecord,
    choose: Callable[[Part], Choose],
) -> None:
    if record.state == PROMOTED:
        return
    ending.obey(deployment, run.id)
    _start(deployment, run, PROMOTION)
    stamp = Stamp(
        batch=run.batch_id, flow=run.flow_id, scope=scope_of(run.flow_id, part.partition), part=part.n,
        attempt=run.attempt, extracted_at=plan.reading.now, ingested_at=plan.ingested_at,
    )  # fmt: skip
    decoder = partial(_decoder, plan, part)
    promoted = promote_part(deployment.lake, PartWork(plan.target, stamp, record.raw, decoder, choose(part)))
    counts = promoted.tally.to_json() | {"outputBytes": sum(file.bytes for file in promoted.data)}
    with deployment.store.write() as conn:
        parts.promoted(conn, record, [file.to_json() for file in promoted.data], promoted.errors, counts)


def _decoder(plan: FlowPlan, part: Part, wanted: Wanted) -> Slices:
    return sources.decoder(plan.reading, part, wanted).slices


# -- commit and record ----------------------------------------------------------------------------------------


def _commit(deployment: Deployment, run: Run, plan: FlowPlan) -> None:
    with deployment.store.read() as conn:
        records = parts.listed(conn, run.id)
    tally = Tally.of([record.counts for record in records])
    tally.require_balance(f"Run {run.id}")
    _require_tolerance(plan, tally)
    ending.obey(deployment, run.id)
    replay_rows.require_current(deployment, run, plan)
    ending.commit(deployment, run.batch_id, plan.target, changes(plan, records))
    ending.succeed(deployment, run, records)


def _require_tolerance(plan: FlowPlan, tally: Tally) -> None:
    """Settled: without the option only a run that rejects every row fails; with it, the share decides."""
    judged = tally.written + tally.rejected
    if plan.tolerance is None:
        if judged and not tally.written:
            raise Failure("CONNECTOR-2001-500", f"All {tally.rejected} records were rejected; see the row errors.")
    elif judged and tally.rejected * 100 > plan.tolerance * judged:
        share = tally.rejected * 100 / judged
        raise Failure(
            "CONNECTOR-2001-500",
            f"{tally.rejected} of {judged} records were rejected ({share:.2f} %), more than the allowed "
            f"{plan.tolerance:g} %. Nothing was ingested; see the row errors.",
        )


# -- records --------------------------------------------------------------------------------------------------


def _recorded(deployment: Deployment, run: Run, plan: FlowPlan) -> Sequence[tuple[Part, PartRecord]]:
    with deployment.store.read() as conn:
        return list(zip(plan.parts, parts.listed(conn, run.id), strict=True))


def _start(deployment: Deployment, run: Run, activity: str) -> None:
    with deployment.store.write() as conn:
        parts.start_activity(conn, run.id, activity, deployment.clock.now())


def _end(deployment: Deployment, run: Run, activity: str) -> None:
    with deployment.store.write() as conn:
        parts.end_activity(conn, run.id, activity, deployment.clock.now())
