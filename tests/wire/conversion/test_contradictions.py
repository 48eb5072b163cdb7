"""Where the documented pages contradict each other or themselves: each choice of data-prep.md, named and pinned."""

import re
from typing import Any

import pytest

from wire_server import Api

BASE = "/data/foundation/conversion"
PATH = f"{BASE}/mappingSets"
CLICKS = {"sourceType": "ATTRIBUTE", "source": "element.clicks", "destination": "_extconndev.clicks"}


def _body(schema_id: str, *mappings: dict[str, Any]) -> dict[str, Any]:
    return {"xdmSchema": schema_id, "xdmVersion": "1.0", "mappings": list(mappings) or [CLICKS]}


@pytest.fixture(scope="module")
def made(api: Api, schema_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.post(PATH, json=_body(schema_id)).json()
    return found


@pytest.mark.parametrize(
    ("query", "limit"), [("", 10), ("?limit=100", 100), ("?limit=3&start=0&orderBy=lastUpdateDate", 3)]
)
def test_2_limit_and_start_are_called_required_and_one_client_leaves_them_out(
    api: Api, made: dict[str, Any], query: str, limit: int
) -> None:
    answer = api.get(PATH + query)
    assert (answer.status_code, answer.json()["_page"]["limit"]) == (200, limit)


@pytest.mark.parametrize("order", ["-updatedDate", "-lastUpdateDate", "+createdDate", "%2BcreatedDate", "createdDate"])
def test_2_sort_names_of_both_pages_are_taken_and_a_plus_may_come_as_a_blank(
    api: Api, made: dict[str, Any], order: str
) -> None:
    assert api.get(f"{PATH}?orderBy={order}").json()["data"]


def test_2_creation_answers_200_and_not_201(api: Api, schema_id: str) -> None:
    assert api.post(f"{PATH}?validate=False", json=_body(schema_id)).status_code == 200


@pytest.mark.parametrize("validate", ["true", "false", ""])
def test_2_a_set_is_checked_whatever_validate_says(api: Api, schema_id: str, validate: str) -> None:
    wrong = {**CLICKS, "destination": "_extconndev.nothing"}
    assert api.post(f"{PATH}?validate={validate}", json=_body(schema_id, wrong)).status_code == 400


def test_2_1_moments_are_numbers_though_the_spec_types_them_as_text(api: Api, made: dict[str, Any]) -> None:
    found = api.get(f"{PATH}/{made['id']}").json()
    assert all(isinstance(one[name], int) for one in (found, *found["mappings"]) for name in ("createdDate",))
    assert re.fullmatch("[0-9a-f]{32}", found["id"]) and re.fullmatch("[0-9a-f]{32}", found["outputSchema"]["id"])


def test_2_1_the_schema_comes_only_when_it_is_asked_for(api: Api, made: dict[str, Any]) -> None:
    plain, expanded = (api.get(f"{PATH}/{made['id']}?expandSchema={flag}").json() for flag in ("false", "True"))
    assert "jsonSchema" not in plain["outputSchema"] and "properties" in expanded["outputSchema"]["jsonSchema"]
    assert "jsonSchema" not in api.get(PATH).json()["data"][0]["outputSchema"]


def test_2_1_a_page_counts_the_items_that_it_holds(api: Api, made: dict[str, Any]) -> None:
    page = api.get(f"{PATH}?limit=1").json()
    assert page["_page"] == {"count": len(page["data"]), "limit": 1} == {"count": 1, "limit": 1}


def test_2_2_mappings_are_answered_as_an_array(api: Api, made: dict[str, Any]) -> None:
    (found,) = api.get(f"{PATH}/{made['id']}/mappings").json()
    assert found["destination"] == CLICKS["destination"]


def test_2_2_a_mapping_says_what_it_reads_and_how_well_it_matched(api: Api, schema_id: str) -> None:
    computed = {**CLICKS, "sourceType": "EXPRESSION", "source": "a.b + c * a.b", "matchScore": 0.7}
    made = api.post(PATH, json=_body(schema_id, computed)).json()
    (found,) = api.get(f"{PATH}/{made['id']}/mappings").json()
    assert (found["expressionAttributes"], found["matchScore"], found["functionVersion"]) == (["a.b", "c"], 0.7, 1)


@pytest.mark.parametrize("sent", [{"element": {"clicks": 3}}, [{"element": {"clicks": 3}}]])
def test_2_4_an_object_gets_an_object_and_an_array_an_array(api: Api, schema_id: str, sent: Any) -> None:
    shown = api.post(f"{PATH}/preview", json={"data": sent, "mappingSet": _body(schema_id)}).json()
    one = {"data": {"_extconndev": {"clicks": 3}}, "errors": None}
    assert shown == (one if isinstance(sent, dict) else [one])


@pytest.mark.parametrize("sent", ['concat("a", "b")', {"expression": 'concat("a", "b")'}])
def test_2_5_an_expression_may_be_nested_and_the_answer_is_an_object(api: Api, sent: Any) -> None:
    answer = api.post(f"{BASE}/languages/el/validate", json={"expression": sent})
    assert answer.json() == {"validationStatus": "succeeded", "error": "none"}


def test_2_5_a_wrong_expression_is_a_verdict_and_a_wrong_body_is_refused(api: Api) -> None:
    failed = api.post(f"{BASE}/languages/el/validate", json={"expression": "concat("})
    assert (failed.status_code, failed.json()["validationStatus"]) == (200, "failed")
    assert api.post(f"{BASE}/languages/el/validate", json={"expression": 5}).status_code == 400


@pytest.mark.parametrize(
    ("spelling", "source"),
    [
        ("ATTRIBUTE", "element.clicks"),
        ("text/x.schema-path", "element.clicks"),
        ("schema-path", "element.clicks"),
        ("EXPRESSION", "element.clicks + 0"),
        ("text/x.aep-xl", "element.clicks + 0"),
        ("STATIC", "3"),
        ("text/plain", "3"),
    ],
)
def test_3_every_source_type_is_taken_and_comes_back_as_it_was_sent(
    api: Api, schema_id: str, spelling: str, source: str
) -> None:
    body = _body(schema_id, {**CLICKS, "sourceType": spelling, "source": source})
    id = api.post(PATH, json=body).json()["id"]
    assert api.get(f"{PATH}/{id}/mappings").json()[0]["sourceType"] == spelling
    shown = api.post(f"{PATH}/preview", json={"data": {"element": {"clicks": 3}}, "mappingSet": body}).json()
    assert shown["data"] == {"_extconndev": {"clicks": 3}}


def test_5_two_mappings_of_one_destination_are_an_error(api: Api, schema_id: str) -> None:
    answer = api.post(PATH, json=_body(schema_id, CLICKS, CLICKS))
    assert [one["field"] for one in answer.json()["errors"]] == ["mappings[1].destination"]


@pytest.mark.parametrize(
    ("query", "status", "version"),
    [("", 200, 1), ("?version=0", 200, 0), ("?version=1", 200, 1), ("?version=2", 404, None)],
)
def test_6_no_version_means_the_newest_and_a_version_means_that_one(
    api: Api, schema_id: str, query: str, status: int, version: int | None
) -> None:
    id = api.post(PATH, json=_body(schema_id)).json()["id"]
    api.put(f"{PATH}/{id}", json=_body(schema_id))
    answer = api.get(f"{PATH}/{id}{query}")
    assert (answer.status_code, answer.json().get("version")) == (status, version)


DAY = "2019-10-17"
# Section 14, and the examples whose print is wrong: expression, record, what is made of it.
PRINTED: list[tuple[str, str, dict[str, Any], Any]] = [
    ("special characters: the vertical bar is %7C", "get_url_encoded('|')", {}, "%7C"),
    ("date_part: w is the week, not the weekday", f"date_part('w', date('{DAY}'))", {}, 42),
    ("make_date_time: SECOND is a parameter, the zone counts",
     "make_date_time(2019, 10, 17, 11, 55, 12, 999, 'America/Los_Angeles')", {}, "2019-10-17T18:55:12Z"),
    ("date: FORMAT and DEFAULT_DATE are optional", f"date('{DAY}')", {}, "2019-10-17T00:00:00Z"),
    ("date: FORMAT is the pattern of the input", "date('17/10/2019', 'dd/MM/yyyy')", {}, "2019-10-17T00:00:00Z"),
    ("zone_date_to_utc: PST is -08:00 all the year",
     "zone_date_to_utc(date('2019-10-17T11:55:12 PST', \"yyyy-MM-dd'T'HH:mm:ss z\"))", {}, "2019-10-17T19:55:12Z"),
    ("map_get_values: the bare value", "map_get_values(m, 'k')", {"m": {"k": "v"}}, "v"),
    ("add_to_map: one merged map", "add_to_map(m, n)", {"m": {"a": 1}, "n": {"b": 2}}, {"a": 1, "b": 2}),
    ("maps: supported, though one page says they are not", "to_map('a', 1).get('a')", {}, 1),
    ("filterArray: none of 1990 and 2021 is greater than 2021",
     "filterArray(o, x -> x.founded > 2021)", {"o": [{"founded": 1990}, {"founded": 2021}]}, []),
    ("arrays_to_objects: both names", "arrays_to_objects('a', [1])", {}, [{"a": 1}]),
    ("arrays_to_object: both names", "arrays_to_object('a', [1])", {}, [{"a": 1}]),
    ("crc32: the lowest byte first", "crc32('my text')", {}, "8df92e80"),
    ("a field called like a function", "date", {"date": 7}, 7),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "record", "result"), [one[1:] for one in PRINTED], ids=[one[0] for one in PRINTED]
)
def test_14_what_is_printed_wrong(api: Api, expression: str, record: dict[str, Any], result: Any) -> None:
    body = {"expression": expression, "sampleData": record or {"x": 1}}
    answer = api.post(f"{BASE}/languages/el/validate", json=body)
    assert answer.json() == {"validationStatus": "succeeded", "error": "none", "result": result}


