"""Who waits for a slow source stands in nobody's way who asks none."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from headrace.api.operation import SOURCE
from headrace.api.rooms import SIZES
from source_server import Source, reply, serving
from wire_flows import Flows

SECONDS = 20.0
EXPLORE = {"objectType": "rest", "object": "json", "fileType": "json"}


@pytest.fixture
def slow() -> Iterator[Source]:
    """A source that answers once it is released."""
    with serving() as source:

        def answer(_: Any) -> Any:
            source.released.wait(SECONDS)
            return reply({"elements": []})

        source.answer = answer
        yield source


def auth(source: Source, **params: str) -> dict[str, Any]:
    return {"specName": "OAuth2 Refresh Code", "params": {"host": source.url, "accessToken": "t", **params}}


def test_a_connection_that_asks_no_source_needs_no_place_among_those_that_do(flows: Flows, slow: Source) -> None:
    id = flows.connection(auth=auth(slow))["id"]
    asking = [
        threading.Thread(target=flows.get, args=(f"/connections/{id}/explore",), kwargs={"params": EXPLORE})
        for _ in range(SIZES[SOURCE].share)
    ]
    for thread in asking:
        thread.start()
    while len(slow.asked) < len(asking):
        asking[0].join(0.01)
    made = flows.connection(auth=auth(slow))
    assert flows.patch(f"/connections/{made['id']}", made["etag"], {"op": "add", "path": "/x", "value": 1}).is_success
    tried = flows.connection_body(auth=auth(slow, authorizationTestUrl=f"{slow.url}/me"))
    with pytest.raises(httpx2.ReadTimeout):
        flows.post("/connections", tried, timeout=1.0)
    assert len(slow.asked) == len(asking)
    slow.released.set()
    for thread in asking:
        thread.join()
    assert flows.post("/connections", tried).status_code == 201
