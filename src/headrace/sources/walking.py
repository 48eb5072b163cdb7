"""A spec tried: its requests made as a first run would make them, its records looked at, nothing landed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from headrace.exact_json import NotJson, read
from headrace.sources import days, going_on, turns
from headrace.sources.content import Records, Unreadable, why_empty
from headrace.sources.fetching import fetch
from headrace.sources.http import SourceHttp
from headrace.sources.keys import Identities, identities, keying
from headrace.sources.paging import paginator
from headrace.sources.paths import parse_path
from headrace.sources.planning import plan
from headrace.sources.reading import Credentials, Page, Part, Planned, Reading
from headrace.sources.shapes import value_at
from headrace.sources.spec import Extraction, extraction

SHOWN = 1_000  # records that the schema is read from


@dataclass(frozen=True, slots=True)
class Visited:
    """A page: its place in the chain from 0, how many records it holds, and of those how many can be no row."""

    part: Part
    n: int
    records: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A chain that ended or was left. ``why`` is a sentence; ``left`` when its next page was not asked for.

    more  why its last page says that rows are behind it, where it does
    """

    part: Part
    pages: int
    why: str
    left: bool = False
    more: going_on.Behind | None = None


@dataclass(slots=True)
class Seen:
    """What a walk came by.

    records      the first of them, read
    read         how many there were
    unreadable   elements that are no object
    without_day  records without a readable day, where the spec says which field holds it
    outside      records of a day that was not asked for
    dropped      records that a rule leaves out
    keyless      records without a key or version, where rows are merged
    superseded   records that lose to another one of the same key
    deleted      records that say that their key is gone
    empty        why the first page without records had none
    """

    records: list[Any] = field(default_factory=list)
    read: int = 0
    unreadable: int = 0
    without_day: int = 0
    outside: int = 0
    dropped: int = 0
    keyless: int = 0
    superseded: int = 0
    deleted: int = 0
    empty: str = ""


class Walk:
    """One walk. ``steps`` makes its requests; ``seen`` grows meanwhile."""

    def __init__(self, reading: Reading, credentials: Credentials, http: SourceHttp) -> None:
        self.spec = reading.spec
        self.view = extraction(reading.spec, reading.params)
        self.seen = Seen()
        self._reading = reading
        self._credentials = credentials
        self._http = http
        self._day = days.paths_of(self.view.extension.day)
        self._keying = keying(reading.spec) if self.view.extension.write_mode == "merge" else None
        self._held: dict[str, tuple[str, bool]] = {}  # key -> version, and whether it is deleted

    def steps(self, most_pages: int) -> Iterator[Planned | Visited | Ended]:
        """The plan, then every page and every end, until ``most_pages`` were asked for; SourceFailure as in a run."""
        planned = plan(self._reading, self._credentials, self._http)
        yield planned
        left = most_pages
        for part in planned.parts:
            for step in self._part(part, left):
                yield step
                left -= isinstance(step, Visited)
            if left <= 0:
                return

    def _part(self, part: Part, most: int) -> Iterator[Visited | Ended]:
        rows = 0
        for page in fetch(self._reading, part, self._credentials, self._http):
            rows += page.count
            records = Records(self.view, page.body)
            count, unreadable = len(records.elements), self._look(records, part)
            if not count:
                self.seen.empty = self.seen.empty or why_empty(page, records)
            yield Visited(part, page.n, count, unreadable)
            if page.trail is None:
                yield Ended(part, page.n + 1, page.ended, more=self._behind(page, rows))
            elif page.n + 1 >= most:
                following = page.trail.request
                yield Ended(part, page.n + 1, f"it goes on with {following.method} {following.target}", left=True)
                return

    def _behind(self, page: Page, rows: int) -> going_on.Behind | None:
        """Why the last page of a chain of so many rows says that others are behind it; None where it is empty."""
        params = self.view.pagination
        if not page.count:
            return None
        try:
            body = read(page.body)
        except NotJson:
            return None
        # An end condition decides, and pages that are counted end when they are empty: links say nothing there.
        is_once = str(params.get("type") or "NONE").upper() == "NONE"
        links = (is_once or paginator(params).linked) and not params.get("endConditionName")
        # What the spec itself goes by was heeded.
        heeded = {str(params.get(name) or "").lower() for name in turns.PATHS} | {self.view.extension.total.lower()}
        headers = {name: text for name, text in page.headers.items() if f"{turns.HEADER}{name}" not in heeded}
        known = turns.paths(params) if links else None
        return going_on.behind(body, self.view.content.path, rows, headers, known)

    def _look(self, page: Records, part: Part) -> int:
        """Adds a page to what was seen; how many of its elements are no object."""
        count = len(page.elements)
        rows = [n for n in range(count) if not isinstance(page.element(n), Unreadable)]
        for n in rows:
            record = page.value(n)
            if len(self.seen.records) < SHOWN:
                self.seen.records.append(record)
            self._judge(record, part)
        self.seen.read += count
        self.seen.unreadable += count - len(rows)
        if self._keying is not None and rows:
            self._tell_apart(identities(self._keying, rows, [page.record(n) for n in rows]))
        return count - len(rows)

    def _tell_apart(self, records: Identities) -> None:
        """Counts the records that have no key, those that lose to another one, and the deletions that hold."""
        self.seen.keyless += records.errors.num_rows
        columns = (records.key.to_pylist(), records.version.to_pylist(), records.deleted.to_pylist())
        for key, version, deleted in zip(*columns, strict=True):
            held = self._held.get(key)
            self.seen.superseded += held is not None
            if key is not None and (held is None or (version or "") >= held[0]):
                self._held[key] = (version or "", deleted)
        self.seen.deleted = sum(deleted for _, deleted in self._held.values())

    def _judge(self, record: Any, part: Part) -> None:
        if any(
            value_at(record, tuple(map(str, parse_path(rule.field)))) not in part.allowed[rule.name]
            for rule in self.view.extension.rules
            if rule.name in part.allowed
        ):
            self.seen.dropped += 1
        elif self._day:
            day = days.day_of(self.view.extension.day, [value_at(record, path) for path in self._day])
            self.seen.without_day += day is None
            if day is not None and part.first_day is not None and part.last_day is not None:
                self.seen.outside += not part.first_day <= day <= part.last_day


def rows_left(seen: Seen, view: Extraction) -> int:
    """How many of the records would become rows, the mapping aside."""
    days_matter = view.extension.write_mode == "replace-window"
    out_of_place = seen.without_day + seen.outside if days_matter else 0
    lost = seen.unreadable + seen.dropped + seen.keyless + seen.superseded + seen.deleted
    return seen.read - lost - out_of_place
