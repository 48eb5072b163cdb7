"""Our own additions to the spec language: the ``x-headrace`` block. docs/reference/source-specs.md explains each."""

from typing import Literal

import msgspec

BLOCK = "x-headrace"


class _Block(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A part of the block: camelCase in the document, unknown keys refused."""


class Retention(_Block, frozen=True):
    """How far back the source answers, in whole calendar months before the run."""

    months: int


class Day(_Block, frozen=True):
    """The record fields that give a row's day: one ISO date, or year, month and day."""

    date: str = ""
    year: str = ""
    month: str = ""
    day: str = ""


class Listing(_Block, frozen=True):
    """A request whose records are ids: ``value`` is the path of the id in each, ``form`` what it becomes (``{}``)."""

    path: str
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

    param: str
    unless: tuple[str, ...] = ()
    listing: Listing | None = None


class Readable(_Block, frozen=True):
    """A proof before anything is read: every id of the comma list ``param`` is among what ``listing`` gives.

    For sources that answer with nothing, not with a refusal, where the credentials may not read.
    """

    param: str
    listing: Listing


class Rule(_Block, frozen=True):
    """Rows are dropped, and counted under ``name``, unless their ``field`` is in a listing.

    param     the boolean parameter that switches the rule on
    by        the parameter whose value picks the listing
    listings  per value of ``by``
    """

    name: str
    param: str
    field: str
    by: str
    listings: dict[str, Listing]


class Explore(_Block, frozen=True):
    """What explore reads: the last ``days`` UTC days, with ``params`` where the caller gives none."""

    days: int = 7
    params: dict[str, str] = {}


class Probe(_Block, frozen=True):
    """A cheap request that proves the credentials."""

    path: str
    query_params: dict[str, str] = {}


class Extension(_Block, frozen=True):
    """The whole block; everything in it is optional."""

    aliases: tuple[str, ...] = ()
    frequencies: tuple[str, ...] = ()
    write_mode: Literal["append", "replace-window"] = "append"
    omit_when_empty: frozenset[str] = frozenset()
    slice_days: int = 0
    element_cap: int = 0
    retention: Retention | None = None
    day: Day | None = None
    rename: dict[str, str] = {}
    partition: Partition | None = None
    readable: tuple[Readable, ...] = ()
    rules: tuple[Rule, ...] = ()
    explore: Explore = Explore()
    probe: Probe | None = None
