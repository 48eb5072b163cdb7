"""A served LinkedIn, one dataset and one mapping set of the same schema."""

from collections.abc import Iterator

import pytest

from headrace.catalog.datasets import ALIAS
from headrace.runs.deployment import Deployment
from headrace.store import documents, emulator_clock
from headrace.store.scope import Caller
from linkedin_simulator import Running, running
from wire_flows import DATASET, MAPPING, NOW, SCHEMA, Flows
from wire_server import ORG, Api


@pytest.fixture(scope="session")
def linkedin() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def flows(api: Api, deployment: Deployment, linkedin: Running) -> Flows:
    caller = Caller(ORG, "prod", "", "wire-tests", "wire-tests")
    ref = {"id": SCHEMA, "contentType": "application/vnd.adobe.xed+json;version=1"}
    stamp = {"modifiedDate": NOW, "modifiedBy": "wire-tests"}
    with deployment.store.write() as conn:
        emulator_clock.move_to(conn, NOW)
        dataset = {"name": "d", "schemaRef": ref, "tags": {ALIAS: ["d"]}}
        documents.create(conn, caller, "dataSets", DATASET, dataset, NOW)
        items = [{"sourceType": "ATTRIBUTE", "source": "element.clicks", "destination": "_extconndev.clicks"}]
        mapping = {"xdmSchema": SCHEMA, "xdmVersion": "1.0", "mappings": items, **stamp}
        documents.create(conn, caller, "mappingSets", MAPPING, mapping, NOW)
    return Flows(api, linkedin)
