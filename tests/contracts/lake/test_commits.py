from datetime import date

import pyarrow as pa
import pytest
from pyiceberg.serializers import FromInputFile

from contracts.lake.factory import AT, REF, SCHEMA, aug, change, held, load, write
from headrace.errors import FileDamaged, TableMissing, WindowSuperseded
from headrace.files import FileRef
from headrace.lake import TableRef
from headrace.lake.changes import ABORTED, COMMITTED, Append, ReplaceWindow, Replay, Revert
from headrace.lake.contents import files_on_disk
from headrace.lake.history import outcomes
from headrace.lake.layout import PROPERTIES

WEEK = ReplaceWindow(aug(1), aug(7))


def test_a_committed_batch_is_in_the_table_and_in_history(lake):
    outcome = load(lake, "B1", {aug(4): 4, None: 1, date(2022, 7, 31): 7})
    assert (outcome.state, outcome.rows_added, outcome.files_added) == (COMMITTED, 3, 3)
    assert lake.outcome(REF, "B1") == outcome
    assert held(lake) == {aug(4): 4, None: 1, date(2022, 7, 31): 7}
    assert [file.partition for file in lake.batch_files(REF, "B1")] == ["2022-07", "2022-08", None]


def test_figures_count_the_current_snapshot(lake):
    assert lake.figures(REF).rows == 0
    files = write(lake, "B1", {aug(4): 4})
    lake.commit(REF, SCHEMA, [change("B1", files)])
    figures = lake.figures(REF)
    assert (figures.rows, figures.files, figures.bytes) == (1, 1, files[0].bytes)
    assert figures.metadata_location == lake.metadata_location(REF)


def test_committing_again_changes_nothing(lake):
    first = load(lake, "B1", {aug(4): 4})
    again = lake.commit(REF, SCHEMA, [change("B1", write(lake, "B1", {aug(4): 5}, attempt=2))])
    assert again == {"B1": first}
    assert held(lake) == {aug(4): 4}


def test_an_aborted_batch_is_never_committed(lake):
    files = write(lake, "B1", {aug(4): 4})
    assert lake.abort(REF, "B1").state == ABORTED
    assert lake.commit(REF, SCHEMA, [change("B1", files)])["B1"].state == ABORTED
    assert lake.figures(REF).rows == 0


def test_a_committed_batch_cannot_be_aborted(lake):
    outcome = load(lake, "B1", {aug(4): 4})
    assert lake.abort(REF, "B1") == outcome
    assert held(lake) == {aug(4): 4}


def test_one_batch_may_change_several_scopes_in_one_snapshot(lake):
    changes = [
        change("B1", write(lake, "B1", {aug(day): day}, scope=scope, attempt=day), WEEK, scope=scope)
        for day, scope in enumerate(["flow/a", "flow/b"], 1)
    ]
    outcome = lake.commit(REF, SCHEMA, changes)["B1"]
    assert (outcome.rows_added, outcome.files_added) == (2, 2)
    assert held(lake) == {aug(1): 1, aug(2): 2}


def test_several_batches_share_a_snapshot_unless_they_share_a_scope(lake):
    changes = [
        change(batch, write(lake, batch, {aug(1): number}, scope=scope), WEEK, scope=scope)
        for number, (batch, scope) in enumerate([("B1", "flow/a"), ("B2", "flow/b"), ("B3", "flow/a")])
    ]
    outcomes = lake.commit(REF, SCHEMA, changes)
    assert outcomes["B1"].snapshot_id == outcomes["B2"].snapshot_id != outcomes["B3"].snapshot_id
    assert outcomes["B3"].rows_deleted == 1
    assert lake.scan(REF, "B1").num_rows == 0


REPLACEMENTS = [  # rows of one flow; delete; what is left of them; rows deleted
    ({aug(1): 1, aug(2): 2}, WEEK, {}, 2),
    ({aug(1): 1, aug(9): 9}, WEEK, {aug(9): 9}, 1),
    ({date(2022, 7, 31): 7, aug(1): 1}, WEEK, {date(2022, 7, 31): 7}, 1),
    ({None: 5, aug(1): 1}, WEEK, {None: 5}, 1),
    ({aug(8): 8}, WEEK, {aug(8): 8}, 0),
    ({}, WEEK, {}, 0),
    ({None: 5, aug(1): 1}, Replay("B1"), {}, 2),
    ({None: 5, aug(1): 1}, Revert("B1"), {}, 2),
    ({aug(1): 1}, Append(), {aug(1): 1}, 0),
]


