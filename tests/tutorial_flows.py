"""Flows like the tutorial's on a running platform, each into a dataset of its own, and what became of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pyarrow as pa
import pytest

from headrace.cli.tutorial import fill, load_bodies
from headrace.lake import TableRef
from linkedin_simulator.journal import Entry
from platform_server import PRINTED_HOST, Platform
from wire_server import ORG, Api

FLOWS = "/data/foundation/flowservice"
REGISTRY = "/data/foundation/schemaregistry/tenant"
CATALOG = "/data/foundation/catalog"
EXPORT = "/data/foundation/export"
CONVERSION = "/data/foundation/conversion"
DAY_MS = 86_400_000
Json = dict[str, Any]


@dataclass(frozen=True)
class Flow:
    """One flow and its dataset."""

    platform: Platform
    id: str
    dataset: str
    source: str
    connection: str

    @property
    def api(self) -> Api:
        return self.platform.api

    def runs(self) -> list[Json]:
        """Its runs, newest first."""
        items: list[Json] = self.api.get(f"{FLOWS}/runs?property=flowId=={self.id}").json()["items"]
        return items

    def settled(self, advance: str = "PT0S") -> Json:
        """The newest run, once nothing is due or running."""
        self.platform.wait(advance)
        return self.runs()[0]

    def shown(self) -> Json:
        item: Json = self.api.get(f"{FLOWS}/flows/{self.id}").json()["items"][0]
        return item

    def batches(self) -> list[Json]:
        """Its dataset's batches in Catalog, newest first."""
        return list(self.api.get(f"{CATALOG}/batches?dataSet={self.dataset}&orderBy=desc:created").json().values())

    def rows(self) -> pa.Table:
        return self.platform.deployment.lake.scan(TableRef(ORG, "prod", self.dataset))

    def act(self, action: str) -> httpx2.Response:
        return self.api.post(f"{FLOWS}/flows/{self.id}/action?op={action}")

    def retrigger(self, run: Json) -> httpx2.Response:
        return self.api.post(f"{FLOWS}/runs/{run['id']}/action?op=re-trigger")


@dataclass
class Tutorial:
    """Makes flows. ``SCHEMA_ID`` in ``values`` is the tutorial's schema."""

    platform: Platform
    values: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def post(self, path: str, body: Any, **kw: Any) -> Any:
        answer = self.platform.api.post(path, json=body, **kw)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    def schema(self, group: Json | None = None, title: str = "LinkedIn Ads") -> str:
        """The ``$id`` of a schema with this field group (the tutorial's by default)."""
        bodies = load_bodies()
        group_id = self.post(
            f"{REGISTRY}/fieldgroups", {**(group or bodies["fieldGroup"]), "title": f"{title} fields"}
        )["$id"]
        body = fill(bodies["schema"], {"FIELD_GROUP_ID": group_id})
        id: str = self.post(f"{REGISTRY}/schemas", {**body, "title": title})["$id"]
        return id

    def dataset(self, schema: str | None = None) -> str:
        body = fill(load_bodies()["dataSet"], {"SCHEMA_ID": schema or self.values["SCHEMA_ID"]})
        reference: str = self.post(f"{CATALOG}/dataSets", body)[0]
        return reference.rpartition("/")[2]

    def flow(
        self,
        *,
        source: Json | None = None,
        token: str | None = None,
        host: str = PRINTED_HOST,
        schema: str | None = None,
        mappings: list[Json] | None = None,
        days: int = 8,
        spec_id: str | None = None,
        **flow: Any,
    ) -> Flow:
        """An hourly flow of account 507947502 that starts ``days`` ago; ``source`` changes the source's params."""
        bodies, schema = load_bodies(), schema or self.values["SCHEMA_ID"]
        connection = fill(
            bodies["baseConnection"], {"LINKEDIN_ADS_ACCESS_TOKEN": token or self.platform.linkedin.token}
        )
        connection["auth"]["params"]["host"] = host
        spec = {"connectionSpec": {"id": spec_id, "version": "1.0"}} if spec_id else {}
        base = self.post(f"{FLOWS}/connections", {**connection, **spec})["id"]
        params = {**bodies["sourceConnection"]["params"], **(source or {})}
        ends = {**bodies["sourceConnection"], "baseConnectionId": base, "params": params, **spec}
        source_id = self.post(f"{FLOWS}/sourceConnections", ends)["id"]
        dataset = self.dataset(schema)
        target = self.post(
            f"{FLOWS}/targetConnections", {**bodies["targetConnection"], "params": {"dataSetId": dataset}}
        )
        mapping = {**bodies["mappingSet"], "xdmSchema": schema}
        mapping |= {"mappings": mappings} if mappings is not None else {}
        mapping_id = self.post(f"{CONVERSION}/mappingSets", mapping)["id"]
        start = (self.platform.deployment.clock.now() - days * DAY_MS) // 1000
        body = {
            **bodies["flow"],
            "sourceConnectionIds": [source_id],
            "targetConnectionIds": [target["id"]],
            "transformations": [{"name": "Mapping", "params": {"mappingId": mapping_id, "mappingVersion": "0"}}],
            "scheduleParams": {"startTime": str(start), "frequency": "hour", "interval": 1},
            **flow,
        }
        id = self.post(f"{FLOWS}/flows", body)["id"]
        self.made.append(id)
        return Flow(self.platform, id, dataset, source_id, base)

    def asked(self, path: str = "/rest/adAnalytics") -> list[Entry]:
        """What the source was asked since the test began."""
        return [entry for entry in self.platform.linkedin.requests() if entry.path.startswith(path)]

    def clean_up(self) -> None:
        """Takes away the flows and the faults of one test."""
        self.platform.linkedin.clear_faults()
        for id in self.made:
            self.platform.api.delete(f"{FLOWS}/flows/{id}")
        self.made.clear()
        self.platform.linkedin.forget_requests()


@pytest.fixture(scope="module")
def prepared(platform: Platform) -> Tutorial:
    tutorial = Tutorial(platform)
    tutorial.values["SCHEMA_ID"] = tutorial.schema()
    return tutorial


@pytest.fixture
def tutorial(prepared: Tutorial) -> Iterator[Tutorial]:
    prepared.platform.linkedin.forget_requests()
    yield prepared
    prepared.clean_up()


def reasons(run: Json) -> str:
    """Code and message of every error in a run's status."""
    errors = run["metrics"]["statusSummary"].get("errors", [])
    return "\n".join(f"{error['code']} {error['message']}" for error in errors)


def counted(run: Json) -> tuple[int, int, int]:
    """Read, written, failed."""
    summary = run["metrics"]["recordSummary"]
    read, written, failed = (summary.get(f"{name}RecordCount", 0) for name in ("input", "output", "failed"))
    assert read == written + failed + summary.get("skippedRecordCount", 0)
    return read, written, failed
