"""The bench's source, a process of its own: it renders a page once and replays it from then on."""

import socket
from urllib.parse import unquote

import uvicorn
from starlette.types import Receive, Scope, Send

from bench import analytics, chains


class Replay:
    """Answers adAnalytics, where what differs in the account's number only is the same page; lists accounts; chains."""

    def __init__(self) -> None:
        self._pages: dict[tuple[object, ...], bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = self._answer(scope["path"], scope["query_string"].decode())
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, path: str, query: str) -> bytes:
        if path == chains.PATH:
            return chains.answer(query)
        return self._page(query) if path.endswith("/adAnalytics") else analytics.listing(query)

    def _page(self, query: str) -> bytes:
        asked = analytics.question_in(_with_plain_range(query))
        key = (asked.kind, asked.first, asked.last, asked.rows)
        if key not in self._pages:
            self._pages[key] = analytics.page(asked)
        return self._pages[key]


def _with_plain_range(query: str) -> str:
    return unquote(query).replace("sponsoredAccount:", "sponsoredAccount%3A")


def main() -> None:
    """Serves on a free loopback port and says where."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        print(f"The bench's source replays at http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(Replay(), log_level="warning", access_log=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