def test_14_now_is_printed_as_iso_text(api: Api) -> None:
    answer = api.post(f"{BASE}/languages/el/validate", json={"expression": "concat(now())", "sampleData": {"x": 1}})
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", answer.json()["result"])


@pytest.mark.parametrize(
    ("source", "record", "taken"),
    [
        ("Full\\.Name", {"Full.Name": "a"}, True),
        ("Full.Name", {"Full": {"Name": "a"}}, True),
        # The choice for flat files, the whole text as a column's name, waits for them: every record here is JSON.
        ("Full.Name", {"Full.Name": "a"}, False),
    ],
)
def test_4_a_dot_steps_and_a_backslash_makes_it_part_of_a_name(
    api: Api, schema_id: str, source: str, record: dict[str, Any], taken: bool
) -> None:
    mapping = {"sourceType": "ATTRIBUTE", "source": source, "destination": "_extconndev.pivotValue"}
    shown = api.post(f"{PATH}/preview", json={"data": record, "mappingSet": _body(schema_id, mapping)}).json()
    assert shown["data"] == ({"_extconndev": {"pivotValue": "a"}} if taken else {})


def test_5_a_leaf_walked_into_a_leaf_is_the_leaf(api: Api, list_schema_id: str) -> None:
    mapping = {"sourceType": "ATTRIBUTE", "source": "emails[*].name", "destination": "_extconndev.pi[*].names"}
    record = {"emails": [{"name": "John Smith"}, {"name": "Jane"}]}
    body = {"data": record, "mappingSet": _body(list_schema_id, mapping)}
    shown = api.post(f"{PATH}/preview", json=body).json()
    assert shown["data"] == {"_extconndev": {"pi": [{"names": "John Smith"}, {"names": "Jane"}]}}


def test_5_paths_through_an_array_without_an_index_fill_its_one_element(api: Api, list_schema_id: str) -> None:
    mappings = [
        {"sourceType": "ATTRIBUTE", "source": name, "destination": f"_extconndev.pi.{name}"}
        for name in ("names", "kind")
    ]
    body = {"data": {"names": "a", "kind": "b"}, "mappingSet": _body(list_schema_id, *mappings)}
    assert api.post(f"{PATH}/preview", json=body).json()["data"] == {
        "_extconndev": {"pi": [{"names": "a", "kind": "b"}]}
    }
