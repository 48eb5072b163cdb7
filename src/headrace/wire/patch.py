"""JSON Patch as Platform takes it: add, replace and remove in any case, all of it or none."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import jsonpatch
import jsonpointer

from headrace.budget import keep_on
from headrace.errors import Invalid, PatchPathMissing, PatchUnsupported

SUPPORTED = ("add", "replace", "remove")


def instructions(body: object) -> list[dict[str, Any]]:
    """The patch as a list of ``{op, path, value}``; a single instruction may come without its list."""
    listed = [body] if isinstance(body, Mapping) else body
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise Invalid("The patch must be a non-empty array of {op, path, value} instructions.", field="body")
    return [_instruction(item, n) for n, item in enumerate(listed)]


def apply_patch(document: Mapping[str, Any], patch: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A patched copy of ``document``; PatchPathMissing (facts path, op) when an instruction finds no target."""
    patched: Any = copy.deepcopy(dict(document))
    for step in patch:
        keep_on("the steps of its patch")
        try:
            patched = jsonpatch.JsonPatch([step]).apply(patched, in_place=True)  # a copy for each would be a square
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
            # The library's own text holds the whole document.
            raise PatchPathMissing(
                f"Cannot {step['op']} {step['path']}: the document has no such place.", path=step["path"], op=step["op"]
            ) from error
    if not isinstance(patched, dict):
        raise Invalid("The patch may not replace the whole document by something that is not an object.", field="path")
    return patched


def _instruction(item: object, n: int) -> dict[str, Any]:
    if not isinstance(item, Mapping) or not isinstance(item.get("op"), str) or not isinstance(item.get("path"), str):
        raise Invalid(f"Patch instruction {n} must be an object with a text op and a text path.", field=f"[{n}]")
    op = item["op"].lower()
    if op not in SUPPORTED:
        raise PatchUnsupported(
            f"Patch operation {item['op']} is not supported; use add, replace or remove.", op=item["op"]
        )
    path = item["path"]
    if path != "" and not path.startswith("/"):
        raise PatchPathMissing(f"Patch path {path} must start with a slash.", path=path, op=op)
    if op == "remove":
        return {"op": op, "path": path}
    if "value" not in item:
        raise Invalid(f"Patch instruction {n} ({op} {path}) has no value.", field=f"[{n}].value")
    return {"op": op, "path": path, "value": item["value"]}
