"""What a dataset's body must hold, and which of its members are the client's to set."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.errors import Invalid

Body = dict[str, Any]

ALIAS = "adobe/pqs/table"
# Members that every answer derives anew; a client that sends back what it read does not set them.
DERIVED = frozenset(
    {
        "id", "imsOrg", "sandboxId", "state", "version", "created", "updated", "createdClient", "createdUser",
        "updatedUser", "files", "lastBatchId", "lastBatchStatus", "lastSuccessfulBatch", "lastFailedBatch",
        "observableSchema",
    }
)  # fmt: skip
# Members that are given once, at creation.
FIXED = ("classification", "viewId")
FIGURES = ("metrics", "tableHealthMetrics")
_VERSION = re.compile(r"version\s*=\s*(\d{1,9})(?:\.\d+)?\s*(?:;|$)")
_NAME_OF_A_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,127}")
_TYPES: dict[str, type] = {
    "description": str,
    "tags": dict,
    "fileDescription": dict,
    "extensions": dict,
    "enableErrorDiagnostics": bool,
}
_WORDS: dict[type, str] = {str: "a text", dict: "an object", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class SchemaRef:
    """The schema of a dataset and its major version."""

    id: str
    major: int


def read(sent: Mapping[str, Any]) -> Body:
    """The client's members of a dataset's body, checked; Invalid names the member that is wrong."""
    body = {key: value for key, value in sent.items() if key not in DERIVED and key not in FIXED and value is not None}
    if not isinstance(body.get("name"), str) or not body["name"].strip():
        raise Invalid("A dataset needs a name: send a text that is not blank.", field="name")
    for member, wanted in _TYPES.items():
        if member in body and not isinstance(body[member], wanted):
            raise Invalid(f"The dataset's {member} must be {_WORDS[wanted]}.", field=member)
    for tag, values in body.get("tags", {}).items():
        if not isinstance(values, list):
            raise Invalid(f"The dataset's tag {tag} must be an array.", field=f"tags.{tag}")
    schema_ref(body)
    table_name(body)
    return _without_figures(body)


def schema_ref(body: Mapping[str, Any]) -> SchemaRef:
    """The schema that the body names; ``contentType`` holds the version in any of Platform's spellings."""
    found = body.get("schemaRef")
    if not isinstance(found, dict) or not isinstance(found.get("id"), str) or not found["id"]:
        raise Invalid('A dataset needs a schemaRef: {"id": "<$id of a schema>", "contentType": …}.', field="schemaRef")
    label = found.get("contentType", "application/vnd.adobe.xed+json;version=1")
    if not isinstance(label, str) or not label.startswith("application/vnd.adobe."):
        message = f"schemaRef.contentType {label} must be like application/vnd.adobe.xed+json;version=1."
        raise Invalid(message, field="schemaRef.contentType")
    version = _VERSION.search(label)
    if version is None and "version" in label:
        raise Invalid(f"schemaRef.contentType {label} has no readable version.", field="schemaRef.contentType")
    return SchemaRef(found["id"], int(version[1]) if version else 1)


def table_name(body: Mapping[str, Any]) -> str | None:
    """The SQL name that the client asks for in ``tags``, if any."""
    wanted = body.get("tags", {}).get(ALIAS)
    if not wanted:
        return None
    if len(wanted) != 1 or not isinstance(wanted[0], str) or not _NAME_OF_A_TABLE.fullmatch(wanted[0]):
        message = f"Tag {ALIAS} must hold one name of lower-case letters, digits and underscores."
        raise Invalid(message, field=f"tags.{ALIAS}")
    name: str = wanted[0]
    return name


def slug(name: str) -> str:
    """The SQL name that a dataset's name suggests: ``LinkedIn Ads Dataset`` is linkedin_ads_dataset."""
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:100]
    if not words:
        return "dataset"
    return f"_{words}" if words[0].isdecimal() else words


def _without_figures(body: Body) -> Body:
    lake = body.get("extensions", {}).get("adobe_lakeHouse")
    if lake is None:
        return body
    if not isinstance(lake, dict):
        raise Invalid("extensions.adobe_lakeHouse must be an object.", field="extensions.adobe_lakeHouse")
    kept = {key: value for key, value in lake.items() if key not in FIGURES}
    return {**body, "extensions": {**body["extensions"], "adobe_lakeHouse": kept}}
