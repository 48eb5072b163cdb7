"""Merges of one process take turns: their memory is that of one of them."""

import duckdb
import pytest

from headrace.lake import merging


class Turns:
    """A lock that counts who holds it."""

    def __init__(self) -> None:
        self.held = 0

    def acquire(self) -> bool:
        self.held += 1
        return True

    def release(self) -> None:
        self.held -= 1


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    counting = Turns()
    monkeypatch.setattr(merging, "_TURNS", counting)
    return counting


def test_a_merge_has_its_turn_until_it_is_closed(turns: Turns) -> None:
    merger = merging.Merger()
    merger.begin()
    assert turns.held == 0  # a commit that merges nothing waits for nobody
    merger.key_range([])
    assert merger.deleted_keys(None, []) is None and turns.held == 0
    merger.decide("scope", {}, [], None, [])
    assert turns.held == 1
    merger.close()
    assert turns.held == 0


def test_a_merge_that_cannot_begin_gives_its_turn_back(turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(duckdb, "connect", refuse)
    merger = merging.Merger()
    with pytest.raises(RuntimeError, match="no room"):
        merger.decide("scope", {}, [], None, [])
    merger.close()
    assert turns.held == 0


def test_a_merge_keeps_its_turn_while_it_rewrites(turns: Turns) -> None:
    merger = merging.Merger()
    merger.decide("scope", {}, [], None, [])
    merger.release_memory()
    assert turns.held == 1
    merger.begin()  # another attempt of the same commit
    merger.decide("scope", {}, [], None, [])
    assert turns.held == 1
    merger.close()
    assert turns.held == 0