@pytest.mark.parametrize(("before", "delete", "left", "deleted"), REPLACEMENTS)
def test_a_change_deletes_exactly_what_it_names(lake, before, delete, left, deleted):
    load(lake, "B1", before)
    load(lake, "B2", {date(2022, 8, 3): 333, date(2022, 6, 1): 6}, scope="other/a")
    outcome = load(lake, "B3", {}, delete)
    assert outcome.rows_deleted == deleted
    assert held(lake, "B1") == left
    assert held(lake, "B2") == {date(2022, 8, 3): 333, date(2022, 6, 1): 6}
    assert lake.outcome(REF, "B3") == outcome
    assert files_on_disk(lake.table(REF)).missing == files_on_disk(lake.table(REF)).orphans == ()


def test_a_window_replaces_its_rows_and_adds_the_new_ones(lake):
    load(lake, "B1", {aug(1): 1, aug(2): 2, aug(9): 9})
    load(lake, "B2", {aug(2): 22}, WEEK, at=AT + 1)
    assert held(lake) == {aug(2): 22, aug(9): 9}


@pytest.mark.parametrize("before", [{aug(1): 1}, {aug(1): 1, aug(9): 9}])
def test_rows_read_later_are_not_replaced(lake, before):
    load(lake, "B1", before, at=AT + 1)
    with pytest.raises(WindowSuperseded, match="B2"):
        load(lake, "B2", {aug(1): 11}, WEEK)
    assert held(lake) == before
    assert lake.outcome(REF, "B2") is None


@pytest.mark.parametrize("scope", ["upload/B1", "flow/a"])
def test_a_batch_whose_rows_were_read_later_is_not_replayed_but_may_be_reverted(lake, scope):
    load(lake, "B1", {None: 5, aug(1): 1}, at=AT + 1, scope=scope)
    with pytest.raises(WindowSuperseded, match="'B2' would replace rows of batch 'B1'"):
        load(lake, "B2", {aug(1): 11}, Replay("B1"))
    assert held(lake) == {None: 5, aug(1): 1} and lake.outcome(REF, "B2") is None
    assert load(lake, "B3", {}, Revert("B1")).rows_deleted == 2


def test_a_replay_of_several_batches_is_one_snapshot(lake):
    for number in (1, 2, 3):
        load(lake, f"B{number}", {aug(number): number}, scope=f"upload/B{number}")
    files = write(lake, "B4", {aug(4): 4}, scope="upload/B4")
    come = change("B4", files, scope="upload/B4")
    go = [change("B4", (), Replay(old), scope="upload/B4") for old in ("B1", "B2")]
    outcome = lake.commit(REF, SCHEMA, [come, *go])["B4"]
    assert (outcome.rows_added, outcome.rows_deleted) == (1, 2)
    assert len(lake.table(REF).snapshots()) == 4 and held(lake) == {aug(3): 3, aug(4): 4}


def test_rows_read_later_outside_the_window_do_not_matter(lake):
    load(lake, "B1", {aug(9): 9}, at=AT + 1)
    load(lake, "B2", {aug(1): 1}, WEEK)
    assert held(lake) == {aug(9): 9, aug(1): 1}


def test_two_scopes_of_one_rewritten_file_are_taken_out_together(lake):
    load(lake, "B1", {aug(1): 1, aug(4): 4, aug(9): 9})
    windows = [ReplaceWindow(aug(1), aug(1)), ReplaceWindow(aug(9), aug(9))]
    outcome = lake.commit(REF, SCHEMA, [change("B2", (), window) for window in windows])["B2"]
    assert outcome.rows_deleted == 2
    assert held(lake) == {aug(4): 4}


@pytest.mark.parametrize("delete", [ReplaceWindow(aug(8), aug(9)), ReplaceWindow(aug(1), aug(2)), Replay("B1")])
def test_no_file_is_opened_that_a_window_leaves_alone_or_takes_whole(lake, monkeypatch, delete):
    load(lake, "B1", {aug(1): 1, aug(2): 2})
    monkeypatch.setattr("headrace.lake.data_files.Rewriter.without", None)
    outcome = load(lake, "B2", {}, delete)
    assert len(held(lake)) == 2 - outcome.rows_deleted
    assert outcome.rows_deleted == (0 if delete == ReplaceWindow(aug(8), aug(9)) else 2)


