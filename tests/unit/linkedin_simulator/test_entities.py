"""Accounts, groups, campaigns and creatives: search, paging, lookup, batch."""

from urllib.parse import quote

import pytest

OURS = "/rest/adAccounts/507947502"
OTHER = "/rest/adAccounts/508670032"


def ids(answer) -> list[object]:
    assert answer.status_code == 200, answer.text
    return [element["id"] for element in answer.json()["elements"]]


SEARCHES = [
    ("/rest/adAccounts", "q=search", [507947502, 508670032]),
    ("/rest/adAccounts", "q=search&search=(status:(values:List(ACTIVE)),test:false)", [507947502, 508670032]),
    ("/rest/adAccounts", "q=search&search=(test:true)", []),
    ("/rest/adAccounts", "q=search&search=(id:(values:List(urn%3Ali%3AsponsoredAccount%3A508670032)))", [508670032]),
    ("/rest/adAccounts", "q=search&search=(id:(values:List(508670032)))&sortOrder=DESCENDING", [508670032]),
    (f"{OTHER}/adCampaignGroups", "q=search", [611138362]),
    (f"{OTHER}/adCampaigns", "q=search", [1991010101, 1992020202]),
    (f"{OTHER}/adCampaigns", "q=search&search=(status:(values:List(ACTIVE,PAUSED)))", [1992020202]),
    (
        f"{OTHER}/adCampaigns",
        "q=search&search=(campaignGroup:(values:List(urn%3Ali%3AsponsoredCampaignGroup%3A611138362)))",
        [1991010101, 1992020202],
    ),
    (
        f"{OTHER}/creatives",
        "q=criteria&campaigns=List(urn%3Ali%3AsponsoredCampaign%3A1991010101)&sortOrder=ASCENDING",
        ["urn:li:sponsoredCreative:199101011"],
    ),
    (f"{OTHER}/creatives", "q=criteria&intendedStatuses=List(ACTIVE)", []),
    (f"{OURS}/creatives", "q=criteria&isTestAccount=true", []),
]


@pytest.mark.parametrize(("path", "query", "expected"), SEARCHES)
def test_a_finder_lists(linkedin, path: str, query: str, expected: list[object]) -> None:
    assert ids(linkedin.get(path, query)) == expected


def test_search_in_the_old_protocol(linkedin) -> None:
    query = "q=search&search.status.values[0]=COMPLETED"
    assert ids(linkedin.get(f"{OTHER}/adCampaigns", query, x_restli_protocol_version=None)) == [1991010101]


@pytest.mark.parametrize(
    ("path", "query"), [(f"{OURS}/adCampaigns", "q=search"), (f"{OURS}/creatives", "q=criteria&sortOrder=DESCENDING")]
)
def test_pages_follow_their_tokens_to_the_end(linkedin, path: str, query: str) -> None:
    whole, found, token = ids(linkedin.get(path, query)), [], ""
    while True:
        page = linkedin.get(path, f"{query}&pageSize=2{token}")
        found += ids(page)
        following = page.json().get("metadata", {}).get("nextPageToken")
        if following is None:
            break
        token = f"&pageToken={quote(following, safe='')}"
    assert found == whole and len(whole) > 2


def test_a_token_belongs_to_its_query(linkedin, problems) -> None:
    page = linkedin.get(f"{OURS}/adCampaigns", "q=search&pageSize=1").json()
    token = quote(page["metadata"]["nextPageToken"], safe="")
    changed = linkedin.get(f"{OURS}/adCampaigns", f"q=search&pageSize=2&pageToken={token}")
    assert problems(changed) == [("PARAM_INVALID", "pageToken")]
    assert problems(linkedin.get(f"{OURS}/adCampaigns", "q=search&pageToken=nonsense"))


def test_a_page_has_at_most_1000(linkedin) -> None:
    answer = linkedin.get("/rest/adAccounts", "q=search&pageSize=1001")
    assert answer.status_code == 400 and "larger than 1000" in answer.text


