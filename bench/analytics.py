"""The questions that both sides ask the bench's source, and what their answers hold: adAnalytics, tutorial-shaped."""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec

NOW = datetime(2022, 8, 10, 5, tzinfo=UTC)
FIRST_DAY, LAST_DAY = date(2022, 2, 10), date(2022, 8, 10)  # what the spec's six months of retention leave
SLICE_DAYS = 31
MOST_ROWS = 14_000  # a page stays below LinkedIn's cap of 15,000 elements
METRICS = (
    "shares", "comments", "externalWebsiteConversions", "landingPageClicks", "follows", "clicks", "totalEngagements",
    "impressions", "likes",
)  # fmt: skip
_DAY = r"\(year:(\d+),month:(\d+),day:(\d+)\)"
_RANGE = re.compile(rf"dateRange=\(start:{_DAY},end:{_DAY}\)")
_ACCOUNT = re.compile(r"sponsoredAccount%3A(\d+)", re.IGNORECASE)


class Day(msgspec.Struct, gc=False):
    """A day as the answers write it."""

    year: int
    month: int
    day: int


class DateRange(msgspec.Struct, gc=False):
    """The days of a row."""

    start: Day
    end: Day


@dataclass(frozen=True, slots=True)
class Question:
    """One page: an account's days. The account's id ends in the number of rows that it has in every slice."""

    account: str
    first: date
    last: date

    @property
    def path(self) -> str:
        """As LinkedIn is asked."""
        fields = ",".join((*METRICS, "dateRange", "pivotValues"))
        return (
            f"/rest/adAnalytics?q=analytics&pivot=CREATIVE&timeGranularity=DAILY&dateRange={_range(self)}"
            f"&accounts=List(urn%3Ali%3AsponsoredAccount%3A{self.account})&fields={fields}"
        )

    @property
    def rows(self) -> int:
        """How many rows the answer has."""
        return int(self.account[-5:])

    @property
    def kind(self) -> str:
        """What its rows are like: the account's id begins with it."""
        return self.account[0]


Element = dict[str, object]
PLAIN, ODD, DRIFTING = "5", "6", "7"


def _odd(n: int, element: Element) -> Element:
    return {**element, "clicks": "n/a"} if n % 100 == 7 else element


def _drifting(n: int, element: Element) -> Element:
    return {**element, "impressions": str(element["impressions"])} if n % 2 else element


# What becomes of an element: one in a hundred has a text that is no number; in each second one, a number is a text.
KINDS: dict[str, Callable[[int, Element], Element]] = {
    PLAIN: lambda _, element: element, ODD: _odd, DRIFTING: _drifting,
}  # fmt: skip


def account(number: int, rows: int, kind: str = PLAIN) -> str:
    """The ``number``-th account whose slices hold ``rows`` rows each."""
    return f"{kind}{number:04d}{rows:05d}"


def accounts(rows: int, kind: str = PLAIN) -> list[str]:
    """Accounts whose half year holds about ``rows`` rows in pages below the cap."""
    slices = len(list(slice_days()))
    count = math.ceil(rows / (slices * MOST_ROWS))
    return [account(n, math.ceil(rows / (slices * count)), kind) for n in range(count)]


def slice_days() -> Iterator[tuple[date, date]]:
    """The half year as the spec cuts it."""
    first = FIRST_DAY
    while first <= LAST_DAY:
        last = min(first + timedelta(days=SLICE_DAYS - 1), LAST_DAY)
        yield first, last
        first = last + timedelta(days=1)


def questions(asked: list[str]) -> list[Question]:
    """Every page of these accounts."""
    return [Question(account, first, last) for account in asked for first, last in slice_days()]


def question_in(query: str) -> Question:
    """The question that a query string asks."""
    days, found = _RANGE.search(query), _ACCOUNT.search(query)
    if days is None or found is None:
        raise ValueError(f"not a question of the bench: {query}")
    numbers = [int(part) for part in days.groups()]
    return Question(found[1], date(*numbers[:3]), date(*numbers[3:]))


def page(question: Question) -> bytes:
    """The answer: its rows spread over the days, every metric a number of its own."""
    days = [question.first + timedelta(days=n) for n in range((question.last - question.first).days + 1)]
    turned = KINDS[question.kind]
    elements = [turned(n, element(n, days[n * len(days) // question.rows])) for n in range(question.rows)]
    return json.dumps({"paging": {"start": 0, "count": 10, "links": []}, "elements": elements}).encode()


def listing(query: str) -> bytes:
    """The accounts that a search asks for: every one can be read."""
    return json.dumps({"elements": [{"id": int(id)} for id in _ACCOUNT.findall(query)]}).encode()


def element(n: int, day: date) -> Element:
    """The ``n``-th row of a day."""
    written = {"year": day.year, "month": day.month, "day": day.day}
    seed = n * 2_654_435_761 + day.toordinal() * 40_503
    metrics = {name: (seed >> (3 * place)) % 9973 for place, name in enumerate(METRICS)}
    return {
        **metrics,
        "dateRange": {"start": written, "end": written},
        "pivotValues": [f"urn:li:sponsoredCreative:{190_000_000 + n}"],
    }


def _range(question: Question) -> str:
    start, end = (f"(year:{day.year},month:{day.month},day:{day.day})" for day in (question.first, question.last))
    return f"(start:{start},end:{end})"
