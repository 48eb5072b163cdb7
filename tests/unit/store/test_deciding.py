"""What is decided without the write lock is written only as long as what it stands on does."""

from collections.abc import Callable
from contextvars import Context

import pytest
import sqlalchemy as sa

from headrace.errors import Conflict, Unavailable
from headrace.store import documents
from headrace.store.deciding import TRIES, Decision, write_decided
from headrace.store.engine import Store
from headrace.store.scope import Caller

CALLER = Caller("ORG@AdobeOrg", "prod", "0000", "client", "user")
OTHER = Caller("ORG@AdobeOrg", "dev", "1111", "client", "user")


@pytest.fixture(autouse=True)
def schema(store: Store) -> None:
    with store.write() as conn:
        documents.create(conn, CALLER, "schemas", "s", {"n": 0}, 1)


def changed(store: Store, caller: Caller = CALLER, kind: str = "schemas", id: str = "s") -> None:
    """The document as a new revision, or made."""
    with store.write() as conn:
        before = documents.find(conn, caller, kind, id)
        if before is None:
            documents.create(conn, caller, kind, id, {}, 2)
        else:
            documents.replace_body(conn, caller, before, {"n": before.revision + 1}, 2)


def decided(store: Store, read: Callable[[sa.Connection], object], meanwhile: Callable[[], None]) -> list[object]:
    """What each try read; ``meanwhile`` happens after the first."""
    tries: list[object] = []

    def decide(conn: sa.Connection) -> Decision[documents.Document]:
        tries.append(read(conn))
        if len(tries) == 1:
            Context().run(meanwhile)  # another's request
        return lambda writing: documents.create(writing, CALLER, "made", str(len(tries)), {}, 3)

    write_decided(store, CALLER, decide)
    with store.read() as conn:
        assert [made.id for made in documents.select(conn, CALLER, "made")] == [str(len(tries))]
    return tries


def revision(conn: sa.Connection) -> int:
    return documents.get(conn, CALLER, "schemas", "s").revision


def whether(id: str) -> Callable[[sa.Connection], bool]:
    return lambda conn: documents.find(conn, CALLER, "schemas", id) is not None


def ids(conn: sa.Connection) -> list[str]:
    return sorted(document.id for document in documents.select(conn, CALLER, "schemas"))


def test_a_changed_document_has_it_decided_again(store: Store) -> None:
    assert decided(store, revision, lambda: changed(store)) == [0, 1]


def test_so_has_one_that_was_looked_for_and_has_come(store: Store) -> None:
    assert decided(store, whether("t"), lambda: changed(store, id="t")) == [False, True]


def test_and_one_more_of_a_kind_that_was_read_whole(store: Store) -> None:
    assert decided(store, ids, lambda: changed(store, id="t")) == [["s"], ["s", "t"]]


@pytest.mark.parametrize("elsewhere", [{"id": "t"}, {"caller": OTHER}, {"kind": "classes"}])
def test_what_it_does_not_stand_on_may_move(store: Store, elsewhere: dict[str, object]) -> None:
    assert decided(store, revision, lambda: changed(store, **elsewhere)) == [0]  # type: ignore[arg-type]


def test_a_decision_that_never_stands_is_not_written(store: Store) -> None:
    tries = []

    def decide(conn: sa.Connection) -> Decision[object]:
        tries.append(revision(conn))
        Context().run(changed, store)
        return lambda writing: pytest.fail("written all the same")

    with pytest.raises(Unavailable, match="try it again"):
        write_decided(store, CALLER, decide)
    assert tries == list(range(TRIES))


def test_many_are_written_or_none(store: Store) -> None:
    twice = [documents.new(CALLER, "schemas", id, {}, 5) for id in ("t", "u", "s")]
    with pytest.raises(Conflict), store.write() as conn:
        documents.insert(conn, CALLER, twice)
    with store.read() as conn:
        assert ids(conn) == ["s"]
