"""The tutorial as it is printed: each request to the letter, in order, and what each answer must be."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from databases import BOTH
from headrace.cli.tutorial import fill, load_bodies
from headrace.query import local
from platform_server import Platform
from wire_server import ORG

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
BASE = "https://platform.adobe.io"
PRINTED = {step["name"]: step for step in yaml.safe_load((HERE / "printed.yaml").read_text())}
FORM = "application/x-www-form-urlencoded"  # what curl says of a body that nobody labelled
FLOW_SERVICE = "/data/foundation/flowservice"


class Reader:
    """Somebody who follows the tutorial: sends what is printed, and puts in what earlier answers gave."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.values = {
            "token": "any", "apiKey": "key", "org": ORG, "sandbox": "prod", "linkedInToken": platform.linkedin.token,
            "accountIds": "507947502", "campaignGroupIds": "", "campaignIds": "", "pivot": "ACCOUNT",
        }  # fmt: skip

    def send(self, name: str, **headers: str) -> httpx2.Response:
        """Sends one printed request; ``headers`` stand for what the printed one lacks."""
        step = PRINTED[name]
        fields = dict(header.split(": ", 1) for header in map(self._put_in(step), step["headers"])) | headers
        body = self._put_in(step)(step["body"]) if "body" in step else None
        if body is not None:
            fields.setdefault("Content-Type", FORM)
        url = self._put_in(step)(step["url"]).replace(BASE, self.platform.url)
        return httpx2.request(step["method"], url, headers=fields, content=body, trust_env=False, timeout=60)

    def _put_in(self, step: dict[str, Any]) -> Any:
        def put_in(text: str) -> str:
            for printed, name in step["substitute"].items():
                text = text.replace(str(printed), self.values[name])
            return text

        return put_in

    def takes(self, name: str, answer: httpx2.Response, **fields: str) -> dict[str, Any]:
        """The answer's body, whose status must be the printed one; ``fields`` are kept under new names."""
        assert answer.status_code == PRINTED[name]["status"], answer.text
        body: dict[str, Any] = answer.json()
        self.values |= {kept: body[field] for kept, field in fields.items()}
        return body


