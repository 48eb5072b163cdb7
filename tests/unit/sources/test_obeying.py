"""Whoever asks a source may have to end, and who waits for an answer waits a minute at most, however it drips."""

from collections.abc import Callable

import pytest

from headrace import errors, sources
from headrace.sources import SourceHttp
from headrace.sources.http import BRISK_SECONDS
from source_server import Reply, Source, reading, reply, spec

MORE = {"type": "PAGE", "pageParamName": "p", "delayRequestMillis": 60_000}
LARGE = Reply(200, b'{"rows": [' + b'{"id": 1},' * 9_000 + b'{"id": 1}]}')


class Ticking:
    """A clock that moves on whenever it is looked at, and while somebody rests."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def seconds(self) -> float:
        self.now += self.step
        return self.now

    def rest(self, seconds: float) -> None:
        self.now += seconds


class Stop(Exception):
    """What ends a run."""


def stopping(at: int) -> tuple[list[int], Callable[[], None]]:
    """How often it was asked, and what raises when it is asked for the nth time."""
    asked: list[int] = []

    def obey() -> None:
        asked.append(len(asked) + 1)
        if len(asked) == at:
            raise Stop

    return asked, obey


def asking(client: Callable[..., SourceHttp], step: float) -> SourceHttp:
    timer = Ticking(step)
    return client(allow_private=True, timer=timer, pause=timer.rest)


def pages(source: Source, http: SourceHttp, **attributes: object) -> list[sources.Page]:
    asked, credentials = reading(spec(**attributes)), {"host": source.url, "accessToken": "t"}
    planned = sources.plan(asked, credentials, http)
    return [page for part in planned.parts for page in sources.fetch(asked, part, credentials, http)]


def test_a_rest_is_broken_off(source: Source, client: Callable[..., SourceHttp]) -> None:
    source.answer = lambda _: reply({"rows": [{"id": len(source.asked)}]})
    asked, obey = stopping(at=30)
    with pytest.raises(Stop):
        pages(source, asking(client, 0.001).obeying(obey), paginationParams=MORE)
    assert len(source.asked) == 1 and len(asked) == 30


def test_so_is_an_answer(source: Source, client: Callable[..., SourceHttp]) -> None:
    source.answer = lambda _: LARGE
    _, obey = stopping(at=2)
    with pytest.raises(Stop):
        pages(source, asking(client, 2).obeying(obey))
    assert len(source.asked) == 1


def test_who_obeys_is_not_asked_all_the_time(source: Source, client: Callable[..., SourceHttp]) -> None:
    source.answer = lambda _: LARGE
    asked, obey = stopping(at=0)
    assert pages(source, asking(client, 0.0001).obeying(obey))
    assert len(asked) == 1


def test_who_waits_for_the_answer_has_a_minute_for_all_of_it(source: Source, client: Callable[..., SourceHttp]) -> None:
    source.answer = lambda _: reply({"rows": [{"id": len(source.asked)}]})
    http = asking(client, 0.5).brisk()
    with pytest.raises(errors.SourceTimeout, match=f"longer than {BRISK_SECONDS:g} seconds for all"):
        pages(source, http, paginationParams={"type": "PAGE", "pageParamName": "p"})
    assert 5 < len(source.asked) < 60


def test_the_minute_begins_when_it_is_asked_for(source: Source, client: Callable[..., SourceHttp]) -> None:
    source.answer = lambda _: reply({"rows": [{"id": 1}]})
    http = asking(client, 10)
    for _ in range(3):
        assert pages(source, http.brisk(), paginationParams={"type": "NONE"})
