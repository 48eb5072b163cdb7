"""The kinds of work that a worker may die at: each can be prepared and begun, and says what its right end is."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crashes.world import World
from headrace.cli import tutorial
from headrace.client import CONVERSION, FLOW_SERVICE
from headrace.crash_points import CONTINUED, LANDED, LANDING, PLANNED
from headrace.lake.history import outcomes
from headrace.store.runs import FAILED, SUCCESS, Run
from source_server import API_KEY, Asked, Reply, Source, reply

DESCRIPTORS = "/data/foundation/schemaregistry/tenant/descriptors"
GOOD = {"_extconndev": {"clicks": 1}}
BAD = {"_extconndev": {"clicks": "n/a"}}
CORRECTED = 'iif(element.clicks == "n/a", null, to_integer(element.clicks))'
Counted = tuple[int, int, int]  # rows read, written, rejected


@dataclass(frozen=True)
class Work:
    """One piece of work in a world, ready to begin.

    begin    asks for it
    again    asks for it once more, by whatever way a client or a clock has
    find     its run, once there is one
    counts   what it must count
    before   the rows of each batch in the table, before it commits
    retired  the batches of these whose rows go with its commit
    left     the rows of these that are left, where some of them go
    """

    world: World
    begin: Callable[[], None]
    again: Callable[[], None]
    find: Callable[[], Run]
    counts: Counted
    before: Mapping[str, int] = field(default_factory=dict)
    retired: tuple[str, ...] = ()
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def run(self) -> Run:
        return self.find()

    @property
    def batch(self) -> str:
        return self.run.batch_id

    @property
    def after(self) -> dict[str, int]:
        """The rows of each batch in the table, once it is committed."""
        standing = {batch: rows for batch, rows in self.before.items() if batch not in self.retired}
        return {**standing, **self.left, self.batch: self.counts[1]}

    def until_over(self) -> None:
        """Waits until the run has ended, in doubt or not."""
        self.world.until(lambda: self.run.finished)


@dataclass(frozen=True)
class Kind:
    """A kind of work.

    of_flow    whether its runs are runs of a flow, which clients see and can stop
    unreached  the crash points that it never comes to, and why
    """

    name: str
    prepare: Callable[[World], Work]
    of_flow: bool = True
    unreached: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


# -- how each begins ---------------------------------------------------------------------------------------------


def flow_run(world: World) -> Work:
    """The tutorial's backfill."""
    begin = partial(tutorial.start_flow, world.walk)
    return Work(world, begin, world.settle, lambda: world.runs()[0], (100, 99, 1))


PAGES = (["1", "n/a", "2"], ["3", "4"], ["5"], ["6", "7"])


def page(asked: Asked) -> Reply:
    """One page of a chain of four, each of which names the next one."""
    n = int(parse_qs(urlsplit(asked.target).query).get("page", ["0"])[0])
    following = {"next": str(n + 1)} if n + 1 < len(PAGES) else {}
    return reply({"rows": [{"clicks": value} for value in PAGES[n]], **following})


CHAIN = {
    "name": "chained", "providerId": "0ed90a81-07f4-4586-8190-b40eccef1c5a", "version": "1.0", "type": "generic-rest",
    "attributes": {"isSource": True},
    "authSpec": [API_KEY],
    "sourceSpec": {
        "attributes": {
            "urlParams": {"host": "${host}", "path": "/rows", "method": "GET"},
            "contentPath": {"path": "$.rows", "overrideWrapperAttribute": "element"},
            "paginationParams": {
                "type": "CONTINUATION_TOKEN", "continuationTokenPath": "$.next", "parameterType": "QUERYPARAM",
                "parameterName": "page",
            },
        },
        "spec": {"type": "object", "properties": {}},
    },
}  # fmt: skip


def chained(world: World, source: Source) -> None:
    """Has the world's flow read a chain of pages instead of the tutorial's source."""
    spec = {"id": world.call("POST", f"{FLOW_SERVICE}/connectionSpecs", CHAIN)["id"], "version": "1.0"}
    walk, auth = world.walk, {"specName": API_KEY["name"], "params": {"host": source.url, "authKey1": "secret"}}
    base = {"name": "Chain", "connectionSpec": spec, "auth": auth}
    walk.values["BASE_CONNECTION_ID"] = world.call("POST", f"{FLOW_SERVICE}/connections", base)["id"]
    told = {"name": "Chain", "connectionSpec": spec, "params": {}}
    told |= {"baseConnectionId": walk.values["BASE_CONNECTION_ID"], "data": {"format": "json"}}
    walk.values["SOURCE_CONNECTION_ID"] = world.call("POST", f"{FLOW_SERVICE}/sourceConnections", told)["id"]


def chain_run(world: World) -> Work:
    """A run whose one part is a chain of pages."""
    chained(world, world.source(page))
    begin = partial(tutorial.start_flow, world.walk)
    return Work(world, begin, world.settle, lambda: world.runs()[0], (8, 7, 1))


def upload(world: World, predecessors: Mapping[str, int] = {}) -> Work:
    """Three good rows and a bad one, which go in the place of the predecessors' rows."""
    replay = {"replay": {"predecessors": list(predecessors), "reason": "replace"}} if predecessors else {}
    batch = world.put([GOOD, GOOD, BAD, GOOD], enableErrorDiagnostics=True, **replay)
    complete = partial(world.complete, batch)
    return Work(world, complete, complete, lambda: world.run(batch), (4, 3, 1), predecessors, tuple(predecessors))