@pytest.fixture(scope="module", params=BOTH)
def database(request: pytest.FixtureRequest) -> str:
    """The whole of it is followed on each database."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="module")
def reader(platform: Platform) -> Reader:
    return Reader(platform)


def test_base_connection(reader: Reader) -> None:
    body = reader.takes(
        "base connection", reader.send("base connection"), baseConnection="id", baseConnectionEtag="etag"
    )
    assert set(body) == {"id", "etag"} and body["etag"].startswith('"')


def test_explore_gives_the_printed_schema_and_data(reader: Reader) -> None:
    encoded = base64.b64encode(
        f'{{"host": "https://api.linkedin.com","accessToken": "{reader.values["linkedInToken"]}"}}'.encode()
    ).decode()
    reader.values["sourceParams"] = encoded
    explored = reader.takes("explore", reader.send("explore"))
    printed = json.loads((HERE / "printed_explore.json").read_text())
    assert explored["format"] == "hierarchical"
    assert explored["schema"] == printed["schema"]
    assert explored["data"] == printed["data"]


def test_source_connection(reader: Reader) -> None:
    reader.takes("source connection", reader.send("source connection"), sourceConnection="id")


def test_the_linked_steps_schema_and_dataset(reader: Reader) -> None:
    """The tutorial links to these two; their requests are those of the pages it links to."""
    bodies, post = load_bodies(), reader.platform.api.post
    registry = "/data/foundation/schemaregistry/tenant"
    group = post(f"{registry}/fieldgroups", json=bodies["fieldGroup"])
    schema = post(f"{registry}/schemas", json=fill(bodies["schema"], {"FIELD_GROUP_ID": group.json()["$id"]}))
    reader.values["schema"] = schema.json()["$id"]
    dataset = post(
        "/data/foundation/catalog/dataSets", json=fill(bodies["dataSet"], {"SCHEMA_ID": reader.values["schema"]})
    )
    assert (group.status_code, schema.status_code, dataset.status_code) == (201, 201, 201)
    reader.values["dataSet"] = dataset.json()[0].rpartition("/")[2]


def test_target_connection(reader: Reader) -> None:
    reader.takes("target connection", reader.send("target connection"), targetConnection="id")


def test_mapping(reader: Reader) -> None:
    made = reader.takes("mapping", reader.send("mapping"), mappingSet="id")
    assert set(made) >= {"id", "version", "createdDate", "modifiedDate", "createdBy", "modifiedBy"}
    assert made["version"] == 0 and len(made["id"]) == 32


def test_flow_is_printed_without_its_authorization_and_works_with_it(reader: Reader) -> None:
    refused = reader.takes("flow", reader.send("flow"))
    assert refused["error_code"] == "403010"
    made = reader.send("flow", Authorization="Bearer any")
    assert made.status_code == 201, made.text
    reader.values |= {"flow": made.json()["id"], "flowEtag": made.json()["etag"].strip('"')}


def test_monitor_gives_the_printed_run(reader: Reader) -> None:
    reader.platform.wait()
    body = reader.takes("monitor", reader.send("monitor"))
    assert set(body) == {"items", "_links"} and body["_links"] == {}
    (run,) = body["items"]
    assert _shape_faults(json.loads((HERE / "printed_run.json").read_text()), run, "run") == []
    assert run["flowId"] == reader.values["flow"]


def _shape_faults(printed: Any, ours: Any, path: str) -> list[str]:
    """Where our answer lacks a printed key, or has another type, or another value where the printed one is a fact."""
    if isinstance(printed, dict):
        missing = [f"{path}.{key} is missing" for key in printed if key not in ours]
        common = (key for key in printed if key in ours)
        return missing + [fault for key in common for fault in _shape_faults(printed[key], ours[key], f"{path}.{key}")]
    if isinstance(printed, list):
        if len(printed) != len(ours):
            return [f"{path} has {len(ours)} items, not {len(printed)}"]
        return [f for n, item in enumerate(printed) for f in _shape_faults(item, ours[n], f"{path}[{n}]")]
    if type(printed) is not type(ours):
        return [f"{path} is {ours!r}"]
    return [] if printed in (0, "") or printed == ours else [f"{path} is {ours!r}, not {printed!r}"]


def test_every_link_of_the_run_resolves(reader: Reader) -> None:
    (run,) = reader.send("monitor").json()["items"]
    promotion = run["activities"][1]
    manifest = promotion["statusSummary"]["extensions"]["manifest"]
    links = [promotion["fileSummary"]["extensions"]["manifest"]["fileInfo"], *manifest.values()]
    answers = {link.rpartition("=")[2]: reader.platform.api.get(link) for link in links}
    assert {answer.status_code for answer in answers.values()} == {200}
    listing, *pages = answers["input_files"].json()["data"]
    landed = reader.platform.api.get(listing["_links"]["self"]["href"]).text.splitlines()
    assert len(landed) == len(pages) == run["activities"][0]["fileSummary"]["outputFileCount"]
    assert all("elements" in reader.platform.api.get(page["_links"]["self"]["href"]).json() for page in pages)
    (failed,) = answers["row_errors"].json()["data"]
    record = json.loads(reader.platform.api.get(failed["_links"]["self"]["href"]).text)
    assert record["element"]["clicks"] == "n/a" and record["_errors"][0]["code"] == "MAPPER-3700-400"


def test_the_rows_are_there_for_sql_beside_the_server(reader: Reader) -> None:
    settings = reader.platform.deployment.settings
    sql = f'SELECT count(*) FROM "{reader.values["dataSet"]}"'
    assert local.rows(settings.data_dir, ORG, "prod", sql, settings.database_url) == [(99,)]


def test_update_flow(reader: Reader) -> None:
    etag = reader.platform.api.get(f"{FLOW_SERVICE}/flows/{reader.values['flow']}").json()["items"][0]["etag"]
    reader.values["flowEtag"] = etag.strip('"')
    body = reader.takes("update flow", reader.send("update flow"))
    assert body["id"] == reader.values["flow"] and body["etag"] != etag
    (flow,) = reader.platform.api.get(f"{FLOW_SERVICE}/flows/{body['id']}").json()["items"]
    assert (flow["name"], flow["scheduleParams"]["frequency"]) == ("New dataflow name", "day")


def test_delete_flow(reader: Reader) -> None:
    assert reader.send("delete flow").status_code == 204
    gone = reader.platform.api.get(f"{FLOW_SERVICE}/flows/{reader.values['flow']}")
    assert gone.status_code == 404 and gone.json()["type"].endswith("FLOW-1439-404")


def test_update_connection_is_printed_with_another_products_credentials(reader: Reader) -> None:
    refused = reader.takes("update connection", reader.send("update connection"))
    assert "host" in refused["errorMessage"] and "accessToken" in refused["errorMessage"]
    params = {"host": "https://api.linkedin.com", "accessToken": reader.values["linkedInToken"]}
    patch = json.loads(PRINTED["update connection"]["body"])
    patch[0]["value"] = params
    path = f"{FLOW_SERVICE}/connections/{reader.values['baseConnection']}"
    headers = {"If-Match": reader.values["baseConnectionEtag"].strip('"'), "Content-Type": FORM}
    answer = reader.platform.api.patch(path, content=json.dumps(patch), headers=headers)
    assert answer.status_code == 200 and answer.json()["id"] == reader.values["baseConnection"]


def test_delete_connection(reader: Reader) -> None:
    assert reader.send("delete connection").status_code == 204
    assert reader.platform.api.get(f"{FLOW_SERVICE}/connections/{reader.values['baseConnection']}").status_code == 404


def test_every_printed_request_was_sent() -> None:
    sent = Path(__file__).read_text()
    assert [name for name in PRINTED if f'send("{name}"' not in sent] == []
