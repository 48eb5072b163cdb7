"""Who wears a server out, a process of its own: explores of a source that drips, and clients that guess secrets.

python -m bench.fire BASE_URL CLIENT_ID SECONDS < headers of an editor as JSON
prints what it was answered, by kind of request and status, as JSON
"""

import http.server
import json
import os
import sys
import threading
import time
from collections import Counter
from socketserver import ThreadingMixIn
from typing import Any

import httpx2

from headrace.client import FLOW_SERVICE

EXPLORERS, GUESSERS = 50, 60
GUESS_PAUSE = 0.02
POLITENESS = 10  # these clients would be on other machines
LINKEDIN = "59a4b493-a615-40f9-bd38-f823d0909a2b"
EXPLORE = "explore?objectType=rest&object=json&fileType=json"


class Drip(http.server.BaseHTTPRequestHandler):
    """Promises a long answer and sends a byte of it each second."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Drips until the other side leaves."""
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "100000")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(1)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class Source(ThreadingMixIn, http.server.HTTPServer):
    """Drips for each one who asks."""

    daemon_threads = True


def main() -> None:
    """Begins all of them, and counts until the time is over."""
    os.nice(POLITENESS)
    base, client_id, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    headers = json.load(sys.stdin)
    source = Source(("127.0.0.1", 0), Drip)
    threading.Thread(target=source.serve_forever, daemon=True).start()
    counted: Counter[str] = Counter()
    connection = _connection(base, headers, f"http://127.0.0.1:{source.server_port}")
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_explore, args=(base, headers, connection, until, counted), daemon=True)
        for _ in range(EXPLORERS)
    ]
    threads += [
        threading.Thread(target=_guess, args=(base, client_id if n % 2 else f"client-{n}", until, counted), daemon=True)
        for n in range(GUESSERS)
    ]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    print(json.dumps(counted))


def _connection(base: str, headers: dict[str, str], host: str) -> str:
    body = {
        "name": "dripping", "connectionSpec": {"id": LINKEDIN, "version": "1.0"},
        "auth": {"specName": "OAuth2 Refresh Code", "params": {"host": host, "accessToken": "bench"}},
    }  # fmt: skip
    answer = httpx2.post(f"{base}{FLOW_SERVICE}/connections", headers=headers, json=body, trust_env=False)
    answer.raise_for_status()
    return str(answer.json()["id"])


def _explore(base: str, headers: dict[str, str], connection: str, until: float, counted: Counter[str]) -> None:
    with httpx2.Client(base_url=base, headers=headers, trust_env=False, timeout=90) as client:
        while time.monotonic() < until:
            answer = client.get(f"{FLOW_SERVICE}/connections/{connection}/{EXPLORE}")
            counted[f"explore {answer.status_code}"] += 1


def _guess(base: str, client_id: str, until: float, counted: Counter[str]) -> None:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "a guess"}
    with httpx2.Client(base_url=base, trust_env=False, timeout=90) as client:
        while time.monotonic() < until:
            counted[f"guess {client.post('/ims/token/v3', data=form).status_code}"] += 1
            time.sleep(GUESS_PAUSE)


if __name__ == "__main__":
    main()
