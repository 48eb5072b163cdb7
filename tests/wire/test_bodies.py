"""A body is taken when it is known that somebody wants it, and for as long as it really comes."""

import logging
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest

from wire_server import HEADERS, Api, deploy, serve

FLOWS = "/data/foundation/flowservice/flows"
NOBODYS = "/data/foundation/import/batches/none/datasets/none/files/f.json"
TERABYTE = 10**12


def head(method: str, path: str, **more: object) -> bytes:
    headers = {**HEADERS, "Host": "localhost", "Content-Type": "application/json", **more}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def answered(api: Api, *sent: bytes) -> str:
    """All that comes back before the server closes the connection."""
    url = urlsplit(str(api.http.base_url))
    with socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=20) as client:
        for part in sent:
            client.sendall(part)
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", NOBODYS, 404),
        ("PATCH", NOBODYS, 404),
        ("POST", FLOWS, 413),
        ("POST", "/ims/token/v3", 413),
        ("POST", "/nowhere", 404),
        ("GET", "/health", 413),
    ],
)
def test_a_body_that_nobody_wants_is_not_waited_for(api: Api, method: str, path: str, status: int) -> None:
    text = answered(api, head(method, path, Content_Length=TERABYTE), b"{")
    assert text.startswith(f"HTTP/1.1 {status} ") and "connection: close" in text.lower()


def test_a_body_without_credentials_is_not_waited_for(api: Api) -> None:
    text = answered(api, head("POST", FLOWS, Content_Length=1000, Authorization=""), b"{")
    assert text.startswith("HTTP/1.1 403 ") and "connection: close" in text.lower()


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server that waits for nobody."""
    deployment = deploy(tmp_path_factory.mktemp("hasty"), client_seconds=0.2)
    for url in serve(deployment):
        with httpx2.Client(base_url=url, trust_env=False) as http:
            yield Api(http)
    deployment.http.close()
    deployment.jobs.stop(0)
    deployment.store.close()


def test_a_body_that_stalls_is_given_up(hasty: Api) -> None:
    text = answered(hasty, head("POST", FLOWS, Content_Length=1000), b"{")
    assert text.startswith("HTTP/1.1 408 ") and "No byte of the body came" in text
    assert "connection: close" in text.lower()


def test_who_leaves_in_the_middle_of_a_body_is_no_error(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    url = urlsplit(str(api.http.base_url))
    with caplog.at_level(logging.ERROR):
        with socket.create_connection((str(url.hostname), int(url.port or 0))) as client:
            client.sendall(head("POST", FLOWS, Content_Length=1000) + b"{")
        for _ in range(3):
            assert api.get(FLOWS).status_code == 200  # the loop has come by since
    assert not caplog.records


def test_a_web_socket_is_not_made_and_no_error(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": 13, "Sec-WebSocket-Key": key}
    text = answered(api, head("GET", FLOWS, **upgrade), head("GET", "/nowhere", Connection="close"))
    assert text.startswith("HTTP/1.1 200 ") and text.count("HTTP/1.1 404 ") == 1 and not caplog.records


def test_a_body_is_taken_of_who_offers_another_protocol_beside_it(api: Api) -> None:
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
    answer = api.post(FLOWS, headers=upgrade, json=[])
    assert (answer.status_code, "must be a JSON object" in answer.text) == (400, True)


@pytest.mark.parametrize("limit", ["0001", "1"])
def test_a_number_may_have_zeros_before_it(api: Api, limit: str) -> None:
    assert api.get(FLOWS, params={"limit": limit}).status_code == 200


@pytest.mark.parametrize("limit", ["0" * 30 + "9", "٣", "+5", "5_0", " 5", "1e3", "9" * 30, ""])
def test_what_is_no_number_is_none(api: Api, limit: str) -> None:
    assert api.get(FLOWS, params={"limit": limit}).status_code == (200 if limit == "" else 400)
