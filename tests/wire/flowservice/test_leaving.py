"""Who no longer waits for an answer leaves no thread behind that goes on asking a source."""

import threading
from typing import Any

import httpx2
import pytest

from headrace.flows import connections, exploring
from source_server import reply, serving, spec
from wire_flows import Flows

SECONDS = 20.0
SLOW = {"type": "PAGE", "pageParamName": "p", "delayRequestMillis": 60_000}


def ending(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> threading.Event:
    """Set when the function has ended, however it did."""
    ended, original = threading.Event(), getattr(module, name)

    def watched(*args: Any, **kw: Any) -> Any:
        try:
            return original(*args, **kw)
        finally:
            ended.set()

    monkeypatch.setattr(module, name, watched)
    return ended


@pytest.mark.parametrize(("path", "module", "name"), [("explore", exploring, "explore"), ("test", connections, "test")])
def test_a_source_is_asked_for_as_long_as_somebody_waits(
    flows: Flows, monkeypatch: pytest.MonkeyPatch, path: str, module: Any, name: str
) -> None:
    """The source rests for a minute between its pages; the client has left long before."""
    ended = ending(monkeypatch, module, name)
    with serving() as source:
        asked = threading.Event()

        def answer(_: Any) -> Any:
            asked.set()
            return reply({"rows": [{"id": len(source.asked)}]})

        source.answer = answer
        document = {**spec(paginationParams=SLOW), "name": path, "providerId": "p", "attributes": {}}
        made = flows.post("/connectionSpecs", {name: value for name, value in document.items() if name != "id"}).json()
        params = {"host": source.url, "accessToken": "t"}
        auth = {"specName": "OAuth2 Refresh Code", "params": params}
        base = flows.connection(connectionSpec={"id": made["id"], "version": "1.0"}, auth=auth)
        asked.clear()
        query = {"objectType": "rest", "object": "json", "fileType": "json"} if path == "explore" else {}
        with pytest.raises(httpx2.ReadTimeout):
            flows.get(f"/connections/{base['id']}/{path}", params=query, timeout=1.0)
        assert asked.is_set() and ended.wait(SECONDS)
        assert len(source.asked) == 1
