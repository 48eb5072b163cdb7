"""The LinkedIn spec against the simulator: the tutorial's world, request by request."""

from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise

import msgspec
import pytest

from headrace import errors, sources
from headrace.clock import Window, epoch_ms
from headrace.sources import Reading
from linkedin_simulator import running
from sliced import loose_of, typed_rows, values_at

AUTH = "OAuth2 Refresh Code"
[SPEC] = [spec for spec in sources.shipped_specs() if spec["name"] == "linkedin-ads"]
NOW = epoch_ms(datetime(2022, 8, 10, 5, tzinfo=UTC))
STARTED = 1625040887000
METRICS = {"shares", "comments", "externalWebsiteConversions", "landingPageClicks", "follows", "clicks",
           "totalEngagements", "impressions", "likes"}  # fmt: skip


@pytest.fixture(scope="module")
def simulator():
    with running() as sim:
        yield sim


@pytest.fixture
def linkedin(simulator, client):
    simulator.clear_faults()
    simulator.forget_requests()
    return client(allow_private=True, aliases={"https://api.linkedin.com": simulator.url})


@pytest.fixture
def credentials(simulator):
    return {"host": "https://api.linkedin.com", "accessToken": simulator.token}


def at(*parts):
    return epoch_ms(datetime(*parts, tzinfo=UTC))


def read(window, http, credentials, wanted=None, **params):
    """The plan and every slice of a run."""
    told = Reading(SPEC, AUTH, params, window, NOW)
    told = msgspec.json.decode(msgspec.json.encode(told), type=Reading)
    planned = sources.plan(told, credentials, http)
    wanted = wanted or {("element", "clicks"): None, ("element", "pivotValue"): None}
    found = [
        one
        for part in planned.parts
        for one in sources.decoder(told, part, wanted).slices(
            (str(page.n), page.body) for page in sources.fetch(told, part, credentials, http)
        )
    ]
    return planned, found


def test_the_backfill_reads_exactly_one_hundred_rows(linkedin, credentials):
    window = Window(STARTED, at(2022, 8, 10, 4, 14, 47))
    planned, found = read(window, linkedin, credentials, accountIds="507947502", pivot="ACCOUNT")
    assert planned.window == Window(at(2022, 2, 10), window.end)
    assert planned.clamps == (
        "The window starts at 2021-06-30 but the source keeps 6 months: read from 2022-02-10 on.",
    )
    assert sum(one.read for one in found) == 100 and sum(len(typed_rows(one)) for one in found) == 99
    [odd] = [record for one in found for record in loose_of(one).values()]
    assert odd["element"]["clicks"] == "n/a"
    assert all(day is not None for one in found for day in one.days.to_pylist())


def test_the_slices_cover_the_days_once(linkedin, credentials):
    planned, _ = read(Window(STARTED, NOW), linkedin, credentials, accountIds="507947502")
    spans = [(part.first_day, part.last_day) for part in planned.parts]
    assert spans[0][0] == date(2022, 2, 10) and spans[-1][1] == date(2022, 8, 10)
    assert all((after[0] - before[1]).days == 1 for before, after in pairwise(spans))
    assert all((last - first).days < 31 for first, last in spans) and planned.parts[0].partition == "507947502"


def test_the_next_hour_has_no_rows(linkedin, credentials):
    window = Window(at(2022, 8, 10, 4, 14, 47), at(2022, 8, 10, 5, 14, 47))
    planned, found = read(window, linkedin, credentials, accountIds="507947502", pivot="ACCOUNT")
    [part] = planned.parts
    assert found == [] and (part.first_day, part.last_day) == (date(2022, 8, 10), date(2022, 8, 10))
    assert part.request.query == (
        "q=analytics&pivot=ACCOUNT&timeGranularity=DAILY"
        "&dateRange=(start:(year:2022,month:8,day:10),end:(year:2022,month:8,day:10))"
        "&accounts=List(urn%3Ali%3AsponsoredAccount%3A507947502)"
        "&fields=shares,comments,externalWebsiteConversions,landingPageClicks,follows,clicks,totalEngagements,"
        "impressions,likes,dateRange,pivotValues"
    )


def test_nothing_is_asked_of_a_window_before_the_retention(linkedin, credentials, simulator):
    planned, _ = read(Window(STARTED, STARTED + 3_600_000), linkedin, credentials)
    assert planned.parts == () and planned.window.start == planned.window.end and planned.clamps
    assert simulator.requests() == []


PIVOTS = {
    "ACCOUNT": "sponsoredAccount",
    "CAMPAIGN GROUP": "sponsoredCampaignGroup",
    "campaign_group": "sponsoredCampaignGroup",
    "CAMPAIGN": "sponsoredCampaign",
    "creative": "sponsoredCreative",
}


@pytest.mark.parametrize("pivot", PIVOTS)
def test_every_pivot_adds_up_to_the_account(linkedin, credentials, pivot):
    window = Window(at(2022, 8, 4), at(2022, 8, 10))
    _, found = read(window, linkedin, credentials, accountIds="507947502", pivot=pivot)
    assert sum(sum(values_at(one, "element", "clicks").values()) for one in found) == 136 + 142
    urns = [urn for one in found for urn in values_at(one, "element", "pivotValue").values()]
    assert {urn.split(":")[2] for urn in urns} == {PIVOTS[pivot]}


def test_without_ids_every_readable_account_is_read(linkedin, credentials, simulator):
    planned, found = read(Window(at(2022, 7, 20), at(2022, 8, 10)), linkedin, credentials)
    assert {part.partition for part in planned.parts} == {"507947502", "508670032"}
    first = simulator.requests()[0]
    assert (first.path, first.query) == ("/rest/adAccounts", "q=search&pageSize=1000")
    assert len(found) == 2


