"""World ``tutorial``: the account, the days and the figures of the LinkedIn Ads tutorial.

At its clock's start account 507947502 has exactly 100 daily rows: 4 and 9 August 2022 as printed, 98 earlier ones
within the six months that daily data is kept, one of which shows a text for its clicks. Account 508670032 was active
before 3 August only. Every row is the sum of its creatives.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from linkedin_simulator.worlds.model import (
    Access,
    Account,
    Campaign,
    CampaignGroup,
    Creative,
    Event,
    Number,
    Placement,
    Status,
    World,
    placements,
)
from linkedin_simulator.worlds.numbers import cost_of, day_total, split_all

START = datetime(2022, 8, 10, 5, tzinfo=UTC)
MAIN = 507947502
OTHER = 508670032
OLDEST = date(2021, 7, 1)
KEPT_FROM = date(2022, 2, 10)
QUIET_FROM = date(2022, 8, 3)
EARLIER_ROWS = 98
OLD_ROWS = 120  # before KEPT_FROM: seen by monthly and yearly reports only
OTHER_ROWS = 60
SPOILED_DAY = date(2022, 5, 17)
CREDIT_DAY = date(2022, 4, 12)
CREDIT = Decimal("-2E-18")
KEPT_MONTHS = {"DAILY": 6, "MONTHLY": 24, "YEARLY": 120, "ALL": 120}
READ_SCOPES = ("r_ads", "r_ads_reporting")

PRINTED = {
    date(2022, 8, 9): {
        "shares": 0,
        "comments": 0,
        "externalWebsiteConversions": 0,
        "landingPageClicks": 54,
        "follows": 2,
        "clicks": 136,
        "totalEngagements": 139,
        "impressions": 18423,
        "likes": 5,
    },
    date(2022, 8, 4): {
        "shares": 0,
        "comments": 0,
        "externalWebsiteConversions": 0,
        "landingPageClicks": 41,
        "follows": 4,
        "clicks": 142,
        "totalEngagements": 151,
        "impressions": 14584,
        "likes": 5,
    },
}


def tutorial(seed: int, start: datetime | None = None) -> World:
    """Builds the world; the clock starts at the tutorial's instant unless told otherwise."""
    at = start or START
    accounts = (_main_account(), _other_account())
    events = _events(seed, accounts)

    def activity(wanted: Iterable[Placement], first: date, last: date) -> Iterator[Event]:
        for placement in wanted:
            yield from (event for event in events[placement.creative.id] if first <= event.day <= last)

    return World(
        name="tutorial",
        seed=seed,
        start=at,
        accounts=accounts,
        accesses=_accesses(seed, at),
        activity=activity,
        client_id="77tutorialclient",
        client_secret=_secret(seed, "client", 16),
        kept_months=KEPT_MONTHS,
    )


def _main_account() -> Account:
    start = date(2021, 6, 28)
    active, paused = Status("ACTIVE"), Status("ACTIVE", max(PRINTED), "PAUSED")
    awareness = Campaign(
        188230417, "Video series", active, start, _creatives(144710211, 2, active), objective="BRAND_AWARENESS"
    )
    visits = Campaign(188230418, "Product pages", active, start, _creatives(144710213, 2, active))
    events = Campaign(188230951, "Event invitations", paused, start, _creatives(144710330, 1, paused))
    groups = (
        CampaignGroup(604217733, "Always on", active, start, (awareness, visits)),
        CampaignGroup(604219046, "Events", active, start, (events,)),
    )
    return Account(MAIN, "Headwaters Outdoor", "USD", 2414183, start, groups)


def _other_account() -> Account:
    start, last = date(2022, 2, 21), QUIET_FROM - timedelta(1)
    paused, completed = Status("ACTIVE", last, "PAUSED"), Status("ACTIVE", last, "COMPLETED")
    first = Campaign(1991010101, "Spring collection", completed, start, _creatives(199101011, 1, paused))
    second = Campaign(1992020202, "Summer sale", paused, start, _creatives(199202021, 2, paused))
    groups = (CampaignGroup(611138362, "Seasonal 2022", paused, start, (first, second)),)
    return Account(OTHER, "Headwaters Outlet", "USD", 2414183, start, groups)


