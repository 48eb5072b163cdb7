"""Bad requests: each refused in the registry's own body, with nothing stored."""

from typing import Any

import pytest

from wire_server import Api

R = "/data/foundation/schemaregistry"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
OWN = {"_extconndev": {"type": "object", "properties": {"a": {"type": "string"}}}}
GROUP = {"title": "G", "type": "object", "meta:intendedToExtend": [PROFILE]}

# method, path, body, status, code, title
CASES: list[tuple[str, str, Any, int, str, str]] = [
    ("POST", "/tenant/schemas", {"allOf": [{"$ref": PROFILE}]}, 400, "4000", "Validation error"),
    ("POST", "/tenant/schemas", {"title": "S", "allOf": [{"$ref": "https://x.y/z"}]}, 400, "4000", "Validation error"),
    ("POST", "/tenant/schemas", [], 400, "4000", "Validation error"),
    ("POST", "/tenant/fieldgroups", {**GROUP, "properties": {"a": {}}}, 400, "1021", "Namespace validation error"),
    ("POST", "/tenant/classes", {"title": "C", "allOf": [{"$ref": "https://ns.adobe.com/xdm/data/record"},
     {"properties": {"a": {"type": "string"}}}]}, 400, "1020", "Namespace validation error"),
    ("POST", "/global/schemas", {"title": "S"}, 403, "2010", "Permission management access denied"),
    ("PATCH", "/global/classes/_xdm.context.profile", [{"op": "add", "path": "/title", "value": "x"}], 403, "2010",
     "Permission management access denied"),
    ("PUT", "/tenant/classes/_xdm.context.profile", {"title": "x"}, 403, "2010",
     "Permission management access denied"),
    ("DELETE", "/tenant/classes/_xdm.context.profile", None, 403, "2010", "Permission management access denied"),
    ("GET", "/tenant/classes/none", None, 404, "1010", "Resource not found"),
    ("GET", "/tenant/fieldgroups/_extconndev.mixins.none", None, 404, "1011", "Resource not found"),
    ("GET", "/tenant/schemas/_xdm.context.profile", None, 404, "1012", "Resource not found"),
    ("PATCH", "/tenant/datatypes/none", [{"op": "remove", "path": "/a"}], 404, "1013", "Resource not found"),
    ("DELETE", "/tenant/descriptors/none", None, 404, "1014", "Resource not found"),
    ("GET", "/global/behaviors/none", None, 404, "1016", "Resource not found"),
    ("GET", "/rpc/sampledata/none", None, 404, "1017", "Resource not found"),
    ("GET", "/tenant/none", None, 404, "1017", "Resource not found"),
    ("GET", "/elsewhere/schemas", None, 404, "1017", "Resource not found"),
    ("GET", "/tenant/schemas?limit=501", None, 400, "4000", "Validation error"),
    ("GET", "/tenant/schemas?start=~x", None, 400, "4000", "Validation error"),
    ("GET", "/tenant/schemas?orderby=%26", None, 400, "4000", "Validation error"),
    ("GET", "/tenant/schemas?property=a~b", None, 400, "4000", "Validation error"),
    ("PUT", "/stats", {}, 405, "4000", "Method not allowed"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "code", "title"), CASES)
def test_refused(api: Api, method: str, path: str, body: Any, status: int, code: str, title: str) -> None:
    answer = api.http.request(method, R + path, json=body)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["title"]) == (status, status, title)
    assert problem["type"] == f"http://ns.adobe.com/aep/errors/XDM-{code}-{status}"
    assert problem["detail"] and problem["report"]["registryRequestId"] and problem["report"]["timestamp"]
    assert api.get(f"{R}/stats").json()["counts"]["schemas"] == 0


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_what_is_no_json_is_refused(api: Api, content: bytes) -> None:
    answer = api.post(f"{R}/tenant/schemas", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400 and answer.json()["type"].endswith("XDM-4000-400")


def test_each_problem_of_a_body_is_listed_with_its_place(api: Api) -> None:
    fields = {"_extconndev": {"type": "object", "properties": {"a": {"type": "text"}, "b": 1}}}
    report = api.post(f"{R}/tenant/fieldgroups", json={"properties": fields}).json()["report"]
    assert [(one["path"], one["type"], one["arguments"][0][:13]) for one in report["sub-errors"]] == [
        ("$", "required", "title"),
        ("$", "required", "meta:intended"),
        ("$.properties._extconndev.properties.a.type", "type", "must be one o"),
        ("$.properties._extconndev.properties.b", "type", "object"),
    ]  # fmt: skip


def test_a_title_twice_names_the_resource_that_has_it(api: Api) -> None:
    body = {**GROUP, "title": "Taken", "properties": OWN}
    first = api.post(f"{R}/tenant/fieldgroups", json=body).json()
    second = api.post(f"{R}/tenant/datatypes", json={"title": "Taken", "type": "object"})
    assert second.json()["type"].endswith("XDM-1521-400") and second.json()["title"] == "Title not unique"
    assert first["$id"] in second.json()["detail"]


def test_fields_that_disagree_are_a_merge_error(api: Api) -> None:
    ids = []
    for n, kind in enumerate(("string", "number")):
        fields = {"_extconndev": {"type": "object", "properties": {"a": {"type": kind}}}}
        made = api.post(f"{R}/tenant/fieldgroups", json={**GROUP, "title": f"M{n}", "properties": fields})
        ids.append(made.json()["$id"])
    body = {"title": "Merged", "type": "object", "allOf": [{"$ref": ref} for ref in (PROFILE, *ids)]}
    problem = api.post(f"{R}/tenant/schemas", json=body).json()
    assert problem["type"].endswith("XDM-1413-400") and "/_extconndev/a" in problem["detail"]


PATCHES = [
    ([{"op": "replace", "path": "title", "value": "x"}], 400),
    ([{"op": "replace", "path": "/none/none", "value": "x"}], 400),
    ([{"op": "remove", "path": "/none"}], 400),
    ([{"op": "move", "path": "/title", "from": "/description"}], 400),
    ([{"op": "add", "path": "/allOf", "value": [{"$ref": "https://ns.adobe.com/extconndev/mixins/none"}]}], 400),
    ([{"op": "remove", "path": "/title"}], 400),
    ([], 400),
    ({"op": "replace", "path": "/title", "value": "One step without its list"}, 200),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "status"), PATCHES)
def test_patches(api: Api, steps: Any, status: int) -> None:
    groups = api.get(f"{R}/tenant/fieldgroups?property=meta:intendedToExtend==here").json()["results"]
    made = groups[0] if groups else api.post(f"{R}/tenant/fieldgroups", json={
        **GROUP, "title": "Patched", "meta:intendedToExtend": ["here"]}).json()  # fmt: skip
    assert api.patch(f"{R}/tenant/fieldgroups/{made['meta:altId']}", json=steps).status_code == status


def test_a_stale_if_match_is_refused_and_the_right_one_taken(api: Api) -> None:
    made = api.post(f"{R}/tenant/datatypes", json={"title": "Matched", "type": "object"}).json()
    path, body = f"{R}/tenant/datatypes/{made['meta:altId']}", {**made, "description": "d"}
    assert api.put(path, json=body, headers={"if-match": "other"}).status_code == 412
    good = {"if-match": made["meta:registryMetadata"]["eTag"]}
    assert api.put(path, json=body, headers=good).json()["version"] == "1.1"
