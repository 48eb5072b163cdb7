"""Our own additions to the spec language: the ``x-headrace`` block. docs/reference/source-specs.md explains each."""

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from typing import Annotated, Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec

from headrace.sources.time_reading import time_pattern
from headrace.sources.times import EPOCH_MILLISECONDS, EPOCH_SECONDS

BLOCK = "x-headrace"
Frequency = Literal["once", "minute", "hour", "day", "week"]
Period = Literal["day", "week", "month", "quarter", "year"]
NotNegative = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Name = Annotated[str, msgspec.Meta(pattern=r"\S")]
AtLeastOne = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
LONGEST: dict[Period, int] = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}  # in days


class _Block(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A part of the block: camelCase in the document, unknown keys refused.

    A ValueError that begins with ``member: `` is about that member.
    """


class Retention(_Block, frozen=True):
    """How far back the source answers, in whole calendar months before the run."""

    months: AtLeastOne


class Day(_Block, frozen=True):
    """The record fields that give a row's day: one date, or year, month and day.

    format  how the date is written: a .NET date pattern, ``epochSeconds`` or ``epochMilliseconds``; empty: an ISO date
            or time, or an epoch number
    zone    where days begin and end, IANA's name; empty: UTC
    """

    date: str = ""
    year: str = ""
    month: str = ""
    day: str = ""
    format: str = ""
    zone: str = ""

    def __post_init__(self) -> None:
        parts = (self.year, self.month, self.day)
        if bool(self.date) == any(parts) or (any(parts) and not all(parts)):
            raise ValueError("needs either date, or year, month and day")
        if self.format and not self.date:
            raise ValueError("format: says how date is written; it does not go with year, month and day")
        if self.format not in ("", EPOCH_SECONDS, EPOCH_MILLISECONDS):
            try:
                time_pattern(self.format)
            except ValueError as error:
                raise ValueError(f"format: cannot be read by: {error}") from error
        try:
            ZoneInfo(self.zone or "UTC")
        except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError
            raise ValueError(f"zone: {self.zone!r} is no time zone; use a name such as Europe/Berlin") from error

    @property
    def tzinfo(self) -> tzinfo:
        """The zone in which days begin and end."""
        return ZoneInfo(self.zone or "UTC")


class Listing(_Block, frozen=True):
    """A request whose records are ids: ``value`` is the path of the id in each, ``form`` what it becomes (``{}``)."""

    path: Name
    query_params: dict[str, str] = {}
    content_path: str = "$.elements"
    value: str = "$.id"
    form: str = "{}"
    pagination_params: dict[str, str | int] = {}


class Partition(_Block, frozen=True):
    """One chain of requests per item of the comma list ``param``.

    unless   parameters that already say what to read, so that an empty ``param`` needs no listing
    listing  what an empty ``param`` stands for
    """

    param: Name
    unless: tuple[Name, ...] = ()
    listing: Listing | None = None


class Readable(_Block, frozen=True):
    """A proof before anything is read: every id of the comma list ``param`` is among what ``listing`` gives.

    For sources that answer with nothing, not with a refusal, where the credentials may not read.
    """

    param: Name
    listing: Listing


class Rule(_Block, frozen=True):
    """Rows are dropped, and counted under ``name``, unless their ``field`` is in a listing.

    param     the boolean parameter that switches the rule on
    by        the parameter whose value picks the listing
    listings  per value of ``by``
    """

    name: Name
    param: Name
    field: Name
    by: Name
    listings: dict[str, Listing]


class Explore(_Block, frozen=True):
    """What explore reads: the last ``days`` UTC days, with ``params`` where the caller gives none."""

    days: AtLeastOne = 7
    params: dict[str, str] = {}


class Probe(_Block, frozen=True):
    """A cheap request that proves the credentials."""

    path: Name
    query_params: dict[str, str] = {}


class Deletion(_Block, frozen=True):
    """Which records say that their key is gone: ``field`` holds one of ``values``, or is ``present`` at all."""

    field: str
    values: tuple[str | int | float | bool, ...] = ()
    present: bool = False


class Extension(_Block, frozen=True):
    """The whole block; everything in it is optional."""

    aliases: tuple[Name, ...] = ()
    frequencies: tuple[Frequency, ...] = ()
    write_mode: Literal["append", "replace-window", "merge"] = "append"
    key: tuple[str, ...] = ()
    version: str = ""
    deletion: Deletion | None = None
    omit_when_empty: frozenset[Name] = frozenset()
    slice_days: NotNegative = 0
    period: Period = "day"
    may_be_empty: bool = False
    end_inclusive: bool = False
    lookback: NotNegative = 0
    element_cap: NotNegative = 0
    ends_at: frozenset[int] = frozenset()
    may_be_absent: bool = False
    may_repeat: bool = False
    keep_query: tuple[Name, ...] = ()
    total: str = ""
    retention: Retention | None = None
    day: Day | None = None
    rename: dict[Name, str] = {}
    partition: Partition | None = None
    readable: tuple[Readable, ...] = ()
    rules: tuple[Rule, ...] = ()
    explore: Explore = Explore()
    probe: Probe | None = None

    def __post_init__(self) -> None:
        if self.end_inclusive and self.slice_days:
            raise ValueError(
                "endInclusive: is for windows of instants; days that sliceDays asks for are included anyway"
            )
        least = LONGEST[self.period]
        if self.period != "day" and self.slice_days < least:
            raise ValueError(
                f"sliceDays: must be at least {least}, not {self.slice_days}, since a {self.period} is asked for whole"
            )

    @property
    def zone(self) -> tzinfo:
        """The zone in which days begin and end."""
        return self.day.tzinfo if self.day else UTC


def members(steps: Sequence[str]) -> list[str]:
    """The names of the members of the part that these names lead to, keys of maps among them; the block's own first."""
    part: type[msgspec.Struct] = Extension
    rest = list(steps)
    while rest:
        declared = {field.encode_name: field.type for field in msgspec.structs.fields(part)}[rest.pop(0)]
        part = next((kind for kind in _kinds(declared) if isinstance(kind, type) and issubclass(kind, _Block)), part)
        if get_origin(declared) is dict:
            del rest[:1]
    return [field.encode_name for field in msgspec.structs.fields(part)]


def _kinds(declared: Any) -> Iterator[Any]:
    yield declared
    for inner in get_args(declared):
        yield from _kinds(inner)
