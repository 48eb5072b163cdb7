"""Sample records of a request are read as a source's are, and values go out digit by digit."""

import json
from typing import Any

import pytest

import wire_dataset
from wire_server import Api

BASE = "/data/foundation/conversion"
PREVIEW, VALIDATE = f"{BASE}/mappingSets/preview", f"{BASE}/languages/el/validate"
FIELDS = {
    "d": {"type": "number", "meta:headraceType": "decimal(38,18)"},
    "k": {"type": "integer", "meta:xdmType": "long"},
    "t": {"type": "string"},
    "each": {"type": "array", "items": {"type": "number", "meta:headraceType": "decimal(38,18)"}},
}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def mapping_set(api: Api) -> str:
    mappings = [{"source": f"rows.{name}", "destination": f"_extconndev.{name}"} for name in FIELDS]
    schema = wire_dataset.schema(api, {"properties": FIELDS})
    return json.dumps({"xdmSchema": schema, "xdmVersion": "1.0", "mappings": mappings})


def previewed(api: Api, mapping_set: str, data: str) -> tuple[str, Any]:
    answer = api.post(PREVIEW, content=f'{{"data":{data},"mappingSet":{mapping_set}}}'.encode(), headers=JSON)
    assert answer.status_code == 200, answer.text
    return answer.text, answer.json()


# The members of rows in a record, and those of the data that is shown.
SHOWN = {
    '"d":12345678901234567.25': '"d":12345678901234567.25',
    '"d":"0.123456789012345678"': '"d":0.123456789012345678',
    '"d":1.10': '"d":1.1',
    '"d":20000000000000000001': '"d":20000000000000000001',
    '"k":9007199254740993,"t":9007199254740993.0': '"k":9007199254740993,"t":"9007199254740993.0"',
    '"each":[12345678901234567.25,1]': '"each":[12345678901234567.25,1]',
    r'"k":1,"h":"\ud83d"': '"k":1',
    r'"k":1,"\udc00":[1]': '"k":1',
    '"k":1,"z":1e400': '"k":1',
    '"k":1,"z":' + "9" * 5000: '"k":1',
    r'"k":1,"z":"\u0000"': '"k":1',
}
# What rejects a record alone.
REFUSED = {
    r'"t":"\ud83d"': r'"\ud83d" from rows.t cannot become string',
    '"k":1,"z":NaN': "it is not JSON (NaN is not a JSON value)",
    '"k":1,"z":"a\nb"': "it is not JSON (invalid control character",
    '"k":1,"z":' + "[" * 300 + "]" * 300: "it is nested more than 200 levels deep",
}


@pytest.mark.parametrize("members", SHOWN)
def test_what_a_flow_lands_a_preview_shows(api: Api, mapping_set: str, members: str) -> None:
    text, _ = previewed(api, mapping_set, f'{{"rows":{{{members}}}}}')
    assert f'"data":{{"_extconndev":{{{SHOWN[members]}}}}},"errors":null' in text


@pytest.mark.parametrize("members", REFUSED)
def test_what_costs_a_record_leaves_the_others(api: Api, mapping_set: str, members: str) -> None:
    text, answers = previewed(api, mapping_set, f'[{{"rows":{{"k":1}}}},{{"rows":{{{members}}}}},{{"rows":{{"k":2}}}}]')
    assert [answer["data"] for answer in answers] == [{"_extconndev": {"k": 1}}, {}, {"_extconndev": {"k": 2}}]
    assert [answer["errors"] is None for answer in answers] == [True, False, True]
    assert REFUSED[members] in answers[1]["errors"][0]["exception"].replace("\ud83d", r"\ud83d"), text


def test_an_array_of_broken_records_alone(api: Api, mapping_set: str) -> None:
    _, answers = previewed(api, mapping_set, '[{"rows":NaN}]')
    assert [answer["data"] for answer in answers] == [{}]


NO_RECORDS = {
    "5": "it is number, not an object",
    '"{}"': "it is string, not an object",
    "null": "it is null, not an object",
    "[{}]": "it is array, not an object",
    "NaN": "it is not JSON (NaN is not a JSON value)",
    "[" * 9000 + "]" * 9000: "it is nested more than 200 levels deep",
}


