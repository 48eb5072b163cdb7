"""Results keep the order of what they come from, pages wait within a budget, and each side lets the other one go."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from headrace.lake.pages import PageBody
from headrace.runs.pipeline import AHEAD, RESULTS, Incoming, Interrupted, Room, in_order


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made


def page(size: int, name: str = "p") -> PageBody:
    return PageBody(name, b"x" * size, 1)


# -- in order ----------------------------------------------------------------------------------------------------


def test_results_keep_their_order_whichever_is_ready_first(pool: ThreadPoolExecutor) -> None:
    second = threading.Event()

    def work(n: int) -> Iterator[tuple[int, int]]:
        if n == 1:
            second.set()
        assert second.wait(10)  # the first one begins when the second has begun
        yield from ((n, k) for k in range(5))

    assert [*in_order(pool, work, range(7))] == [(n, k) for n in range(7) for k in range(5)]


def test_no_more_is_begun_than_may_wait(pool: ThreadPoolExecutor) -> None:
    taken: list[int] = []

    def inputs() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            yield n

    results = in_order(pool, lambda n: iter([n] * (RESULTS + 5)), inputs())
    assert next(results) == 0 and taken == [*range(AHEAD)]
    results.close()
    assert taken == [*range(AHEAD)]


@pytest.mark.parametrize("n", [0, 1, 6])
def test_what_goes_wrong_with_one_is_raised_in_its_turn(pool: ThreadPoolExecutor, n: int) -> None:
    def work(each: int) -> Iterator[int]:
        yield each
        if each == n:
            raise KeyError(each)

    seen = []
    with pytest.raises(KeyError, match=str(n)):
        for result in in_order(pool, work, range(9)):
            seen.append(result)
    assert seen == [*range(n + 1)]


def test_what_goes_wrong_with_the_inputs_ends_the_work(pool: ThreadPoolExecutor) -> None:
    def inputs() -> Iterator[int]:
        yield from (1, 2)
        raise KeyError("inputs")

    endless = (iter(int, 1) for _ in range(9))
    with pytest.raises(KeyError, match="inputs"):
        list(in_order(pool, lambda _: next(endless), inputs()))
    assert pool.submit(int).result(10) == 0  # no thread is left at it


# -- pages that come ---------------------------------------------------------------------------------------------


def test_a_page_waits_until_there_is_room(pool: ThreadPoolExecutor) -> None:
    room = Room(10)
    first, other = Incoming(room), Incoming(room)
    first.put(page(6, "a"))
    putting = pool.submit(other.put, page(6, "b"))
    assert not putting.done()
    taken = iter(first)
    assert next(taken).name == "a"
    putting.result(10)
    other.end()
    assert [each.name for each in other] == ["b"]


def test_a_page_larger_than_all_room_comes_alone() -> None:
    coming = Incoming(Room(10))
    coming.put(page(100))
    coming.end()
    assert [len(each.body) for each in coming] == [100]


def test_who_puts_is_let_go_when_nobody_takes_any_more(pool: ThreadPoolExecutor) -> None:
    room = Room(10)
    coming = Incoming(room)
    coming.put(page(10))
    putting = pool.submit(coming.put, page(10))
    coming.interrupt()
    with pytest.raises(Interrupted):
        putting.result(10)
    other = Incoming(room)
    other.put(page(10))  # what waited takes no room any more
    other.end()
    assert len([*other]) == 1


def test_who_takes_is_let_go_when_nothing_more_comes(pool: ThreadPoolExecutor) -> None:
    coming = Incoming(Room(10))
    taking = pool.submit(list, coming)
    coming.interrupt()
    with pytest.raises(Interrupted):
        taking.result(10)
