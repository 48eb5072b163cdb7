"""Flow Service for tests: the tutorial's requests with what they need filled in, and its errors read."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from headrace.clock import epoch_ms
from linkedin_simulator import Running
from wire_server import Api

BASE = "/data/foundation/flowservice"
NOW = epoch_ms(datetime(2022, 8, 10, 5, tzinfo=UTC))
SCHEMA = "https://ns.adobe.com/extconndev/schemas/9005a845575fc7014a56f884c67892b7993f02df72df6f98"
DATASET, MAPPING = "5ef4551c52e054191a61a99f", "bf5286a9c1ad4266baca76ba3adc9366"
LINKEDIN, OTHER_PRINTED = "59a4b493-a615-40f9-bd38-f823d0909a2b", "fd2c8ff3-1de0-4f6b-8fa8-4264784870eb"


@dataclass(frozen=True)
class Flows:
    """Flow Service as one caller asks it. A body's default is the tutorial's."""

    api: Api
    linkedin: Running

    def get(self, path: str, **kw: Any) -> httpx2.Response:
        return self.api.get(BASE + path, **kw)

    def post(self, path: str, body: Any = None, **kw: Any) -> httpx2.Response:
        return self.api.post(BASE + path, **({"json": body} if body is not None else {}), **kw)

    def put(self, path: str, body: Any, **kw: Any) -> httpx2.Response:
        return self.api.put(BASE + path, json=body, **kw)

    def patch(self, path: str, etag: str | None, *steps: Any) -> httpx2.Response:
        headers = {"If-Match": etag} if etag is not None else {}
        return self.api.patch(BASE + path, json=list(steps), headers=headers)

    def delete(self, path: str) -> httpx2.Response:
        return self.api.delete(BASE + path)

    def one(self, path: str) -> dict[str, Any]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        [item] = answer.json()["items"]
        found: dict[str, Any] = item
        return found

    def made(self, path: str, body: dict[str, Any], query: str = "") -> dict[str, str]:
        answer = self.post(f"/{path}{query}", body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"].endswith(f"{BASE}/{path}/{answer.json()['id']}")
        assert set(answer.json()) == {"id", "etag"}
        created: dict[str, str] = answer.json()
        return created

    def connection_body(self, **changes: Any) -> dict[str, Any]:
        params = {"host": self.linkedin.url, "accessToken": self.linkedin.token}
        return {
            "name": "LinkedIn Ads base connection",
            "description": "Create a live inbound connection to your LinkedIn instance",
            "connectionSpec": {"id": LINKEDIN, "version": "1.0"},
            "auth": {"specName": "OAuth2 Refresh Code", "params": params},
            **changes,
        }

    def connection(self, **changes: Any) -> dict[str, str]:
        return self.made("connections", self.connection_body(**changes))

    def source_body(self, base: str, **changes: Any) -> dict[str, Any]:
        return {
            "name": "LinkedIn Ads Source Connection",
            "description": "LinkedIn Ads Source Connection",
            "baseConnectionId": base,
            "connectionSpec": {"id": OTHER_PRINTED, "version": "1.0"},
            "data": {"format": "json"},
            "params": {"accountIds": "507947502", "campaignGroupIds": "", "campaignIds": "", "pivot": "ACCOUNT"},
            **changes,
        }

    def source(self, base: str | None = None, **changes: Any) -> dict[str, str]:
        return self.made("sourceConnections", self.source_body(base or self.connection()["id"], **changes))

    def target_body(self, **changes: Any) -> dict[str, Any]:
        return {
            "name": "LinkedIn Ads Target Connection",
            "description": "LinkedIn Ads Target Connection",
            "connectionSpec": {"id": OTHER_PRINTED, "version": "1.0"},
            "data": {"format": "json"},
            "params": {"dataSetId": DATASET},
            **changes,
        }

    def target(self, **changes: Any) -> dict[str, str]:
        return self.made("targetConnections", self.target_body(**changes))

    def flow_body(self, **changes: Any) -> dict[str, Any]:
        return {
            "name": "LinkedIn Ads dataflow",
            "description": "LinkedIn Ads dataflow",
            "flowSpec": {"id": "6499120c-0b15-42dc-936e-847ea3c24d72", "version": "1.0"},
            "sourceConnectionIds": [self.source()["id"]] if "sourceConnectionIds" not in changes else [],
            "targetConnectionIds": [self.target()["id"]] if "targetConnectionIds" not in changes else [],
            "transformations": [{"name": "Mapping", "params": {"mappingId": MAPPING, "mappingVersion": "0"}}],
            "scheduleParams": {"startTime": "1625040887", "frequency": "hour", "interval": 1},
            **changes,
        }

    def flow(self, **changes: Any) -> dict[str, str]:
        return self.made("flows", self.flow_body(**changes))


def code(answer: httpx2.Response) -> str:
    """Catalogue, number and status of an error, which the body must tell in every form that clients know."""
    body = answer.json()
    assert body["status"] == answer.status_code and body["title"]
    assert body["errorMessage"] == body["errorDetails"] == body["report"]["detailed-message"] != ""
    assert body["report"]["request-id"] == answer.headers["x-request-id"]
    kind: str = body["type"]
    assert kind.startswith("https://ns.adobe.com/aep/errors/")
    return kind.rpartition("/")[2]
