"""(c) GET and POST of one document per second, beside a bare Starlette handler on the same kind of database."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from rich.console import Console

from bench.figures import Series, ratios, show, step
from bench.processes import headrace, result_of
from headrace.cli.processes import running
from headrace.cli.tutorial import load_bodies
from headrace.client import FLOW_SERVICE, Client
from headrace.errors import HeadraceError

SECONDS = 3.0
NOWHERE = "http://127.0.0.1:9"  # the source is not asked


def run(console: Console, repeat: int) -> None:
    """Each server by turns, one at a time."""
    series = {
        (method, name): Series(f"{method}, {name}", "requests/s")
        for method in ("GET", "POST")
        for name in ("bare handler", "Headrace")
    }
    body = load_bodies()["baseConnection"]
    with (
        tempfile.TemporaryDirectory(prefix="headrace-bench-") as made,
        running("bench.bare_api", [made], Path(made) / "bare.log") as bare_url,
        headrace(Path(made), NOWHERE) as server,
        Client(bare_url, "bench", "bench", "bench") as bare,
    ):
        sides = {
            "bare handler": (bare, "/documents"),
            "Headrace": (server.client, f"{FLOW_SERVICE}/connections"),
        }
        for turn in range(1, repeat + 1):
            with step(console, f"api {turn}/{repeat}"):
                for (method, name), found in series.items():
                    found.values.append(_measured(method, *sides[name], body))
    rows = [(found, None) for found in series.values()]
    compared = [
        (ratios(f"{method}, Headrace / bare", series[method, "Headrace"], series[method, "bare handler"]), None)
        for method in ("GET", "POST")
    ]
    show(console, "(c) API requests on SQLite: one connection document", [*rows, *compared])


def _measured(method: str, client: Client, path: str, body: object) -> float:
    created = client.call("POST", path, body)["id"]
    asked = path if method == "POST" else f"{path}/{created}"
    text = msgspec.json.encode(body) if method == "POST" else b""
    found = urlsplit(client.base_url)
    request = request_bytes(method, asked, {**client.headers, "Host": found.netloc}, text)
    result = result_of("bench.sender", str(found.hostname), str(found.port), str(SECONDS), given=request.decode())
    if set(result["statuses"]) != {"201" if method == "POST" else "200"}:
        raise HeadraceError(f"{method} {asked} answered {result['statuses']}.")
    rate: float = result["answers"] / result["seconds"]
    return rate


def request_bytes(method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
