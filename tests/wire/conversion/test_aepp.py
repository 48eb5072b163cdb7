"""Adobe's own client, unmodified, on mapping sets, sandboxes and identity namespaces."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aepp
import pytest
from aepp.dataprep import DataPrep
from aepp.identity import Identity
from aepp.sandboxes import Sandboxes

from wire_server import ORG, Api

RULES = [
    {"sourceType": "ATTRIBUTE", "source": "element.clicks", "destination": "_extconndev.clicks"},
    {"sourceType": "text/x.schema-path", "source": "element.pivotValue", "destination": "_extconndev.pivotValue"},
]


@dataclass(frozen=True)
class Client:
    """The three classes of the client that this server's services answer."""

    dataprep: Any
    sandboxes: Any
    identity: Any


@pytest.fixture(scope="module")
def client(api: Api) -> Iterator[Client]:
    url = str(api.http.base_url).rstrip("/")
    aepp.configure(org_id=ORG, client_id="wire-tests", secret="s", scopes="openid", retry=0)
    aepp.config.endpoints["global"] = url
    aepp.config.config_object["oauthTokenEndpointV2"] = f"{url}/ims/token/v3"
    made = Client(DataPrep(), Sandboxes(), Identity())
    # This class alone knows its host by heart.
    made.identity.endpoint = url + aepp.config.endpoints["identity"]
    yield made
    aepp.config.endpoints["global"] = "https://platform.adobe.io"
    for one in (made.dataprep, made.sandboxes, made.identity):
        one.connector.session.close()


def test_a_set_is_created_read_and_updated(client: Client, schema_id: str) -> None:
    prep = client.dataprep
    id = prep.createMappingSet(schemaId=schema_id, mappingList=RULES)["id"]
    assert prep.cleanMappingRules(prep.getMappingSet(id)) == RULES
    updated = prep.updateMappingSet(id, prep.copyMappingRules(prep.getMappingSet(id), tenantId="extconndev")[:1])
    assert (updated["version"], prep.cleanMappingRules(updated)) == (1, RULES[:1])
    assert id in [one["id"] for one in prep.getMappingSets(prop=f"xdmSchema=={schema_id}", expand_schema=True)]


def test_single_mappings(client: Client, schema_id: str) -> None:
    prep = client.dataprep
    id = prep.createMappingSet(schemaId=schema_id, mappingList=RULES[:1])["id"]
    added = prep.createMappingSetMapping(id, RULES[1])
    assert prep.getMappingSetMapping(id, added["id"]) == added
    assert len(prep.getMappingSetMappings(id)) == 2
    prep.deleteMappingSetMapping(id, added["id"])
    assert len(prep.getMappingSetMappings(id)) == 1
    prep.deleteMappingSet(id)
    assert prep.getMappingSet(id)["status"] == 404


def test_a_preview_and_the_language(client: Client, schema_id: str) -> None:
    reference = {"schemaRef": {"id": schema_id, "contentType": "1.0"}}
    shown = client.dataprep.previewDataOutput(
        {"element": {"clicks": 3}}, {"outputSchema": reference, "mappings": RULES[:1]}
    )
    assert shown["data"] == {"_extconndev": {"clicks": 3}}
    assert client.dataprep.validateExpression('upper("a")')["validationStatus"] == "succeeded"
    assert client.dataprep.getMappingSetFunctions() and client.dataprep.getMappingSetOperators()


def test_a_suggestion(client: Client, api: Api, schema_id: str) -> None:
    reference = {"id": schema_id, "contentType": "application/vnd.adobe.xed+json;version=1"}
    made = api.post("/data/foundation/catalog/dataSets", json={"name": "from aepp", "schemaRef": reference}).json()
    dataset = made[0].rpartition("/")[2]
    upload = {"datasetId": dataset, "inputFormat": {"format": "json"}}
    batch = api.post("/data/foundation/import/batches", json=upload).json()["id"]
    proposal = client.dataprep.getMappingSuggestions(dataSetId=dataset, batchId=batch)
    assert {one["destination"] for one in proposal["mappings"]} >= {"_extconndev.clicks", "_extconndev.pivotValue"}


def test_sandboxes(client: Client) -> None:
    names = [one["name"] for one in client.sandboxes.getSandboxes()]
    assert "prod" in names and len(client.sandboxes.getSandboxTypes()) == 2
    client.sandboxes.createSandbox("from-aepp", "From aepp")
    assert len(client.sandboxes.getSandboxId("from-aepp")) == 36
    assert client.sandboxes.updateSandbox("from-aepp", {"title": "Other"})["title"] == "Other"


def test_namespaces(client: Client) -> None:
    made = client.identity.createIdentity(name="From aepp", code="FromAepp", idType="NON_PEOPLE", description="d")
    assert client.identity.getIdentities(only_custom=True) == [made]
    assert client.identity.getIdentityDetail(str(made["id"])) == made
    assert made in client.identity.getIdentitiesIMS()
