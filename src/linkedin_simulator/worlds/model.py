"""What a simulated world consists of: accounts down to creatives, what happened on which day, and who may see it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Status:
    """A status that changes once: ``now`` through the day ``until``, ``then`` afterwards."""

    now: str
    until: date = date.max
    then: str = ""

    def on(self, day: date) -> str:
        """The status on a day."""
        return self.now if day <= self.until else self.then


@dataclass(frozen=True, slots=True)
class Creative:
    """One ad."""

    id: int
    name: str
    status: Status
    share: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """What LinkedIn's user interface calls an ad set."""

    id: int
    name: str
    status: Status
    start: date
    creatives: tuple[Creative, ...]
    type: str = "SPONSORED_UPDATES"
    objective: str = "WEBSITE_VISIT"


@dataclass(frozen=True, slots=True)
class CampaignGroup:
    """What LinkedIn's user interface calls a campaign."""

    id: int
    name: str
    status: Status
    start: date
    campaigns: tuple[Campaign, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """One ad account."""

    id: int
    name: str
    currency: str
    organization: int
    opened: date
    groups: tuple[CampaignGroup, ...]
    status: Status = Status("ACTIVE")


@dataclass(frozen=True, slots=True)
class Placement:
    """A creative with everything above it."""

    account: Account
    group: CampaignGroup
    campaign: Campaign
    creative: Creative


@dataclass(frozen=True, slots=True)
class Event:
    """What one creative did on one day.

    spoiled  values that a daily report shows in place of the true numbers
    """

    placement: Placement
    day: date
    metrics: Mapping[str, Number]
    spoiled: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Access:
    """A token that exists from the start: what it is for, what it opens, when it was issued."""

    purpose: str
    token: str
    refresh_token: str
    scopes: tuple[str, ...]
    accounts: tuple[int, ...]
    issued: datetime
    revoked: bool = False


# Events of the given creatives between two days, both inclusive. A large world may compute them as they are asked for.
Activity = Callable[[Iterable[Placement], date, date], Iterator[Event]]


@dataclass(frozen=True, slots=True)
class World:
    """A seeded world at the instant its clock starts.

    kept_months  how far back each granularity is answered
    audience     members that the ads could reach
    """

    name: str
    seed: int
    start: datetime
    accounts: tuple[Account, ...]
    accesses: tuple[Access, ...]
    activity: Activity
    client_id: str
    client_secret: str
    kept_months: Mapping[str, int]
    audience: int = 250_000

    def placements(self, account_ids: Iterable[int]) -> list[Placement]:
        """All creatives of these accounts."""
        wanted = set(account_ids)
        return [placement for account in self.accounts if account.id in wanted for placement in placements(account)]


def placements(account: Account) -> Iterator[Placement]:
    """All creatives of one account."""
    for group in account.groups:
        for campaign in group.campaigns:
            for creative in campaign.creatives:
                yield Placement(account, group, campaign, creative)
