"""Merging by key: of each key in a scope the highest row holds, whatever came when, and every row is counted once."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.expressions import AlwaysTrue

from contracts.lake.factory import AT, REF, SCHEMA, Row, aug, change, load, merge, standing, tried, write, write_keyed
from headrace.errors import FileDamaged
from headrace.files import FileRef
from headrace.lake import merging
from headrace.lake.changes import ABORTED, Merge, Merged, ReplaceWindow, Replay, Revert
from headrace.lake.contents import files_on_disk
from headrace.lake.layout import DELETED_KEYS

A, B, C = "a", "b", "c"


def held(lake, scope="flow/a"):
    return {key: clicks for (where, key), clicks in standing(lake).items() if where == scope}


def test_a_file_of_deleted_keys_that_is_gone_is_missed(lake, warehouse):
    merge(lake, "B1", [Row(A, deleted=True)])
    (name,) = [each for each in files_on_disk(lake.table(REF)).referenced if "deleted-keys" in each]
    (warehouse / name).unlink()
    assert files_on_disk(lake.table(REF)).missing == (name,)
    with pytest.raises(FileDamaged, match=name):
        merge(lake, "B2", [Row(A, 1)])


def assert_whole(lake):
    files = files_on_disk(lake.table(REF))
    assert files.missing == files.orphans == ()


# The rows of one batch after the other; what holds then; the figures of the last batch.
MERGES = {
    "new keys": ([[Row(A, 1)], [Row(B, 2)]], {A: 1, B: 2}, None),
    "a key again": ([[Row(A, 1), Row(B, 2)], [Row(A, 3)]], {A: 3, B: 2}, Merged(replaced=1)),
    "a key twice in a batch": ([[Row(A, 1), Row(A, 2)]], {A: 2}, Merged(superseded=1)),
    "the higher version of a batch": ([[Row(A, 1, "2"), Row(A, 2, "1")]], {A: 1}, Merged(superseded=1)),
    "a higher version": ([[Row(A, 1, "1")], [Row(A, 2, "2")]], {A: 2}, Merged(replaced=1)),
    "an older version late": ([[Row(A, 1, "2")], [Row(A, 2, "1")]], {A: 1}, Merged(superseded=1)),
    "the same version later": ([[Row(A, 1, "1")], [Row(A, 2, "1")]], {A: 2}, Merged(replaced=1)),
    "none after a version": ([[Row(A, 1, "1")], [Row(A, 2)]], {A: 1}, Merged(superseded=1)),
    "a deletion": ([[Row(A, 1), Row(B, 2)], [Row(A, deleted=True)]], {B: 2}, Merged(deletions=1, deleted=1)),
    "a deletion of nothing": ([[Row(A, deleted=True)]], {}, Merged(deletions=1)),
    "an old deletion": (
        [[Row(A, 1, "2")], [Row(A, version="1", deleted=True)]],
        {A: 1},
        Merged(superseded=1),
    ),
    "an older row after the deletion": (
        [[Row(A, 1, "1")], [Row(A, version="3", deleted=True)], [Row(A, 2, "2")]],
        {},
        Merged(superseded=1),
    ),
    "a newer row after the deletion": (
        [[Row(A, version="3", deleted=True)], [Row(A, 4, "4"), Row(B, 2, "1")]],
        {A: 4, B: 2},
        None,
    ),
    "deleted and come again in a batch": ([[Row(A, 1)], [Row(A, deleted=True), Row(A, 2)]], {A: 2},
                                          Merged(superseded=1, replaced=1)),
    "come and deleted in a batch": ([[Row(A, 1), Row(A, deleted=True)]], {}, Merged(superseded=1, deletions=1)),
    "another day": ([[Row(A, 1, day=aug(1))], [Row(A, 2, day=date(2022, 7, 1))]], {A: 2}, Merged(replaced=1)),
}  # fmt: skip


@pytest.mark.parametrize(("batches", "left", "figures"), MERGES.values(), ids=MERGES)
def test_the_highest_row_of_a_key_holds(lake, batches, left, figures):
    for n, rows in enumerate(batches):
        foreseen = tried(lake, f"B{n}", rows, at=AT + n)
        outcome = merge(lake, f"B{n}", rows, at=AT + n)
    assert held(lake) == left and foreseen == (figures or Merged())
    assert outcome.merged == ({0: figures} if figures else {})
    merged = figures or Merged()
    assert outcome.rows_added == len(batches[-1]) - merged.superseded - merged.deletions
    assert outcome.rows_deleted == merged.replaced + merged.deleted
    assert lake.outcome(REF, outcome.batch) == outcome
    assert_whole(lake)


def test_a_trial_sees_what_would_leave_and_changes_nothing(lake, warehouse):
    merge(lake, "B1", [Row(A, 1, "3"), Row(B, version="3", deleted=True)])
    merge(lake, "B2", [Row(C, 1, "3")], at=AT + 1)
    before = sorted(warehouse.rglob("*"))
    rows = [Row(A, 2, "2"), Row(B, 2, "2"), Row(C, 2, "2")]
    assert tried(lake, "B3", rows, at=AT + 2) == Merged(superseded=3)
    assert tried(lake, "B3", rows, at=AT + 2, going=["B1"]) == Merged(superseded=1)
    assert tried(lake, "B3", [], at=AT + 2) == Merged()
    assert sorted(warehouse.rglob("*")) == before


def test_the_later_page_and_part_hold_and_each_part_has_its_figures(lake):
    files = [
        *write_keyed(lake, "B1", [Row(A, 3), Row(C, 1)], part=2),
        *write_keyed(lake, "B1", [Row(A, 2)], part=0, page=9),
        *write_keyed(lake, "B1", [Row(A, 1), Row(B, 5)], part=0, page=1, attempt=2),
    ]
    outcome = lake.commit(REF, SCHEMA, [change("B1", tuple(files), Merge())])["B1"]
    assert held(lake) == {A: 3, B: 5, C: 1}
    assert outcome.merged == {0: Merged(superseded=2)}


def test_scopes_do_not_meet(lake):
    merge(lake, "B1", [Row(A, 1)])
    merge(lake, "B2", [Row(A, 2)], scope="flow/b")
    changes = [
        change(
            "B3", write_keyed(lake, "B3", [Row(A, clicks)], scope=scope, part=clicks, at=AT + 1), Merge(), scope=scope
        )
        for scope, clicks in (("flow/a", 3), ("flow/b", 4))
    ]
    outcome = lake.commit(REF, SCHEMA, changes)["B3"]
    assert standing(lake) == {("flow/a", A): 3, ("flow/b", A): 4}
    assert outcome.merged == {3: Merged(replaced=1), 4: Merged(replaced=1)}


def test_rows_without_a_key_stay(lake):
    load(lake, "B1", {aug(1): 1, None: 2})
    merge(lake, "B2", [Row(A, 3)])
    assert lake.figures(REF).rows == 3


def test_files_from_before_there_were_keys_are_left_alone(lake, warehouse):
    (file,) = write(lake, "B1", {aug(1): 1})
    path = warehouse / file.name
    rows = pq.read_table(path)
    ours = rows["_headrace"].combine_chunks()
    older = pa.StructArray.from_arrays([ours.field(n) for n in range(4)], fields=list(ours.type)[:4])
    column = rows.schema.field("_headrace").with_type(older.type)
    pq.write_table(rows.set_column(rows.column_names.index("_headrace"), column, older), path, store_schema=False)
    lake.commit(REF, SCHEMA, [change("B1", (FileRef(file.name, path.stat().st_size, "", 1, file.partition),))])
    merge(lake, "B2", [Row(A, 2), Row(A, 3)])
    merge(lake, "B3", [Row(A, 4)], at=AT + 1)
    assert held(lake) == {None: 1, A: 4}


def test_files_that_hold_no_row_of_these_keys_are_left_alone(lake):
    merge(lake, "B1", [Row(f"a{n}", n) for n in range(10)])
    (before,) = lake.batch_files(REF, "B1")
    merge(lake, "B2", [Row("b1", 1)])
    merge(lake, "B3", [Row("a10", 1)])
    assert lake.batch_files(REF, "B1") == [before]


def test_a_window_and_a_merge_share_a_scope(lake):
    merge(lake, "B1", [Row(A, 1, day=aug(1)), Row(B, 2, day=aug(2))])
    load(lake, "B2", {aug(1): 5}, ReplaceWindow(aug(1), aug(1)), at=AT + 1)
    assert held(lake) == {None: 5, B: 2}
    merge(lake, "B3", [Row(A, 7, day=aug(1))], at=AT + 2)
    assert held(lake) == {None: 5, A: 7, B: 2}


# -- taken back, and brought again -----------------------------------------------------------------------------------


def revert(lake, batch):
    name = f"revert-{batch}"
    return lake.commit(REF, SCHEMA, [change(name, (), Revert(batch), scope=batch, at=AT + 99)])[name]


def replay(lake, batch, old, rows, at):
    files = write_keyed(lake, batch, rows, at=at)
    changes = [change(batch, files, Merge(), at=at), change(batch, (), Replay(old), scope="flow/", at=at)]
    return lake.commit(REF, SCHEMA, changes)[batch]


def test_a_revert_takes_the_rows_that_still_stand(lake):
    merge(lake, "B1", [Row(A, 1), Row(B, 1)])
    merge(lake, "B2", [Row(B, 2), Row(C, 2)], at=AT + 1)
    assert revert(lake, "B1").rows_deleted == 1
    assert held(lake) == {B: 2, C: 2}
    assert revert(lake, "B2").rows_deleted == 2
    assert held(lake) == {}
    assert_whole(lake)


def test_a_revert_takes_deletions_back_for_rows_to_come(lake):
    merge(lake, "B1", [Row(A, 1), Row(B, 1)])
    merge(lake, "B2", [Row(A, deleted=True)], at=AT + 2)
    merge(lake, "B3", [Row(B, deleted=True)], at=AT + 2)
    revert(lake, "B2")
    outcome = merge(lake, "B4", [Row(A, 4), Row(B, 4)], at=AT + 1)
    assert held(lake) == {A: 4}
    assert outcome.merged == {0: Merged(superseded=1)}
    assert_whole(lake)


def test_a_replay_brings_back_only_what_still_stands(lake):
    merge(lake, "B1", [Row(A, 1), Row(B, 1), Row(C, 1)])
    merge(lake, "B2", [Row(B, 2), Row(C, deleted=True)], at=AT + 1)
    outcome = replay(lake, "B3", "B1", [Row(A, 10), Row(B, 10), Row(C, 10)], AT)
    assert held(lake) == {A: 10, B: 2}
    assert (outcome.rows_added, outcome.rows_deleted) == (1, 1)
    assert outcome.merged == {0: Merged(superseded=2)}
    assert lake.scan(REF, "B1").num_rows == 0


def test_a_replay_lets_its_own_deletions_go(lake):
    merge(lake, "B1", [Row(A, deleted=True), Row(B, 1)])
    replay(lake, "B2", "B1", [Row(A, 2), Row(B, 2)], AT)
    assert held(lake) == {A: 2, B: 2}


# -- once ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mine", [0, 5])
def test_a_sleeper_decides_anew_over_what_came_meanwhile(lake, open_lake, sleeping, mine):
    merge(lake, "B1", [Row(A, 1, "1"), Row(B, 1, "1")])
    sleeping(lambda: merge(open_lake(), "B2", [Row(A, 2, "3"), Row(C, version="3", deleted=True)], at=AT + 1))
    outcome = merge(lake, "B3", [Row(A, 3, str(mine)), Row(B, 3, str(mine)), Row(C, 3, str(mine))], at=AT + 2)
    newer = mine > 3
    assert held(lake) == ({A: 3, B: 3, C: 3} if newer else {A: 2, B: 1})
    assert outcome.merged == {0: Merged(replaced=2) if newer else Merged(superseded=3)}
    assert_whole(lake)


def test_a_sleeper_finds_that_its_batch_was_committed_by_another(lake, open_lake, sleeping):
    merge(lake, "B0", [Row(A, 0), Row(C, 0)])
    files = write_keyed(lake, "B1", [Row(A, 1), Row(A, 2), Row(B, deleted=True)], at=AT + 1)
    done = {}
    sleeping(lambda: done.update(open_lake().commit(REF, SCHEMA, [change("B1", files, Merge())])))
    assert lake.commit(REF, SCHEMA, [change("B1", files, Merge())]) == done
    assert held(lake) == {A: 2, C: 0}
    assert_whole(lake)


def test_one_whose_files_were_taken_by_another_finds_the_commit(lake, open_lake, monkeypatch):
    files = write_keyed(lake, "B1", [Row(A, 1), Row(A, 2)])
    decide, done = merging.Merger.decide, {}

    def overtaken(*args):
        monkeypatch.setattr(merging.Merger, "decide", decide)
        decision = decide(*args)
        done.update(open_lake().commit(REF, SCHEMA, [change("B1", files, Merge())]))
        return decision

    monkeypatch.setattr(merging.Merger, "decide", overtaken)
    assert lake.commit(REF, SCHEMA, [change("B1", files, Merge())]) == done
    assert held(lake) == {A: 2}


def test_a_file_that_is_gone_is_named(lake, warehouse):
    files = write_keyed(lake, "B1", [Row(A, 1), Row(A, 2)])
    (warehouse / files[0].name).unlink()
    with pytest.raises((FileDamaged, FileNotFoundError), match="B1"):
        lake.commit(REF, SCHEMA, [change("B1", files, Merge())])


def test_a_sleeper_that_was_aborted_leaves_no_trace(lake, open_lake, sleeping):
    merge(lake, "B1", [Row(A, 1), Row(B, 1)])
    sleeping(lambda: open_lake().abort(REF, "B2"))
    files = write_keyed(lake, "B2", [Row(A, 2), Row(B, deleted=True)], at=AT + 1)
    assert lake.commit(REF, SCHEMA, [change("B2", files, Merge())])["B2"].state == ABORTED
    assert held(lake) == {A: 1, B: 1}
    assert files_on_disk(lake.table(REF)).orphans == tuple(file.name for file in files)
    assert DELETED_KEYS not in lake.table(REF).metadata.properties


@pytest.mark.slow
def test_merges_that_meet_leave_the_highest_version(lake, open_lake):
    others = [open_lake() for _ in range(4)]
    versions = list(range(12))
    random.Random(4).shuffle(versions)

    def work(worker):
        return [
            merge(others[worker], f"B{version}", [Row(A, version, f"{version:02}"), Row(f"own{version}", version)])
            for version in versions[worker::4]
        ]

    with ThreadPoolExecutor(4) as pool:
        outcomes = [outcome for done in pool.map(work, range(4)) for outcome in done]
    assert held(lake) == {A: 11} | {f"own{version}": version for version in versions}
    figures = [merged for outcome in outcomes for merged in outcome.merged.values()]
    assert sum(each.superseded + each.replaced for each in figures) == 11
    assert_whole(lake)


# -- against a model -----------------------------------------------------------------------------------------------


@dataclass
class Model:
    """The meaning in a few lines: every row that ever came, and of each key the highest."""

    came: list[tuple] = field(default_factory=list)  # (key, rank, batch, clicks, deleted)
    stands: dict[str, tuple] = field(default_factory=dict)  # what holds: a row, or a deletion

    def merge(self, batch, rows, at):
        for n, row in enumerate(rows):
            came = (row.version or "", at, n, batch, row.clicks, row.deleted)
            if row.key not in self.stands or self.stands[row.key][:4] < came[:4]:
                self.stands[row.key] = came

    def take_back(self, batch):
        self.stands = {key: row for key, row in self.stands.items() if row[3] != batch}

    @property
    def clicks(self):
        return {key: row[4] for key, row in self.stands.items() if not row[5]}


@pytest.fixture
def short_of_memory(monkeypatch):
    """No decision about all keys at once fits into the memory."""
    decide = merging.Merger._decide

    def short(self, n, passes, *args):
        if passes == 1:
            raise duckdb.OutOfMemoryException("failed to allocate")
        decide(self, n, passes, *args)

    monkeypatch.setattr(merging.Merger, "_decide", short)


def test_what_does_not_fit_the_memory_is_decided_in_passes(lake, short_of_memory):
    merge(lake, "B1", [Row(f"k{n}", n) for n in range(100)] * 2)
    outcome = merge(lake, "B2", [Row(f"k{n}", -n, deleted=n < 10) for n in range(50)], at=AT + 1)
    assert held(lake) == {f"k{n}": n if n >= 50 else -n for n in range(10, 100)}
    assert outcome.merged == {0: Merged(deletions=10, replaced=40, deleted=10)}
    assert lake.outcome(REF, "B1").merged == {0: Merged(superseded=100)}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_any_history_leaves_what_the_model_says(lake, seed):
    dice, model, batches = random.Random(seed), Model(), {}
    for n in range(12):
        batch = f"B{n:02}"
        rows = [
            Row(
                dice.choice("abcdefgh"),
                dice.randrange(1000),
                dice.choice([None, "1", "2", "3"]),
                dice.choice([None, aug(1), date(2022, 7, 1)]),
                dice.random() < 0.25,
            )
            for _ in range(dice.randrange(1, 9))
        ]
        kind = dice.choice(["merge", "merge", "late", "revert", "replay"]) if batches else "merge"
        if kind == "revert":
            old = dice.choice(list(batches))
            revert(lake, old)
            batches.pop(old)
            model.take_back(old)
        elif kind == "replay":
            old = dice.choice(list(batches))
            before, at = batches.pop(old)
            model.take_back(old)
            replay(lake, batch, old, before, at)
            batches[batch] = (before, at)
            model.merge(batch, before, at)
        else:
            at = AT + (n if kind == "merge" else -n)
            merge(lake, batch, rows, at=at)
            batches[batch] = (rows, at)
            model.merge(batch, rows, at)
        assert held(lake) == model.clicks, (seed, n, kind)
    assert_whole(lake)
    assert lake.table(REF).scan(row_filter=AlwaysTrue()).to_arrow().num_rows == len(model.clicks)
