"""A small client of our own API: what the command line and the console use, with no way around the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx2
import msgspec

from headrace.errors import HeadraceError
from headrace.raw_json import BROKEN

FLOW_SERVICE = "/data/foundation/flowservice"
SCHEMA_REGISTRY = "/data/foundation/schemaregistry"
CATALOG = "/data/foundation/catalog"
CONVERSION = "/data/foundation/conversion"
EXPORT = "/data/foundation/export"
TIMEOUT_SECONDS = 120.0


class RequestFailed(HeadraceError):
    """The server refused the request."""


class ServerUnreachable(HeadraceError):
    """There is no server at this address, or it does not answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers (lower-case names) and the body, decoded when it is JSON."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Client:
    """One caller of one server. ``base_url`` has no path; every call takes a path below it or a full href."""

    def __init__(self, base_url: str, org: str, token: str, api_key: str, sandbox: str = "prod") -> None:
        self.base_url = base_url.rstrip("/")
        self.headers = {
            "Authorization": f"Bearer {token}",
            "x-api-key": api_key,
            "x-gw-ims-org-id": org,
            "x-sandbox-name": sandbox,
        }
        self._http = httpx2.Client(timeout=TIMEOUT_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Sends one request (``body`` as JSON, bytes as they are); the answer, whatever its status.

        ServerUnreachable when there is none.
        """
        url = path if path.startswith("http") else self.base_url + path
        content, label = _content(body)
        try:
            response = self._http.request(
                method, url, params=params, content=content, headers={**self.headers, **label, **(headers or {})}
            )
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise ServerUnreachable(
                f"{url} gave no answer: {error}. Start the server with `headrace serve`, or give its address."
            ) from error
        return Answer(response.status_code, _decoded(response.content), dict(response.headers))

    def call(self, method: str, path: str, body: object = None, **kwargs: Any) -> Any:
        """As ``send``, but returns the body; RequestFailed (facts status, body) from status 400 on."""
        answer = self.send(method, path, body, **kwargs)
        if answer.status >= 400:
            message = f"{method} {path} answered {answer.status}: {_reason(answer.body)}"
            raise RequestFailed(message, status=answer.status, body=answer.body)
        return answer.body


def _content(body: object) -> tuple[bytes | None, dict[str, str]]:
    if body is None:
        return None, {}
    if isinstance(body, bytes):
        return body, {"Content-Type": "application/octet-stream"}
    return msgspec.json.encode(body), {"Content-Type": "application/json"}


def _decoded(content: bytes) -> Any:
    if not content:
        return None
    try:
        return msgspec.json.decode(content)
    except BROKEN:
        return content


def _reason(body: object) -> str:
    if isinstance(body, Mapping):
        for key in ("errorMessage", "detail", "message", "error_description", "title"):
            if body.get(key):
                return str(body[key])
    return str(body)
