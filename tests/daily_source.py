"""A source of daily figures on loopback, and flows that read it by a spec of the test's own."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from source_server import Asked, Reply, Source, handler, reply, spec
from tutorial_flows import FLOWS, Flow, Json, Tutorial

DAY = "yyyy-MM-dd"
REPLACING: Json = {"writeMode": "replace-window", "sliceDays": 31, "day": {"date": "row.at"}}
CLICKS = [{"sourceType": "ATTRIBUTE", "source": "row.clicks", "destination": "_extconndev.clicks"}]


@dataclass
class Daily:
    """The source and what it holds. ``rows`` are of the days that they tell; ``odd`` ones come with every answer.

    failing  what it answers instead
    """

    source: Source
    tutorial: Tutorial
    rows: list[Json] = field(default_factory=list)
    odd: list[Json] = field(default_factory=list)
    failing: Reply | None = None

    def answer(self, asked: Asked) -> Reply:
        if self.failing is not None:
            return self.failing
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked.target).query).items()}
        inside = [row for row in self.rows if query["from"] <= row["at"] <= query["to"]]
        return reply({"rows": inside + self.odd})

    def spec(self, extension: Json, **attributes: Any) -> str:
        """The id of a posted spec with this ``x-headrace`` block."""
        schedule = {f"schedule{end}ParamName": name for end, name in (("Start", "from"), ("End", "to"))}
        formats = {f"schedule{end}ParamFormat": DAY for end in ("Start", "End")}
        told = {
            "urlParams": {"host": "${host}", "path": "/daily", "method": "GET"},
            "contentPath": {"path": "$.rows", "overrideWrapperAttribute": "row"},
            "scheduleParams": schedule | formats,
            **attributes,
        }
        document = spec({"type": "object", "properties": {}}, extension, **told)
        body = {
            **document,
            "name": "daily",
            "providerId": "tests",
            "type": "generic-rest",
            "attributes": {"isSource": True},
        }
        body.pop("id")
        id: str = self.tutorial.post(f"{FLOWS}/connectionSpecs", body)["id"]
        return id

    def flow(self, extension: Json | None = None, attributes: Json | None = None, **flow: Any) -> Flow:
        """An hourly flow of the source; what is not said here is as ``Tutorial.flow`` has it."""
        spec_id = self.spec(REPLACING if extension is None else extension, **(attributes or {}))
        return self.tutorial.flow(host=self.source.url, spec_id=spec_id, mappings=CLICKS, **flow)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """The first and the last of what each request asked for."""
        queries = (parse_qs(urlsplit(target).query) for target in self.source.targets)
        return [(query["from"][0], query["to"][0]) for query in queries]


@pytest.fixture
def daily(tutorial: Tutorial) -> Iterator[Daily]:
    """A source without rows."""
    source = Source("")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(source)) as server:
        source.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        made = Daily(source, tutorial)
        source.answer = made.answer
        yield made
        tutorial.clean_up()
        server.shutdown()


def clicks(flow: Flow) -> list[int]:
    """What the flow's table holds, in order."""
    return sorted(row["clicks"] for row in flow.rows()["_extconndev"].to_pylist())
