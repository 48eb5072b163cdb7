"""A schema and a dataset made over the wire, for tests that upload to one or read from one."""

from itertools import count
from typing import Any

from wire_server import Api

DATASETS = "/data/foundation/catalog/dataSets"
REGISTRY = "/data/foundation/schemaregistry/tenant"
VENDOR = {"Accept": "application/vnd.adobe.xed+json"}
RECORD = "https://ns.adobe.com/xdm/context/profile"
CONTENT_TYPE = "application/vnd.adobe.xed+json;version=1"
FIELDS = {"clicks": {"type": "integer"}, "name": {"type": "string"}}

_numbers = count()


def schema(api: Api, tenant: dict[str, Any] | None = None) -> str:
    """The ``$id`` of a new schema; ``tenant`` describes ``_extconndev``, by itself an object of clicks and a name."""
    title = f"Rows {next(_numbers)}"
    custom = {"type": "object", "properties": {"_extconndev": {"type": "object", **(tenant or {"properties": FIELDS})}}}
    group = {
        "type": "object",
        "title": f"{title} fields",
        "meta:intendedToExtend": [RECORD],
        "definitions": {"customFields": custom},
        "allOf": [{"$ref": "#/definitions/customFields"}],
    }
    made = _created(api, "fieldgroups", group)
    return _created(api, "schemas", {"type": "object", "title": title, "allOf": [{"$ref": RECORD}, {"$ref": made}]})


def _created(api: Api, kind: str, body: dict[str, Any]) -> str:
    answer = api.post(f"{REGISTRY}/{kind}", json=body, headers=VENDOR)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["$id"]
    return made


def dataset(api: Api, schema_id: str, name: str = "Rows", **members: Any) -> str:
    """The id of a new dataset of that schema."""
    body = {"name": name, "schemaRef": {"id": schema_id, "contentType": CONTENT_TYPE}, **members}
    answer = api.post(DATASETS, json=body)
    assert answer.status_code == 201, answer.text
    (reference,) = answer.json()
    return str(reference).removeprefix("@/dataSets/")


def read(api: Api, id: str) -> dict[str, Any]:
    """The dataset's object."""
    found: dict[str, Any] = api.get(f"{DATASETS}/{id}").json()[id]
    return found
