"""A store that holds one dataset and one mapping set of the same schema, and what a client needs to make flows."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headrace.flows import connections, ends, flow_documents
from headrace.sources import SourceHttp
from headrace.store import documents
from headrace.store.engine import Store, open_store
from headrace.store.keyring import Keyring, load_keyring
from headrace.store.migrations import upgrade
from headrace.store.scope import Caller

CALLER = Caller("0123456789ABCDEF01234567@AdobeOrg", "prod", "sandbox-id", "client", "user")
NOW = 1_660_107_600_000
LINKEDIN = "59a4b493-a615-40f9-bd38-f823d0909a2b"
LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
SCHEMA = "https://ns.adobe.com/extconndev/schemas/0a1b"
DATASET, MAPPING = "5ef4551c52e054191a61a99f", "bf5286a9c1ad4266baca76ba3adc9366"
CLICKS = {"sourceType": "ATTRIBUTE", "source": "element.clicks", "destination": "_extconndev.clicks"}
SCHEDULE = {"startTime": "1625040887", "frequency": "hour", "interval": 1}


def connection(**changes: Any) -> dict[str, Any]:
    params = {"host": "https://api.linkedin.com", "accessToken": "secret-token"}
    auth = {"specName": "OAuth2 Refresh Code", "params": params}
    return {"name": "base", "connectionSpec": {"id": LINKEDIN, "version": "1.0"}, "auth": auth, **changes}


@dataclass(frozen=True)
class World:
    """The store, and short ways to fill it."""

    store: Store
    keyring: Keyring
    http: SourceHttp

    def base(self, **changes: Any) -> str:
        body = connection(**changes)
        return connections.create(self.store, self.keyring, self.http, CALLER, body, None, NOW).id

    def end(self, kind: str, body: dict[str, Any]) -> str:
        with self.store.write() as conn:
            return ends.create(conn, CALLER, kind, body, None, NOW)(conn).id

    def source(self, base: str, **changes: Any) -> str:
        spec = {"id": "fd2c8ff3-1de0-4f6b-8fa8-4264784870eb", "version": "1.0"}
        body = {"name": "s", "baseConnectionId": base, "connectionSpec": spec, "data": {"format": "json"}}
        return self.end("sourceConnections", {**body, "params": {"pivot": "ACCOUNT"}, **changes})

    def target(self) -> str:
        return self.end("targetConnections", {"connectionSpec": {"id": LAKE}, "params": {"dataSetId": DATASET}})

    def flow_body(self, **changes: Any) -> dict[str, Any]:
        return {
            "name": "flow",
            "flowSpec": {"id": "6499120c-0b15-42dc-936e-847ea3c24d72", "version": "1.0"},
            "sourceConnectionIds": [self.source(self.base())],
            "targetConnectionIds": [self.target()],
            "transformations": [{"name": "Mapping", "params": {"mappingId": MAPPING, "mappingVersion": "0"}}],
            "scheduleParams": SCHEDULE,
            **changes,
        }

    def flow(self, **changes: Any) -> documents.Document:
        body = self.flow_body(**changes)
        with self.store.write() as conn:
            return flow_documents.create(conn, CALLER, body, None, NOW)(conn)


@pytest.fixture
def caller() -> Caller:
    return CALLER


@pytest.fixture
def now() -> int:
    return NOW


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the documents that a flow refers to, made once and copied for each test."""
    path = tmp_path_factory.mktemp("filled") / "headrace.db"
    store = open_store(f"sqlite:///{path}")
    upgrade(store)
    with store.write() as conn:
        dataset = {"name": "d", "schemaRef": {"id": SCHEMA, "contentType": "application/vnd.adobe.xed+json;version=1"}}
        documents.create(conn, CALLER, "dataSets", DATASET, dataset, NOW)
        stamp = {"modifiedDate": NOW, "modifiedBy": "user"}
        mapping = {"xdmSchema": SCHEMA, "xdmVersion": "1.0", "mappings": [CLICKS], **stamp}
        documents.create(conn, CALLER, "mappingSets", MAPPING, mapping, NOW)
    store.close()
    return path


@pytest.fixture
def world(tmp_path: Path, filled: Path) -> Iterator[World]:
    store = open_store(f"sqlite:///{shutil.copy(filled, tmp_path)}")
    http = SourceHttp(allow_private=True)
    yield World(store, load_keyring(tmp_path / "keys"), http)
    http.close()
    store.close()
