"""Whatever a request asks for, it ends within its budget, with an error that says what was too much."""

import json
from typing import Any

import pytest

from headrace import budget
from headrace.api.services import ALL
from wire_server import Api

REGISTRY = "/data/foundation/schemaregistry"
CONVERSION = "/data/foundation/conversion"
CATALOG = "/data/foundation/catalog"
TYPE = "https://ns.adobe.com/extconndev/datatypes/"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
FIELDS = {f"f{n}": {"type": "string"} for n in range(40)}


class Hasty:
    """A clock on which every look costs a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture(scope="module")
def schema(api: Api) -> str:
    fields = {"_extconndev": {"type": "object", "properties": FIELDS}}
    body = {"title": "budget", "type": "object", "meta:intendedToExtend": [PROFILE], "properties": fields}
    group = api.post(f"{REGISTRY}/tenant/fieldgroups", json=body).json()["$id"]
    parts = [{"$ref": PROFILE}, {"$ref": group}]
    sent = [{"$id": f"{TYPE}{n:048x}", "title": f"L{n}", "properties": {}} for n in range(1000, 1030)]
    assert api.post(f"{REGISTRY}/rpc/import", json=sent).status_code == 200
    made = api.post(f"{REGISTRY}/tenant/schemas", json={"title": "budgeted", "type": "object", "allOf": parts})
    return str(made.json()["$id"])


def test_every_operation_has_a_budget() -> None:
    operations = [route.operation for service in ALL for route in service.listed]
    assert operations and all(0 < operation.seconds <= (600 if operation.large else 20) for operation in operations)


def _preview(schema: str) -> tuple[str, str, Any]:
    items = [{"sourceType": "EXPRESSION", "source": "upper(a)", "destination": "_extconndev.f1"}]
    mapping = {"xdmSchema": schema, "xdmVersion": "1.0", "mappings": items}
    return "POST", f"{CONVERSION}/mappingSets/preview", {"data": [{"a": "b"}] * 50, "mappingSet": mapping}


def _suggestion(schema: str) -> tuple[str, str, Any]:
    reference = {"id": schema, "contentType": "application/vnd.adobe.xed+json;version=1"}
    body = {"sampleData": json.dumps(dict.fromkeys(FIELDS, "v")), "outputSchema": {"schemaRef": reference}}
    return "POST", f"{CONVERSION}/mappingSets/suggestion", body


def _import(_: str) -> tuple[str, str, Any]:
    sent = [{"$id": f"{TYPE}{n:048x}", "title": f"B{n}", "properties": {"a": {"type": "string"}}} for n in range(40)]
    return "POST", f"{REGISTRY}/rpc/import", sent


def _schema(_: str) -> tuple[str, str, Any]:
    return "POST", f"{REGISTRY}/tenant/datatypes", {"title": "many", "type": "object", "properties": FIELDS}


def _composed(schema: str) -> tuple[str, str, Any]:
    return "GET", f"{REGISTRY}/rpc/sampledata/{schema.replace('/', '%2F')}", None


def _listed(_: str) -> tuple[str, str, Any]:
    return "GET", f"{REGISTRY}/tenant/datatypes?property=title==none", None


@pytest.mark.parametrize("of", [_preview, _suggestion, _import, _schema, _composed, _listed])
def test_what_works_for_too_long_is_told(api: Api, schema: str, monkeypatch: pytest.MonkeyPatch, of: Any) -> None:
    method, path, body = of(schema)
    monkeypatch.setattr(budget, "_clock", Hasty())
    answer = api.request(
        method, path, headers={"accept": "application/json"}, **({} if body is None else {"json": body})
    )
    assert answer.status_code == 400, answer.text
    assert "takes more than the 20 seconds that it has" in answer.text


def test_a_filter_takes_so_many_patterns(api: Api) -> None:
    answer = api.get(f"{CATALOG}/dataSets", params={"id": ",".join(f"a{n}*" for n in range(101))})
    assert answer.status_code == 400 and "takes 100 values with *" in answer.text
    assert api.get(f"{CATALOG}/dataSets", params={"id": ",".join(["a*"] * 5000)}).status_code == 200
    assert api.get(f"{CATALOG}/dataSets", params={"orderBy": ",".join(["asc:name"] * 21)}).status_code == 400
