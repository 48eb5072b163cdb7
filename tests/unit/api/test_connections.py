"""Who goes when there are too many connections."""

import resource
from dataclasses import dataclass, field

import pytest

from headrace.api.connections import Connections, openable


@dataclass(eq=False)
class Line:
    """A connection that only says who it is."""

    address: str
    since: float = 0.0
    is_idle: bool = False
    gone: list[str] = field(default_factory=list)
    name: str = ""

    def drop(self) -> None:
        self.gone.append(self.name)


def entered(most: int, each: int, *arrivals: str) -> list[str]:
    """The numbers of those that were dropped. ``a`` comes from address a with a request under way, ``a-`` waits."""
    connections, gone = Connections(most, each), list[str]()
    lines = [Line(text[0], n, text.endswith("-"), gone, str(n)) for n, text in enumerate(arrivals)]
    for line in lines:
        connections.enter(line)
        for number in gone:
            connections.leave(lines[int(number)])
    return gone


@pytest.mark.parametrize(
    ("most", "each", "arrivals", "gone"),
    [
        (9, 2, "a b a b", ""),
        (9, 2, "a a a a b", "2 3"),  # its own new ones
        (9, 2, "a a- a b", "1"),
        (9, 2, "a- a- a- a", "0 1"),  # the longest wait ends
        (3, 9, "a b- c- d", "1"),
        (3, 9, "a- b- c d- e-", "0 1"),
        (3, 9, "a a b c", "0"),  # who has most gives one
        (3, 9, "a a b a", "3"),
        (3, 3, "a a a b c", "0 1"),  # one address does not keep the others out
    ],
)
def test_who_goes(most: int, each: int, arrivals: str, gone: str) -> None:
    assert " ".join(entered(most, each, *arrivals.split())) == gone


def test_who_has_left_is_not_counted() -> None:
    connections, gone = Connections(1, 1), list[str]()
    for n in range(3):
        line = Line("a", n, False, gone, str(n))
        connections.enter(line)
        connections.leave(line)
        connections.leave(line)
    assert gone == []


def test_a_process_keeps_files_for_itself() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 16 <= openable(2000) <= 2000 and openable(10) == 10
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= soft
