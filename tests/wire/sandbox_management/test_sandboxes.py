"""Sandbox management as clients see it: list, read, create, retitle, types; unknown ones are not found."""

import pytest

from headrace.runs.deployment import Deployment
from headrace.store import sandboxes as rows
from wire_server import Api

PATH = "/data/foundation/sandbox-management"
DEV = {"name": "dev-1", "title": "Development 1", "type": "development"}
MEMBERS = {
    "id", "name", "title", "state", "type", "region", "isDefault", "eTag", "etag",
    "createdDate", "lastModifiedDate", "createdBy", "modifiedBy",
}  # fmt: skip


def test_an_org_starts_with_prod(api: Api) -> None:
    found = api.as_("0000AAAA@AdobeOrg").get(f"{PATH}/sandboxes").json()
    (prod,) = found["sandboxes"]
    assert set(prod) == MEMBERS
    assert (prod["name"], prod["type"], prod["isDefault"], prod["state"]) == ("prod", "production", True, "active")
    assert found["_page"] == {"limit": 50, "count": 1}


def test_a_sandbox_is_created_read_and_retitled(api: Api) -> None:
    made = api.post(f"{PATH}/sandboxes", json=DEV)
    assert (made.status_code, made.json()["state"]) == (202, "creating")
    found = api.get(f"{PATH}/sandboxes/dev-1").json()
    assert found["id"] == made.json()["id"] and found["state"] == "active"
    changed = api.patch(f"{PATH}/sandboxes/dev-1", json={"title": "Other"})
    assert (changed.status_code, changed.json()["title"], changed.json()["etag"]) == (200, "Other", 1)
    assert "dev-1" in [one["name"] for one in api.get(f"{PATH}/").json()["sandboxes"]]


def test_a_name_is_taken_once(api: Api) -> None:
    api.post(f"{PATH}/sandboxes", json={**DEV, "name": "taken"})
    answer = api.post(f"{PATH}/sandboxes", json={**DEV, "name": "taken"})
    assert answer.status_code == 409 and {"status", "title", "type"} <= answer.json().keys()
    assert "SMS-" in answer.json()["type"]


def test_pages_follow_one_another(api: Api) -> None:
    mine = api.as_("0000BBBB@AdobeOrg")
    for name in ("a", "b"):
        mine.post(f"{PATH}/sandboxes", json={**DEV, "name": name})
    first = mine.get(f"{PATH}/sandboxes?limit=2&offset=0").json()
    second = mine.get("/data" + first["_links"]["next"]["href"].partition("/data")[2]).json()
    assert [one["name"] for one in first["sandboxes"] + second["sandboxes"]] == ["prod", "a", "b"]
    assert "next" not in second["_links"]


def test_the_types_are_named(api: Api) -> None:
    assert [one["id"] for one in api.get(f"{PATH}/sandboxTypes").json()["sandboxTypes"]] == [
        "production",
        "development",
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/sandboxes/nowhere", None, 404),
        ("PATCH", "/sandboxes/nowhere", {"title": "a"}, 404),
        ("PATCH", "/sandboxes/prod", {"title": " "}, 400),
        ("PATCH", "/sandboxes/prod", {"name": "other"}, 400),
        ("POST", "/sandboxes", {**DEV, "name": "Not OK"}, 400),
        ("POST", "/sandboxes", {**DEV, "type": "other"}, 400),
        ("POST", "/sandboxes", {"name": "x"}, 400),
        ("POST", "/sandboxes", [], 400),
        ("GET", "/sandboxes?limit=0", None, 400),
    ],
)
def test_what_is_wrong_is_said(api: Api, method: str, path: str, body: object, status: int) -> None:
    answer = api.http.request(method, PATH + path, json=body) if body is not None else api.get(PATH + path)
    assert answer.status_code == answer.json()["status"] == status and answer.json()["detail"]


def test_another_orgs_sandbox_is_not_found(api: Api) -> None:
    id = api.get(f"{PATH}/sandboxes/prod").json()["id"]
    assert api.get(f"{PATH}/sandboxes/{id}").status_code == 200
    assert api.as_("0000CCCC@AdobeOrg").get(f"{PATH}/sandboxes/{id}").status_code == 404


def test_a_sandbox_is_not_named_by_an_id(api: Api) -> None:
    id = api.get(f"{PATH}/sandboxes/prod").json()["id"]
    for refused in (id, "0" * 8 + "-0000-0000-0000-" + "0" * 12):
        answer = api.post(f"{PATH}/sandboxes", json={**DEV, "name": refused})
        assert answer.status_code == 400 and "form of a sandbox's id" in answer.json()["detail"]
        headers = {"x-sandbox-name": "", "x-sandbox-id": refused}
        assert api.get(PATH, headers=headers).status_code == (200 if refused == id else 400)


def test_an_id_goes_before_a_name_where_an_id_is_sent(api: Api, deployment: Deployment) -> None:
    mine = api.as_("0000DDDD@AdobeOrg")
    prod = mine.get(f"{PATH}/sandboxes/prod").json()["id"]
    with deployment.store.write() as conn:  # as earlier releases let it be
        trap = rows.Sandbox("other", prod, "T", "development", "active", False, "VA7", 0, 1000, 1000, "u", "u")
        rows.add(conn, "0000DDDD@AdobeOrg", trap)
    types = "/data/foundation/schemaregistry/tenant/datatypes"
    made = mine.post(types, json={"title": "Here", "type": "object", "properties": {}}).json()["$id"]
    for headers, titles in (({"x-sandbox-name": "", "x-sandbox-id": prod}, [made]), ({"x-sandbox-name": prod}, [])):
        listed = mine.get(types, headers={"Accept": "application/vnd.adobe.xed-id+json", **headers}).json()["results"]
        assert [each["$id"] for each in listed] == titles
