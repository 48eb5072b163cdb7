"""Identity namespaces as clients see them: a bare array, 200 on creation, one code for good."""

import pytest

from wire_server import Api

PATH = "/data/core/idnamespace/identities"
OWN = {"name": "LinkedIn account", "code": "LinkedInAccount", "idType": "NON_PEOPLE", "description": "Account URN"}


def test_the_standard_namespaces_are_there(api: Api) -> None:
    found = {one["code"]: one for one in api.get(PATH).json()}
    assert {code: found[code]["id"] for code in ("CORE", "ECID", "Email")} == {"CORE": 0, "ECID": 4, "Email": 6}
    assert found["ECID"]["custom"] is False and found["ECID"]["status"] == "ACTIVE"
    assert api.get(f"{PATH}/6").json() == found["Email"]


def test_an_own_namespace_is_created_and_changed(api: Api) -> None:
    made = api.post(PATH, json=OWN)
    assert made.status_code == 200 and made.json().items() >= {**OWN, "custom": True, "status": "ACTIVE"}.items()
    id = made.json()["id"]
    assert api.as_(sandbox="dev").get(f"{PATH}/{id}").json() == made.json()
    (changed,) = api.put(f"{PATH}/{id}", json={**made.json(), "name": "Account"}).json()
    assert changed["name"] == "Account" and changed["code"] == OWN["code"]


def test_a_taken_code_has_its_own_error(api: Api) -> None:
    answer = api.post(PATH, json={**OWN, "code": "ecid"})
    assert (answer.status_code, answer.json()["title"]) == (409, "NAMESPACE_CODE_CONFLICT")
    assert answer.json()["report"]["code"] == "INTEGRATION_CODE_EXISTS"


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [("/99", 404, "NAMESPACE_NOT_FOUND"), ("/abc", 404, "NAMESPACE_NOT_FOUND"), ("/4", 400, "INVALID_REQUEST_PARAMS")],
)
def test_errors_have_the_namespace_shape(api: Api, path: str, status: int, title: str) -> None:
    answer = api.put(PATH + path, json={"name": "x"})
    assert (answer.status_code, answer.json()["status"], answer.json()["title"]) == (status, status, title)


def test_only_the_own_orgs_namespaces_are_listed(api: Api) -> None:
    own = api.http.headers["x-gw-ims-org-id"]
    assert api.get(f"/data/core/idnamespace/orgs/{own}/identities").json() == api.get(PATH).json()
    assert api.get("/data/core/idnamespace/orgs/OTHER@AdobeOrg/identities").status_code == 404
