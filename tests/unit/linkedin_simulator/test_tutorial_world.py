"""World ``tutorial``: the rows that the tutorial, the demo and the acceptance tests count on."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from linkedin_simulator import Simulator
from linkedin_simulator.worlds import WORLDS
from linkedin_simulator.worlds.model import placements

PRINTED = {
    (2022, 8, 9): "landingPageClicks=54 follows=2 clicks=136 totalEngagements=139 impressions=18423 likes=5",
    (2022, 8, 4): "landingPageClicks=41 follows=4 clicks=142 totalEngagements=151 impressions=14584 likes=5",
}
NOTHING = {"shares": 0, "comments": 0, "externalWebsiteConversions": 0}
OTHER = "List(urn%3Ali%3AsponsoredAccount%3A508670032)"
SUMMED = "dateRange,pivotValues,clicks,impressions,likes,totalEngagements,costInLocalCurrency"


def day_of(element: dict[str, Any]) -> tuple[int, int, int]:
    start = element["dateRange"]["start"]
    assert element["dateRange"]["end"] == start
    return start["year"], start["month"], start["day"]


def test_the_account_has_exactly_100_days(linkedin) -> None:
    days = Counter(map(day_of, linkedin.elements()))
    assert len(days) == 100 and set(days.values()) == {1}
    assert min(days) >= (2022, 2, 10)


@pytest.mark.parametrize("first", ["(year:2021,month:6,day:30)", "(year:2010,month:1,day:1)"])
def test_daily_rows_before_the_retention_are_not_answered(linkedin, first: str) -> None:
    asked = f"(start:{first},end:(year:2022,month:8,day:10))"
    assert len(linkedin.elements(dateRange=asked)) == 100


def test_the_latest_days_are_the_printed_ones(linkedin) -> None:
    rows = linkedin.elements(dateRange="(start:(year:2022,month:8,day:3))")
    assert {day_of(row) for row in rows} == set(PRINTED)
    for row in rows:
        figures = {name: value for name, value in row.items() if name not in ("dateRange", "pivotValues")}
        printed = (pair.split("=") for pair in PRINTED[day_of(row)].split())
        assert figures == NOTHING | {name: int(value) for name, value in printed}
        assert row["pivotValues"] == ["urn:li:sponsoredAccount:507947502"]


def test_one_row_shows_a_text_for_its_clicks(linkedin) -> None:
    clicks = [row["clicks"] for row in linkedin.elements()]
    assert clicks.count("n/a") == 1
    assert all(isinstance(value, int) for value in clicks if value != "n/a")


@pytest.mark.parametrize("pivot", ["CAMPAIGN_GROUP", "CAMPAIGN", "CREATIVE", "COMPANY", "SHARE"])
def test_every_level_adds_up_to_the_account(linkedin, pivot: str) -> None:
    assert totals(linkedin.elements(pivot=pivot, fields=SUMMED)) == totals(linkedin.elements(fields=SUMMED))


def totals(rows: list[dict[str, Any]]) -> dict[tuple[int, int, int], dict[str, Decimal]]:
    found: defaultdict[tuple[int, int, int], Counter[str]] = defaultdict(Counter)
    for row in rows:
        for name in SUMMED.split(",")[2:]:
            if day_of(row) != (2022, 5, 17) or name != "clicks":
                found[day_of(row)][name] += Decimal(row[name])
    return dict(found)


def test_every_level_shows_the_text_once(linkedin) -> None:
    for pivot in ("CAMPAIGN_GROUP", "CAMPAIGN", "CREATIVE"):
        assert [row["clicks"] for row in linkedin.elements(pivot=pivot)].count("n/a") == 1


def test_the_other_account_was_active_before_3_august_only(linkedin) -> None:
    rows = linkedin.elements(accounts=OTHER, pivot="CAMPAIGN")
    assert {row["pivotValues"][0] for row in rows} == {
        "urn:li:sponsoredCampaign:1991010101",
        "urn:li:sponsoredCampaign:1992020202",
    }
    assert max(map(day_of, rows)) < (2022, 8, 3)


def test_the_other_account_is_reached_by_group_and_campaigns(linkedin) -> None:
    by_group = linkedin.elements(accounts=None, campaignGroups="List(urn%3Ali%3AsponsoredCampaignGroup%3A611138362)")
    urns = ",".join(f"urn%3Ali%3AsponsoredCampaign%3A{n}" for n in (1991010101, 1992020202))
    by_campaigns = linkedin.elements(accounts=None, campaigns=f"List({urns})")
    assert by_group == by_campaigns == linkedin.elements(accounts=OTHER)


def test_a_day_later_the_oldest_day_is_gone(simulator, linkedin) -> None:
    before = {day_of(row) for row in linkedin.elements()}
    simulator.advance("P20D")
    after = {day_of(row) for row in linkedin.elements()}
    assert after == {day for day in before if day >= (2022, 2, 28)} and after < before


def test_monthly_reports_reach_further_back_than_daily_ones(linkedin) -> None:
    asked = "(start:(year:2021,month:7,day:5),end:(year:2022,month:8,day:9))"
    rows = linkedin.elements(dateRange=asked, timeGranularity="MONTHLY")
    starts = {tuple(row["dateRange"]["start"].values()) for row in rows}
    assert (2021, 7, 5) in starts and (2021, 8, 1) in starts
    assert max(tuple(row["dateRange"]["end"].values()) for row in rows) == (2022, 8, 9)
    assert all(isinstance(row["clicks"], int) for row in rows)


def events(seed: int) -> list[tuple[date, dict[str, object]]]:
    world = WORLDS["tutorial"](seed, None)
    account = world.accounts[0]
    return [(event.day, dict(event.metrics)) for event in world.activity(placements(account), date.min, date.max)]


def test_a_seed_decides_the_numbers_but_not_the_printed_ones() -> None:
    assert events(1) == events(1) != events(2)
    for seed in (1, 2, 3):
        days = {day for day, _ in events(seed) if day >= date(2022, 2, 10)}
        printed = sum(metrics["clicks"] for day, metrics in events(seed) if day == date(2022, 8, 9))
        assert len(days) == 100 and printed == 136


def test_an_unknown_world_is_named() -> None:
    with pytest.raises(ValueError, match="no world 'moon'; the worlds are tutorial"):
        Simulator.of("moon")
