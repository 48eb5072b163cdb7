"""A source that answers from a recording, in the network's place."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx2

from headrace.errors import Invalid
from headrace.sources.auth import PLACEHOLDER, placeholder
from headrace.sources.recording import Exchange, Recording

_NAMED = 3
Key = tuple[str, str, str, str, bytes]


class Replayed(httpx2.BaseTransport):
    """Answers requests from a recording; ``secrets`` stand where it has ``${name}``.

    A request that was recorded more than once gets its answers in their order, the last one again and again.
    """

    def __init__(self, recording: Recording, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets
        self._answers: dict[Key, list[Exchange]] = {}
        for exchange in recording.exchanges:
            key = _key(exchange.method, self._filled(exchange.url), self._filled(exchange.sent or "").encode())
            self._answers.setdefault(key, []).append(exchange)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        target = request.extensions["target"].decode()
        url = f"{request.url.scheme}://{request.url.netloc.decode()}{target}"
        answers = self._answers.get(_key(request.method, url, request.read()))
        if answers is None:
            raise Invalid(self._unknown(request.method, url))
        exchange = answers.pop(0) if len(answers) > 1 else answers[0]
        body = self._filled(exchange.body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        headers = {name: self._filled(value) for name, value in exchange.headers.items()}
        if "content-type" in headers:  # the charset is of the body that came; what is kept of it is UTF-8
            headers["content-type"] = headers["content-type"].partition(";")[0]
        return httpx2.Response(exchange.status, headers=headers, stream=httpx2.ByteStream(body))

    def _filled(self, text: str) -> str:
        return PLACEHOLDER.sub(lambda found: self._secrets.get(found[1], found[0]), text)

    def _unknown(self, method: str, url: str) -> str:
        for name, value in self._secrets.items():
            url = url.replace(value, placeholder(name))
        known = "; ".join(f"{key[0]} {key[1]}://{key[2]}{key[3]}" for key in list(self._answers)[:_NAMED]) or "nothing"
        more = f" and {len(self._answers) - _NAMED} more" if len(self._answers) > _NAMED else ""
        return f"The recording has no answer to {method} {url}. It answers {known}{more}."


def _key(method: str, url: str, body: bytes) -> Key:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return method, parts.scheme.lower(), parts.netloc.lower(), target, body
