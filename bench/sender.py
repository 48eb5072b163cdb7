"""A client, a process of its own: it sends one request over and over on kept connections.

python -m bench.sender HOST PORT SECONDS [CONNECTIONS [PAUSE]] < request
prints {"answers", "seconds", "statuses", "p50", "p99", "worst"}, the last three in milliseconds. PAUSE: seconds between
an answer and the next request, on each connection.
"""

import json
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

CONNECTIONS = 4
READ = 65536


@dataclass(slots=True)
class Tally:
    """What came back: how often each status, how long each answer took in seconds."""

    statuses: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    def milliseconds(self, share: float) -> float:
        """What this share of the answers took at most."""
        ordered = sorted(self.waits)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


def main() -> None:
    """Sends for so long and counts."""
    host, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    connections = int(sys.argv[4]) if len(sys.argv) > 4 else CONNECTIONS
    pause = float(sys.argv[5]) if len(sys.argv) > 5 else 0.0
    request = sys.stdin.buffer.read()
    tally, started = Tally(), time.monotonic()
    senders = [
        threading.Thread(target=_send, args=(host, port, request, started + seconds, pause, tally))
        for _ in range(connections)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    taken = time.monotonic() - started
    figures = {"p50": tally.milliseconds(0.5), "p99": tally.milliseconds(0.99), "worst": tally.milliseconds(1.0)}
    print(json.dumps({"answers": tally.statuses.total(), "seconds": taken, "statuses": tally.statuses, **figures}))


def _send(host: str, port: int, request: bytes, until: float, pause: float, tally: Tally) -> None:
    counted = Tally()
    with socket.create_connection((host, port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (sent := time.monotonic()) < until:
            connection.sendall(request)
            counted.statuses[_status(connection)] += 1
            counted.waits.append(time.monotonic() - sent)
            time.sleep(pause)
    tally.statuses.update(counted.statuses)
    tally.waits.extend(counted.waits)


def _status(connection: socket.socket) -> str:
    """The answer's status, read to its end."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _received(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length:")
    left = int(length.split(b"\r\n")[0]) - len(body)
    while left > 0:
        left -= len(_received(connection))
    return head.split()[1].decode()


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(READ)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


if __name__ == "__main__":
    main()
