"""adAnalytics: fields, types, facets, finders, and what is refused."""

from decimal import Decimal

import pytest

CREDIT = "(start:(year:2022,month:4,day:12),end:(year:2022,month:4,day:12))"
ONE_DAY = "(start:(year:2022,month:8,day:9),end:(year:2022,month:8,day:9))"
LONG_AGO = "(start:(year:2022,month:1,day:15),end:(year:2022,month:8,day:10))"


def test_without_fields_come_impressions_and_clicks_only(linkedin) -> None:
    assert linkedin.elements(fields=None, dateRange=ONE_DAY) == [{"impressions": 18423, "clicks": 136}]


def test_paging_is_decoration(linkedin) -> None:
    assert linkedin.report().json()["paging"] == {"start": 0, "count": 10, "links": []}


def test_money_is_text_with_an_exact_decimal(linkedin) -> None:
    fields = "pivotValues,costInLocalCurrency,impressions,registrations"
    rows = linkedin.elements(fields=fields, dateRange=CREDIT, pivot="CREATIVE")
    (credited,) = [row for row in rows if row["costInLocalCurrency"] == "-2E-18"]
    assert credited["impressions"] == 1 and credited["registrations"] == "0"
    (whole,) = linkedin.elements(fields=fields, dateRange=CREDIT)
    assert sum(Decimal(row["costInLocalCurrency"]) for row in rows) == Decimal(whole["costInLocalCurrency"])
    assert -Decimal(whole["costInLocalCurrency"]).as_tuple().exponent == 18


def test_longs_are_integers_and_doubles_are_numbers(linkedin) -> None:
    (row,) = linkedin.elements(fields="impressions,videoViews,averageVideoWatchTime", dateRange=ONE_DAY)
    assert [type(value) for value in row.values()] == [int, int, float]


def test_a_row_without_any_requested_metric_is_absent(linkedin) -> None:
    assert linkedin.elements(fields="dateRange,shares,comments", dateRange=ONE_DAY) == []
    (row,) = linkedin.elements(fields="shares,clicks", dateRange=ONE_DAY)
    assert row == {"shares": 0, "clicks": 136}


def test_keys_alone_list_every_day_with_activity(linkedin) -> None:
    assert len(linkedin.elements(fields="dateRange,pivotValues")) == 100


def test_reach_beyond_92_days_is_left_out(linkedin) -> None:
    (row,) = linkedin.elements(fields="impressions,approximateMemberReach", dateRange=ONE_DAY)
    assert 0 < row["approximateMemberReach"] < row["impressions"]
    assert all(set(row) == {"impressions"} for row in linkedin.elements(fields="impressions,approximateMemberReach"))


def test_audience_penetration_is_left_out_for_creatives(linkedin) -> None:
    rows = linkedin.elements(fields="impressions,audiencePenetration", pivot="CREATIVE", dateRange=ONE_DAY)
    assert all(set(row) == {"impressions"} for row in rows)


def test_all_gives_one_row_for_the_range(linkedin) -> None:
    (row,) = linkedin.elements(timeGranularity="ALL")
    assert row["dateRange"]["start"] == {"year": 2022, "month": 2, "day": 10}


def test_all_beyond_the_daily_retention_is_rounded_to_months(linkedin) -> None:
    (row,) = linkedin.elements(timeGranularity="ALL", dateRange=LONG_AGO)
    assert row["dateRange"]["start"] == {"year": 2022, "month": 1, "day": 1}
    assert row["dateRange"]["end"] == {"year": 2022, "month": 8, "day": 31}


def test_yearly_rows_are_clipped(linkedin) -> None:
    rows = linkedin.elements(timeGranularity="YEARLY", dateRange="(start:(year:2021,month:7,day:1))")
    assert sorted(tuple(row["dateRange"]["start"].values()) for row in rows) == [(2021, 7, 1), (2022, 1, 1)]


