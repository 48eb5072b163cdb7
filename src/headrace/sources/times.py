"""Instants as text in .NET custom date formats, in UTC: what schedule parameters are written in."""

from collections.abc import Callable
from datetime import UTC, datetime

STANDARD = {
    "d": "MM/dd/yyyy",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ssZ",
}
DEFAULT = "yyyy-MM-ddTHH:mm:ssZ"


def _year(moment: datetime, width: int) -> str:
    return f"{moment.year % 100:0{width}d}" if width <= 2 else f"{moment.year:0{width}d}"


def _month(moment: datetime, width: int) -> str:
    if width >= 3:
        return moment.strftime("%b" if width == 3 else "%B")
    return f"{moment.month:0{width}d}"


def _day(moment: datetime, width: int) -> str:
    if width >= 3:
        return moment.strftime("%a" if width == 3 else "%A")
    return f"{moment.day:0{width}d}"


def _fraction(moment: datetime, width: int) -> str:
    return f"{moment.microsecond * 10:07d}"[:width]


def _offset(moment: datetime, width: int) -> str:
    return {1: "+0", 2: "+00"}.get(width, "+00:00")


# Specifier -> how to write it, given how often it is repeated. Everything else stands for itself (``T``, ``Z``, ``:``).
SPECIFIERS: dict[str, Callable[[datetime, int], str]] = {
    "y": _year,
    "M": _month,
    "d": _day,
    "H": lambda moment, width: f"{moment.hour:0{min(width, 2)}d}",
    "h": lambda moment, width: f"{(moment.hour - 1) % 12 + 1:0{min(width, 2)}d}",
    "m": lambda moment, width: f"{moment.minute:0{min(width, 2)}d}",
    "s": lambda moment, width: f"{moment.second:0{min(width, 2)}d}",
    "f": _fraction,
    "F": lambda moment, width: _fraction(moment, width).rstrip("0"),
    "t": lambda moment, width: ("AM" if moment.hour < 12 else "PM")[: min(width, 2)],
    "K": lambda moment, width: "Z",
    "z": _offset,
}


def format_time(moment: datetime, pattern: str) -> str:
    """``moment`` (aware) in UTC in a .NET custom or one-letter standard pattern; quotes and ``\\`` make literals."""
    return "".join(_pieces(moment.astimezone(UTC), STANDARD.get(pattern, pattern) or DEFAULT))


def _pieces(moment: datetime, pattern: str) -> list[str]:
    pieces: list[str] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter in SPECIFIERS:
            width = len(pattern) - at - len(pattern[at:].lstrip(letter))
            text = SPECIFIERS[letter](moment, width)
            if letter == "F" and not text and pieces and pieces[-1].endswith("."):
                pieces[-1] = pieces[-1][:-1]
            pieces.append(text)
            at += width
        elif letter in "'\"":
            end = pattern.find(letter, at + 1)
            end = len(pattern) if end < 0 else end
            pieces.append(pattern[at + 1 : end])
            at = end + 1
        elif letter == "\\":
            pieces.append(pattern[at + 1 : at + 2])
            at += 2
        else:
            pieces.append("" if letter == "%" else letter)
            at += 1
    return pieces
