"""One served simulator for all tests of this folder; each test finds it as new."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from linkedin_simulator import Running, running

ANALYTICS = "/rest/adAnalytics"
RANGE = "(start:(year:2022,month:2,day:10),end:(year:2022,month:8,day:10))"
NINE = "shares,comments,externalWebsiteConversions,landingPageClicks,follows,clicks,totalEngagements,impressions,likes"
QUERY = {
    "q": "analytics",
    "pivot": "ACCOUNT",
    "timeGranularity": "DAILY",
    "dateRange": RANGE,
    "accounts": "List(urn%3Ali%3AsponsoredAccount%3A507947502)",
    "fields": f"dateRange,pivotValues,{NINE}",
}


@dataclass(frozen=True)
class LinkedIn:
    """Requests to the simulator as a connector sends them: raw queries, versioned headers."""

    running: Running
    http: httpx2.Client

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.running.token}",
            "LinkedIn-Version": "202609",
            "X-Restli-Protocol-Version": "2.0.0",
        }

    def get(self, path: str, query: str = "", **headers: str | None) -> httpx2.Response:
        """A header given as None is left out; ``_`` in a name stands for ``-``."""
        merged = {name.lower(): value for name, value in self.headers.items()}
        merged |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
        sent = {name: value for name, value in merged.items() if value is not None}
        return self.http.get(f"{path}?{query}" if query else path, headers=sent)

    def report(self, **changes: str | None) -> httpx2.Response:
        """The tutorial's report with some parameters changed, or left out (None)."""
        merged = {**QUERY, **changes}
        return self.get(ANALYTICS, "&".join(f"{name}={value}" for name, value in merged.items() if value is not None))

    def elements(self, **changes: str | None) -> list[dict[str, Any]]:
        answer = self.report(**changes)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["elements"]
        return found


def input_errors(answer: httpx2.Response) -> list[tuple[str, str]]:
    """Code and field of each error of a 400."""
    assert answer.status_code == 400, answer.text
    found = answer.json()["errorDetails"]["inputErrors"]
    return [(error["code"], error["input"]["inputPath"]["fieldPath"]) for error in found]


@pytest.fixture(scope="session")
def served() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


@pytest.fixture
def simulator(served: Running) -> Iterator[Running]:
    yield served
    served.clear_faults()
    served.forget_requests()
    served.set_clock("2022-08-10T05:00:00Z")


@pytest.fixture(scope="session")
def http() -> Iterator[httpx2.Client]:
    # One client: making another costs more than most tests here.
    with httpx2.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def linkedin(simulator: Running, http: httpx2.Client) -> LinkedIn:
    http.base_url = httpx2.URL(simulator.url)
    return LinkedIn(simulator, http)


@pytest.fixture
def problems() -> Any:
    return input_errors
