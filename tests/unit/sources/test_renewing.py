"""Renewed tokens go to whoever could have renewed them, and nobody waits for another one's renewal."""

import threading
from typing import Any

import pytest

from headrace.errors import SourceTimeout
from headrace.sources.renewing import Asker, RenewedTokens

SECONDS = 20.0
OWN = {"accessToken": "a1", "refreshToken": "r1", "clientId": "public", "clientSecret": "s"}
URL, ORIGINS = "https://a.example/token", ("https://a.example",)


def asker(token_url: str = URL, origins: tuple[str, ...] = ORIGINS, **changes: Any) -> Asker:
    return Asker({**OWN, **changes}, token_url, origins)


def go_on() -> None:
    """Nobody must end."""


def never() -> dict[str, Any]:
    raise AssertionError("it was renewed already")


STRANGERS = {
    "another refresh token": asker(refreshToken="r9"),
    "no access token": asker(accessToken=None),
    "another secret": asker(clientSecret=None),
    "another client": asker(clientId="other"),
    "another place to renew": asker("https://b.example/token"),
    "bound elsewhere": asker(origins=("https://b.example",)),
    "other names": asker(requestParameterOverride={"accessTokenField": "t"}),
}


@pytest.mark.parametrize("own", [asker(), asker(accessToken="")], ids=["with a token", "without one"])
@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_a_stranger_gets_a_token_of_its_own(stranger: Asker, own: Asker) -> None:
    renewed = RenewedTokens()
    assert renewed.renewed(own, lambda: {"accessToken": "own"}, go_on) == {"accessToken": "own"}
    assert renewed.renewed(stranger, lambda: {"accessToken": "theirs"}, go_on) == {"accessToken": "theirs"}
    assert renewed.renewed(own, never, go_on) == {"accessToken": "own"}


def test_who_has_older_tokens_gets_the_newest() -> None:
    renewed = RenewedTokens()
    renewed.renewed(asker(), lambda: {"accessToken": "a2", "refreshToken": "r2"}, go_on)
    renewed.renewed(asker(accessToken="a2", refreshToken="r2"), lambda: {"accessToken": "a3"}, go_on)
    assert renewed.renewed(asker(), never, go_on) == {"accessToken": "a3", "refreshToken": "r2"}
    assert renewed.renewed(asker(accessToken="a2", refreshToken="r2"), never, go_on) == {"accessToken": "a3"}


class Dripping:
    """A renewal that lasts until it is let go."""

    def __init__(self) -> None:
        self.began, self.end = threading.Event(), threading.Event()

    def __call__(self) -> dict[str, Any]:
        self.began.set()
        assert self.end.wait(SECONDS)
        return {"accessToken": "late"}


def test_nobody_waits_for_another_ones_renewal() -> None:
    renewed, drip = RenewedTokens(), Dripping()
    slow = threading.Thread(target=renewed.renewed, args=(asker("https://drip.example"), drip, go_on))
    slow.start()
    assert drip.began.wait(SECONDS)
    assert renewed.renewed(asker(), lambda: {"accessToken": "own"}, go_on) == {"accessToken": "own"}
    drip.end.set()
    slow.join()


def test_those_of_one_connection_renew_once_and_wait_no_longer_than_they_may() -> None:
    renewed, drip, given = RenewedTokens(), Dripping(), []
    slow = threading.Thread(target=renewed.renewed, args=(asker(), drip, go_on))
    slow.start()
    assert drip.began.wait(SECONDS)

    def leave() -> None:
        raise SourceTimeout("It took too long.")

    with pytest.raises(SourceTimeout):
        renewed.renewed(asker(), never, leave)
    second = threading.Thread(target=lambda: given.append(renewed.renewed(asker(), never, go_on)))
    second.start()
    drip.end.set()
    for thread in (slow, second):
        thread.join()
    assert given == [{"accessToken": "late"}] and not renewed._turns


def test_a_renewal_that_fails_is_tried_again_by_the_next() -> None:
    renewed = RenewedTokens()

    def fail() -> dict[str, Any]:
        raise SourceTimeout("It took too long.")

    with pytest.raises(SourceTimeout):
        renewed.renewed(asker(), fail, go_on)
    assert renewed.renewed(asker(), lambda: {"accessToken": "own"}, go_on) == {"accessToken": "own"}