def test_enums_may_be_records_and_days_padded(linkedin) -> None:
    padded = "(start:(year:2022,month:08,day:09),end:(day:09,month:08,year:2022))"
    rows = linkedin.elements(pivot="(value:ACCOUNT)", timeGranularity="(value:DAILY)", dateRange=padded)
    assert rows == linkedin.elements(dateRange=ONE_DAY)


def test_statistics_takes_several_pivots_in_their_order(linkedin) -> None:
    rows = linkedin.elements(q="statistics", pivot=None, pivots="List(CREATIVE,ACCOUNT)", dateRange=ONE_DAY)
    assert {tuple(urn.split(":")[2] for urn in row["pivotValues"]) for row in rows} == {
        ("sponsoredCreative", "sponsoredAccount")
    }
    assert sum(row["clicks"] for row in rows) == 136


def test_facets_of_different_kinds_must_all_hold(linkedin) -> None:
    other = "List(urn%3Ali%3AsponsoredCampaign%3A1991010101)"
    assert linkedin.elements(campaigns=other) == []
    assert linkedin.elements(accounts=None, campaigns=other)


def test_campaign_type_and_objective_filter(linkedin) -> None:
    assert linkedin.elements(campaignType="TEXT_AD") == []
    statistics = {"q": "statistics", "pivot": None, "pivots": "List(OBJECTIVE_TYPE)", "dateRange": ONE_DAY}
    rows = linkedin.elements(**statistics, objectiveType="List(BRAND_AWARENESS)")
    assert [row["pivotValues"] for row in rows] == [["BRAND_AWARENESS"]]


def test_sort_by_a_metric(linkedin) -> None:
    rows = linkedin.elements(sortBy="(field:IMPRESSIONS,order:DESCENDING)")
    impressions = [row["impressions"] for row in rows]
    assert impressions == sorted(impressions, reverse=True)


def test_pivots_without_data_have_no_rows(linkedin) -> None:
    assert linkedin.elements(pivot="MEMBER_COUNTRY_V2") == []


def test_future_days_are_empty(linkedin) -> None:
    assert linkedin.elements(dateRange="(start:(year:2022,month:8,day:11),end:(year:2030,month:1,day:1))") == []


def test_accounts_without_access_are_empty_not_refused(linkedin, simulator) -> None:
    stranger = simulator.simulator.tokens.all()[2].token
    answer = linkedin.get("/rest/adAnalytics", REPORT, authorization=f"Bearer {stranger}")
    assert answer.status_code == 200 and answer.json()["elements"] == []


REPORT = (
    "q=analytics&pivot=ACCOUNT&timeGranularity=DAILY&dateRange=(start:(year:2022,month:8,day:1))"
    "&accounts=List(urn%3Ali%3AsponsoredAccount%3A507947502)"
)

