"""Files in forms: what is read of them, and what is refused before anything is stored."""

from typing import Any

import pytest

from wire_server import Api

BASE = "/data/foundation/conversion"
OWN = {"type": "object", "properties": {"a": {"type": "string"}}}
FORM = {"Content-Type": 'multipart/form-data; boundary="b"'}


def _form(*parts: bytes, end: bytes = b"\r\n--b--\r\n") -> bytes:
    return b"".join(b"\r\n--b\r\n" + part for part in parts)[2:] + end


def _part(content: bytes, name: bytes = b"file") -> bytes:
    return b'Content-Disposition: form-data; name="' + name + b'"; filename="a.json"\r\n\r\n' + content


@pytest.mark.parametrize(
    "content",
    [
        _form(_part(b'{"a": 1}')),
        _form(_part(b"other", b"note"), _part(b'{"a": 1}')),
        _form(b'content-disposition:form-data;name=file\r\ncontent-type: application/json\r\n\r\n{"a": 1}'),
        b"before the first part\r\n" + _form(_part(b'\xef\xbb\xbf{"a": 1}')),
    ],
)
def test_a_sample_is_the_forms_file(api: Api, content: bytes) -> None:
    answer = api.post(f"{BASE}/samples/upload", content=content, headers=FORM)
    assert answer.json()["sampleData"] == '{"a": 1}'


def test_what_curl_sends_is_read(api: Api) -> None:
    file = {"file": ("a.json", '{"type": "object", "properties": {"a": {"type": "string"}}}')}
    assert api.post(f"{BASE}/schemas/upload", files=file).json()["jsonSchema"] == OWN


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", FORM, 400),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"{}", {"Content-Type": "multipart/form-data"}, 415),
        (_form(_part(b"{}", b"other")), FORM, 400),
        (_form(_part(b'{"a": 1}'), end=b""), FORM, 400),  # it broke off
        (_form(_part(b'{"a": "\r\n--bc"}')), FORM, 400),  # no boundary, and no part of the file by chance
        (_form(_part(b'{"a": 1}')), {"Content-Type": "multipart/form-data; boundary=" + "b" * 2000}, 415),
        (_form(b"a: b\r\n" * 9 + _part(b'{"a": 1}')), FORM, 400),
        (_form(b"no head at all"), FORM, 400),
        (_form(_part(b'{"a": ')), FORM, 400),
        (_form(_part(b"\xff\xfe")), FORM, 400),
        (_form(_part(b"[1, 2]")), FORM, 400),
        (_form(_part(b"[]")), FORM, 400),
        (_form(_part(b'{"a": "\0"}')), FORM, 400),
        (_form(_part(b'{"a":' * 300 + b"1" + b"}" * 300)), FORM, 400),
        (_form(_part(b"[" * 100_000)), FORM, 400),
        (_form(_part(b'{"a": 1}', b'x"' + b";" * 1_000_000)), FORM, 400),
        (_form(*[_part(b"{}", b"other")] * 101, _part(b'{"a": 1}')), FORM, 400),
        (b"\r\n--b\r\n\r\n" * 500_000, FORM, 400),
    ],
)
@pytest.mark.parametrize("kind", ["samples", "schemas"])
def test_nothing_is_stored_of_what_cannot_be_read(
    api: Api, kind: str, content: bytes, headers: dict[str, str], status: int
) -> None:
    mine = api.as_(sandbox="prod")
    before = mine.get(f"{BASE}/{kind}?limit=1000").json()["_page"]["count"]
    answer = mine.post(f"{BASE}/{kind}/upload", content=content, headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (status, status), answer.text
    assert answer.json()["detail"] == answer.json()["errorMessage"]
    assert mine.get(f"{BASE}/{kind}?limit=1000").json()["_page"]["count"] == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sampleData": 5},
        {"sampleData": "text"},
        {"sampleData": '{"a": 1}', "sampleType": "CSV"},
        {"sampleData": '{"a": 1}', "sampleType": 7},
        {"sampleData": []},
    ],
)
def test_a_sample_that_is_no_record_is_refused_and_changes_nothing(api: Api, body: dict[str, Any]) -> None:
    made = api.post(f"{BASE}/samples", json={"sampleData": '{"a": 1}'}).json()
    assert api.post(f"{BASE}/samples", json=body).status_code == 400
    assert api.put(f"{BASE}/samples/{made['id']}", json=body).status_code == 400
    assert api.get(f"{BASE}/samples/{made['id']}").json() == made


@pytest.mark.parametrize("kind", ["samples", "schemas"])
def test_another_org_or_sandbox_finds_nothing(api: Api, kind: str) -> None:
    body = {"samples": {"sampleData": '{"a": 1}'}, "schemas": {"jsonSchema": OWN}}[kind]
    path = f"{BASE}/{kind}/{api.post(f'{BASE}/{kind}', json=body).json()['id']}"
    for other in (api.as_(sandbox="dev"), api.as_("0000DDDD@AdobeOrg")):
        assert [other.get(path).status_code, other.delete(path).status_code] == [404, 404]
        assert other.get(f"{BASE}/{kind}").json()["data"] == []
    assert api.get(path).status_code == 200


def test_another_sandboxes_sample_makes_no_schema(api: Api) -> None:
    id = api.post(f"{BASE}/samples", json={"sampleData": '{"a": 1}'}).json()["id"]
    assert api.as_(sandbox="dev").post(f"{BASE}/schemas", json={"sampleId": id}).status_code == 400


def test_a_schema_of_the_registry_is_frozen_with_its_fields(api: Api, schema_id: str) -> None:
    reference = {"id": schema_id, "contentType": "application/vnd.adobe.xed-full+json;version=1"}
    made = api.post(f"{BASE}/schemas", json={"name": "ads", "schemaRef": reference}).json()
    assert made["schemaRef"] == reference and "clicks" in made["jsonSchema"]["properties"]["_extconndev"]["properties"]
    assert [one["id"] for one in api.get(f"{BASE}/schemas?name=ads").json()["data"]] == [made["id"]]


def test_pages_follow_one_another(api: Api) -> None:
    mine = api.as_(sandbox="dev")
    ids = [mine.post(f"{BASE}/samples", json={"sampleData": '{"a": 1}'}).json()["id"] for _ in range(3)]
    first = mine.get(f"{BASE}/samples?limit=2&orderBy=createdDate").json()
    second = mine.get("/data" + first["_links"]["next"]["href"].partition("/data")[2]).json()
    assert sorted(one["id"] for one in first["data"] + second["data"]) == sorted(ids)
    for id in ids:
        mine.delete(f"{BASE}/samples/{id}")
