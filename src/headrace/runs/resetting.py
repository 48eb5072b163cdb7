"""An emulator's reset: documents go and runs are told to stop, then tables, files and rows go."""

import threading

from headrace.clock import Timer
from headrace.errors import Conflict
from headrace.lake import Lake
from headrace.runs.dispatch import Dispatch
from headrace.store import emulator_clock, erasing
from headrace.store.engine import Store
from headrace.store.erasing import Extent

LOOK_SECONDS = 0.02
NAMED = 10


def reset(dispatch: Dispatch, lake: Lake, timer: Timer, extent: Extent, now: int | None, seconds: float) -> None:
    """Erases everything within ``extent``; Conflict, safe to repeat, when a run does not stop within ``seconds``.

    When that is the whole deployment, the clock goes to ``now`` (epoch ms), or back to the machine's own time.
    """
    with dispatch.store.write() as conn:
        erasing.stop(conn, extent, dispatch.clock.now())
    _wait(dispatch, timer, extent, seconds)
    _empty_lake(dispatch.store, lake, extent)
    with dispatch.store.write() as conn:
        erasing.forget(conn, extent)
        if extent == Extent():
            emulator_clock.move_to(conn, emulator_clock.wall_ms() if now is None else now)


def _wait(dispatch: Dispatch, timer: Timer, extent: Extent, seconds: float) -> None:
    """Returns when nobody works within the extent: a job that found its run gone would do its work in vain."""
    pause = threading.Event()
    deadline = timer.seconds() + seconds
    while left := _working(dispatch, extent):
        if timer.seconds() > deadline:
            named = ", ".join(left[:NAMED]) + (", …" if len(left) > NAMED else "")
            raise Conflict(f"Still at work after {seconds:g} s, told to stop: {named}. Ask again.")
        pause.wait(LOOK_SECONDS)


def _working(dispatch: Dispatch, extent: Extent) -> list[str]:
    with dispatch.store.read() as conn:
        live, owners = erasing.live(conn, extent), erasing.owners(conn, extent)
    return live or [job.id for job in dispatch.jobs.unfinished() if job.id.partition(":")[0] in owners]


def _empty_lake(store: Store, lake: Lake, extent: Extent) -> None:
    with store.read() as conn:
        scopes, batch_ids = erasing.scopes(conn, extent), erasing.batch_ids(conn, extent)
    for org, sandbox in scopes:
        lake.drop_tables(org, sandbox)
    for id in batch_ids:
        lake.landing.remove_batch(id)
