"""LinkedIn answers with nothing for what a token cannot read, so given ids are looked up before a run."""

from datetime import UTC, datetime

import pytest

from headrace import errors, sources
from headrace.clock import Window, epoch_ms
from headrace.sources import Reading
from linkedin_simulator import running

AUTH = "OAuth2 Refresh Code"
[SPEC] = [spec for spec in sources.shipped_specs() if spec["name"] == "linkedin-ads"]
NOW = epoch_ms(datetime(2022, 8, 10, 5, tzinfo=UTC))
OURS, OTHER, NOBODYS = "507947502", "508670032", "999999999"


@pytest.fixture(scope="module")
def simulator():
    with running() as sim:
        yield sim


@pytest.fixture
def plan(simulator, client):
    simulator.forget_requests()
    http = client(allow_private=True)

    def planned(token=0, **params):
        credentials = {"host": simulator.url, "accessToken": simulator.simulator.tokens.all()[token].token}
        return sources.plan(Reading(SPEC, AUTH, params, Window(NOW - 3_600_000, NOW), NOW), credentials, http)

    return planned


UNREADABLE = [
    (1, {"accountIds": OURS}, [OURS]),
    (1, {"accountIds": f"{OTHER}, urn:li:sponsoredAccount:{OURS}"}, [OURS]),
    (0, {"accountIds": f"{OURS},{NOBODYS}"}, [NOBODYS]),
    (0, {"accountIds": ",".join(str(n) for n in range(1, 120))}, ["1", "60", "119"]),
    (1, {"campaignGroupIds": "604217733"}, ["604217733"]),
    (0, {"campaignIds": f"1991010101,{NOBODYS}"}, [NOBODYS]),
    (0, {"accountIds": OURS, "campaignIds": "1991010101"}, ["1991010101"]),
]


@pytest.mark.parametrize(("token", "params", "named"), UNREADABLE)
def test_an_id_that_cannot_be_read_fails_the_run_by_name(plan, simulator, token, params, named):
    with pytest.raises(errors.SourceForbidden) as caught:
        plan(token, **params)
    assert set(named) <= set(caught.value.message.replace(",", "").split())
    assert OTHER not in caught.value.message or OTHER in named
    assert not any(entry.path == "/rest/adAnalytics" for entry in simulator.requests())


READABLE = [
    ({"accountIds": f"{OURS},{OTHER}"}, 1),
    ({"campaignGroupIds": "611138362, 604217733"}, 3),
    ({"accountIds": OTHER, "campaignIds": "1991010101,1992020202"}, 2),
    ({"accountIds": ""}, 1),
]


@pytest.mark.parametrize(("params", "requests"), READABLE)
def test_what_can_be_read_costs_few_requests(plan, simulator, params, requests):
    assert plan(**params).parts
    assert len(simulator.requests()) == requests


@pytest.mark.parametrize(("token", "error"), [(2, errors.SourceEmpty), (3, errors.SourceForbidden)])
def test_a_token_without_roles_or_scopes_is_no_empty_success(plan, token, error):
    with pytest.raises(error):
        plan(token)
