"""Guesses at the token endpoint wait, one after the other or all at once, and nobody else waits with them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from headrace.api.first_start import new_org_id
from headrace.api.rooms import SIZES
from headrace.runs.deployment import Deployment
from headrace.store import accounts, events
from wire_server import deploy, serve

TOKEN = "/ims/token/v3"
SECONDS = 20.0


class Standing:
    """A timer that moves when it is told to."""

    now = 1000.0

    def seconds(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    made = replace(deploy(tmp_path_factory.mktemp("signing"), emulator=False, tenant_id=None), timer=Standing())
    yield made
    made.jobs.stop(0)
    made.store.close()


@pytest.fixture(scope="module")
def http(deployment: Deployment) -> Iterator[httpx2.Client]:
    for url in serve(deployment):
        limits = httpx2.Limits(max_connections=100)
        with httpx2.Client(base_url=url, trust_env=False, limits=limits, timeout=60) as client:
            yield client


@pytest.fixture
def account(deployment: Deployment) -> tuple[str, str]:
    """Client id and secret."""
    secret = accounts.new_secret()
    with deployment.store.write() as conn:
        return accounts.create(conn, new_org_id(conn, 1), secret, 1), secret.text


def _sign_in(http: httpx2.Client, client: str, secret: str, address: str = "192.0.2.1") -> httpx2.Response:
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    return http.post(TOKEN, data=form, headers={"x-forwarded-for": address})


class Hashing:
    """What hashes secrets: how many it did, how many at once at most; it goes on when it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Semaphore(0), threading.Event()
        self.count = self.now = self.most = 0
        self._lock, self._real = threading.Lock(), accounts.authenticate

    def __call__(self, *arguments: Any) -> accounts.Proof | None:
        with self._lock:
            self.count, self.now = self.count + 1, self.now + 1
            self.most = max(self.most, self.now)
        self.begun.release()
        assert self.go.wait(SECONDS)
        try:
            return self._real(*arguments)
        finally:
            with self._lock:
                self.now -= 1


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hashing]:
    slow = Hashing()
    monkeypatch.setattr(accounts, "authenticate", slow)
    yield slow
    slow.go.set()


def test_sixty_guesses_at_once_are_no_more_than_one_after_the_other(
    http: httpx2.Client, account: tuple[str, str], hashing: Hashing
) -> None:
    with ThreadPoolExecutor(60) as guessers:
        guesses = [guessers.submit(_sign_in, http, account[0], f"guess{n}") for n in range(60)]
        assert hashing.begun.acquire(timeout=SECONDS)
        assert http.get("/health").status_code == 200
        hashing.go.set()
        statuses = [guess.result().status_code for guess in guesses]
    assert sorted(statuses) == [401] * 5 + [429] * 55
    assert (hashing.count, hashing.most) == (5, 1)


def test_few_secrets_are_hashed_at_once_and_a_guesser_leaves_others_a_place(
    http: httpx2.Client, account: tuple[str, str], hashing: Hashing
) -> None:
    with ThreadPoolExecutor(40) as guessers:
        guesses = [guessers.submit(_sign_in, http, account[0], "guess", f"198.51.100.{1 + n % 10}") for n in range(40)]
        for _ in range(SIZES["sign-in"].all):
            assert hashing.begun.acquire(timeout=SECONDS)
        hashing.go.set()
        assert {guess.result().status_code for guess in guesses} == {401}
    assert hashing.most <= SIZES["sign-in"].all
    assert _sign_in(http, *account, address="198.51.100.99").status_code == 200


def test_who_knows_the_secret_does_not_wait_for_who_guesses_elsewhere(
    http: httpx2.Client, account: tuple[str, str]
) -> None:
    for n in range(60):
        _sign_in(http, account[0], "guess", f"203.0.113.{n // 6}")
    refused = _sign_in(http, *account, address="203.0.113.1")
    assert refused.status_code == 429 and refused.headers["retry-after"] == "1"
    assert set(refused.json()) == {"error", "error_description"} and "1 second." in refused.text
    assert _sign_in(http, *account, address="192.0.2.200").status_code == 200


def test_a_wait_ends(http: httpx2.Client, deployment: Deployment, account: tuple[str, str]) -> None:
    for _ in range(6):
        _sign_in(http, account[0], "guess", "192.0.2.10")
    assert _sign_in(http, *account, address="192.0.2.10").status_code == 429
    deployment.timer.now += 2  # type: ignore[attr-defined]
    assert _sign_in(http, *account, address="192.0.2.10").status_code == 200


def test_a_client_id_that_is_none_is_neither_remembered_nor_repeated(http: httpx2.Client) -> None:
    answer = _sign_in(http, "x" * 300, "guess", "192.0.2.20")
    assert answer.status_code == 400 and "xxx" not in answer.text and "client_id" in answer.text


@pytest.mark.parametrize(("forwarded", "recorded"), [("192.0.2.30", "192.0.2.30"), ("<script>" * 2000, "")])
def test_each_failure_is_recorded_with_its_address(
    http: httpx2.Client, deployment: Deployment, account: tuple[str, str], forwarded: str, recorded: str
) -> None:
    for _ in range(3):
        assert _sign_in(http, account[0], "guess", forwarded).status_code == 401
    with deployment.store.read() as conn:
        refused = sa.select(events.events).where(events.events.c.id == account[0], events.events.c.action == "refused")
        assert [row.actor for row in conn.execute(refused)] == [recorded] * 3
