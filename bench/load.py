"""The client of (c), a process of its own: it sends one request over and over on kept connections.

python -m bench.load HOST PORT SECONDS < request     prints {"answers", "seconds", "statuses"}
"""

import json
import socket
import sys
import threading
import time
from collections import Counter

CONNECTIONS = 4
READ = 65536


def main() -> None:
    """Sends for so long and counts."""
    host, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    request = sys.stdin.buffer.read()
    statuses: Counter[str] = Counter()
    started = time.monotonic()
    senders = [
        threading.Thread(target=_send, args=(host, port, request, started + seconds, statuses))
        for _ in range(CONNECTIONS)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    taken = time.monotonic() - started
    print(json.dumps({"answers": statuses.total(), "seconds": taken, "statuses": statuses}))


def _send(host: str, port: int, request: bytes, until: float, statuses: "Counter[str]") -> None:
    counted: Counter[str] = Counter()
    with socket.create_connection((host, port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < until:
            connection.sendall(request)
            counted[_status(connection)] += 1
    statuses.update(counted)


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
