"""The emulator forgets what it is told to forget, and takes no orders from other sites' pages."""

from collections.abc import Mapping
from typing import Any

import pytest

from headrace.errors import TableMissing
from headrace.lake import TableRef
from headrace.runs.deployment import Deployment
from headrace.runs.verification import verify
from wire_dataset import dataset, schema
from wire_server import ORG, Api

RESET, CLOCK = "/_emulator/reset", "/_emulator/clock"
BATCHES = "/data/foundation/import/batches"
DATASETS = "/data/foundation/catalog/dataSets"
SANDBOXES = "/data/foundation/sandbox-management/sandboxes"
OTHER = "OTHER@AdobeOrg"


def _filled(api: Api) -> str:
    """A dataset with an upload that waits for more files; the dataset's id."""
    id = dataset(api, schema(api))
    batch = api.post(BATCHES, json={"datasetId": id, "inputFormat": {"format": "json"}}).json()["id"]
    assert api.put(f"{BATCHES}/{batch}/datasets/{id}/files/a.json", content=b"{}").status_code == 200
    return id


def _empty(api: Api) -> bool:
    return all(not api.get(path).json() for path in (DATASETS, "/data/foundation/catalog/batches"))


@pytest.mark.parametrize(
    ("body", "org", "dev", "other"),
    [
        ({"org": ORG, "sandbox": "dev"}, False, True, False),
        ({"org": ORG}, True, True, False),
        ({}, True, True, True),
        (None, True, True, True),
    ],
)
def test_a_reset_forgets_its_extent_and_nothing_else(
    api: Api, deployment: Deployment, body: Any, org: bool, dev: bool, other: bool
) -> None:
    scopes = [api.as_(ORG), api.as_(ORG, "dev"), api.as_(OTHER)]
    datasets = [_filled(one) for one in scopes]
    assert api.post(RESET, json=body).status_code == 200
    assert [_empty(one) for one in scopes] == [org, dev, other]
    if org:
        with pytest.raises(TableMissing):
            deployment.lake.figures(TableRef(ORG, "prod", datasets[0]))
    assert verify(deployment.store, deployment.lake, lambda *_: None).findings == []
    assert api.post(RESET).status_code == 200


def test_a_reset_org_is_one_that_nobody_named(api: Api) -> None:
    api.as_(ORG, "dev").get(DATASETS)
    assert len(api.get(SANDBOXES).json()["sandboxes"]) == 2
    api.post(RESET, json={"org": ORG})
    assert [one["name"] for one in api.get(SANDBOXES).json()["sandboxes"]] == ["prod"]


def test_the_clock_goes_back_only_when_all_is_forgotten(api: Api) -> None:
    api.post(CLOCK, json={"now": "2031-01-01T00:00:00Z"})
    assert api.post(RESET, json={"org": ORG}).json()["now"].startswith("2031")
    assert api.post(RESET, json={"now": "2022-08-10T05:00:00Z"}).json()["now"].startswith("2022-08-10")
    assert api.post(RESET).json()["epochMs"] > 1_700_000_000_000


@pytest.mark.parametrize(
    "body",
    [{"sandbox": "dev"}, {"org": 1}, {"org": ""}, {"all": True}, {"org": ORG, "now": "2022-08-10T05:00:00Z"},
     {"now": "2022-08-10T05:00:00"}, {"now": "yesterday"}, []],
)  # fmt: skip
def test_an_unclear_reset_is_refused(api: Api, body: Any) -> None:
    assert api.post(RESET, json=body).status_code == 400


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (JSON, 200),
        (JSON | {"Origin": "http://127.0.0.1:8088"}, 200),
        (JSON | {"Origin": "http://localhost:8088"}, 200),
        (JSON | {"Origin": "https://example.com"}, 403),
        (JSON | {"Origin": "http://127.0.0.1:3000"}, 403),
        (JSON | {"Origin": "null"}, 403),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "text/plain;charset=UTF-8"}, 415),
    ],
)
@pytest.mark.parametrize(("path", "body"), [(CLOCK, '{"advance": "PT0S"}'), (RESET, '{"org": "nobody"}')])
def test_other_sites_pages_give_no_orders(
    api: Api, path: str, body: str, headers: Mapping[str, str], status: int
) -> None:
    answer = api.post(path, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert status == 200 or answer.json()["detail"].endswith((f"({headers.get('Origin')}).", "any page may send."))


def test_another_sites_page_resets_nothing_without_a_body_either(api: Api) -> None:
    assert api.post(RESET, headers={"Origin": "https://example.com"}).status_code == 403
