"""Expired snapshots take their proof along: rows prove a commit, the horizon proves a new batch, or nothing does."""

import pytest

from contracts.lake.factory import REF, aug, load, write
from headrace.errors import BatchUnproven
from headrace.lake.changes import COMMITTED, ReplaceWindow
from headrace.lake.history import HORIZON


@pytest.fixture
def expired(lake):
    """B1 (rows left), B2 (rows replaced) and B3 are committed, then only B3's snapshot is kept."""
    load(lake, "B1", {aug(1): 1}, scope="flow/b")
    load(lake, "B2", {aug(1): 1})
    load(lake, "B3", {aug(1): 1}, ReplaceWindow(aug(1), aug(1)))
    table = lake.table(REF)
    old = [snapshot.snapshot_id for snapshot in table.snapshots()][:-1]
    table.maintenance.expire_snapshots().by_ids(old).commit()
    return lake


def test_a_kept_snapshot_still_proves_its_batch(expired):
    assert expired.outcome(REF, "B3").snapshot_id is not None


def test_rows_prove_a_batch_without_its_snapshot(expired):
    outcome = expired.outcome(REF, "B1")
    assert (outcome.state, outcome.snapshot_id, outcome.rows_added) == (COMMITTED, None, 1)


@pytest.mark.parametrize("batch", ["B2", "B9"])
def test_what_nothing_proves_is_not_guessed(expired, batch):
    with pytest.raises(BatchUnproven, match=batch):
        expired.outcome(REF, batch)


def test_a_batch_after_the_horizon_is_known_to_be_new(expired):
    with expired.table(REF).transaction() as transaction:
        transaction.set_properties({HORIZON: "B2"})
    assert expired.outcome(REF, "B9") is None
    assert load(expired, "B9", {aug(2): 2}).state == COMMITTED
    with pytest.raises(BatchUnproven):
        expired.outcome(REF, "B2")


def test_a_table_with_its_whole_history_knows_every_batch(lake):
    assert lake.outcome(REF, "A0") is None
    write(lake, "A0", {aug(1): 1})
    assert lake.outcome(REF, "A0") is None
