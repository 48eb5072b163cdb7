"""Explore over the wire: the tutorial's request and answer, credentials or parameters in ``sourceParams``."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from wire_flows import Flows, code

INTEGER = {"type": "integer", "minimum": -9007199254740992, "maximum": 9007199254740991}
DAY = {"type": "object", "properties": dict.fromkeys(("year", "month", "day"), INTEGER)}
METRICS = (
    "shares", "comments", "externalWebsiteConversions", "landingPageClicks", "follows", "clicks", "totalEngagements",
    "impressions", "likes",
)  # fmt: skip
NINTH = {
    "shares": 0,
    "pivotValue": "urn:li:sponsoredAccount:507947502",
    "comments": 0,
    "externalWebsiteConversions": 0,
    "dateRange": {part: {"month": 8, "day": 9, "year": 2022} for part in ("start", "end")},
    "landingPageClicks": 54,
    "follows": 2,
    "clicks": 136,
    "totalEngagements": 139,
    "impressions": 18423,
    "likes": 5,
}
PRINTED = {"objectType": "rest", "object": "json", "fileType": "json", "preview": "true"}


def packed(params: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(params).encode()).decode()


@pytest.fixture(scope="module")
def path(flows: Flows) -> Iterator[str]:
    yield f"/connections/{flows.connection()['id']}/explore"


def test_explore_as_printed(flows: Flows, path: str) -> None:
    params = packed({"host": flows.linkedin.url, "accessToken": flows.linkedin.token})
    answer = flows.get(path, params={**PRINTED, "sourceParams": params})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"format", "schema", "data"} and body["format"] == "hierarchical"
    record = body["schema"]["properties"]["element"]["properties"]
    assert body["schema"]["type"] == "object" and set(body["schema"]["properties"]) == {"element"}
    assert {name: record[name] for name in METRICS} == dict.fromkeys(METRICS, INTEGER)
    assert record["dateRange"] == {"type": "object", "properties": {"start": DAY, "end": DAY}}
    assert record["pivotValue"] == {"type": "string"}
    assert body["data"][0] == {"element": NINTH} and len(body["data"]) == 2


def test_source_params_may_hold_the_sources_parameters(flows: Flows, path: str) -> None:
    params = packed({"accountIds": "507947502", "pivot": "CREATIVE"})
    rows = flows.get(path, params={**PRINTED, "sourceParams": params}).json()["data"]
    assert rows and all("sponsoredCreative" in row["element"]["pivotValue"] for row in rows)


def test_without_a_preview_there_is_no_data(flows: Flows, path: str) -> None:
    answer = flows.get(path, params={"objecttype": "REST", "FileType": "JSON", "preview": "False"})
    assert answer.status_code == 200 and set(answer.json()) == {"format", "schema"}


def test_columns_of_the_source(flows: Flows, path: str) -> None:
    answer = flows.get(path.replace("/explore", "/configs")).json()
    assert {"columnName": "element.clicks", "columnType": "integer"} in answer["items"]
    assert answer["pageInfo"] == {"hasNext": False}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"objectType": ""}, "SOURCES-1334-400"),
        ({"objectType": "planet"}, "SOURCES-1358-400"),
        ({"object": ""}, "SOURCES-1337-400"),
        ({"objectType": "table"}, "SOURCES-1336-400"),
        ({"fileType": "parquet"}, "SOURCES-1327-400"),
        ({"sourceParams": "%%%"}, "SOURCES-1389-400"),
        ({"sourceParams": packed({"pivot": "PLANET"})}, "SOURCES-1312-400"),
        ({"sourceParams": packed({"host": "https://elsewhere.example"})}, "SOURCES-1304-400"),
        ({"sourceParams": packed({"accessToken": "wrong"})}, "SOURCES-1308-400"),
        ({"preview": "maybe"}, "SOURCES-1000-400"),
    ],
)
def test_what_cannot_be_explored_gets_its_code(flows: Flows, path: str, changes: dict[str, str], expected: str) -> None:
    assert code(flows.get(path, params={**PRINTED, **changes})) == expected


def test_a_source_that_fails_is_named(flows: Flows, path: str) -> None:
    flows.linkedin.fault("status", status=403, times=5)
    answer = flows.get(path, params=PRINTED)
    flows.linkedin.clear_faults()
    assert code(answer) == "SOURCES-1308-400" and flows.linkedin.token not in answer.text


def test_specs_are_not_explored(flows: Flows) -> None:
    spec = "59a4b493-a615-40f9-bd38-f823d0909a2b"
    assert code(flows.get(f"/connectionSpecs/{spec}/explore")) == "SOURCES-1372-400"
    assert code(flows.get("/connectionSpecs/none/explore")) == "FLOW-1439-404"
    assert flows.get(f"/connectionSpecs/{spec}/configs").json() == {"items": [], "pageInfo": {"hasNext": False}}
