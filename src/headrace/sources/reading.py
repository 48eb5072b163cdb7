"""The frozen values that pass between planning, copying, decoding and exploring; none of them holds a secret."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from headrace import exact_json
from headrace.clock import Window
from headrace.errors import legible

Credentials = Mapping[str, Any]


class Reading(msgspec.Struct, frozen=True, rename="camel"):
    """All that a run needs to read a source, except the credentials.

    spec       the connection spec document
    auth_spec  name of the authentication of the base connection (empty: none)
    params     parameters of the source connection
    window     half-open, epoch ms, UTC
    now        when the run was planned, epoch ms
    backfill   the first run of a flow that takes history along
    replaces   whether the run replaces rows; null: as the spec says
    merges     whether it merges them by key; null: as the spec says
    """

    spec: dict[str, Any]
    auth_spec: str
    params: dict[str, Any]
    window: Window
    now: int
    backfill: bool = False
    replaces: bool | None = None
    merges: bool | None = None


LONGEST_ADDRESS = 64_000  # characters of a URL with its query; servers take less
_LONGEST_SHOWN = 500


def shown(url: str) -> str:
    """A URL in a message."""
    return legible(url, _LONGEST_SHOWN)


class Request(msgspec.Struct, frozen=True):
    """One HTTP request. ``query`` is the raw query string (already encoded); secrets stand as ``${name}``."""

    method: str
    url: str
    query: str = ""
    headers: dict[str, str] = {}
    body: str | None = None

    @property
    def target(self) -> str:
        """URL and query in one."""
        if not self.query:
            return self.url
        # A path with a query is refused by now; specs, connections and plans of before may have one.
        return f"{self.url}{'&' if '?' in self.url else '?'}{self.query}"

    def with_query(self, name: str, value: str) -> Request:
        """The request with ``name=value`` (both already encoded) in its query, replacing an earlier ``name``."""
        kept = [pair for pair in self.query.split("&") if pair and pair.partition("=")[0] != name]
        return msgspec.structs.replace(self, query="&".join([*kept, f"{name}={value}"]))

    def with_header(self, name: str, value: str) -> Request:
        """The request with the header set."""
        return msgspec.structs.replace(self, headers={**self.headers, name: value})


class Part(msgspec.Struct, frozen=True, rename="camel"):
    """One planned chain of requests: the first request and what the chain covers.

    n          position in the plan, from 0
    partition  the source partition, e.g. an account id; empty when the spec declares none
    first_day  first and last day asked for (both inclusive); null when the spec slices no days
    label      for people: what this part reads
    allowed    per named rule, the values that a record must have to stay
    """

    n: int
    request: Request
    partition: str = ""
    first_day: date | None = None
    last_day: date | None = None
    label: str = ""
    allowed: dict[str, tuple[str, ...]] = {}


class Trail(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How a chain of requests goes on behind a page: all that fetching needs to go on there. It holds no secret.

    request     the next request
    pages       pages before it
    offset      where it begins, of a source that is asked by offset
    short       digest of the last row of the page before, where that page was short and the offset went on by its rows
    named_by    digest of the row of the page before that named this one, where one did
    steady      whether every page with rows held as many as it was asked for, and there was one
    last_index  index of the last page, as the source last said
    total       rows of the chain, as the source last said
    bare        whether a page before was an array itself, of a source whose pages are that
    promised    where the page before said that more pages follow, as the spec names that place; empty: it did not
    before      digest of the rows of the page before, where it had some, to know them again; earlier releases wrote one
                of its body before it
    empty       digest of the page before, where it held no rows
    alike       how many before that one were the same
    barren      how many pages before it had no rows, without one that had some in between
    seen        digests of the requests before it, 8 bytes each, where pages name the page after them
    """

    request: Request
    pages: int = 0
    offset: int = 0
    short: str = ""
    named_by: str = ""
    steady: bool = False
    last_index: int | None = None
    total: int | None = None
    bare: bool = False
    promised: str = ""
    before: str | tuple[str, str] = ""
    seen: bytes = b""
    empty: str = ""
    alike: int = 0
    barren: int = 0

    @property
    def is_beyond(self) -> bool:
        """Whether all rows that the source has said came before it: it is asked for to prove that."""
        return self.total is not None and self.offset >= self.total


msgspec.json.Decoder(Trail)  # gathered while one thread imports; two that do so at once crash the process


