"""A value that could not be made: the error half of what every node, read and conversion gives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no value.

    reason    for people; empty when expected and actual say it all
    expected  the type that was wanted
    actual    the type that was found
    value     what could not be used
    rejects   the row is turned away, even where a failed value would become null
    """

    reason: str
    expected: str | None = None
    actual: str | None = None
    value: object = None
    rejects: bool = False


class Failed(Exception):
    """A function's way to give a Failure; never leaves the call that raised it."""

    def __init__(self, reason: str, *, value: object = None, rejects: bool = False) -> None:
        self.reason, self.value, self.rejects = reason, value, rejects
        super().__init__(reason)
