"""Base connections over the wire: the tutorial's requests, masks, patches, tests, and each error's code."""

import re
from typing import Any

import pytest

from headrace.flows import credentials
from headrace.runs.deployment import Deployment
from headrace.store.scope import Caller
from linkedin_simulator import Running
from wire_flows import LINKEDIN, Flows, code
from wire_server import ORG, Api

ETAG = re.compile(r'"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"')


def replace(path: str, value: object) -> dict[str, object]:
    return {"op": "replace", "path": path, "value": value}


def test_create_and_get_as_printed(flows: Flows) -> None:
    made = flows.connection()
    assert ETAG.fullmatch(made["etag"])
    found = flows.one(f"/connections/{made['id']}")
    body = flows.connection_body()
    assert found["auth"] == {
        "specName": "OAuth2 Refresh Code",
        "params": {"host": flows.linkedin.url, "accessToken": "********"},
    }
    assert found["connectionSpec"] == body["connectionSpec"] and found["state"] == "enabled"
    assert found["etag"] == found["version"] == made["etag"]
    assert found["createdAt"] == found["updatedAt"] and found["sandboxName"] == "prod" and found["sandboxId"]
    assert found["createdBy"] and found["createdClient"] and found["imsOrgId"].endswith("@AdobeOrg")


def test_no_answer_shows_the_token(flows: Flows) -> None:
    id = flows.connection()["id"]
    for path in (f"/connections/{id}", "/connections", f"/connections/{id}/test", f"/connections/{id}/explore"):
        assert flows.linkedin.token not in flows.get(path, params={"objectType": "rest"}).text


def test_patch_as_printed(flows: Flows) -> None:
    made = flows.connection()
    params = {"host": flows.linkedin.url, "accessToken": "another"}
    steps = [
        replace("/auth/params", params),
        replace("/name", "Test connection"),
        {"op": "add", "path": "/description", "value": "A test connection"},
    ]
    answer = flows.patch(f"/connections/{made['id']}", made["etag"].strip('"'), *steps)
    assert answer.status_code == 200 and answer.json()["id"] == made["id"]
    assert ETAG.fullmatch(answer.json()["etag"]) and answer.json()["etag"] != made["etag"]
    found = flows.one(f"/connections/{made['id']}")
    assert (found["name"], found["description"]) == ("Test connection", "A test connection")
    assert flows.get(f"/connections/{made['id']}/test").json()["result"] is False


def test_patch_with_another_products_keys_names_what_linkedin_needs(flows: Flows) -> None:
    made = flows.connection()
    other = {"username": "username", "password": "{NEW_PASSWORD}", "securityToken": "{NEW_SECURITY_TOKEN}"}
    steps = [replace("/auth/params", other), replace("/name", "Test connection")]
    answer = flows.patch(f"/connections/{made['id']}", made["etag"], *steps)
    assert code(answer) == "SOURCES-1304-400"
    assert "host" in answer.json()["errorMessage"] and "accessToken" in answer.json()["errorMessage"]
    found = flows.one(f"/connections/{made['id']}")
    assert found["etag"] == made["etag"] and found["name"] == "LinkedIn Ads base connection"


def test_patch_is_read_whatever_its_label_and_etag_spelling(flows: Flows) -> None:
    made = flows.connection()
    path = f"/data/foundation/flowservice/connections/{made['id']}/"
    form = {"Content-Type": "application/x-www-form-urlencoded", "if-match": f"W/{made['etag']}"}
    body = b'{"op": "Replace", "path": "/name", "value": "one"}'
    answer = flows.api.patch(path, content=body, headers=form)
    assert answer.status_code == 200
    again = flows.api.patch(path, params={"if-match": answer.json()["etag"]}, json=[replace("/name", "two")])
    assert again.status_code == 200 and flows.one(f"/connections/{made['id']}")["name"] == "two"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"op": "move", "path": "/name", "from": "/description"}, "FLOW-1434-400"),
        (replace("/nothing/there", 1), "FLOW-1455-400"),
        (replace("/connectionSpec/id", "x"), "FLOW-1414-400"),
        (replace("/auth/specName", "Basic"), "FLOW-1415-400"),
        (replace("/auth/params/host", "ftp://x"), "SOURCES-1304-400"),
        (replace("/auth", "x"), "SOURCES-1312-400"),
        (replace("/etag", "x"), "SOURCES-1365-400"),
        (replace("/createdAt", 1), "SOURCES-1365-400"),
        (replace("", {}), "SOURCES-1365-400"),
        (replace("/state", "gone"), "FLOW-1456-400"),
        (replace("/state", "draft"), "FLOW-1456-400"),
        (replace("/name", 5), "SOURCES-1312-400"),
        (replace("/name", " "), "SOURCES-1304-400"),
        ({"op": "remove", "path": "/name"}, "SOURCES-1304-400"),
        ("name", "SOURCES-1000-400"),
    ],
)
def test_a_bad_patch_gets_its_code_and_changes_nothing(flows: Flows, step: Any, expected: str) -> None:
    made = flows.connection()
    assert code(flows.patch(f"/connections/{made['id']}", made["etag"], step)) == expected
    assert flows.one(f"/connections/{made['id']}")["etag"] == made["etag"]


