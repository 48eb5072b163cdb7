"""The shapes of a backfill: what is asked for, how it is set up, what Headrace should reach beside the Arrow loop."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench import analytics, chains, setting_up
from bench.figures import Aim, at_least, at_most
from headrace.cli import tutorial
from headrace.client import FLOW_SERVICE, Client


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape.

    kind       of the source's rows: of accounts, or of a chain of pages of 1,000
    compared   the kind that the Arrow loop reads beside it: an odd record would end that loop
    speed      rows per second to the loop's, at least
    processor  processor time to the loop's, at most
    """

    title: str
    kind: str
    compared: str
    speed: Aim
    processor: Aim | None

    @property
    def chained(self) -> bool:
        """Whether its pages are a chain of 1,000 rows each."""
        return self.kind in (chains.NARROW, chains.WIDE)


SHAPES = {
    "a": Shape("pages of 14,000", analytics.PLAIN, analytics.PLAIN, at_least(1.2), at_most(1.2)),
    "b": Shape("pages of 1,000", chains.NARROW, chains.NARROW, at_least(1.3), at_most(1.1)),
    "c": Shape(
        "pages of 1,000, lists, objects", chains.WIDE, chains.WIDE, at_least(1.2), at_most(1.1)
    ),
    "d": Shape("as (a), 1 odd record in 100", analytics.ODD, analytics.PLAIN, at_least(0.9), at_most(1.4)),
    "e": Shape("as (a), half of one leaf text", analytics.DRIFTING, analytics.PLAIN, at_least(0.7), None),
}  # fmt: skip


def paths(kind: str, rows: int) -> Iterator[str]:
    """Every request that the rows of a kind take."""
    if kind in (chains.NARROW, chains.WIDE):
        yield from chains.paths(kind, rows)
    else:
        yield from (question.path for question in analytics.questions(analytics.accounts(rows, kind)))


def set_up(client: Client, url: str, shape: Shape, rows: int) -> tutorial.Walk:
    """Everything up to the mapping set."""
    if not shape.chained:
        walk = setting_up.prepared(client, ",".join(analytics.accounts(rows, shape.kind)))
    else:
        walk = _chain(client, url, shape.kind, rows)
    setting_up.map_fields(walk)
    return walk


def _chain(client: Client, url: str, kind: str, rows: int) -> tutorial.Walk:
    client.call("POST", "/_emulator/clock", {"now": f"{analytics.NOW:%Y-%m-%dT%H:%M:%S}Z"})
    spec = client.call("POST", f"{FLOW_SERVICE}/connectionSpecs", chains.SPEC)["id"]
    walk = tutorial.Walk(client, lambda _sent: None)
    reference = {"id": spec, "version": "1.0"}
    params = {"kind": kind, "pages": str(-(-rows // chains.ROWS))}
    walk.bodies["sourceConnection"] |= {"connectionSpec": reference, "params": params}
    walk.bodies["baseConnection"] |= {
        "connectionSpec": reference,
        "auth": {"specName": "Key", "params": {"host": url, "key": "bench"}},
    }
    if kind == chains.WIDE:
        _widen(walk)
    path = f"{FLOW_SERVICE}/connections"
    made = walk.send("Create a base connection", "POST", path, walk.bodies["baseConnection"], expect=201)
    walk.values["BASE_CONNECTION_ID"] = made["id"]
    tutorial.prepare(walk)
    return walk


def _widen(walk: tutorial.Walk) -> None:
    fields = walk.bodies["fieldGroup"]["definitions"]["customFields"]["properties"]["_extconndev"]["properties"]
    fields |= chains.WIDE_FIELDS
    walk.bodies["mappingSet"]["mappings"] += [
        {"sourceType": "ATTRIBUTE", "source": f"element.{name}", "destination": f"_extconndev.{name}"}
        for name in chains.WIDE_FIELDS
    ]
