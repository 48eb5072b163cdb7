"""What explore shows where no record came: the fields that the spec declares, else why there are none."""

import base64

import pytest

from headrace import sources
from headrace.clock import Window
from headrace.sources.declared import record_schema
from headrace.sources.spec import extraction
from source_server import Reply, reply, spec

NOW = 3 * 86_400_000
TEXT = {"type": "string"}
PAGE_SCHEMA = {
    "type": "object",
    "properties": {
        "total": {"type": "integer"},
        "links": {"type": "array"},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"at": TEXT, "id": TEXT}}},
    },
}


def explored(source, http, document):
    return sources.explore(document, "None", {"host": source.url}, {}, NOW, http)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply({"rows": []}), "answered 200, and the array at $.rows is empty."),
        (reply({"rows": None}), "answered 200, and the array at $.rows is null."),
        (reply({"error": {"code": 7}, "message": "no"}), "it holds error, message."),
        (reply({}), "answered without $.rows, where the spec's contentPath points; it holds no fields."),
        (reply({f"f{n}": n for n in range(20)}), "f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11 and more."),
        (Reply(204, b""), "answered 204 without a body."),
        (
            Reply(200, b'{"rows": [{"a": NaN}]}'),
            "the one element at $.rows can be read as no record: it is not JSON (NaN",
        ),
        (
            reply({"rows": [1, "x"]}),
            "none of the 2 elements at $.rows can be read as a record; of the first: it is number",
        ),
    ],
)
def test_without_records_explore_says_why(source, http, answer, why):
    source.script = [answer]
    seen = explored(source, http, spec())
    assert seen.data == [] and seen.schema["properties"] == {}
    assert seen.schema["description"].startswith("No record came: ")
    assert why in seen.schema["description"] and "declares no schema" in seen.schema["description"]


# An answer of which some elements are no records, and what is said of them.
PARTLY = {
    b'{"rows": [{"a": 1}, 7, {"a": NaN}]}': ("2 of the 3", "it is number, not an object."),
    b'{"rows": [{"a": NaN}, {"a": 1}]}': ("1 of the 2", "it is not JSON (NaN is not a JSON value)."),
}
READ = "elements that were read can be read as no record; of the first:"


@pytest.mark.parametrize(
    "declared", [None, PAGE_SCHEMA, {**PAGE_SCHEMA["properties"]["rows"]["items"], "description": "Rows."}]
)
@pytest.mark.parametrize("body", PARTLY)
def test_elements_that_are_no_records_are_told_beside_those_that_are(source, http, body, declared):
    source.script = [Reply(200, body)]
    document = spec()
    document["sourceSpec"] |= {} if declared is None else {"schema": declared}
    seen = explored(source, http, document)
    assert [row["rows"] for row in seen.data] == [{"a": 1}]
    many, why = PARTLY[body]
    assert f"{many} {READ} {why}" in seen.schema["description"] and seen.schema["properties"]
    assert ("Rows." in seen.schema["description"]) == ("description" in (declared or {}))


def test_declared_fields_do_not_hide_that_no_element_is_a_record(source, http):
    source.script = [reply({"rows": [1, "x"]})]
    document = spec()
    document["sourceSpec"]["schema"] = PAGE_SCHEMA
    said = explored(source, http, document).schema["description"]
    assert said.startswith(f"2 of the 2 {READ} it is number, not an object.")


@pytest.mark.parametrize("said", [None, "Rows."])
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            reply({"error": "no such key"}),
            "answered without $.rows, where the spec's contentPath points; it holds error.",
        ),
        (reply({"rows": None}), "the array at $.rows is null."),
        (Reply(204, b""), "answered 204 without a body."),
    ],
)
def test_declared_fields_do_not_hide_that_no_record_came(source, http, answer, why, said):
    source.script = [answer]
    document = spec()
    described = {"description": said} if said else {}
    document["sourceSpec"]["schema"] = {**PAGE_SCHEMA["properties"]["rows"]["items"], **described}
    seen = explored(source, http, document)
    assert seen.data == [] and seen.schema["properties"]
    assert seen.schema["description"].startswith("Rows. No record came: " if said else "No record came: ")
    assert seen.schema["description"].endswith(why)


@pytest.mark.parametrize("number", [2**53 - 1, -(2**53), 2**53, -(2**53) - 1, 12345678901234567890, 10**30])
def test_no_number_lies_beyond_the_bounds_of_its_field(source, http, number):
    source.script = [Reply(200, b'{"rows": [{"id": 1}, {"id": %d}]}' % number)]
    shown = explored(source, http, spec()).schema["properties"]["rows"]["properties"]["id"]
    assert shown["type"] == "integer"
    assert shown.get("minimum", number) <= number <= shown.get("maximum", number)
    assert ("maximum" in shown) == (-(2**53) <= number < 2**53)


def test_readable_elements_alone_are_told_nothing_of(source, http):
    source.script = [reply({"rows": [{"a": n} for n in range(150)] + [7]})]
    assert "description" not in explored(source, http, spec()).schema  # of which 100 are read


@pytest.mark.parametrize("body", [b'[{"a": NaN}]', b'{"a": NaN}'])
def test_a_page_that_is_the_array_is_not_called_empty(source, http, body):
    source.script = [Reply(200, body)]
    seen = explored(source, http, spec(contentPath={"path": "$"}))
    assert "the one element at $ can be read as no record: it is not JSON" in seen.schema["description"]


