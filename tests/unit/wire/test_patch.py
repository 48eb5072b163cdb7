"""JSON Patch as Platform takes it."""

import pytest

from headrace.errors import Invalid, PatchPathMissing, PatchUnsupported
from headrace.wire.patch import apply_patch, instructions

DOCUMENT = {"name": "a", "scheduleParams": {"frequency": "hour"}, "transformations": [{"n": 0}]}

APPLIED = [
    ([{"op": "replace", "path": "/name", "value": "b"}], {"name": "b"}),
    (
        [{"op": "Replace", "path": "/scheduleParams/frequency", "value": "day"}],
        {"scheduleParams": {"frequency": "day"}},
    ),
    ([{"op": "add", "path": "/description", "value": "new"}], {"description": "new"}),
    ([{"op": "add", "path": "/name", "value": "again"}], {"name": "again"}),
    ([{"op": "add", "path": "/transformations/-", "value": {"n": 1}}], {"transformations": [{"n": 0}, {"n": 1}]}),
    ([{"op": "remove", "path": "/transformations/0", "value": {}}], {"transformations": []}),
    ({"op": "REPLACE", "path": "/name", "value": None}, {"name": None}),
]

REFUSED = [
    ([{"op": "move", "from": "/name", "path": "/x"}], PatchUnsupported),
    ([{"op": "test", "path": "/name", "value": "a"}], PatchUnsupported),
    ([{"op": "replace", "path": "/missing", "value": 1}], PatchPathMissing),
    ([{"op": "remove", "path": "/missing"}], PatchPathMissing),
    ([{"op": "add", "path": "/a/b/c", "value": 1}], PatchPathMissing),
    ([{"op": "add", "path": "name", "value": 1}], PatchPathMissing),
    ([{"op": "add", "path": "/transformations/x", "value": 1}], PatchPathMissing),
    ([{"op": "add", "path": "/transformations/9", "value": 1}], PatchPathMissing),
    ([{"op": "add", "path": "/name/deeper", "value": 1}], PatchPathMissing),
    ([{"op": "add", "path": "/~2", "value": 1}], PatchPathMissing),
    ([{"op": "add", "path": "/name"}], Invalid),
    ([{"op": "replace", "path": "", "value": []}], Invalid),
    ([{"path": "/name"}], Invalid),
    ([], Invalid),
    ("text", Invalid),
    ([7], Invalid),
]


@pytest.mark.parametrize(("patch", "changed"), APPLIED)
def test_a_patch_changes_a_copy(patch: object, changed: dict[str, object]) -> None:
    assert apply_patch(DOCUMENT, instructions(patch)) == {**DOCUMENT, **changed}
    assert DOCUMENT["name"] == "a"


@pytest.mark.parametrize(("patch", "error"), REFUSED)
def test_a_bad_patch_is_named(patch: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        apply_patch(DOCUMENT, instructions(patch))