def test_campaigns_say_what_to_read_without_an_account(linkedin, credentials):
    window = Window(at(2022, 7, 1), at(2022, 8, 10))
    planned, found = read(window, linkedin, credentials, campaignIds="1991010101, 1992020202", pivot="CAMPAIGN")
    urns = {urn for one in found for urn in values_at(one, "element", "pivotValue").values()}
    assert {part.partition for part in planned.parts} == {""} and "accounts=" not in planned.parts[0].request.query
    assert urns == {"urn:li:sponsoredCampaign:1991010101", "urn:li:sponsoredCampaign:1992020202"}


@pytest.mark.parametrize("pivot", ["ACCOUNT", "CAMPAIGN GROUP", "CAMPAIGN", "CREATIVE"])
def test_active_only_drops_the_rest_and_counts_it(linkedin, credentials, pivot):
    window = Window(at(2022, 7, 1), at(2022, 8, 10))
    _, every = read(window, linkedin, credentials, pivot=pivot)
    _, active = read(window, linkedin, credentials, pivot=pivot, activeOnly="true")
    dropped = sum((Counter(one.dropped) for one in active), Counter())
    kept = sum(len(values_at(one, "element", "clicks")) for one in active)
    assert kept + dropped["activeOnly"] == sum(one.read for one in every) == sum(one.read for one in active)
    assert bool(dropped) == (pivot != "ACCOUNT")


# -- explore -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("params", [{}, {"accountIds": "507947502", "pivot": "ACCOUNT", "campaignIds": ""}])
def test_explore_shows_the_last_week_newest_first(linkedin, credentials, params):
    found = sources.explore(SPEC, AUTH, credentials, params, NOW, linkedin)
    assert [(row["element"]["clicks"], row["element"]["dateRange"]["start"]["day"]) for row in found.data] == [
        (136, 9), (142, 4),
    ]  # fmt: skip
    fields = found.schema["properties"]["element"]["properties"]
    assert set(fields) == METRICS | {"pivotValue", "dateRange"} == set(found.data[0]["element"])
    assert fields["likes"] == {"type": "integer", "minimum": -9007199254740992, "maximum": 9007199254740991}
    assert fields["pivotValue"] == {"type": "string"}
    assert set(fields["dateRange"]["properties"]["end"]["properties"]) == {"year", "month", "day"}


def test_explore_without_preview_shows_the_schema_alone(linkedin, credentials):
    found = sources.explore(SPEC, AUTH, credentials, {}, NOW, linkedin, preview=False)
    assert found.data == [] and found.format == "hierarchical" and found.schema["properties"]["element"]


# -- credentials and faults --------------------------------------------------------------------------------------


def test_a_connection_is_really_tested(linkedin, credentials, simulator):
    assert sources.test_connection(SPEC, AUTH, credentials, NOW, linkedin) is True
    with pytest.raises(errors.SourceUnauthorized):
        sources.test_connection(SPEC, AUTH, {**credentials, "accessToken": "wrong"}, NOW, linkedin)
    url = {"authorizationTestUrl": f"{simulator.url}/rest/nowhere"}
    with pytest.raises(errors.SourceFailure):
        sources.test_connection(SPEC, AUTH, {**credentials, **url}, NOW, linkedin)


FAULTS = {
    "throttled": ("status", {"status": 429}, errors.SourceThrottled),
    "forbidden": ("status", {"status": 403}, errors.SourceForbidden),
    "troubled": ("status", {"status": 503}, errors.SourceTroubled),
    "html": ("html", {"status": 200}, errors.SourceUnreadable),
    "truncated": ("truncated", {}, errors.SourceUnreadable),
    "reset": ("reset", {}, errors.SourceFailure),
    "cap": ("cap", {}, errors.SourceTruncated),
}


@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_passes_for_data(linkedin, credentials, simulator, name):
    kind, details, error = FAULTS[name]
    simulator.fault(kind, path="/rest/adAnalytics", times=None, **details)
    with pytest.raises(error) as caught:
        read(Window(at(2022, 8, 4), NOW), linkedin, credentials, accountIds="507947502")
    assert credentials["accessToken"] not in caught.value.message


def test_a_fault_that_passes_is_not_seen(linkedin, credentials, simulator):
    simulator.fault("status", path="/rest/adAnalytics", status=429)
    simulator.fault("html", path="/rest/adAnalytics", status=502)
    _, [one] = read(Window(at(2022, 8, 4), NOW), linkedin, credentials, accountIds="507947502")
    assert one.read == 2


def test_a_malformed_element_is_rejected_alone(linkedin, credentials, simulator):
    simulator.fault("malformed", index=1)
    _, [one] = read(Window(at(2022, 8, 4), NOW), linkedin, credentials, accountIds="507947502")
    assert one.read == 3 and one.rejected["_row"].to_pylist() == [1] and typed_rows(one) == [0, 2]


def test_a_dead_version_says_so(linkedin, credentials):
    with pytest.raises(errors.SourceRejected, match="version"):
        read(Window(at(2022, 8, 9), NOW), linkedin, credentials, accountIds="507947502", apiVersion="202001")


def test_an_expired_token_is_renewed(linkedin, credentials, simulator):
    token = simulator.simulator.tokens.all()[0]
    world = simulator.simulator.world
    more = {
        "accessToken": "expired",
        "refreshToken": token.refresh_token,
        "clientId": world.client_id,
        "clientSecret": world.client_secret,
        "accessTokenUrl": f"{simulator.url}/oauth/v2/accessToken",
    }
    sources.check_auth(SPEC, AUTH, {**credentials, **more})
    assert sources.test_connection(SPEC, AUTH, {**credentials, **more}, NOW, linkedin)