def test_status_follows_the_clock(linkedin, simulator) -> None:
    simulator.set_clock("2022-08-02T12:00:00Z")
    active = "q=search&search=(status:(values:List(ACTIVE)))"
    assert len(ids(linkedin.get(f"{OTHER}/adCampaigns", active))) == 2
    simulator.advance("P1D")
    assert ids(linkedin.get(f"{OTHER}/adCampaigns", active)) == []


def test_lookup_by_id(linkedin) -> None:
    assert linkedin.get(OTHER).json()["currency"] == "USD"
    campaign = linkedin.get(f"{OTHER}/adCampaigns/1991010101").json()
    assert campaign["campaignGroup"] == "urn:li:sponsoredCampaignGroup:611138362"
    creative = linkedin.get(f"{OTHER}/creatives/urn%3Ali%3AsponsoredCreative%3A199101011").json()
    assert creative["campaign"] == "urn:li:sponsoredCampaign:1991010101" and "changeAuditStamps" not in creative


def test_batch_lookup_tells_results_from_errors(linkedin) -> None:
    answer = linkedin.get(f"{OTHER}/adCampaigns", "ids=List(1991010101,7)", x_restli_method="BATCH_GET").json()
    assert list(answer["results"]) == ["1991010101"]
    assert answer["statuses"] == {"1991010101": 200, "7": 404}
    assert answer["errors"]["7"]["status"] == 404


NOT_FOUND = [
    ("/rest/adAccounts/1", ""),
    ("/rest/adAccounts/1/adCampaigns", "q=search"),
    (f"{OTHER}/adCampaigns/7", ""),
    (f"{OTHER}/adCampaigns/7/8", ""),
    (f"{OTHER}/adAccounts", "q=search"),
    (f"{OTHER}/creatives", "q=search"),
    ("/rest/adAccounts", ""),
]


@pytest.mark.parametrize(("path", "query"), NOT_FOUND)
def test_what_is_not_there_is_not_found(linkedin, path: str, query: str) -> None:
    assert linkedin.get(path, query).status_code == 404


def test_an_account_without_a_role_is_not_found(linkedin, simulator) -> None:
    only_other = f"Bearer {simulator.simulator.tokens.all()[1].token}"
    assert ids(linkedin.get("/rest/adAccounts", "q=search", authorization=only_other)) == [508670032]
    assert linkedin.get(f"{OURS}/adCampaigns", "q=search", authorization=only_other).status_code == 404


def test_entities_need_their_scope(linkedin, simulator) -> None:
    token = f"Bearer {simulator.simulator.tokens.all()[3].token}"
    body = linkedin.get(f"{OURS}/adCampaigns", "q=search", authorization=token).json()
    assert body["message"] == "Not enough permissions to access: adCampaigns.FINDER-search.20260901"


@pytest.mark.parametrize("name", ["adCampaignGroups", "adCampaigns", "creatives"])
def test_nested_entities_need_the_account_in_the_path(linkedin, name: str) -> None:
    answer = linkedin.get(f"/rest/{name}", "q=search")
    assert answer.status_code == 400 and "ad account id must be part of the path" in answer.text


WRONG = [
    ("/rest/adAccounts", "q=search&search=(color:(values:List(x)))", ("FIELD_INVALID", "search/color")),
    ("/rest/adAccounts", "q=search&search=(status:ACTIVE)", ("FIELD_INVALID", "search/status")),
    ("/rest/adAccounts", "q=search&search=(test:yes)", ("PARAM_INVALID", "search/test")),
    ("/rest/adAccounts", "q=search&search=%28test%3Atrue%29", ("PARAM_INVALID", "search")),
    ("/rest/adAccounts", "q=search&start=0", ("QUERY_PARAM_NOT_ALLOWED", "start")),
    ("/rest/adAccounts", "q=search&pageSize=many", ("PARAM_INVALID", "pageSize")),
    ("/rest/adAccounts", "ids=1", ("FIELD_INVALID", "ids")),
    (f"{OURS}/creatives", "q=criteria&campaigns=List(1)", ("FIELD_INVALID", "campaigns")),
]


@pytest.mark.parametrize(("path", "query", "expected"), WRONG)
def test_wrong_parameters_are_named(linkedin, problems, path: str, query: str, expected: tuple[str, str]) -> None:
    assert problems(linkedin.get(path, query)) == [expected]
