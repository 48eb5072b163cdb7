"""Texts read as moments: the ordered default formats, and Java patterns given by name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from headrace.mapping.failure import Failed
from headrace.mapping.zones import LONG_NAMES, settled, zone_named

# data-prep.md 10: tried in this order, strictly and over the whole text; the last three are the ones that the
# documentation's own examples need.
DEFAULT_PATTERNS = (
    "yyyy-MM-dd HH:mm:ssZ",
    "yyyy-MM-dd HH:mm:ss.SSSZ",
    "yyyy-MM-dd HH:mm:ss.SSS",
    "yyyy-MM-dd'T'HH:mm:ss.SSSX",
    "yyyy-MM-dd'T'HH:mm:ss'Z'",
    "yyyy-MM-dd",
    "yyyy/MM/dd",
    "yyyy.MM.dd",
    "yyyy-MMM-dd",
    "yyyyMMdd",
    "MM-dd-yyyy",
    "MMddyyyy",
    "M/dd/yyyy",
    "dd.M.yyyy",
    "M/dd/yyyy hh:mm:ss a",
    "dd.M.yyyy hh:mm:ss a",
    "dd.MMM.yyyy",
    "dd-MMM-yyyy",
    "yyyy-MM-dd HH:mm",
    "yyyy-MM-dd HH:mm:ss",
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_ISO = re.compile(
    r"(?P<y>[0-9]{4})-(?P<M>[0-9]{2})-(?P<d>[0-9]{2})T(?P<H>[0-9]{2}):(?P<m>[0-9]{2})"
    r"(?::(?P<s>[0-9]{2})(?:\.(?P<S>[0-9]{1,9}))?)?(?P<X>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_TOKENS = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_OFFSET = r"Z|[+-][0-9]{2}(?::?[0-9]{2})?"
_ZONE = r"[A-Za-z][A-Za-z0-9_/+:-]{0,39}|[+-][0-9]{1,2}(?::?[0-9]{2})?"
_NUMERIC = "dDHkKhmsS"
_LONGEST_PATTERN = 500
# What a day has besides its year, month and day: read for its shape, not for its meaning.
_UNUSED = {
    "E": "(?:[A-Za-z]{1,40})",
    "u": "(?:[1-7])",
    "G": "(?:AD|Anno Domini|A)",
    **dict.fromkeys("Qq", "(?:0?[1-4]|Q[1-4]|[1-4][a-z]{2} quarter)"),
}
_ZONES = "XZzVO"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a pattern: ``width`` times a ``letter``, or plain ``text`` (no letter)."""

    text: str
    letter: str | None
    width: int


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads texts by one Java pattern, strictly."""

    pattern: str
    shape: re.Pattern[str]

    def __call__(self, text: str) -> datetime | None:
        """The moment that ``text`` is, or None."""
        match = self.shape.fullmatch(text)
        return _moment(match.groupdict()) if match else None


def read_moment(text: str) -> datetime | None:
    """The moment that ``text`` names in one of the default formats, in its zone (UTC where it names none), or None."""
    if match := _ISO.fullmatch(text):
        return _moment(match.groupdict())
    for read in _default_readers():
        if (moment := read(text)) is not None:
            return moment
    return None


def read_day(text: str) -> date | None:
    """The UTC day of the moment that ``text`` names."""
    moment = read_moment(text)
    return None if moment is None else moment.astimezone(UTC).date()


def finer_than_microseconds(text: str) -> bool:
    """Whether a moment's text has more than microseconds, which is all that a date-time holds."""
    match = _ISO.fullmatch(text)
    return match is not None and bool((match["S"] or "")[6:].strip("0"))


@lru_cache(maxsize=256)
def pattern_reader(pattern: str) -> Reader:
    """The reader of one Java pattern; Failed names a letter that it does not know."""
    tokens = pieces(pattern)
    letters = [_part(one, one.letter) for one in tokens if one.letter]
    if twice := {letter for letter in letters if letters.count(letter) > 1}:
        raise Failed(f"the date pattern {pattern} has {', '.join(sorted(twice))} twice")
    return Reader(pattern, re.compile("".join(map(_shape, tokens))))


@lru_cache(maxsize=1)
def _default_readers() -> tuple[Reader, ...]:
    return tuple(pattern_reader(pattern) for pattern in DEFAULT_PATTERNS)


def pieces(pattern: str) -> list[Token]:
    """The tokens of a pattern; Failed when a quote is not closed, or when it is no pattern but a whole text."""
    if len(pattern) > _LONGEST_PATTERN:
        raise Failed(f"a date pattern takes at most {_LONGEST_PATTERN} characters, this has {len(pattern)}")
    found = list(_TOKENS.finditer(pattern))
    if "".join(one[0] for one in found) != pattern:
        raise Failed(f"the date pattern {pattern} has a quote that is not closed")
    return [_token(one) for one in found]


def _token(match: re.Match[str]) -> Token:
    if match[2]:
        return Token(match[0], match[2], len(match[0]))
    quoted = match[0].startswith("'")
    return Token((match[1].replace("''", "'") or "'") if quoted else match[0], None, 0)


