"""What the backfill's shapes hold: both sides are asked for the same rows, and the odd ones are there."""

import json
from datetime import date

from bench import analytics, chains, shapes

ROWS = 2_500


def test_a_chain_ends_and_has_the_pages_that_the_loop_asks_for() -> None:
    asked = [path.partition("?")[2] for path in shapes.paths(chains.NARROW, ROWS)]
    pages = [json.loads(chains.answer(query)) for query in asked]
    assert [page["paging"] for page in pages] == [{"next": "1"}, {"next": "2"}, {}]
    assert [query.rpartition("&")[2] for query in asked[1:]] == ["page=1", "page=2"]
    assert [len(page["elements"]) for page in pages] == [chains.ROWS] * 3


def test_wide_rows_have_every_field_that_is_mapped() -> None:
    [first, *_] = shapes.paths(chains.WIDE, 1)
    elements = json.loads(chains.answer(first.partition("?")[2]))["elements"]
    assert all(chains.WIDE_FIELDS.keys() <= element.keys() for element in elements)


def test_rows_are_odd_as_often_as_their_kind_says() -> None:
    rows = {}
    for kind in analytics.KINDS:
        question = analytics.Question(analytics.account(0, 1_000, kind), date(2022, 2, 10), date(2022, 3, 12))
        rows[kind] = json.loads(analytics.page(analytics.question_in(question.path)))["elements"]
    texts = {kind: [[type(value) for value in row.values()].count(str) for row in rows[kind]] for kind in rows}
    assert {kind: sum(counts) for kind, counts in texts.items()} == {
        analytics.PLAIN: 0, analytics.ODD: 10, analytics.DRIFTING: 500,
    }  # fmt: skip
