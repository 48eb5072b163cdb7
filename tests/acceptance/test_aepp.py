"""The tutorial's flow driven by Adobe's own client as it is published: only its addresses are set."""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aepp
import pytest
from aepp.catalog import Catalog
from aepp.dataaccess import DataAccess
from aepp.dataprep import DataPrep
from aepp.flowservice import FlowManager, FlowService
from aepp.sandboxes import Sandboxes
from aepp.schema import Schema

from headrace.cli.tutorial import fill, load_bodies
from platform_server import Platform
from wire_server import ORG

# The client's FlowManager opens sessions of its own that nobody can close.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]

HOUR = "6499120c-0b15-42dc-936e-847ea3c24d72"


class Marketer:
    """Somebody who works with aepp: its service classes, and what earlier answers gave."""

    def __init__(self, url: str, org: str, client_id: str, secret: str) -> None:
        aepp.configure(org_id=org, client_id=client_id, secret=secret, scopes="openid,AdobeID", retry=0)
        aepp.config.endpoints["global"] = url
        aepp.config.config_object["oauthTokenEndpointV2"] = f"{url}/ims/token/v3"
        self.flow, self.schema, self.catalog = FlowService(), Schema(), Catalog()
        self.mapping, self.access, self.sandboxes = DataPrep(), DataAccess(), Sandboxes()
        self.values: dict[str, str] = {}
        self.bodies = load_bodies()

    def body(self, name: str) -> dict[str, Any]:
        filled: dict[str, Any] = fill(self.bodies[name], self.values)
        return filled

    def close(self) -> None:
        for service in (self.flow, self.schema, self.catalog, self.mapping, self.access, self.sandboxes):
            service.connector.session.close()
        aepp.config.endpoints["global"] = "https://platform.adobe.io"


@pytest.fixture(scope="module")
def aepp_(platform: Platform) -> Iterator[Marketer]:
    marketer = Marketer(platform.url, ORG, "aepp-client", "any secret")
    marketer.values["LINKEDIN_ADS_ACCESS_TOKEN"] = platform.linkedin.token
    yield marketer
    marketer.close()


def test_it_fetched_its_token_from_us(aepp_: Marketer) -> None:
    assert aepp_.flow.connector.token and aepp_.flow.connector.connectionType == "oauthV2"
    assert aepp_.schema.getTenantId() == "extconndev"


def test_base_connection(aepp_: Marketer) -> None:
    made = aepp_.flow.createConnection(data=aepp_.body("baseConnection"))
    aepp_.values["BASE_CONNECTION_ID"] = made["id"]
    kept = aepp_.flow.getConnection(made["id"])
    assert kept["auth"]["specName"] == "OAuth2 Refresh Code" and kept["state"] == "enabled"
    assert made["id"] in [one["id"] for one in aepp_.flow.getConnections(limit=1)]


def test_the_connection_is_tested_and_explored(aepp_: Marketer) -> None:
    connection = aepp_.values["BASE_CONNECTION_ID"]
    assert aepp_.flow.connectionTest(connection) == {"result": True}
    params = {"objectType": "rest", "object": "json", "fileType": "json", "preview": "true"}
    token = json.dumps(aepp_.body("baseConnection")["auth"]["params"]).encode()
    params["sourceParams"] = base64.b64encode(token).decode()
    explored = aepp_.flow.getResource(f"{aepp_.flow.endpoint}/connections/{connection}/explore", params)
    assert explored["format"] == "hierarchical" and len(explored["data"]) == 2


def test_source_connection(aepp_: Marketer) -> None:
    made = aepp_.flow.createSourceConnection(aepp_.body("sourceConnection"))
    aepp_.values["SOURCE_CONNECTION_ID"] = made["id"]
    assert aepp_.flow.getSourceConnection(made["id"])["params"]["pivot"] == "ACCOUNT"


