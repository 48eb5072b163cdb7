"""Time zones by name: IANA's, offsets, and the abbreviations that stand for one offset each."""

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from headrace.mapping.failure import Failed

# An abbreviation is the offset that it names, in summer as in winter: PST is -08:00 on every day of the year.
_NAMES = {
    "GMT": (0, "Greenwich Mean Time"),
    "WET": (0, "Western European Time"),
    "WEST": (60, "Western European Summer Time"),
    "BST": (60, "British Summer Time"),
    "CET": (60, "Central European Time"),
    "CEST": (120, "Central European Summer Time"),
    "EET": (120, "Eastern European Time"),
    "EEST": (180, "Eastern European Summer Time"),
    "MSK": (180, "Moscow Standard Time"),
    "IST": (330, "India Standard Time"),
    "JST": (540, "Japan Standard Time"),
    "AEST": (600, "Australian Eastern Standard Time"),
    "AEDT": (660, "Australian Eastern Daylight Time"),
    "NZST": (720, "New Zealand Standard Time"),
    "NZDT": (780, "New Zealand Daylight Time"),
    "AST": (-240, "Atlantic Standard Time"),
    "ADT": (-180, "Atlantic Daylight Time"),
    "EST": (-300, "Eastern Standard Time"),
    "EDT": (-240, "Eastern Daylight Time"),
    "CST": (-360, "Central Standard Time"),
    "CDT": (-300, "Central Daylight Time"),
    "MST": (-420, "Mountain Standard Time"),
    "MDT": (-360, "Mountain Daylight Time"),
    "PST": (-480, "Pacific Standard Time"),
    "PDT": (-420, "Pacific Daylight Time"),
    "AKST": (-540, "Alaska Standard Time"),
    "AKDT": (-480, "Alaska Daylight Time"),
    "HST": (-600, "Hawaii Standard Time"),
}
LONG_NAMES = {"UTC": "Coordinated Universal Time", **{name: long for name, (_, long) in _NAMES.items()}}
_BY_LONG_NAME = {long: name for name, long in LONG_NAMES.items()}
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?")
_FARTHEST = timedelta(hours=18)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo | None:
    """The zone that ``name`` is: ``Europe/Paris``, ``+02:00``, ``GMT+2``, ``Z``, ``PST``, or an abbreviation's long
    name; None for anything else."""
    short = _BY_LONG_NAME.get(name, name)
    if short in ("Z", "z", "UTC", "UT"):
        return UTC
    if short in _NAMES:
        return timezone(timedelta(minutes=_NAMES[short][0]), short)
    if match := _OFFSET.fullmatch(name):
        return _offset(*match.groups(default="00"))
    return ZoneInfo(name) if name in _known() else None


def zone_names() -> Collection[str]:
    """The names of zones that are words: IANA's and the abbreviations."""
    return _known() | _NAMES.keys()


def in_zone(moment: datetime, zone: tzinfo | None) -> datetime:
    """The same moment as the clock of ``zone`` shows it; Failed outside of the years that there are."""
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError) as error:
        raise Failed("the moment lies outside the years 1 to 9999") from error


def settled(moment: datetime) -> datetime:
    """The same moment as its zone's clock shows it; a time that a clock skips is taken as if it had not."""
    return in_zone(in_zone(moment, UTC), moment.tzinfo)


def zone_id(moment: datetime) -> str:
    """The name of a moment's zone: IANA's, or the offset."""
    zone = moment.tzinfo
    return zone.key if isinstance(zone, ZoneInfo) else offset_text(moment, "Z", ":")


def short_name(moment: datetime) -> str:
    """The abbreviation that a moment's zone goes by on its day; GMT and the offset where it has none."""
    name = moment.tzname() or ""
    return name if name.isalpha() else f"GMT{offset_text(moment, '', ':')}"


def long_name(moment: datetime) -> str:
    """The long form of the abbreviation; GMT and the offset where there is none."""
    name = short_name(moment)
    minutes = _NAMES.get(name, (0, ""))[0]
    known = name in LONG_NAMES and moment.utcoffset() == timedelta(minutes=minutes)
    return LONG_NAMES[name] if known else f"GMT{offset_text(moment, '', ':')}"


def offset_text(moment: datetime, zero: str, between: str) -> str:
    """A moment's offset as ``+hh:mm``, with ``between`` in place of the colon; ``zero`` where there is none."""
    sign, hours, minutes = offset_parts(moment)
    return f"{sign}{hours:02}{between}{minutes:02}" if hours or minutes else zero


def offset_parts(moment: datetime) -> tuple[str, int, int]:
    """A moment's offset as its sign, hours and minutes."""
    total = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    return "-" if total < 0 else "+", *divmod(abs(total), 60)


def _offset(sign: str, hours: str, minutes: str) -> tzinfo | None:
    distance = timedelta(hours=int(hours), minutes=int(minutes))
    if distance > _FARTHEST or int(minutes) > 59:
        return None
    return timezone(-distance if sign == "-" else distance)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
