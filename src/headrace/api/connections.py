"""Which connections may be open: so many at once, and of one address no more than its share."""

import resource
from typing import Protocol

_FILES_OF_OUR_OWN = 256  # databases, landed pages, sources
_FEWEST = 16


class Connection(Protocol):
    """What is known of a connection: where it comes from, whether a request is under way, since when it waits."""

    address: str
    since: float

    @property
    def is_idle(self) -> bool: ...

    def drop(self) -> None: ...


class Connections:
    """The connections of one server. ``most`` at once, of which ``each`` from one address."""

    def __init__(self, most: int, each: int) -> None:
        self._most, self._each = most, each
        self._by_address: dict[str, set[Connection]] = {}
        self._count = 0

    def enter(self, connection: Connection) -> None:
        """Takes a new one in. Where there are too many, one has to go: if none asks nothing, perhaps the new one."""
        mine = self._by_address.setdefault(connection.address, set())
        mine.add(connection)
        self._count += 1
        if len(mine) > self._each:
            (_longest_idle(mine - {connection}) or connection).drop()
        elif self._count > self._most:
            self._make_room(connection)

    def leave(self, connection: Connection) -> None:
        """Forgets one that has ended."""
        mine = self._by_address.get(connection.address, set())
        if connection not in mine:
            return
        mine.remove(connection)
        self._count -= 1
        if not mine:
            del self._by_address[connection.address]

    def _make_room(self, connection: Connection) -> None:
        everybody = {each for mine in self._by_address.values() for each in mine}
        crowd = max(self._by_address.values(), key=len)
        # Among requests that are all under way, the address with the most of them is the one to give.
        busy = connection if connection in crowd else min(crowd, key=lambda each: each.since)
        (_longest_idle(everybody - {connection}) or busy).drop()


def _longest_idle(connections: set[Connection]) -> Connection | None:
    return min((each for each in connections if each.is_idle), key=lambda each: each.since, default=None)


def openable(most: int) -> int:
    """How many connections may be open: ``most``, or as many as leave the process the files that it needs itself.

    The process is let have as many files as it is allowed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = most + _FILES_OF_OUR_OWN
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    known = needed if soft == resource.RLIM_INFINITY else soft
    return min(most, max(_FEWEST, known - _FILES_OF_OUR_OWN))
