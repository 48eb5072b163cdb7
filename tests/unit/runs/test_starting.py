"""Runs that somebody asks for: their ids are derived from flow, window and cause, and no two are the same."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from headrace import ids
from headrace.errors import Invalid
from headrace.runs import starting
from headrace.runs.dispatch import Dispatch
from headrace.store import runs, schedules
from headrace.store.engine import Store
from headrace.store.runs import FAILED, Outcome
from headrace.store.scope import Caller

HERE = Caller("org@AdobeOrg", "prod", "", "client", "user")
NOW = 1_660_107_600_000
WINDOW = (NOW - 3_600_000, NOW)
PARAMS = {"windowStartTime": str(WINDOW[0] // 1000), "windowEndTime": str(WINDOW[1] // 1000)}


class Standing:
    def now(self) -> int:
        return NOW


@pytest.fixture
def dispatch(store: Store, jobs: Any) -> Dispatch:
    with store.write() as conn:
        schedules.put(conn, HERE, "f", frequency="once", interval=1, start=NOW, backfill=True, enabled=True, at=NOW)
    return Dispatch(store, Standing(), jobs)


def failed(store: Store, id: str) -> None:
    with store.write() as conn:
        runs.finish(conn, id, FAILED, Outcome("c", "m"), NOW)


def test_each_run_on_demand_has_the_next_number(dispatch: Dispatch) -> None:
    made = [starting.on_demand(dispatch, HERE, "f", PARAMS)[0] for _ in range(2)]
    assert made == [ids.run_id("f", *WINDOW, f"ondemand:{n}") for n in range(2)]


def test_requests_at_once_get_numbers_of_their_own(dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch) -> None:
    count, both = runs.count_of_cause, Barrier(2)

    def counted_together(*args: Any) -> int:
        found = count(*args)
        with suppress(BrokenBarrierError):  # the second cannot count before the first is done
            both.wait(0.2)
        return found

    monkeypatch.setattr(runs, "count_of_cause", counted_together)
    with ThreadPoolExecutor(2) as pool:
        made = set(pool.map(lambda _: starting.on_demand(dispatch, HERE, "f", PARAMS)[0], range(2)))
    assert made == {ids.run_id("f", *WINDOW, f"ondemand:{n}") for n in range(2)}


def test_a_re_trigger_names_the_run_before_it_and_is_made_once(dispatch: Dispatch, store: Store) -> None:
    first, _ = starting.on_demand(dispatch, HERE, "f", PARAMS)
    failed(store, first)
    again, _ = starting.retrigger(dispatch, HERE, first)
    assert again == ids.run_id("f", *WINDOW, f"retrigger:{first}")
    with pytest.raises(Invalid, match="was started for this already"):
        starting.retrigger(dispatch, HERE, first)
    failed(store, again)
    assert starting.retrigger(dispatch, HERE, again)[0] == ids.run_id("f", *WINDOW, f"retrigger:{again}")