@pytest.mark.parametrize("element", NO_RECORDS)
def test_an_element_that_is_no_record_leaves_the_others(api: Api, mapping_set: str, element: str) -> None:
    _, answers = previewed(api, mapping_set, f'[{{"rows":{{"k":1}}}},{element},{{"rows":{{"k":2}}}}]')
    assert [answer["data"] for answer in answers] == [{"_extconndev": {"k": 1}}, {}, {"_extconndev": {"k": 2}}]
    (error,) = answers[1]["errors"]
    assert error["exception"] == f"The element cannot be read as a record: {NO_RECORDS[element]}."
    assert error["source"] == "$" and error["destination"] is None
    _, alone = previewed(api, mapping_set, f"[{element}]")
    assert alone == [answers[1]]


@pytest.mark.parametrize("data", ["null", "5", "NaN", '"[]"', f"[{','.join(['{}'] * 1001)}]"])
def test_what_is_no_record_is_refused(api: Api, mapping_set: str, data: str) -> None:
    answer = api.post(PREVIEW, content=f'{{"data":{data},"mappingSet":{mapping_set}}}'.encode(), headers=JSON)
    assert answer.status_code == 400 and "Send in data one record" in answer.text


ODD = r'{"n":12345678901234567.25,"i":9007199254740993,"h":"\ud83d","z":1e400,"u":"\u0000"}'


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("i + 1", "9007199254740994"),
        ("h", r'"\ud83d"'),
        ("u", r'"\u0000"'),
    ],
)
@pytest.mark.parametrize("as_text", [False, True])
def test_an_expression_is_tried_on_what_sources_send(api: Api, expression: str, result: str, as_text: bool) -> None:
    sent = json.dumps(ODD) if as_text else ODD
    body = f'{{"expression":{json.dumps(expression)},"sampleData":{sent}}}'
    assert f'"result":{result}' in api.post(VALIDATE, content=body.encode(), headers=JSON).text


def test_a_number_of_more_digits_than_anything_computes_with_goes_out_as_it_came(api: Api) -> None:
    digits = "9" * 20_000
    body = f'{{"expression":"a","sampleData":{{"a":{digits}}}}}'
    assert f'"result":{digits}}}' in api.post(VALIDATE, content=body.encode(), headers=JSON).text


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("json_to_object('1e4000000')", '"result":1E+4000000'),
        ("json_to_object('1e4000000') + 1", "too large for a number"),
        ("concat('', json_to_object('1e4000000'))", '"result":"1E+4000000"'),
        ("to_integer('1e4000000')", "no whole number"),
        ("to_decimal('1e4000000')", "no number"),
        ("1e4000000", "too large"),
        ("to_integer(h)", "no value"),
    ],
)
def test_a_number_of_a_large_exponent_is_never_written_out(api: Api, expression: str, said: str) -> None:
    """Its digits would be millions: the process stood for minutes over them."""
    body = {"expression": expression, "sampleData": {"h": 1e300}}
    answer = api.post(VALIDATE, json=body)
    assert answer.status_code == 200 and said in answer.text and len(answer.content) < 2_000


def test_a_sample_is_kept_as_it_was_sent(api: Api, mapping_set: str) -> None:
    made = api.post(f"{BASE}/samples", content=f'{{"sampleData":{ODD}}}'.encode(), headers=JSON)
    assert made.status_code == 200 and made.json()["sampleData"] == ODD
    found = api.get(f"{BASE}/samples/{made.json()['id']}").json()
    assert found["sampleData"] == ODD
    schema = api.post(f"{BASE}/schemas", json={"sampleId": made.json()["id"]}).json()["jsonSchema"]
    assert [one["type"] for one in schema["properties"].values()] == ["number", "integer", "string", "number", "string"]
    sent = f'{{"sampleData":{ODD},"xdmSchema":{json.dumps(json.loads(mapping_set)["xdmSchema"])}}}'
    assert api.post(f"{BASE}/mappingSets/suggestion", content=sent.encode(), headers=JSON).status_code == 200


def test_a_sample_whose_schema_cannot_be_stored_is_no_schema(api: Api) -> None:
    made = api.post(f"{BASE}/samples", content=rb'{"sampleData":{"a\u0000b":1}}', headers=JSON).json()
    answer = api.post(f"{BASE}/schemas", json={"sampleId": made["id"]})
    assert answer.status_code == 400 and "NUL" in answer.text
