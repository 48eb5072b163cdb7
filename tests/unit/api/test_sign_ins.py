"""Who guesses at secrets waits longer and longer; who knows theirs does not wait for others who guess."""

import threading

import pytest

from headrace.api import sign_ins
from headrace.api.sign_ins import FORGET_SECONDS, HASHING, LONGEST_SECONDS, SignIns
from headrace.errors import Unavailable


def failing(kept: SignIns, times: int, client: str = "c", address: str = "a", now: float = 0.0) -> list[bool]:
    return [kept.failed(client, address, now) for _ in range(times)]


def test_a_few_mistakes_cost_nothing_and_then_each_doubles_the_wait() -> None:
    kept = SignIns()
    assert failing(kept, 4) == [False] * 4 and kept.wait("c", "a", 0) == 0
    waits = []
    for _ in range(4):
        assert kept.failed("c", "a", 0)
        waits.append(kept.wait("c", "a", 0))
    assert waits == [1, 2, 4, 8] and kept.wait("c", "a", 7.5) == 1 and kept.wait("c", "a", 8) == 0
    failing(kept, 100)
    assert kept.wait("c", "a", 0) == LONGEST_SECONDS


def test_other_clients_and_addresses_are_not_kept_waiting_by_a_few_guesses() -> None:
    kept = SignIns()
    failing(kept, 10)
    assert kept.wait("c", "a", 0) and kept.wait("d", "a", 0) == 0 == kept.wait("c", "b", 0)


def test_an_address_that_tries_many_clients_waits() -> None:
    kept = SignIns()
    for n in range(20):
        kept.failed(f"c{n}", "a", 0)
    assert kept.wait("new", "a", 0) and kept.wait("new", "b", 0) == 0


def test_guesses_at_a_client_from_many_addresses_keep_strangers_waiting_alone() -> None:
    kept = SignIns()
    kept.succeeded("c", "home")
    for n in range(60):
        kept.failed("c", f"a{n}", 0)
    assert kept.wait("c", "new", 0) and kept.wait("c", "home", 0) == 0


def test_a_success_and_a_day_make_failures_forgotten() -> None:
    kept = SignIns()
    failing(kept, 4)
    kept.succeeded("c", "a")
    assert failing(kept, 4) == [False] * 4
    assert failing(kept, 4, now=FORGET_SECONDS + 1) == [False] * 4


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_ins, "MOST_KEPT", 30)
    kept = SignIns()
    for n in range(100):
        kept.failed(f"c{n}", f"a{n}", 0)
        kept.succeeded(f"c{n}", f"b{n}")
    assert len(kept._failed) == len(kept._known) == 30


def test_few_secrets_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_ins, "PATIENCE_SECONDS", 0)
    kept, go, begun = SignIns(), threading.Event(), threading.Semaphore(0)

    def hash() -> None:
        with kept.hashing():
            begun.release()
            go.wait(10)

    threads = [threading.Thread(target=hash) for _ in range(HASHING)]
    for thread in threads:
        thread.start()
        assert begun.acquire(timeout=10)
    with pytest.raises(Unavailable, match="Too many sign-ins"), kept.hashing():
        pass
    go.set()
    for thread in threads:
        thread.join()
    with kept.hashing():
        pass