def test_schema(aepp_: Marketer) -> None:
    group = aepp_.schema.createFieldGroup(aepp_.body("fieldGroup"))
    made = aepp_.schema.createProfileSchema("LinkedIn Ads", fieldGroupIds=[group["$id"]])
    aepp_.values["SCHEMA_ID"] = made["$id"]
    full = aepp_.schema.getSchema(made["$id"], full=True)
    assert full["properties"]["_extconndev"]["properties"]["clicks"]["type"] == "integer"


def test_dataset(aepp_: Marketer) -> None:
    (reference,) = aepp_.catalog.createDataSet(name="LinkedIn Ads Dataset", schemaId=aepp_.values["SCHEMA_ID"])
    aepp_.values["DATASET_ID"] = reference.rpartition("/")[2]
    assert aepp_.catalog.getDataSets()[aepp_.values["DATASET_ID"]]["name"] == "LinkedIn Ads Dataset"


def test_target_connection(aepp_: Marketer) -> None:
    spec = aepp_.bodies["targetConnection"]["connectionSpec"]["id"]
    made = aepp_.flow.createTargetConnection("LinkedIn target", spec, aepp_.values["DATASET_ID"], format="json")
    aepp_.values["TARGET_CONNECTION_ID"] = made["id"]
    assert aepp_.flow.getTargetConnection(made["id"])["params"]["dataSetId"] == aepp_.values["DATASET_ID"]


def test_mapping_set(aepp_: Marketer) -> None:
    rules = aepp_.body("mappingSet")["mappings"]
    made = aepp_.mapping.createMappingSet(schemaId=aepp_.values["SCHEMA_ID"], mappingList=rules, validate=True)
    aepp_.values["MAPPING_ID"] = made["id"]
    assert len(aepp_.mapping.getMappingSet(made["id"])["mappings"]) == len(rules)


def test_flow(aepp_: Marketer) -> None:
    values = aepp_.values
    made = aepp_.flow.createFlow(
        flow_spec_id=HOUR, name="LinkedIn Ads dataflow", source_connection_id=values["SOURCE_CONNECTION_ID"],
        target_connection_id=values["TARGET_CONNECTION_ID"], schedule_start_time="1625040887",
        schedule_frequency="hour", schedule_interval=1, transformation_mapping_id=values["MAPPING_ID"],
        transformation_name="Mapping",
    )  # fmt: skip
    values["FLOW_ID"] = made["id"]
    assert aepp_.flow.getFlow(made["id"])["state"] == "enabled"
    assert [flow["id"] for flow in aepp_.flow.getFlows()] == [made["id"]]


def test_run(aepp_: Marketer, platform: Platform) -> None:
    platform.wait()
    (run,) = aepp_.flow.getRuns(prop=f"flowId=={aepp_.values['FLOW_ID']}")
    assert aepp_.flow.getRun(run["id"]) == [run]
    counted = run["metrics"]["recordSummary"]
    assert [counted[f"{name}RecordCount"] for name in ("input", "output", "failed")] == [100, 99, 1]
    assert run["metrics"]["statusSummary"]["status"] == "success"
    aepp_.values["BATCH_ID"] = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]


def test_batch_and_its_row_errors(aepp_: Marketer) -> None:
    batch = aepp_.values["BATCH_ID"]
    assert aepp_.catalog.getBatch(batch)[batch]["status"] == "success"
    assert aepp_.access.getBatchMeta(batch, "row_errors_sample.json")[0]["code"] == "MAPPER-3700-400"
    (failed,) = aepp_.access.getBatchMeta(batch, "row_errors")["data"]
    (record,) = aepp_.access.getResource(failed["_links"]["self"]["href"])
    assert record["element"]["clicks"] == "n/a" and record["_errors"][0]["code"] == "MAPPER-3700-400"


