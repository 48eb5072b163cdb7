"""Lists of runs from columns give what lists over all documents give, and read no more than their page."""

import base64
from collections.abc import Collection
from dataclasses import replace
from io import BytesIO
from random import Random
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from headrace.api.app import parse_query
from headrace.api.flowservice import lists, run_lists
from headrace.api.flowservice.lists import OPTIONAL
from headrace.api.request import Reply, Request
from headrace.api.sign_ins import SignIns
from headrace.clock import Window
from headrace.errors import HeadraceError
from headrace.lake import TableRef
from headrace.runs import run_documents, run_listing
from headrace.runs.plan import APPEND, FlowPlan, Target, encoded
from headrace.sources.reading import Reading
from headrace.store import parts, runs
from headrace.store.engine import Store
from headrace.store.parts import PartRecord
from headrace.store.runs import Run
from headrace.store.scope import Caller
from headrace.wire.filters import OPERATORS, values_at
from headrace.wire.pages import token_after

CALLER = Caller("org@AdobeOrg", "prod", "sandbox-id", "client", "user")
NUMBER, BASE = 80, "http://platform"
FLOWS = ("flow-a", "flow-B", "flow,c", "flow%ä")
USERS = ("user", "User", "user_1", "Ünal", "🙂", "\uffee", "a b", "a_b")
STATES = (runs.QUEUED, runs.IN_PROGRESS, runs.SUCCESS, runs.FAILED)
WINDOW = Window(0, 1)
TARGET = Target(TableRef(CALLER.org, "prod", "d"), "schema", "1.0", {}, "m", 0, (), 0)
PLAN = encoded(FlowPlan("flow-a", "b", "c", "s", "t", Reading({}, "", {}, WINDOW, 0), WINDOW, (), TARGET, APPEND, None))


def a_run(random: Random, n: int) -> Run:
    """A run that shares most of its values with others; some are replays of others, some of another sandbox."""
    replayed = random.randrange(1, NUMBER, 4)
    cause, flow = (f"replay:run-{replayed}:0:{n}", replayed) if n % 4 == 0 else (f"ondemand:{n}", n)
    caller = Caller(CALLER.org, "dev" if n % 9 == 0 else "prod", "", random.choice(USERS), random.choice(USERS))
    at = 1000 + random.randrange(20)
    run = runs.new_run(
        caller, id=f"run-{n}", flow_id=FLOWS[flow % 7 % 4], cause=cause, window=Window(at, at + random.randrange(2)),
        backfill=False, batch_id=f"batch-{n}", at=at,
    )  # fmt: skip
    waits = {"waits_for": "a source", "not_before": 5} if n % 7 == 0 else {}
    return replace(
        run,
        state=random.choice(STATES),
        updated_at=at + random.randrange(3),
        started_at=random.choice((None, 0, at, at + 1)),
        completed_at=random.choice((None, at + 2)),
        plan=PLAN if n % 2 else None,
        **waits,
    )


@pytest.fixture(scope="module")
def filled(store: Store) -> Store:
    random = Random(7)
    with store.write() as conn:
        for n in range(NUMBER):
            run = a_run(random, n)
            assert runs.insert(conn, run)
            if run.plan:
                parts.plan(conn, [PartRecord(run.id, n, parts.PLANNED, "{}") for n in range(2)])
                parts.start_activity(conn, run.id, parts.COPY, 1)
    return store


def request(store: Store, query: str) -> Request:
    deployment: Any = SimpleNamespace(store=store, settings=SimpleNamespace(base_url=BASE))
    return Request("GET", "/runs", {}, parse_query(query), {}, BytesIO(), CALLER, deployment, "id", "", SignIns())


def rendered(asking: Request, flow_id: str | None) -> Reply:
    """The list over all documents."""
    narrowed = flow_id or lists.only_value(asking, "flowId")
    query = lists.list_query(asking)
    with asking.store.read() as conn:
        return lists.answered(query, "/runs", run_documents.listed(conn, CALLER, BASE, narrowed))


def outcome(answer: Any, *args: Any) -> Any:
    try:
        return answer(*args)
    except HeadraceError as error:
        return type(error), error.message, error.facts


def token(last: str, place: int, limit: int, order: str = "", properties: tuple[str, ...] = ()) -> str:
    """A continuation token as a list gives it, or as a client could have changed it."""
    raw = msgspec.json.encode(lists.Token(token_after({"id": last}, place), limit, order, properties))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


# -- both ways give the same ---------------------------------------------------------------------------------------