def replacing_upload(world: World) -> Work:
    return upload(world, {world.load([GOOD, GOOD]): 2})


def merging_upload(world: World) -> Work:
    """Rows with keys: two that replace, one that deletes, one that loses to its like, a new one and a bad one."""
    body = {"@type": "xdm:descriptorPrimaryKey", "xdm:sourceProperty": "/_extconndev/clicks"}
    world.call("POST", DESCRIPTORS, {**body, "xdm:sourceSchema": world.walk.values["SCHEMA_ID"]})
    before = world.load([_clicks(n) for n in (1, 2, 3, 4)])
    rows = [_clicks(1), _clicks(5), _clicks(2), _clicks(2), {**_clicks(3), "_change_request_type": "d"}, {}]
    batch = world.put(rows, enableErrorDiagnostics=True)
    complete = partial(world.complete, batch)
    return Work(world, complete, complete, lambda: world.run(batch), (6, 3, 1), {before: 4}, left={before: 1})


def _clicks(n: int) -> dict[str, Any]:
    return {"_extconndev": {"clicks": n}}


def replay(world: World, rows: str, counts: Counted) -> Work:
    """A replay of the tutorial's backfill, through a mapping that takes the bad record too."""
    tutorial.start_flow(world.walk)
    world.tick()
    (backfill,) = world.runs()
    world.carry(backfill.id)
    correct(world)
    begin = partial(world.call, "POST", f"{FLOW_SERVICE}/runs/{backfill.id}/action", {"rows": rows}, op="replay")
    retired = (backfill.batch_id,) if rows == "all" else ()
    return Work(world, begin, world.settle, lambda: world.runs()[1], counts, {backfill.batch_id: 99}, retired)


def correct(world: World) -> None:
    """The next version of the mapping set takes the clicks by an expression."""
    path = f"{CONVERSION}/mappingSets/{world.walk.values['MAPPING_ID']}"
    clicks = {"sourceType": "EXPRESSION", "source": CORRECTED, "destination": "_extconndev.clicks"}
    others = [each for each in world.call("GET", path)["mappings"] if each["destination"] != clicks["destination"]]
    body = {"xdmSchema": world.walk.values["SCHEMA_ID"], "xdmVersion": "1.0", "mappings": [*others, clicks]}
    world.call("PUT", path, body)


NOTHING_TO_LAND = dict.fromkeys((LANDING, CONTINUED, LANDED), "its pages are landed before it begins")
PLANNED_BEFORE = {PLANNED: "whoever asks for a replay freezes its plan", **NOTHING_TO_LAND}

KINDS = (
    Kind("flow run", flow_run, unreached={CONTINUED: "each of its parts is one page"}),
    Kind("chain of pages", chain_run),
    Kind("upload", upload, of_flow=False, unreached=NOTHING_TO_LAND),
    Kind("replacing upload", replacing_upload, of_flow=False, unreached=NOTHING_TO_LAND),
    Kind("merging upload", merging_upload, of_flow=False, unreached=NOTHING_TO_LAND),
    Kind("replay", partial(replay, rows="all", counts=(100, 100, 0)), unreached=PLANNED_BEFORE),
    Kind("quarantined replay", partial(replay, rows="quarantined", counts=(1, 1, 0)), unreached=PLANNED_BEFORE),
)
OF_FLOWS = tuple(kind for kind in KINDS if kind.of_flow)
FLOW_RUN, CHAIN_RUN, UPLOAD, *_ = KINDS

# -- how each ends -----------------------------------------------------------------------------------------------


def assert_whole(work: Work, findings: Collection[str] = ()) -> None:
    """The rows once, by one snapshot, one record of it; ``verify`` would find something about these alone."""
    assert_recorded(work)
    assert work.world.rows() == work.after
    table = work.world.deployment.lake.table(work.world.table)
    assert [outcome.state for outcome in outcomes(table) if outcome.batch == work.batch] == ["committed"]
    assert {finding.id for finding in work.world.findings()} == set(findings)


def assert_recorded(work: Work) -> None:
    """Run and batch are the success that they must be, and what the batch stands for has retired."""
    world, run = work.world, work.run
    assert run.state == SUCCESS, (run.outcome, world.logs())
    batch = world.shown_batch(run.batch_id)
    assert (batch["status"], counted(batch["metrics"])) == ("success", work.counts)
    statuses = {id: world.shown_batch(id)["status"] for id in work.before}
    assert statuses == {id: "inactive" if id in work.retired else "success" for id in work.before}
    if run.flow_id is not None:
        metrics = world.shown_run(run.id)["metrics"]
        assert (metrics["statusSummary"]["status"], counted(metrics["recordSummary"])) == ("success", work.counts)


def assert_nothing(work: Work, status: str, findings: Collection[str] = ()) -> None:
    """The run failed and its batch has that status; the table is as it was before; ``findings`` as above."""
    assert work.run.state == FAILED and not work.run.in_doubt
    assert work.world.shown_batch(work.batch)["status"] == status
    assert work.world.rows() == work.before
    assert {work.world.shown_batch(id)["status"] for id in work.before} <= {"success"}
    assert {finding.id for finding in work.world.findings()} == set(findings)


def counted(metrics: Mapping[str, Any]) -> Counted:
    read, written, rejected = (metrics.get(f"{name}RecordCount", 0) for name in ("input", "output", "failed"))
    return read, written, rejected
