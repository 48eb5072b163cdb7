"""The HTTP server of a simulator: bound to loopback, told when it listens, stopped at once."""

import socket
from collections.abc import Callable

import uvicorn

from linkedin_simulator.app import create_app
from linkedin_simulator.simulator import Simulator

HOST = "127.0.0.1"


def bound(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 is a free one. OSError when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def url(listener: socket.socket) -> str:
    """Where the socket is reached."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


class Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, simulator: Simulator, on_ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            create_app(simulator),
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=0,
        )
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then calls ``on_ready``."""
        await super().startup(sockets)
        self._on_ready()
