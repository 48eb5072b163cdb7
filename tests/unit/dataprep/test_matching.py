"""Names that mean the same, whatever their spelling; each field once; the same schemas give the same pairs."""

import pytest

from headrace.dataprep.fields import Field, fields_of
from headrace.dataprep.matching import fit, matched
from headrace.dataprep.naming import likeness, words_of
from headrace.errors import Invalid


def _fields(*told: str) -> list[Field]:
    """``a.b[].c:kind``, a text without a kind."""
    split = [one.partition(":") for one in told]
    return [
        Field(tuple(None if step == "*" else step for step in path.replace("[]", ".*").split(".")), kind or "string")
        for path, _, kind in split
    ]


def _pairs(sources: list[str], targets: list[str]) -> dict[str, str]:
    return {one.source.path: one.target.path for one in matched(_fields(*sources), _fields(*targets))}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pivotValue", "pivot value"),
        ("PIVOT_VALUE", "pivot value"),
        ("pivot-value 2", "pivot value 2"),
        ("costInUSD", "cost in usd"),
        ("HTTPStatus", "http status"),
        ("Größe", "grosse"),
        ("été", "ete"),
        ("数量", "数量"),
        ("$$", "$$"),
    ],
)
def test_a_name_is_its_words(name: str, words: str) -> None:
    assert words_of(name) == tuple(words.split())


@pytest.mark.parametrize(
    ("left", "right", "least", "most"),
    [
        ("pivotValue", "PIVOT_VALUE", 1, 1),
        ("zip", "postalCode", 0.95, 0.95),
        ("surname", "last_name", 0.95, 0.95),
        ("email", "emailAddress", 0.9, 1),
        ("clicks", "click", 0.9, 1),
        ("imprssions", "impressions", 0.8, 0.99),
        ("campaignName", "name", 0, 0.59),
        ("clicks", "likes", 0, 0.3),
        ("cat", "category", 0.7, 0.9),
    ],
)
def test_likeness(left: str, right: str, least: float, most: float) -> None:
    assert least <= likeness(words_of(left), words_of(right)) <= most
    assert likeness(words_of(left), words_of(right)) == likeness(words_of(right), words_of(left))


@pytest.mark.parametrize(
    ("sources", "targets", "pairs"),
    [
        # The wrapper of the records and the tenant's namespace say nothing.
        (["element.clicks:integer"], ["_t.clicks:integer"], {"element.clicks": "_t.clicks"}),
        # Of two fields of one name, the one whose parents are called alike.
        (
            ["r.range.end.day", "r.range.start.day"],
            ["_t.range.start.day", "_t.range.end.day"],
            {"r.range.end.day": "_t.range.end.day", "r.range.start.day": "_t.range.start.day"},
        ),
        # A name spread over levels.
        (["startDay", "x"], ["_t.start.day", "_t.end.day"], {"startDay": "_t.start.day"}),
        # One for one: the better of two takes the field.
        (["firstName", "first_nam"], ["person.name.firstName"], {"firstName": "person.name.firstName"}),
        # A kind that never fits is no match, however alike the names.
        (["a.flag:boolean"], ["_t.flag:integer"], {}),
        (["a.tags:array of string"], ["_t.tags:string"], {}),
        # Elements go with the array that better pairs come from.
        (
            ["r.lines[].sku", "r.lines[].qty:integer", "r.old[].quantity:integer"],
            ["items[].SKU", "items[].quantity:integer"],
            {"r.lines[*].sku": "items[*].SKU", "r.lines[*].qty": "items[*].quantity"},
        ),
        (
            ["r.lines[].sku", "r.lines[].qty:integer"],
            ["items[].SKU", "items[].quantity:integer"],
            {"r.lines[*].sku": "items[*].SKU", "r.lines[*].qty": "items[*].quantity"},
        ),
        (["sku"], ["items[].sku"], {}),
        ([], ["a"], {}),
    ],
)
def test_pairs(sources: list[str], targets: list[str], pairs: dict[str, str]) -> None:
    assert _pairs(sources, targets) == pairs


def test_a_type_that_converts_scores_less_than_one_that_is() -> None:
    assert 1 == fit("integer", "integer") > fit("integer", "string") > fit("string", "integer") > fit("object", "array")


def test_the_order_of_the_fields_does_not_matter_where_scores_differ() -> None:
    sources, targets = ["zip", "city", "e-mail", "surname"], ["lastName", "email", "city", "postalCode"]
    assert _pairs(sources, targets) == _pairs(sources[::-1], targets[::-1])


def test_fields_of_a_schema() -> None:
    schema = {
        "properties": {
            "a": {"type": "string", "format": "date"},
            "b": {"type": "array", "items": {"type": "integer"}},
            "c": {"type": "array", "items": {"properties": {"d.e": {"type": ["null", "number"]}}}},
            "m": {"type": "object", "additionalProperties": {"type": "string"}},
            "broken": 5,
        }
    }
    found = [(one.path, one.kind) for one in fields_of(schema, "inputSchema")]
    assert found == [("a", "date"), ("b", "array of integer"), ("c[*].d\\.e", "number"), ("m", "object")]


def test_too_many_fields_and_too_deep_ones_are_refused() -> None:
    with pytest.raises(Invalid, match="more than 3000 fields"):
        fields_of({"properties": {str(n): {} for n in range(3001)}}, "inputSchema")
    deep: dict = {}
    for _ in range(150):
        deep = {"properties": {"a": deep}}
    with pytest.raises(Invalid, match="levels deep"):
        fields_of(deep, "inputSchema")