PATHS = (*run_listing.COLUMNS, "sandboxId", "activities.id", "waitsFor", "replayedBy", "metrics.recordSummary", "no")
TEXTS = (
    *FLOWS, *USERS, *STATES, "SUCCESS", "inprogress", "run-3", "run-4", "org@AdobeOrg", "prod", "1005", "1005.0",
    " 1010 ", "1e3", "-1", "٣", "9" * 30, "nan", "x\0", "'", '"user"', "%", "_",
)  # fmt: skip
operators = st.sampled_from(OPERATORS)
instants = st.integers(998, 1024).map(str)
conditions = st.one_of(
    st.builds("{}{}{}".format, st.sampled_from(tuple(run_listing.NUMBERS)), operators, instants),
    st.builds("{}{}{}".format, st.sampled_from(tuple(run_listing.TEXTS)), operators, st.sampled_from(TEXTS)),
    st.builds(
        lambda path, op, listed: f"{path}{op}{','.join(listed)}",
        st.sampled_from(PATHS),
        operators,
        st.lists(st.one_of(st.sampled_from(TEXTS), instants), min_size=1, max_size=3),
    ),
)
keys = st.builds(
    str.__add__,
    st.sampled_from(("", "+", "-")),
    st.one_of(st.sampled_from(tuple(run_listing.COLUMNS)), st.sampled_from(PATHS)),
)
projections = st.sampled_from(("id,state", "metrics", "waitsFor", "no"))
tokens = st.builds(
    token,
    st.sampled_from(("run-1", "run-40", "gone", "\0")),
    st.integers(0, 90),
    st.integers(1, 20),
    st.sampled_from(("", "-createdAt", "state,-updatedAt")),
    st.sampled_from(((), ("state!=failed",))),
)
parameters = st.one_of(
    conditions.map(lambda text: ("property", text)),
    conditions.map(lambda text: ("property", text)),
    projections.map(lambda text: ("property", text)),
    st.lists(keys, min_size=1, max_size=3).map(lambda listed: ("orderby", ",".join(listed))),
    st.integers(1, 30).map(lambda limit: ("limit", str(limit))),
    st.just(("count", "true")),
    tokens.map(lambda token: ("continuationToken", token)),
)
queries = st.lists(parameters, max_size=4).map(
    lambda pairs: "&".join(f"{name}={quote(value)}" for name, value in pairs)
)


@pytest.mark.slow  # very many values
@settings(
    max_examples=300, derandomize=True, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(query=queries, flow_id=st.sampled_from((None, None, *FLOWS)))
def test_columns_answer_what_documents_answer(filled: Store, query: str, flow_id: str | None) -> None:
    asking = request(filled, query)
    assert outcome(run_lists.answer, asking, "/runs", flow_id) == outcome(rendered, asking, flow_id)


@pytest.mark.slow  # very many values
@pytest.mark.parametrize("path", run_listing.COLUMNS)
def test_each_column_under_each_operator_and_in_each_order(filled: Store, path: str) -> None:
    everything = rendered(request(filled, "limit=1000"), None).body["items"]
    present = sorted({str(value) for run in everything for value in values_at(run, path)})
    conditions = [f"{path}{op}{value}" for op in OPERATORS for value in present[:: max(1, len(present) // 3)]]
    for query in (*(f"property={quote(text)}" for text in conditions), f"orderby={path}", f"orderby=-{path}"):
        asking = request(filled, query)
        assert outcome(run_lists.answer, asking, "/runs") == outcome(rendered, asking, None)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["property=createdAt>1&", "orderby=" + "-createdAt," * 3000 + "id&"])
def test_a_question_longer_than_any_statement_is_answered(filled: Store, part: str) -> None:
    asking = request(filled, part * (3000 if "property" in part else 1) + "limit=3")
    assert run_lists.answer(asking, "/runs") == rendered(asking, None)


ORDERS = ("", "createdAt", "-createdAt", "state,-updatedAt", "-createdBy", "metrics.durationSummary.completedAtUTC")


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("condition", ["", "state!=FAILED", "flowId==flow-a", "createdBy>U"])
def test_pages_go_through_everything_once(filled: Store, order: str, condition: str) -> None:
    query = f"limit=7&orderby={quote(order)}&property={quote(condition)}"
    whole = rendered(request(filled, query.replace("limit=7", "limit=1000")), None).body["items"]
    seen = []
    while query:
        body: Any = run_lists.answer(request(filled, query), "/runs").body
        assert body == rendered(request(filled, query), None).body and len(body["items"]) <= 7
        seen += body["items"]
        query = body["_links"].get("next", {}).get("href", "").partition("?")[2]
    assert seen == whole and len(whole) > 7


def test_every_column_is_a_field_of_each_run(filled: Store) -> None:
    for run in rendered(request(filled, "limit=1000"), None).body["items"]:
        assert set(run) - {"waitsFor", "notBefore", "replayedBy"} <= OPTIONAL
    assert {path.partition(".")[0] for path in run_listing.COLUMNS} <= OPTIONAL


# -- what is read for it -------------------------------------------------------------------------------------------

NARROW = [
    ("limit=5", 5),
    ("limit=5&orderby=-createdAt", 5),
    ("limit=5&orderby=state,-updatedAt", 5),
    ("limit=5&property=state==success&orderby=metrics.durationSummary.startedAtUTC", 5),
    ("limit=5&property=metrics.statusSummary.status!=Success&property=createdAt>=1001", 5),
    ("limit=5&property=id==run-1,run-2&property=etag,activities", 2),
    (f"continuationToken={token('run-1', 3, 5)}", 5),
    ("count=true&property=updatedAt>1005", 0),
]


@pytest.mark.parametrize(("query", "owners"), NARROW)
def test_only_the_page_is_rendered(filled: Store, monkeypatch: pytest.MonkeyPatch, query: str, owners: int) -> None:
    read: list[str] = []
    of_owners = parts.of_owners

    def counting(conn: sa.Connection, owners: Collection[str]) -> dict[str, list[PartRecord]]:
        read.extend(owners)
        return of_owners(conn, owners)

    monkeypatch.setattr(parts, "of_owners", counting)
    run_lists.answer(request(filled, query), "/runs")
    assert len(read) == owners
