"""Listings of batches from columns give what listings over all batches give, and render no more than their page."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from databases import BOTH, database_url
from headrace.catalog import batch_columns, batch_listing, selection
from headrace.catalog.batch_shape import rendered
from headrace.store import batches
from headrace.store.engine import Store, open_store
from headrace.store.migrations import upgrade
from headrace.store.scope import Caller
from headrace.wire.filters import values_at

CALLER = Caller("org@AdobeOrg", "prod", "sandbox-id", "client", "user")
NUMBER = 70
USERS = ("user", "User", "Ünal", "🙂", "\uffee", "a_b", "active")
DATASETS = ("d1", "d2", "D1", "d%")


@pytest.fixture(scope="module", params=BOTH)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Batches that share most of their values, one in nine of another sandbox."""
    directory: Path = tmp_path_factory.mktemp("batches")
    store, random = open_store(database_url(request.param, directory)), Random(11)
    upgrade(store)
    with store.write() as conn:
        for n in range(NUMBER):
            sandbox = "dev" if n % 9 == 0 else "prod"
            caller = replace(CALLER, sandbox=sandbox, client=random.choice(USERS), user=random.choice(USERS))
            at, status, external = 1000 + random.randrange(15), random.choice(list(batches.NEXT)), f"external-{n % 40}"
            batch = batches.insert(
                conn, caller, id=f"batch-{n:02}", dataset_id=random.choice(DATASETS), at=at, status="staging",
                external_id=external if n % 3 else None, body={"tags": {"t": [str(n % 2)]}},
            )  # fmt: skip
            changes = {"status": status, "completed_at": random.choice((None, at + 1)), "updated_at": at + 2}
            conn.execute(batches.batches.update().where(batches.batches.c.id == batch.id).values(**changes))
    yield store
    store.close()


def over_all(store: Store, pairs: selection.Pairs) -> list[dict[str, Any]]:
    with store.read() as conn:
        every = [rendered(batch, CALLER.sandbox_id) for batch in batches.select(conn, CALLER)]
    return selection.read(pairs, selection.BATCHES).page(every)


def listed(store: Store, pairs: selection.Pairs) -> list[dict[str, Any]]:
    with store.read() as conn:
        return batch_listing.page(conn, CALLER, pairs, selection.read(pairs, selection.BATCHES))


TEXTS = (
    *USERS, *DATASETS, *batches.NEXT, "staged", "failure", "queued", "processing", "batch-03", "batch-0*", "external-5",
    "1.0.0", "d1,d2", "!d1", "!success", "!1005", "success,failed", "!", "1005", "01005", "1e3", "9" * 25,
)  # fmt: skip
NAMES = tuple(selection.BATCHES.paths)
instants = st.integers(998, 1020).map(str)
orders = st.builds(
    "{}:{}".format, st.sampled_from(("asc", "desc")), st.sampled_from((*batch_columns.COLUMNS, "status", "no"))
)
parameters = st.one_of(
    st.tuples(st.sampled_from(NAMES), st.one_of(st.sampled_from(TEXTS), instants)),
    st.tuples(st.sampled_from(NAMES), st.one_of(st.sampled_from(TEXTS), instants)),
    st.tuples(st.sampled_from(tuple(selection.TIMES)), st.one_of(instants, st.just("9" * 5000))),
    st.sampled_from((("property", "status==success"), ("tags", "t:1"), ("unknown", "x"), ("properties", "id"))),
    st.lists(orders, min_size=1, max_size=3).map(lambda keys: ("orderBy", ",".join(keys))),
    st.tuples(st.just("limit"), st.integers(1, 30).map(str)),
    st.tuples(st.just("start"), st.integers(0, 80).map(str)),
)


@pytest.mark.slow  # very many values
@settings(
    max_examples=300, derandomize=True, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(pairs=st.lists(parameters, max_size=4))
def test_columns_answer_what_batches_answer(filled: Store, pairs: list[tuple[str, str]]) -> None:
    assert listed(filled, pairs) == over_all(filled, pairs)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_each_filter_with_each_value(filled: Store, name: str) -> None:
    path = selection.BATCHES.paths[name]
    present = {str(value) for batch in over_all(filled, [("limit", "100")]) for value in values_at(batch, path)}
    for text in sorted(present)[:8]:
        for value in (text, f"!{text}", f"{text},other"):
            pairs = [(name, value), ("limit", "100")]
            assert listed(filled, pairs) == over_all(filled, pairs)


NARROW = [
    [],
    [("orderBy", "desc:created")],
    [("orderBy", "asc:completed,desc:id")],
    [("dataSet", "d1,d2"), ("status", "!failure")],
    [("createdAfter", "1002"), ("createdBefore", "1012"), ("createdUser", "!user")],
    [("status", "staged")],
]


@pytest.mark.parametrize("pairs", NARROW)
def test_only_the_page_is_rendered(
    filled: Store, monkeypatch: pytest.MonkeyPatch, pairs: list[tuple[str, str]]
) -> None:
    seen = []
    monkeypatch.setattr(batch_listing, "rendered", lambda batch, id: seen.append(batch.id) or rendered(batch, id))
    page = listed(filled, [*pairs, ("limit", "2"), ("start", "1")])
    assert seen == [batch["id"] for batch in page] and len(page) == 2


@pytest.mark.slow
def test_a_question_longer_than_any_statement_is_answered(filled: Store) -> None:
    pairs = [("createdAfter", "1001")] * 3000
    assert listed(filled, pairs) == over_all(filled, pairs) != []