@dataclass(frozen=True, slots=True)
class Planned:
    """The parts of a run. No parts: nothing to ask, so nothing may be replaced either.

    window  the window after the clamp; empty (start == end) when retention leaves nothing
    clamps  a sentence for every clamp
    """

    parts: tuple[Part, ...]
    window: Window
    clamps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One answer as it came, but for secrets. ``n`` counts the pages of a part from 0; ``url`` holds none either.

    count  elements in it, before any are exploded
    ended  why the chain ends with this page, as the end of a sentence; empty where it goes on
    hidden  how many values had a secret of the connection in them, by its name
    headers  of the answer, names in lower case
    """

    n: int
    url: str
    status: int
    body: bytes
    etag: str | None = None
    count: int = 0
    ended: str = ""
    _behind: Callable[[], Trail] | None = field(default=None, repr=False, compare=False)
    hidden: Mapping[str, int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def trail(self) -> Trail | None:
        """How the chain goes on behind this page; None behind the last one. Costs a digest of the body."""
        return None if self._behind is None else self._behind()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive records of one page in a slice.

    page       the page's name
    first      index in the page of its first record here
    first_row  ``_row`` of that record in the slice
    rows       how many records
    """

    page: str
    first: int
    first_row: int
    rows: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive records, at most 15,000, of one page or of several that follow each other.

    ``_row`` everywhere is the record's position in the slice, from 0; ``place`` says where that is in a page.

    stretches  which records these are, page by page; together ``len(days)`` of them
    read       records, rejected and dropped ones included; of a slice made by ``only``, the chosen ones
    typed      tables of records of one shape each, in order: ``_row`` int64 + the record's top-level fields (nested
               structs), only what was wanted; each leaf is exact, or WRITTEN
    loose      ``_row`` int64, ``record`` string (JSON): records without a common shape
    rejected   ROW_ERRORS (family parsing): unreadable elements
    days       date32, one for each record, chosen or not; null where the spec declares no day or the record has none
    dropped    rows left out by a named rule
    renames    for the path of each renamed field where the source has its value; rows whose way there ends are loose
    """

    stretches: tuple[Stretch, ...]
    read: int
    typed: tuple[pa.Table, ...]
    loose: pa.Table
    rejected: pa.Table
    days: pa.Array
    dropped: Mapping[str, int]
    _render: Callable[[int], bytes] = field(repr=False, compare=False)
    _mentions: Callable[[str], bool] = field(repr=False, compare=False)
    _sent: Callable[[int, bool], bytes] = field(repr=False, compare=False)
    _beside_size: Callable[[int], int] = field(repr=False, compare=False)
    renames: Mapping[tuple[str, ...], tuple[str | int, ...]] = field(default_factory=dict)

    def original(self, row: int) -> bytes:
        """The record at ``row`` (a ``_row`` of this slice) as JSON in wrapper form, numbers exactly as they came."""
        self._require(row)
        return self._render(row)

    def sent(self, row: int, beside: bool = True) -> bytes:
        """The same before the spec's ``rename``: the fields as the source has them, those ``beside`` its array too."""
        self._require(row)
        return self._sent(row, beside)

    def beside_size(self, row: int) -> int:
        """Bytes of the record that stand beside the array of its page, and so in every record of it."""
        self._require(row)
        return self._beside_size(row)

    def record(self, row: int) -> object:
        """The record at ``row``, read; NotJson."""
        return exact_json.read(self.original(row))

    def mentions(self, name: str) -> bool:
        """Whether some record of the slice may have a field of this name somewhere."""
        return self._mentions(name)

    def place(self, row: int) -> tuple[str, int]:
        """The page that holds the record at ``row``, and the record's index in that page."""
        self._require(row)
        stretch = self.stretches[bisect_right(self.stretches, row, key=lambda each: each.first_row) - 1]
        return stretch.page, stretch.first + row - stretch.first_row

    def only(self, places: Mapping[str, pa.Array]) -> Slice:
        """The slice with those of its records alone that no rule drops and ``places`` names: by page, indices in it."""
        rows = pa.concat_arrays([pa.array([], pa.int64()), *(_inside(each, places) for each in self.stretches)])
        loose, rejected, *typed = (
            table.filter(pc.is_in(table["_row"], rows)) for table in (self.loose, self.rejected, *self.typed)
        )
        chosen = sum(table.num_rows for table in (loose, *typed)) + len(pc.unique(rejected["_row"]))
        return replace(self, read=chosen, typed=tuple(typed), loose=loose, rejected=rejected, dropped={})

    def _require(self, row: int) -> None:
        if not 0 <= row < len(self.days):
            raise IndexError(f"Row {row} is not in this slice (0 to {len(self.days) - 1}).")


def _inside(stretch: Stretch, places: Mapping[str, pa.Array]) -> pa.Array:
    """The ``_row`` of those records of a stretch whose page and index are named."""
    if stretch.page not in places:
        return pa.array([], pa.int64())
    rows = pc.add(pc.subtract(places[stretch.page], stretch.first), stretch.first_row)
    return rows.filter(pc.is_in(rows, pa.array(range(stretch.first_row, stretch.first_row + stretch.rows), pa.int64())))


@dataclass(frozen=True, slots=True)
class Explored:
    """What explore answers: ``format`` hierarchical, ``schema`` a JSON Schema of the record, ``data`` a sample."""

    format: str
    schema: dict[str, Any]
    data: list[Any]
