"""PATCH of a dataset: merging, and tags that a JSON Patch may replace before they exist."""

from typing import Any

import pytest

from headrace.catalog.changes import merged, patched
from headrace.errors import Invalid, PatchPathMissing

MERGES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
    ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
    ({"a": {"x": 1, "y": 2}}, {"a": {"y": None, "z": 3}}, {"a": {"x": 1, "z": 3}}),
    ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
    ({"a": 1}, {"a": {"b": None}}, {"a": {}}),
    ({}, {"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 1}}}),
]


@pytest.mark.parametrize(("body", "patch", "expected"), MERGES)
def test_merging(body: dict[str, Any], patch: dict[str, Any], expected: dict[str, Any]) -> None:
    assert merged(body, patch) == expected


def test_only_a_tag_may_be_replaced_before_it_exists() -> None:
    step = {"op": "replace", "path": "/tags/unifiedProfile", "value": ["enabled:true"]}
    assert patched({"tags": {}}, [step]) == {"tags": {"unifiedProfile": ["enabled:true"]}}
    with pytest.raises(PatchPathMissing):
        patched({"tags": {}}, [{**step, "path": "/description"}])


@pytest.mark.parametrize("patch", ["text", 1, None, []])
def test_a_patch_is_an_object_or_a_list(patch: object) -> None:
    with pytest.raises(Invalid):
        patched({}, patch)
