"""Which window a run reads when its source's figures change for days after."""

import pytest

from headrace.clock import Window
from headrace.runs.planning import DAY_MS, looked_back
from headrace.store import runs
from headrace.store.scope import Caller

HERE = Caller("org", "prod", "", "client", "user")
CASES = [
    # look-back, the window's start, the flow's first window's start, backfill, start read
    (0, 9, 0, False, 9),
    (3, 9, 0, False, 6),
    (3, 9, 7, False, 7),
    (3, 9, 9, False, 9),
    (3, 9, 0, True, 9),
    (3, 9, None, False, 9),
    (3, 9, 12, False, 9),
]


@pytest.mark.parametrize(("days", "start", "first", "backfill", "read"), CASES)
def test_a_window_is_begun_earlier_but_never_before_the_first(days, start, first, backfill, read):
    window = Window(start * DAY_MS, (start + 1) * DAY_MS)
    run = runs.new_run(
        HERE, id="r", flow_id="f", cause="schedule", window=window, backfill=backfill, batch_id="b", at=0
    )
    earliest = None if first is None else first * DAY_MS
    assert looked_back(run, days, earliest) == Window(read * DAY_MS, window.end)