def _creatives(first_id: int, count: int, status: Status) -> tuple[Creative, ...]:
    return tuple(
        Creative(first_id + n, f"Ad {n + 1}", status, 6_900_000_000_000_000_000 + first_id + n) for n in range(count)
    )


def _events(seed: int, accounts: tuple[Account, ...]) -> dict[int, list[Event]]:
    by_creative: defaultdict[int, list[Event]] = defaultdict(list)
    for account in accounts:
        places = list(placements(account))
        for day in _days(seed, account):
            for event in _day(seed, places, day):
                by_creative[event.placement.creative.id].append(event)
    return by_creative


def _days(seed: int, account: Account) -> list[date]:
    """The days on which the account has activity, the oldest first."""
    random = Random(f"{seed}/days/{account.id}")
    if account.id == OTHER:
        return sorted(random.sample(_between(account.opened, QUIET_FROM), OTHER_ROWS))
    fixed = [SPOILED_DAY, CREDIT_DAY]
    kept = [day for day in _between(KEPT_FROM, QUIET_FROM) if day not in fixed]
    recent = random.sample(kept, EARLIER_ROWS - len(fixed))
    old = random.sample(_between(OLDEST, KEPT_FROM), OLD_ROWS)
    return sorted([*old, *recent, *fixed, *PRINTED])


def _between(first: date, end: date) -> list[date]:
    return [first + timedelta(n) for n in range((end - first).days)]


def _day(seed: int, places: list[Placement], day: date) -> Iterator[Event]:
    random = Random(f"{seed}/day/{places[0].account.id}/{day}")
    totals = PRINTED.get(day) if places[0].account.id == MAIN else None
    totals = dict(totals or day_total(random, 12_000 if places[0].account.id == MAIN else 3_000))
    credited = places[0].account.id == MAIN and day == CREDIT_DAY
    if credited:
        totals["impressions"] -= 1
        yield Event(places[-1], day, {"impressions": 1, **_costs(CREDIT)})
    rest = places[:-1] if credited else places
    # The first creative runs every day; the others rest now and then.
    weights = [random.randint(2, 9) if n == 0 or random.random() < 0.8 else 0 for n in range(len(rest))]
    spoiled = {"clicks": "n/a"} if places[0].account.id == MAIN and day == SPOILED_DAY else {}
    for n, (place, counted) in enumerate(zip(rest, split_all(totals, weights), strict=True)):
        if weights[n]:
            yield Event(place, day, {**counted, **_costs(cost_of(random, counted))}, spoiled if n == 0 else {})


def _costs(cost: Decimal) -> dict[str, Number]:
    return {"costInLocalCurrency": cost, "costInUsd": cost}


def _accesses(seed: int, at: datetime) -> tuple[Access, ...]:
    everything = (MAIN, OTHER)
    rows: tuple[tuple[str, tuple[str, ...], tuple[int, ...], datetime, bool], ...] = (
        ("reads both accounts", READ_SCOPES, everything, at, False),
        ("reads account 508670032 only", READ_SCOPES, (OTHER,), at, False),
        ("has no role on any account", READ_SCOPES, (), at, False),
        ("lacks the scopes of the ads API", ("r_basicprofile",), everything, at, False),
        ("expired yesterday", READ_SCOPES, everything, at - timedelta(61), False),
        ("was revoked", READ_SCOPES, everything, at, True),
    )
    return tuple(
        Access(
            purpose,
            _secret(seed, f"access/{n}", 60),
            _secret(seed, f"refresh/{n}", 60),
            scopes,
            accounts,
            issued,
            revoked,
        )
        for n, (purpose, scopes, accounts, issued, revoked) in enumerate(rows)
    )


def _secret(seed: int, what: str, length: int) -> str:
    digest = hashlib.sha512(f"{seed}/tutorial/{what}".encode()).hexdigest()
    return f"AQ{digest}"[:length]
