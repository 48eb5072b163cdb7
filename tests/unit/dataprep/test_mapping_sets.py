"""What runs rely on: a pinned version never changes, and a set in use stays."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from headrace.dataprep import checking, mapping_sets
from headrace.errors import InUse, MappingSetInvalid, NotFound, RevisionStale
from headrace.registry import Composed
from headrace.store import documents
from headrace.store.engine import Store, open_store
from headrace.store.migrations import upgrade
from headrace.store.scope import Caller

CALLER = Caller("0123456789ABCDEF01234567@AdobeOrg", "prod", "", "client", "user")
COUNTS = {"clicks": {"type": "integer"}, "likes": {"type": "integer"}}
FULL = {"type": "object", "properties": {"_t": {"type": "object", "properties": COUNTS}}}
SCHEMA = Composed("_t.schemas.1", "1.0", "Counts", FULL)
CLICKS = {"sourceType": "ATTRIBUTE", "source": "element.clicks", "destination": "_t.clicks"}
LIKES = {"sourceAttribute": "element.likes", "destinationXdmPath": "_t.likes"}
BODY = {"xdmSchema": "_t.schemas.1", "xdmVersion": "1.0", "mappings": [CLICKS]}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    # The registry has its own tests; here every schema is this one.
    monkeypatch.setattr(checking, "composed", lambda *_: SCHEMA)
    opened = open_store(f"sqlite:///{tmp_path / 'headrace.db'}")
    upgrade(opened)
    yield opened
    opened.close()


def _made(store: Store) -> str:
    return mapping_sets.create(store, CALLER, BODY, "t", 1000).id


@pytest.mark.parametrize(
    ("version", "sources"), [(0, ["clicks"]), (1, ["clicks", "likes"]), (None, ["clicks", "likes"])]
)
def test_a_pinned_version_is_frozen(store: Store, version: int | None, sources: list[str]) -> None:
    id = _made(store)
    mapping_sets.replace(store, CALLER, id, {**BODY, "mappings": [CLICKS, LIKES]}, "t", 2000)
    with store.read() as conn:
        pinned = mapping_sets.pinned(conn, CALLER, id, version)
    assert (pinned.id, pinned.schema_id, pinned.major) == (id, "_t.schemas.1", 1)
    assert [item["source"] for item in pinned.items] == [f"element.{name}" for name in sources]
    assert pinned.version == (1 if version is None else version)


@pytest.mark.parametrize("version", [1, -1])
def test_a_version_that_never_was_is_not_found(store: Store, version: int) -> None:
    id = _made(store)
    with store.read() as conn, pytest.raises(NotFound, match=str(version)):
        mapping_sets.pinned(conn, CALLER, id, version)


def test_a_version_keeps_its_own_moment(store: Store) -> None:
    id = _made(store)
    mapping_sets.replace(store, CALLER, id, BODY, "t", 2000)
    with store.read() as conn:
        moments = [(one.created_at, one.modified_at) for one in (mapping_sets.get(conn, CALLER, id, n) for n in (0, 1))]
    assert moments == [(1000, 1000), (1000, 2000)]


def test_a_set_that_a_flow_uses_stays_and_who_uses_it_is_asked_in_the_same_transaction(store: Store) -> None:
    id = _made(store)

    def users(conn: sa.Connection, caller: Caller, id: str) -> list[str]:
        documents.create(conn, caller, "traces", id, {}, 2000)
        return ["a-flow"]

    with pytest.raises(InUse, match="a-flow"):
        mapping_sets.delete(store, CALLER, id, users, 2000)
    with store.read() as conn:
        assert mapping_sets.get(conn, CALLER, id).id == id
        assert documents.select(conn, CALLER, "traces") == []
    mapping_sets.delete(store, CALLER, id, lambda *_: [], 3000)
    with store.read() as conn, pytest.raises(NotFound):
        mapping_sets.get(conn, CALLER, id)


def test_what_does_not_fit_is_not_stored(store: Store) -> None:
    with pytest.raises(MappingSetInvalid, match="nothing"):
        mapping_sets.create(store, CALLER, {**BODY, "mappings": [{**CLICKS, "destination": "_t.nothing"}]}, "t", 1000)
    with store.read() as conn:
        assert mapping_sets.listed(conn, CALLER) == []


def test_a_change_in_between_is_not_lost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    id = _made(store)

    def overtaken(*_: object) -> Composed:
        monkeypatch.setattr(checking, "composed", lambda *_: SCHEMA)
        mapping_sets.replace(store, CALLER, id, BODY, "t", 1500)
        return SCHEMA

    monkeypatch.setattr(checking, "composed", overtaken)
    with pytest.raises(RevisionStale):
        mapping_sets.replace(store, CALLER, id, {**BODY, "mappings": []}, "t", 2000)
