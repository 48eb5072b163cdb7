"""Instants as text in .NET custom date formats: what schedule parameters are written in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from headrace.clock import epoch_ms

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
EPOCH_SECONDS, EPOCH_MILLISECONDS = "epochSeconds", "epochMilliseconds"


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
    minutes = round((moment.utcoffset() or timedelta()).total_seconds()) // 60
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return f"{sign}{hours:0{min(width, 2)}d}" + (f":{rest:02d}" if width > 2 else "")


def _kind(moment: datetime, _: int) -> str:
    return _offset(moment, 3) if moment.utcoffset() else "Z"


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
    "K": _kind,
    "z": _offset,
}


def format_time(moment: datetime, pattern: str) -> str:
    """``moment`` (aware) in a .NET custom or one-letter standard pattern; quotes and ``\\`` make literals.

    It is written in its own zone, but in UTC by a pattern that says so (``Z``, ``GMT``). ``epochSeconds`` and
    ``epochMilliseconds`` are formats too.
    """
    if pattern in (EPOCH_SECONDS, EPOCH_MILLISECONDS):
        return str(epoch_ms(moment) // (1000 if pattern == EPOCH_SECONDS else 1))
    split = tokens(pattern)
    local = moment.astimezone(UTC) if names_utc(split) else moment
    pieces: list[str] = []
    for text, width in split:
        piece = SPECIFIERS[text](local, width) if width else text
        if width and text == "F" and not piece and pieces and pieces[-1].endswith("."):
            pieces[-1] = pieces[-1][:-1]
        pieces.append(piece)
    return "".join(pieces)


def tokens(pattern: str) -> list[tuple[str, int]]:
    """A pattern taken apart: each specifier with how often it is repeated, each literal text with 0."""
    pattern = STANDARD.get(pattern, pattern) or DEFAULT
    split: list[tuple[str, int]] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter in SPECIFIERS:
            width = 1
            while pattern[at + width : at + width + 1] == letter:
                width += 1
            split.append((letter, width))
            at += width
        elif letter in "'\"":
            end = pattern.find(letter, at + 1)
            end = len(pattern) if end < 0 else end
            split.append((pattern[at + 1 : end], 0))
            at = end + 1
        elif letter == "\\":
            split.append((pattern[at + 1 : at + 2], 0))
            at += 2
        else:
            split.append(("" if letter == "%" else letter, 0))
            at += 1
    return split


def names_utc(split: list[tuple[str, int]]) -> bool:
    """Whether a pattern, taken apart, has a literal that says which zone it is written in: UTC."""
    return any(not width and text.strip() in ("Z", "GMT", "UTC") for text, width in split)