def test_the_rows_themselves(aepp_: Marketer) -> None:
    files = aepp_.access.getBatchFiles(aepp_.values["BATCH_ID"])
    frames = [
        aepp_.access.transformDataToDataFrame(aepp_.access.getFiles(file["dataSetFileId"], path=entry["name"]))
        for file in files
        for entry in aepp_.access.getFiles(file["dataSetFileId"])["data"]
    ]
    assert sum(len(frame) for frame in frames) == 99


def test_the_clients_flow_manager_reads_the_flow(aepp_: Marketer) -> None:
    manager = FlowManager(aepp_.values["FLOW_ID"])
    assert manager.flowTargetConnection["params"]["datasetName"] == "LinkedIn Ads Dataset"
    assert len(manager.getRuns()) == 1 and manager.summary()["name"] == "LinkedIn Ads dataflow"


def test_update_flow(aepp_: Marketer) -> None:
    flow = aepp_.flow.getFlow(aepp_.values["FLOW_ID"])
    operations = [
        {"op": "Replace", "path": "/scheduleParams/frequency", "value": "day"},
        {"op": "Replace", "path": "/name", "value": "New dataflow name"},
        {"op": "Add", "path": "/description", "value": "Updated dataflow description"},
    ]
    answer = aepp_.flow.updateFlow(flow["id"], flow["etag"], operations)
    assert answer["id"] == flow["id"] and answer["etag"] != flow["etag"]
    changed = aepp_.flow.getFlow(flow["id"])
    assert (changed["name"], changed["scheduleParams"]["frequency"]) == ("New dataflow name", "day")


@pytest.mark.parametrize(("action", "state"), [("disable", "disabled"), ("enable", "enabled")])
def test_flow_actions(aepp_: Marketer, action: str, state: str) -> None:
    aepp_.flow.postFlowAction(aepp_.values["FLOW_ID"], action)
    assert aepp_.flow.getFlow(aepp_.values["FLOW_ID"])["state"] == state


def test_a_run_on_demand_is_for_one_time_flows(aepp_: Marketer) -> None:
    assert aepp_.flow.createRun(aepp_.values["FLOW_ID"])["type"].endswith("-1386-400")


def test_delete(aepp_: Marketer) -> None:
    flow, connection = aepp_.values["FLOW_ID"], aepp_.values["BASE_CONNECTION_ID"]
    assert aepp_.flow.deleteConnection(connection)["type"].endswith("FLOW-1418-400")
    assert aepp_.flow.deleteFlow(flow) == 204
    assert aepp_.flow.deleteConnection(connection) == 204
    assert (aepp_.flow.getFlows(), aepp_.flow.getConnections()) == ([], [])


# -- a server that trusts nobody ------------------------------------------------------------------------------


@contextmanager
def _secure(data_dir: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A server's first start: its URL and the account that it shows once."""
    command = [sys.executable, "-m", "headrace.main", "serve", "--port", "0", "--data-dir", str(data_dir)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        said = ""
        while "serves at" not in said:
            said += process.stdout.readline()
        try:
            yield re.search(r"serves at (http\S+)", said)[1], dict(re.findall(r"^  (\w[\w ]*?) {2,}(\S+)$", said, re.M))
        finally:
            process.terminate()


def test_the_first_account_of_a_secure_start(tmp_path: Path) -> None:
    with _secure(tmp_path / "data") as (url, account):
        marketer = Marketer(url, account["org"], account["client id"], account["client secret"])
        assert marketer.flow.getFlows() == [] and marketer.flow.getConnections() == []
        assert set(marketer.flow.getConnectionSpecsMap()) >= {"linkedin-ads", "datalake"}
        assert marketer.catalog.getDataSets() == {} and marketer.schema.getSchemas()["results"] == []
        assert [one["name"] for one in marketer.sandboxes.getSandboxes()] == ["prod"]
        with pytest.raises(KeyError):  # what the client makes of a token that it was refused
            Marketer(url, account["org"], account["client id"], "wrong")
        marketer.close()
