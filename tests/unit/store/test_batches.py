"""A batch moves by compare-and-set, only `committing` commits, and the latest upload of a name counts."""

from dataclasses import replace

import pytest

from headrace.errors import Broken, Conflict, NotFound
from headrace.files import FileFacts, FileRef
from headrace.store import batches, events
from headrace.store.batches import BatchError, BatchFile, BatchMetrics
from headrace.store.engine import Store
from headrace.store.scope import Caller

HERE = Caller("org@AdobeOrg", "prod", "sandbox-id", "client", "user")
ELSEWHERE = [replace(HERE, org="other@AdobeOrg"), replace(HERE, sandbox="dev")]
DATASET = "672a10b1074ceb2af0aa7034"
METRICS = BatchMetrics(input_record_count=100)


def loading(store: Store, id: str = "B1", **more: object) -> batches.Batch:
    with store.write() as conn:
        return batches.insert(conn, HERE, id=id, dataset_id=DATASET, at=1_000, **more)  # type: ignore[arg-type]


def test_a_batch_walks_to_success_and_leaves_its_trace(store: Store) -> None:
    made = loading(store, status="staging", run_id="r1", body={"tags": {"flowId": ["f"]}})
    assert (made.external_id, made.version, made.started_at) == ("B1", 0, 1_000)
    with store.write() as conn:
        batches.move(conn, "B1", {"staging"}, "committing", at=2_000)
        done = batches.move(
            conn, "B1", {"committing"}, "success", at=3_000,
            metrics=METRICS, errors=(BatchError("MAPPER-3700-400", "x"),), completed_at=3_000,
        )  # fmt: skip
    with store.read() as conn:
        assert batches.get(conn, HERE, "B1") == done == batches.by_id(conn, "B1")
        actions = conn.execute(events.events.select().order_by(events.events.c.seq)).all()
    assert (done.status, done.version, done.completed_at, done.metrics) == (
        "success",
        2,
        3_000,
        METRICS,
    )
    assert [(row.kind, row.action, row.actor) for row in actions] == [
        ("batches", action, "user") for action in ("staging", "committing", "success")
    ]


def test_a_move_from_a_status_left_behind_is_refused(store: Store) -> None:
    loading(store)
    with store.write() as conn:
        batches.move(conn, "B1", {"loading"}, "loaded", at=2)
    with pytest.raises(Conflict, match="is loaded; it must be loading") as caught, store.write() as conn:
        batches.move(conn, "B1", {"loading"}, "aborted", at=3)
    assert caught.value.facts["status"] == "loaded"


@pytest.mark.parametrize(
    ("start", "end"), [("staging", "success"), ("loaded", "success"), ("failed", "staging"), ("aborted", "committing")]
)
def test_only_committing_may_commit(store: Store, start: str, end: str) -> None:
    loading(store, status=start)
    with pytest.raises(Broken), store.write() as conn:
        batches.move(conn, "B1", {start}, end, at=2)


@pytest.mark.parametrize("stranger", ELSEWHERE)
def test_a_batch_is_nobody_elses(store: Store, stranger: Caller) -> None:
    loading(store)
    with store.read() as conn:
        assert batches.find(conn, stranger, "B1") is None
        assert batches.select(conn, stranger) == []
        assert batches.open_with_external_id(conn, stranger, DATASET, "B1") is None
        with pytest.raises(NotFound):
            batches.get(conn, stranger, "B1")


def test_one_batch_at_a_time_is_open_under_an_external_id(store: Store) -> None:
    first = loading(store, external_id="night")
    with store.read() as conn:
        assert batches.open_with_external_id(conn, HERE, DATASET, "night") == first
    with pytest.raises(Conflict):
        loading(store, id="B2", external_id="night")
    with store.write() as conn:
        batches.move(conn, "B1", {"loading"}, "loaded", at=2)
    assert loading(store, id="B2", external_id="night").id == "B2"


def test_the_latest_upload_of_a_name_counts_however_slow_an_earlier_one_is(store: Store) -> None:
    loading(store)
    with store.write() as conn:
        assert [batches.begin_upload(conn, "B1") for _ in range(2)] == [1, 2]
        batches.record_upload(conn, "B1", upload(2, "second"), at=5)
        batches.record_upload(conn, "B1", upload(1, "first"), at=6)
        batches.move(conn, "B1", {"loading"}, "loaded", at=7)
        assert batches.file(conn, "B1", "input_files", "F1.json") == upload(2, "second")
        assert batches.get(conn, HERE, "B1").uploads == 2
        with pytest.raises(Conflict):
            batches.begin_upload(conn, "B1")
        with pytest.raises(Conflict):
            batches.record_upload(conn, "B1", upload(3, "late"), at=8)


def test_a_directory_is_set_whole_as_often_as_one_likes(store: Store) -> None:
    loading(store)
    files = [BatchFile("row_errors", f"parsing_errors_{n}.json", FileRef(f"b/{n}", n, "")) for n in (1, 0)]
    with store.write() as conn:
        for _ in range(2):
            batches.set_files(conn, "B1", "row_errors", files, at=9)
        found = batches.files(conn, "B1", "row_errors")
        assert [file.name for file in found] == ["parsing_errors_1.json", "parsing_errors_0.json"]
        assert batches.files(conn, "B1", "input_files") == []


def test_selections_narrow_and_come_newest_first(store: Store) -> None:
    for n, id in enumerate("abc"):
        with store.write() as conn:
            batches.insert(conn, HERE, id=id, dataset_id=f"d{n % 2}", at=n, status=["loaded", "failed", "failed"][n])
    with store.read() as conn:
        ids = lambda **by: "".join(batch.id for batch in batches.select(conn, HERE, **by))  # noqa: E731
        assert ids() == "cba"
        assert ids(statuses={"failed"}) == "cb"
        assert ids(dataset_ids={"d0"}) == "ca"
        assert ids(ids={"a", "zz"}) == "a"
        assert ids(limit=1, start=1) == "b"


def upload(n: int, where: str) -> BatchFile:
    return BatchFile("input_files", "F1.json", FileRef(where, 3, "x"), FileFacts(size=3), n)