REFUSED = [
    ({"accounts": None}, [("PARAM_MISSING", "accounts")]),
    ({"accounts": "urn%3Ali%3AsponsoredAccount%3A1"}, [("FIELD_INVALID", "accounts")]),
    ({"accounts": "urn:li:sponsoredAccount:1"}, [("PARAM_INVALID", "accounts")]),
    ({"accounts": "List(urn:li:sponsoredAccount:1)"}, [("PARAM_INVALID", "accounts")]),
    ({"accounts": "List(urn%3Ali%3AsponsoredCampaign%3A1)"}, [("FIELD_INVALID", "accounts")]),
    ({"accounts": "List(507947502)"}, [("FIELD_INVALID", "accounts")]),
    ({"accounts": "List()"}, [("FIELD_INVALID", "accounts")]),
    ({"accounts": "List%28urn%253Ali%29"}, [("FIELD_INVALID", "accounts")]),
    ({"dateRange": None}, [("PARAM_MISSING", "dateRange")]),
    ({"dateRange": "(end:(year:2022,month:8,day:1))"}, [("PARAM_MISSING", "dateRange/start")]),
    ({"dateRange": "(start:(year:2022,month:2,day:30))"}, [("FIELD_INVALID", "dateRange/start")]),
    ({"dateRange": "(start:(year:2022,month:2))"}, [("FIELD_INVALID", "dateRange/start")]),
    ({"dateRange": "(start:2022-02-10)"}, [("FIELD_INVALID", "dateRange/start")]),
    (
        {"dateRange": "%28start%3A%28year%3A2022%29%29"},
        [("PARAM_INVALID", "dateRange")],
    ),
    (
        {"dateRange": "(start:(year:2022,month:2,day:2),end:(year:2022,month:2,day:1))"},
        [("FIELD_INVALID", "dateRange")],
    ),
    ({"dateRange.start.day": "1"}, [("QUERY_PARAM_NOT_ALLOWED", "dateRange.start.day")]),
    ({"oauth2_access_token": "x"}, [("QUERY_PARAM_NOT_ALLOWED", "oauth2_access_token")]),
    ({"pivots": "List(ACCOUNT)"}, [("QUERY_PARAM_NOT_ALLOWED", "pivots")]),
    ({"pivot": "MEMBER_COUNTRY"}, [("FIELD_INVALID", "pivot")]),
    ({"pivot": "CAMPAIGN GROUP".replace(" ", "%20")}, [("FIELD_INVALID", "pivot")]),
    ({"pivot": None}, [("PARAM_MISSING", "pivot")]),
    ({"timeGranularity": "WEEKLY"}, [("FIELD_INVALID", "timeGranularity")]),
    ({"timeGranularity": None}, [("PARAM_MISSING", "timeGranularity")]),
    ({"fields": "clicks,spend"}, [("PARAM_INVALID", "fields")]),
    ({"fields": "clicks,pivotValue"}, [("PARAM_INVALID", "fields")]),
    ({"fields": "clicks,approximateUniqueImpressions"}, [("PARAM_INVALID", "fields")]),
    ({"fields": "List(clicks)"}, [("PARAM_INVALID", "fields")]),
    ({"sortBy": "(field:IMPRESSIONS)"}, [("FIELD_INVALID", "sortBy")]),
    ({"q": "statistics", "pivot": None}, [("PARAM_MISSING", "pivots")]),
    ({"q": "statistics", "pivot": None, "pivots": "List(MEMBER_INDUSTRY)"}, [("FIELD_INVALID", "pivots")]),
    ({"pivot": "X", "timeGranularity": "Y"}, [("FIELD_INVALID", "pivot"), ("FIELD_INVALID", "timeGranularity")]),
]


@pytest.mark.parametrize(("changes", "expected"), REFUSED, ids=lambda case: str(case)[:60])
def test_wrong_parameters_are_named(linkedin, problems, changes: dict[str, str], expected) -> None:
    found = problems(linkedin.report(**changes))
    assert found == expected


def test_several_errors_are_told_at_once(linkedin) -> None:
    answer = linkedin.report(pivot="X", timeGranularity="Y").json()
    assert answer["message"].startswith("Multiple errors occurred during param validation")
    assert answer["errorDetailType"] == "com.linkedin.common.error.BadRequest"


def test_twenty_names_are_the_most_and_doubles_count_once(linkedin, problems) -> None:
    twenty = ["dateRange", "pivotValues", *(f"video{n}Completions" for n in ("FirstQuartile", "Midpoint"))]
    twenty += [
        "clicks",
        "impressions",
        "likes",
        "shares",
        "follows",
        "comments",
        "reactions",
        "sends",
        "opens",
        "videoViews",
        "videoStarts",
    ]
    twenty += ["oneClickLeads", "cardClicks", "costInUsd", "costInLocalCurrency", "viralClicks"]
    assert len(twenty) == 20
    assert linkedin.elements(fields=",".join([*twenty, "dateRange"]))
    assert problems(linkedin.report(fields=",".join([*twenty, "viralLikes"]))) == [("PARAM_INVALID", "fields")]


@pytest.mark.parametrize("finder", ["search", None])
def test_an_unknown_finder_is_not_found(linkedin, finder: str | None) -> None:
    answer = linkedin.report(q=finder)
    assert (answer.status_code, answer.json()["message"]) == (404, "No virtual resource found")