def _part(token: Token, letter: str) -> str:
    """The letter under which what a token reads is found; some letters say the same as another one."""
    if letter == "u" and token.width in (2, 4):
        return "y"
    return "M" if letter == "L" else letter


def _shape(token: Token) -> str:
    letter, width = token.letter, token.width
    if letter is None:
        return re.escape(token.text)
    if letter == "y" or (letter == "u" and width in (2, 4)):
        return "(?P<yy>[0-9]{2})" if width == 2 else "(?P<y>[0-9]{4})"
    if letter in "ML":
        return _month(width)
    if letter in _NUMERIC:
        most = {"S": 9, "D": 3}.get(letter, 2)
        return f"(?P<{letter}>[0-9]{{{width if width > 1 else f'1,{most}'}}})"
    if letter in "XZ":
        return f"(?P<{letter}>{_OFFSET})"
    if letter in "zVO":
        return f"(?P<{letter}>{'|'.join(LONG_NAMES.values())}|{_ZONE})"
    if letter == "a":
        return "(?P<a>[AaPp][Mm])"
    if letter in _UNUSED:
        return _UNUSED[letter]
    raise Failed(
        f"the date pattern letter {letter} cannot be read here; use G y M L d D Q E u H h k K m s S a X Z z V O"
    )


def _month(width: int) -> str:
    if width <= 2:
        return "(?P<M>[0-9]{2})" if width == 2 else "(?P<M>[0-9]{1,2})"
    return f"(?P<MMM>(?i:{'|'.join(MONTHS)}))" if width == 3 else f"(?P<MMMM>(?i:{'|'.join(LONG_MONTHS)}))"


def _moment(found: Mapping[str, str | None]) -> datetime | None:
    fraction = (found.get("S") or "0").ljust(6, "0")[:6]
    try:
        local = datetime(
            _year(found), _month_number(found), int(found.get("d") or 1), _hour(found), int(found.get("m") or 0),
            int(found.get("s") or 0), int(fraction), tzinfo=_zone(found),
        )  # fmt: skip
        return settled(_on_day(local, found))
    except (ValueError, OverflowError, Failed):
        return None


def _year(found: Mapping[str, str | None]) -> int:
    if short := found.get("yy"):
        return 2000 + int(short)
    return int(found.get("y") or 1970)


def _month_number(found: Mapping[str, str | None]) -> int:
    if name := found.get("MMM") or found.get("MMMM"):
        return 1 + [month.lower() for month in MONTHS].index(name[:3].lower())
    return int(found.get("M") or 1)


def _hour(found: Mapping[str, str | None]) -> int:
    if (hour := found.get("H")) is not None:
        return int(hour)
    if (from_one := found.get("k")) is not None:
        return _between(int(from_one), 1, 24) % 24
    half = found.get("h")
    of_half = _between(int(half), 1, 12) % 12 if half is not None else _between(int(found.get("K") or 0), 0, 11)
    return of_half + 12 * ((found.get("a") or "").lower() == "pm")


def _between(number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise ValueError(number)
    return number


def _on_day(moment: datetime, found: Mapping[str, str | None]) -> datetime:
    """``moment`` moved to the day of the year that was read, if one was."""
    if (number := found.get("D")) is None:
        return moment
    day = moment.replace(month=1, day=1) + timedelta(days=_between(int(number), 1, 366) - 1)
    if (
        day.year != moment.year
        or ("d" in found and day.day != moment.day)
        or ("M" in found and day.month != moment.month)
    ):
        raise ValueError(number)
    return day


def _zone(found: Mapping[str, str | None]) -> tzinfo:
    named = next((text for letter in _ZONES if (text := found.get(letter))), None)
    zone = UTC if named is None else zone_named(named)
    if zone is None:
        raise ValueError(named)
    return zone


# Java token -> (the shape of its text, what strptime calls it); years from 1000 on.
_STRPTIME = {
    "yyyy": ("[1-9][0-9]{3}", "%Y"),
    "MM": ("[0-9]{2}", "%m"),
    "M": ("[0-9]{1,2}", "%m"),
    "dd": ("[0-9]{2}", "%d"),
    "d": ("[0-9]{1,2}", "%d"),
    "HH": ("[0-9]{2}", "%H"),
    "mm": ("[0-9]{2}", "%M"),
    "ss": ("[0-5][0-9]", "%S"),
}
_PLAIN_SEPARATOR = re.compile(r"[-/.: ]+")


def strptime_pattern(pattern: str) -> tuple[str, str] | None:
    """A Java pattern as a strict shape and a strptime format; None unless both surely mean the same.

    That is: a date or a date with hours, minutes and seconds, all in numbers, with something between every two.
    """
    shape, format, after_number = "", "", False
    letters: list[str] = []
    for match in _TOKENS.finditer(pattern):
        token, letter = match[0], match[2]
        if letter is None:
            if not _PLAIN_SEPARATOR.fullmatch(token):
                return None
            shape, format = shape + re.escape(token), format + token
        elif token in _STRPTIME and not after_number:
            shape, format = shape + _STRPTIME[token][0], format + _STRPTIME[token][1]
            letters.append(letter)
        else:
            return None
        after_number = letter is not None
    known = sorted(letters) in (sorted("yMd"), sorted("yMdHms"))
    return (f"^{shape}$", format) if known else None