def test_if_match_is_needed_and_must_be_current(flows: Flows) -> None:
    path = f"/connections/{flows.connection()['id']}"
    assert code(flows.patch(path, None, replace("/name", "x"))) == "FLOW-1403-400"
    assert code(flows.patch(path, '"1400dd53-0000-0200-0000-5f3f23450000"', replace("/name", "x"))) == "FLOW-1404-412"


def test_delete_then_not_found(flows: Flows) -> None:
    path = f"/connections/{flows.connection()['id']}"
    answer = flows.delete(path)
    assert answer.status_code == 204 and answer.content == b""
    assert code(flows.get(path)) == "FLOW-1439-404"
    assert code(flows.delete(path)) == "FLOW-1439-404"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"connectionSpec": None}, "FLOW-1413-400"),
        ({"connectionSpec": {"id": "00000000-0000-0000-0000-000000000000"}}, "FLOW-1413-400"),
        ({"connectionSpec": "linkedin"}, "SOURCES-1312-400"),
        ({"auth": {"specName": "Kerberos", "params": {}}}, "FLOW-1415-400"),
        ({"auth": {"params": {}}}, "FLOW-1415-400"),
        ({"auth": None}, "FLOW-1415-400"),
        ({"auth": {"specName": "OAuth2 Refresh Code"}}, "SOURCES-1304-400"),
        ({"auth": {"specName": "OAuth2 Refresh Code", "params": []}}, "SOURCES-1312-400"),
        ({"auth": {"specName": "OAuth2 Refresh Code", "params": {"host": "https://a"}}}, "SOURCES-1304-400"),
        (
            {"auth": {"specName": "OAuth2 Refresh Code", "params": {"host": 1, "accessToken": "t"}}},
            "SOURCES-1312-400",
        ),
        ({"state": "draft"}, "FLOW-1456-400"),
        ({"name": ["x"]}, "SOURCES-1312-400"),
    ],
)
def test_a_connection_that_cannot_be_made_gets_its_code(flows: Flows, changes: Any, expected: str) -> None:
    assert code(flows.post("/connections", flows.connection_body(**changes))) == expected


