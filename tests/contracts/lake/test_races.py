"""Committers that meet: in threads with lakes of their own, in processes, and one that slept too long."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest

from contracts.lake.factory import REF, SCHEMA, aug, change, held, load, write
from headrace.lake import Lake, commits
from headrace.lake.changes import ABORTED, COMMITTED, ReplaceWindow
from headrace.lake.contents import files_on_disk

WINDOW = ReplaceWindow(aug(1), aug(7))


def test_a_sleeper_loses_to_an_abort(lake, open_lake, sleeping):
    files = write(lake, "B1", {aug(1): 1})
    sleeping(lambda: open_lake().abort(REF, "B1"))
    assert lake.commit(REF, SCHEMA, [change("B1", files)])["B1"].state == ABORTED
    assert lake.figures(REF).rows == 0


def test_a_sleeper_does_not_double_what_another_committed(lake, open_lake, sleeping):
    files = write(lake, "B1", {aug(1): 1})
    done = {}
    sleeping(lambda: done.update(open_lake().commit(REF, SCHEMA, [change("B1", files)])))
    assert lake.commit(REF, SCHEMA, [change("B1", files)]) == done
    assert lake.figures(REF).rows == 1


def test_a_sleeper_replans_its_deletion_over_what_came_meanwhile(lake, open_lake, sleeping):
    load(lake, "B1", {aug(1): 1, aug(9): 9})
    sleeping(lambda: load(open_lake(), "B2", {aug(2): 2, aug(8): 8}))
    outcome = load(lake, "B3", {aug(3): 3}, WINDOW)
    assert outcome.rows_deleted == 2
    assert held(lake) == {aug(9): 9, aug(8): 8, aug(3): 3}
    assert files_on_disk(lake.table(REF)).orphans == files_on_disk(lake.table(REF)).missing == ()


def test_a_sleeper_that_is_aborted_leaves_no_rewritten_files(lake, open_lake, sleeping):
    load(lake, "B1", {aug(1): 1, aug(9): 9})
    sleeping(lambda: open_lake().abort(REF, "B2"))
    load(lake, "B2", {}, WINDOW)
    assert held(lake) == {aug(1): 1, aug(9): 9}
    assert files_on_disk(lake.table(REF)).orphans == ()


def test_an_abort_that_slept_finds_the_commit(lake, open_lake, monkeypatch):
    files = write(lake, "B1", {aug(1): 1})
    take = commits._take_snapshot

    def overtaken(*args):
        monkeypatch.setattr(commits, "_take_snapshot", take)
        open_lake().commit(REF, SCHEMA, [change("B1", files)])
        return take(*args)

    monkeypatch.setattr(commits, "_take_snapshot", overtaken)
    assert lake.abort(REF, "B1").state == COMMITTED
    assert lake.figures(REF).rows == 1


def test_threads_with_lakes_of_their_own_all_get_in(lake, open_lake):
    others = [open_lake() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(
            pool.map(lambda number: load(others[number], f"B{number}", {aug(1 + number): number}), range(4))
        )
    assert {outcome.state for outcome in outcomes} == {COMMITTED}
    assert held(lake) == {aug(1 + number): number for number in range(4)}


def test_commit_and_abort_of_one_batch_agree(lake, open_lake):
    files = write(lake, "B1", {aug(1): 1})
    first, second, third = (open_lake() for _ in range(3))
    with ThreadPoolExecutor(3) as pool:
        answers = [
            pool.submit(first.abort, REF, "B1"),
            pool.submit(lambda: second.commit(REF, SCHEMA, [change("B1", files)])["B1"]),
            pool.submit(lambda: third.commit(REF, SCHEMA, [change("B1", files)])["B1"]),
        ]
        outcomes = {answer.result() for answer in answers}
    assert len(outcomes) == 1
    assert lake.figures(REF).rows == (1 if outcomes.pop().state == COMMITTED else 0)


def _commit_all(database_url, warehouse, batches):
    lake = Lake.open(database_url, warehouse)
    for number, (batch, files) in enumerate(batches):
        if number % 5 == 4:
            lake.abort(REF, batch)
        else:
            lake.commit(REF, SCHEMA, [change(batch, files)])
    lake.close()


@pytest.mark.slow
def test_two_processes_commit_each_batch_once(lake, database_url, warehouse):
    batches = [(f"B{number}", write(lake, f"B{number}", {aug(1): number})) for number in range(20)]
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=_commit_all, args=(database_url, warehouse, order)) for order in (batches, batches[::-1])
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    outcomes = [lake.outcome(REF, batch) for batch, _ in batches]
    assert None not in outcomes
    assert lake.figures(REF).rows == sum(outcome.rows_added for outcome in outcomes)