def test_the_schema_is_brought_up_with_the_data(lake):
    load(lake, "B1", {aug(1): 1})
    wider = pa.schema(
        [pa.field("_t", pa.struct([("clicks", pa.int64()), ("cost", pa.decimal128(38, 18))])), ("x", pa.string())]
    )
    files = write(lake, "B2", {aug(2): 2}, schema=wider)
    assert "x" not in lake.table(REF).schema().column_names
    lake.commit(REF, wider, [change("B2", files)])
    assert lake.scan(REF).column_names[-1] == "x"
    assert held(lake) == {aug(1): 1, aug(2): 2}


def test_a_writer_whose_field_ids_were_taken_meanwhile_is_renumbered(lake):
    mine, theirs = (
        pa.schema([*SCHEMA, pa.field(name, kind)]) for name, kind in [("x", pa.string()), ("y", pa.int64())]
    )
    files = write(lake, "B1", {aug(1): 1}, schema=mine)
    lake.commit(REF, theirs, [change("B2", write(lake, "B2", {aug(2): 2}, schema=theirs), scope="flow/b")])
    lake.commit(REF, mine, [change("B1", files)])
    assert held(lake) == {aug(1): 1, aug(2): 2}
    assert {"x", "y"} <= set(lake.scan(REF).column_names)
    assert files_on_disk(lake.table(REF)).orphans == ()  # the first writing of B1 went with the commit


def test_a_file_that_is_not_as_recorded_is_not_committed(lake):
    (file,) = write(lake, "B1", {aug(1): 1})
    wrong = FileRef(file.name, file.bytes + 1, file.sha256, file.rows, file.partition)
    with pytest.raises(FileDamaged, match="recorded were"):
        lake.commit(REF, SCHEMA, [change("B1", (wrong,))])
    assert lake.outcome(REF, "B1") is None


def test_history_lists_every_batch_oldest_first(lake):
    load(lake, "B1", {aug(1): 1})
    lake.abort(REF, "B2")
    assert [(outcome.batch, outcome.state) for outcome in outcomes(lake.table(REF))] == [
        ("B1", COMMITTED),
        ("B2", ABORTED),
    ]


def test_damaged_and_missing_files_are_named(lake, warehouse):
    good, bad, gone = (write(lake, batch, {aug(1): 1})[0] for batch in ("B1", "B2", "B3"))
    (warehouse / bad.name).write_bytes(b"x" * bad.bytes)
    (warehouse / gone.name).unlink()
    assert lake.data_files.damaged([good, bad, gone]) == [bad.name, gone.name]


def test_a_table_of_empty_commits_has_no_files(lake):
    load(lake, "B1", {})
    lake.abort(REF, "B2")
    files = files_on_disk(lake.table(REF))
    assert (files.referenced, files.missing, files.orphans) == ((), (), ())
    load(lake, "B3", {aug(1): 1})
    load(lake, "B4", {}, ReplaceWindow(aug(1), aug(1)))
    files = files_on_disk(lake.table(REF))
    assert (files.referenced, files.missing, files.orphans) == ((), (), ())


def test_what_is_remembered_of_a_table_is_what_its_file_says(lake):
    load(lake, "B1", {aug(1): 1})
    table = lake.table(REF)
    load(lake, "B2", {aug(2): 2}, WEEK)
    after = lake.table(REF)
    assert after.metadata == FromInputFile.table_metadata(after.io.new_input(after.metadata_location))
    assert len(table.metadata.snapshots) + 1 == len(after.metadata.snapshots)


def test_orgs_and_sandboxes_have_tables_of_their_own(lake):
    other = TableRef("ACME@AdobeOrg", "dev", REF.dataset_id)
    lake.create_table(other, SCHEMA)
    load(lake, "B1", {aug(1): 1})
    assert lake.figures(other).rows == 0
    lake.drop_table(other)
    lake.drop_table(other)
    with pytest.raises(TableMissing):
        lake.figures(other)


def test_small_commits_do_not_pile_up_manifests(lake, monkeypatch):
    monkeypatch.setitem(PROPERTIES, "commit.manifest.min-count-to-merge", "3")
    lake.drop_table(REF)
    lake.create_table(REF, SCHEMA)
    for day in range(1, 6):
        load(lake, f"B{day}", {aug(day): day})
    load(lake, "B6", {}, ReplaceWindow(aug(2), aug(3)))
    table = lake.table(REF)
    assert len(table.current_snapshot().manifests(table.io)) < 5
    assert held(lake) == {aug(day): day for day in (1, 4, 5)}
    assert lake.figures(REF).rows == 3