@pytest.mark.parametrize(("content", "expected"), [(b"", "FLOW-1405-400"), (b"{", "SOURCES-1000-400")])
def test_a_body_must_be_json(flows: Flows, content: bytes, expected: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert code(flows.post("/connections", content=content, headers=headers)) == expected


def test_unknown_members_survive(flows: Flows) -> None:
    id = flows.connection(providerId="p", tagIds=["a"], createdAt=1, id="mine")["id"]
    found = flows.one(f"/connections/{id}")
    assert (found["providerId"], found["tagIds"]) == ("p", ["a"]) and found["id"] == id and found["createdAt"] > 1


def test_another_sandbox_or_org_does_not_see_it(flows: Flows) -> None:
    path = f"/connections/{flows.connection()['id']}"
    others = [flows.api.as_(sandbox="dev"), flows.api.as_(org="FEDCBA9876543210FEDCBA98@AdobeOrg")]
    for other in others:
        stranger = Flows(other, flows.linkedin)
        assert code(stranger.get(path)) == "FLOW-1439-404"
        assert code(stranger.patch(path, "x", replace("/name", "y"))) == "FLOW-1439-404"
        assert code(stranger.delete(path)) == "FLOW-1439-404"


def test_test_really_tests(flows: Flows) -> None:
    good = flows.connection()["id"]
    assert flows.get(f"/connections/{good}/test").json() == {"result": True}
    params = {"host": flows.linkedin.url, "accessToken": "wrong"}
    bad = flows.connection(auth={"specName": "oAuth2RefreshCode", "params": params})["id"]
    verdict = flows.get(f"/connections/{bad}/test")
    assert verdict.status_code == 200 and verdict.json()["result"] is False and verdict.json()["message"]
    assert code(flows.get("/connections/none/test")) == "FLOW-1439-404"


@pytest.mark.parametrize("asked", ["test", "explore?objectType=rest"])
def test_a_token_that_was_renewed_on_the_way_is_kept(flows: Flows, deployment: Deployment, asked: str) -> None:
    simulator, url = flows.linkedin.simulator, flows.linkedin.url
    params = {"host": url, "accessToken": f"stale for {asked}", "accessTokenUrl": f"{url}/oauth/v2/accessToken"}
    params |= {"clientId": simulator.world.client_id, "clientSecret": simulator.world.client_secret}
    params["refreshToken"] = simulator.tokens.all()[0].refresh_token
    made = flows.connection(auth={"specName": "OAuth2 Refresh Code", "params": params})
    assert flows.get(f"/connections/{made['id']}/{asked}").status_code == 200
    caller = Caller(ORG, "prod", "", "", "")
    with deployment.store.read() as conn:
        kept = credentials.load(conn, deployment.keyring, caller, made["id"])
    assert not kept["accessToken"].startswith("stale") and kept["clientSecret"] == params["clientSecret"]
    assert flows.one(f"/connections/{made['id']}")["etag"] == made["etag"]


def test_an_authorization_test_url_is_asked_at_creation(flows: Flows) -> None:
    url = f"{flows.linkedin.url}/rest/adAccounts"
    params = {"host": flows.linkedin.url, "accessToken": "wrong", "authorizationTestUrl": url}
    refused = flows.connection_body(auth={"specName": "OAuth2 Refresh Code", "params": params})
    assert code(flows.post("/connections", refused)) == "SOURCES-1308-400"


def test_a_draft_is_completed_and_published(flows: Flows) -> None:
    made = flows.made("connections", {"name": "d", "connectionSpec": {"id": LINKEDIN}}, "?mode=draft")
    path = f"/connections/{made['id']}"
    assert flows.one(path)["state"] == "draft"
    assert code(flows.post(f"{path}/action?op=publish")) == "FLOW-1415-400"
    step = {"op": "add", "path": "/auth", "value": flows.connection_body()["auth"]}
    etag = flows.patch(path, made["etag"], step).json()["etag"]
    source = flows.source_body(made["id"])
    assert code(flows.post("/sourceConnections", source)) == "FLOW-1422-400"
    assert code(flows.post(f"{path}/action?op=PUBLISH", headers={"If-Match": made["etag"]})) == "FLOW-1404-412"
    published = flows.post(f"{path}/action?op=PUBLISH", headers={"If-Match": etag})
    assert published.json()["id"] == made["id"] and flows.one(path)["state"] == "enabled"
    assert flows.get(f"{path}/test").json() == {"result": True}
    assert code(flows.post(f"{path}/action?op=publish")) == "FLOW-1422-400"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "SOURCES-1359-400"),
        ("?op=FINALIZE_UPDATE&subOp=APPLY", "FLOW-1402-400"),
        ("?op=enable", "SOURCES-1398-400"),
        ("?op=publish&force=1", "FLOW-1451-400"),
    ],
)
def test_other_actions_get_their_code(flows: Flows, query: str, expected: str) -> None:
    assert code(flows.post(f"/connections/{flows.connection()['id']}/action{query}")) == expected


def test_the_only_mode_is_draft(flows: Flows) -> None:
    assert code(flows.post("/connections?mode=final", flows.connection_body())) == "FLOW-1452-400"


def test_in_use_by_a_flow(flows: Flows) -> None:
    base = flows.connection()["id"]
    source = flows.source(base)["id"]
    flow = flows.flow(sourceConnectionIds=[source], targetConnectionIds=[flows.target()["id"]])["id"]
    answer = flows.delete(f"/connections/{base}")
    assert code(answer) == "FLOW-1418-400" and flow in answer.json()["errorMessage"]
    assert flows.delete(f"/flows/{flow}").status_code == 204
    assert flows.delete(f"/connections/{base}").status_code == 204
    assert flows.one(f"/sourceConnections/{source}")["baseConnectionId"] == base


def test_a_source_connection_alone_does_not_block_its_base(flows: Flows) -> None:
    base = flows.connection()["id"]
    flows.source(base)
    assert flows.delete(f"/connections/{base}").status_code == 204


def test_the_printed_host_stands_with_the_default_spec(api: Api, linkedin: Running) -> None:
    flows = Flows(api, linkedin)
    params = {"host": "https://api.linkedin.com", "accessToken": "{LINKEDIN_ADS_ACCESS_TOKEN}"}
    auth = {"specName": "OAuth2 Refresh Code", "params": params}
    assert flows.one(f"/connections/{flows.connection(auth=auth)['id']}")["auth"]["params"]["host"] == params["host"]