@pytest.mark.parametrize("content", [{"path": "$"}, {"path": "$[0]"}])
def test_records_without_fields_are_said_to_have_none(source, http, content):
    source.script = [reply([{}, {}] if content["path"] == "$" else [[{}, {}]])]
    seen = explored(source, http, spec(contentPath=content))
    assert seen.data == [{}, {}] and "Without any field in every record" in seen.schema["description"]


def test_what_is_null_is_shown(source, http):
    source.script = [reply({"rows": [{"a": None, "b": [None, {"c": None}]}]})]
    document = spec(contentPath={"path": "$.rows", "overrideWrapperAttribute": "row"})
    assert explored(source, http, document).data == [{"row": {"a": None, "b": [None, {"c": None}]}}]


def test_the_days_that_were_asked_for_are_among_the_reasons(source, http):
    source.script = [reply({"rows": []})]
    document = spec(extension={"sliceDays": 7, "day": {"date": "rows.at"}, "explore": {"days": 2}})
    said = explored(source, http, document).schema["description"]
    assert "It was asked for 1970-01-03 to 1970-01-04 (UTC)." in said


@pytest.mark.parametrize("rows", [[], [{"id": "1", "at": "2026-01-01"}]])
def test_declared_fields_are_shown_as_a_record_has_them(source, http, rows):
    source.script = [reply({"total": len(rows), "links": [], "rows": rows})]
    document = spec(contentPath={"path": "$.rows", "overrideWrapperAttribute": "row", "skipAttributes": ["links"]})
    document["sourceSpec"]["schema"] = PAGE_SCHEMA
    shown = explored(source, http, document).schema
    assert ("No record came: " in shown.pop("description", "")) == (not rows)
    assert shown == {
        "type": "object",
        "properties": {
            "total": {"type": "integer"},
            "row": {"type": "object", "properties": {"at": TEXT, "id": TEXT}},
        },
    }


INNER = {"type": "object", "properties": {"what": TEXT}}
ELEMENT = {
    "type": "object",
    "properties": {"id": TEXT, "gone": TEXT, "deep": {"properties": {"list": {"type": "array", "items": INNER}}}},
}

TAKEN_APART = {
    "a page that is the array": ({"contentPath": {"path": "$"}}, {"type": "array", "items": ELEMENT}, ELEMENT),
    "a record already": ({}, ELEMENT, ELEMENT),
    "an exploded array": (
        {
            "contentPath": {"path": "$.rows"},
            "explodeEntityPath": {"path": "$.rows.deep.list", "overrideWrapperAttribute": "item"},
        },
        {"properties": {"rows": {"type": "array", "items": ELEMENT}}},
        {
            "type": "object",
            "properties": {
                "rows": {
                    "type": "object",
                    "properties": {
                        "id": TEXT,
                        "gone": TEXT,
                        "deep": {"type": "object", "properties": {"item": INNER}},
                    },
                }
            },
        },
    ),
    "a renamed field": (
        {"contentPath": {"path": "$.rows"}, "extension": {"rename": {"name": "gone"}}},
        {"properties": {"rows": {"type": "array", "items": {"properties": {"gone": TEXT, "id": INNER}}}}},
        {"type": "object", "properties": {"rows": {"type": "object", "properties": {"id": INNER, "name": TEXT}}}},
    ),
    "an array in an array": (
        {"contentPath": {"path": "$.sets[0].rows"}},
        {"properties": {"sets": {"items": {"properties": {"rows": {"items": INNER}, "set": TEXT}}}}},
        {"type": "object", "properties": {"set": TEXT, "rows": INNER}},
    ),
}


@pytest.mark.parametrize("case", TAKEN_APART)
def test_a_declared_page_is_taken_apart_as_pages_are(case):
    attributes, declared, expected = TAKEN_APART[case]
    document = spec(**attributes)
    document["sourceSpec"]["schema"] = declared
    assert record_schema(document, extraction(document, {})) == expected


def test_a_source_that_declares_nothing_has_no_declared_fields():
    assert record_schema(spec(), extraction(spec(), {})) is None


def test_a_window_without_days_asks_for_none(source, http):
    source.script = [reply({"rows": []})]
    reading = sources.Reading(spec(), "None", {}, Window(0, NOW), NOW)
    [part] = sources.plan(reading, {"host": source.url}, http).parts
    assert part.first_day is None and "asked for" not in explored(source, http, spec()).schema["description"]


def test_explore_shows_no_secret_that_a_source_repeats(source, http):
    secret = "s3cr/t-0123456789"
    sent = base64.b64encode(f"anna:{secret}".encode()).decode()
    row = {"headers": {"Authorization": f"Basic {sent}"}, "args": [{secret: 1.10}], "n": 7}
    source.script = [reply({"rows": [row, {"n": 8}]})]
    credentials = {"host": source.url, "username": "anna", "password": secret}
    seen = sources.explore(spec(), "Basic Authentication", credentials, {}, NOW, http)
    assert source.asked[0].headers["authorization"] == f"Basic {sent}"
    assert sent not in str(seen) and secret not in str(seen)
    assert [record["rows"]["n"] if "rows" in record else record["n"] for record in seen.data] == [7, 8]
