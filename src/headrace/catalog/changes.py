"""How a client's PATCH changes a dataset: a merge document, or a JSON Patch."""

from collections.abc import Mapping
from typing import Any

from headrace.errors import Invalid
from headrace.wire.patch import apply_patch, instructions

Body = dict[str, Any]


def patched(body: Body, patch: object) -> Body:
    """The body after ``patch``: an object is merged (null deletes), an array is a JSON Patch."""
    if isinstance(patch, list):
        return apply_patch(body, [_upsert(step) for step in instructions(patch)])
    if not isinstance(patch, Mapping):
        raise Invalid("The patch must be an object to merge or an array of JSON Patch instructions.", field="body")
    return merged(body, patch)


def merged(body: Mapping[str, Any], patch: Mapping[str, Any]) -> Body:
    """The body with the patch's members: objects member by member, everything else as a whole, null deletes."""
    result = dict(body)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            inner = result.get(key)
            result[key] = merged(inner if isinstance(inner, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def _upsert(step: dict[str, Any]) -> dict[str, Any]:
    # Clients replace a tag that the dataset may not have yet.
    tag = step["op"] == "replace" and step["path"].startswith("/tags/")
    return {**step, "op": "add"} if tag else step
