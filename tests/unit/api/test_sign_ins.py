"""Who guesses at secrets waits longer and longer; who knows theirs does not wait for others who guess."""

import pytest

from headrace.api import sign_ins
from headrace.api.sign_ins import FORGET_SECONDS, LONGEST_SECONDS, SignIns


def failing(times: int, limiter: SignIns, client: str = "c", address: str = "192.0.2.1", now: float = 0.0) -> None:
    for _ in range(times):
        limiter.failed(client, address, now)


def test_a_few_mistakes_cost_nothing_and_then_each_doubles_the_wait() -> None:
    limiter = SignIns()
    failing(4, limiter)
    assert limiter.wait("c", "192.0.2.1", 0) == 0
    waits = []
    for _ in range(4):
        failing(1, limiter)
        waits.append(limiter.wait("c", "192.0.2.1", 0))
    assert waits == [1, 2, 4, 8]
    assert limiter.wait("c", "192.0.2.1", 7.5) == 1 and limiter.wait("c", "192.0.2.1", 8) == 0
    failing(100, limiter)
    assert limiter.wait("c", "192.0.2.1", 0) == LONGEST_SECONDS


def test_other_clients_and_addresses_are_not_kept_waiting_by_a_few_guesses() -> None:
    limiter = SignIns()
    failing(10, limiter)
    assert limiter.wait("c", "192.0.2.1", 0)
    assert limiter.wait("d", "192.0.2.1", 0) == 0 == limiter.wait("c", "192.0.2.2", 0)


def test_an_address_that_tries_many_clients_waits_and_who_signed_in_from_it_does_not() -> None:
    limiter = SignIns()
    limiter.succeeded("own", "192.0.2.1")
    for n in range(20):
        failing(1, limiter, f"c{n}")
    assert limiter.wait("new", "192.0.2.1", 0) and limiter.wait("new", "192.0.2.2", 0) == 0
    assert limiter.wait("own", "192.0.2.1", 0) == 0


def test_no_number_of_guesses_from_elsewhere_keeps_a_client_out() -> None:
    limiter = SignIns()
    for n in range(250):
        failing(6, limiter, address=f"192.0.2.{n}")
    assert limiter.wait("c", "192.0.2.7", 0) and limiter.wait("c", "198.51.100.1", 0) == 0


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),  # one subscriber has 2^64 of them
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
    ],
)
def test_what_counts_as_one_address(first: str, second: str, shared: bool) -> None:
    limiter = SignIns()
    failing(6, limiter, address=first)
    assert bool(limiter.wait("c", second, 0)) is shared


def test_a_success_and_a_day_make_failures_forgotten() -> None:
    limiter = SignIns()
    failing(4, limiter)
    limiter.succeeded("c", "192.0.2.1")
    failing(4, limiter)
    assert limiter.wait("c", "192.0.2.1", 0) == 0
    failing(4, limiter, now=FORGET_SECONDS + 1)
    assert limiter.wait("c", "192.0.2.1", FORGET_SECONDS + 1) == 0


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_ins, "MOST_REMEMBERED", 30)
    limiter = SignIns()
    for n in range(100):
        failing(1, limiter, f"c{n}", f"192.0.2.{n}")
        limiter.succeeded(f"c{n}", f"198.51.100.{n}")
    assert len(limiter._failed) == len(limiter._known) == 30
