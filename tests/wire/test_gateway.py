"""The gateway's checks, codes and literal messages; tokens; JSON for every error; raw-path routing."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest

from headrace.api.first_start import first_account
from wire_server import Api, deploy, serve

FLOWS = "/data/foundation/flowservice/flows"
STATS = "/data/foundation/schemaregistry/stats"

MISSING = [
    ({"Authorization": ""}, 403, "403010", "Oauth token is missing."),
    ({"Authorization": "Basic abc"}, 401, "401013", "Oauth token is not valid"),
    ({"x-api-key": ""}, 403, "403000", "Api Key is required"),
    ({"x-gw-ims-org-id": ""}, 400, "400003", "Missing header"),
]


@pytest.mark.parametrize(("headers", "status", "code", "message"), MISSING)
@pytest.mark.parametrize("path", [FLOWS, STATS])
def test_a_missing_header_gets_platforms_code(
    api: Api, path: str, headers: dict[str, str], status: int, code: str, message: str
) -> None:
    answer = api.get(path, headers=headers)
    assert (answer.status_code, answer.json()["error_code"], answer.json()["message"]) == (status, code, message)
    assert answer.json()["status"] == status and answer.json()["title"] and answer.json()["detail"]


def test_a_missing_sandbox_header_means_prod(api: Api) -> None:
    assert api.get(FLOWS, headers={"x-sandbox-name": ""}).status_code == 200


@pytest.mark.parametrize("path", [FLOWS, FLOWS + "/", "/data/foundation/flowservice//flows"])
def test_a_trailing_slash_changes_nothing(api: Api, path: str) -> None:
    assert api.get(path, follow_redirects=False).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/data/foundation/flowservice/nothing", 404),
        ("PUT", FLOWS, 405),
        ("POST", FLOWS, 400),
        ("DELETE", "/data/foundation/catalog/dataSets", 405),
    ],
)
def test_every_error_is_json_with_status_and_title(api: Api, method: str, path: str, status: int) -> None:
    answer = api.http.request(method, path)
    assert answer.status_code == status
    assert answer.json()["status"] == status and answer.json()["title"]
    assert answer.headers["x-request-id"]


def test_a_request_id_is_echoed(api: Api) -> None:
    assert api.get(FLOWS, headers={"x-request-id": "mine"}).headers["x-request-id"] == "mine"


@pytest.mark.parametrize(
    ("label", "body", "title"),
    [
        ("text/plain", b'{"name": "a"}', "BadRequestError"),
        ("application/json", b'{"name": ', "Bad request"),
        ("application/json", b"\xff\xfe", "Bad request"),
        ("application/json", b"[" * 100_000, "Bad request"),
    ],
)
def test_a_body_that_is_not_json_is_refused(api: Api, label: str, body: bytes, title: str) -> None:
    answer = api.post(FLOWS, content=body, headers={"Content-Type": label})
    assert answer.status_code == 400 and answer.json()["title"] == title


@pytest.mark.parametrize("depth", [201, 100_000])
def test_a_body_too_deep_is_told_so_in_words(api: Api, depth: int) -> None:
    body = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
    answer = api.post(FLOWS, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errorMessage"] == "The body is nested more than 200 levels deep; send flatter JSON."


def test_health_needs_no_token(api: Api) -> None:
    assert httpx2.get(str(api.http.base_url) + "/health", trust_env=False).json()["status"] == "ok"


@dataclass(frozen=True)
class Secure:
    """A server started securely, and what its first start printed."""

    url: str
    org: str
    client_id: str
    secret: str


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    deployment = deploy(tmp_path_factory.mktemp("secure"), emulator=False, tenant_id=None)
    shown = first_account(deployment)
    assert shown is not None and first_account(deployment) is None
    words = [line.split()[-1] for line in shown.splitlines()[1:4]]
    for url in serve(deployment):
        yield Secure(url, *words)
    deployment.jobs.stop(0)
    deployment.store.close()


def _token(secure: Secure, **changes: str) -> httpx2.Response:
    fields = {"grant_type": "client_credentials", "client_id": secure.client_id, "client_secret": secure.secret}
    form = {**fields, "scope": "openid,AdobeID", **changes}
    return httpx2.post(f"{secure.url}/ims/token/v3", data=form, trust_env=False)


def test_a_secure_start_takes_only_its_own_tokens(secure: Secure) -> None:
    issued = _token(secure).json()
    assert issued["token_type"] == "bearer" and 3600 < issued["expires_in"] <= 86_400
    headers = {"x-api-key": secure.client_id, "x-gw-ims-org-id": secure.org}
    good = {**headers, "Authorization": f"Bearer {issued['access_token']}"}
    with httpx2.Client(base_url=secure.url, trust_env=False) as http:
        assert http.get(FLOWS, headers=good).status_code == 200
        for changes, code in (
            ({"Authorization": "Bearer other"}, "401013"),
            ({"x-api-key": "other"}, "403003"),
            ({"x-gw-ims-org-id": "FFFF@AdobeOrg"}, "403025"),
        ):
            assert http.get(FLOWS, headers={**good, **changes}).json()["error_code"] == code
        unknown = http.get(FLOWS, headers={**good, "x-sandbox-name": "nowhere"})
        assert unknown.status_code == 404
        assert "GET /data/foundation/sandbox-management/sandboxes" in unknown.text


def test_tokens_come_from_the_query_too(secure: Secure) -> None:
    query = f"grant_type=client_credentials&client_id={secure.client_id}&client_secret={secure.secret}&scope=openid"
    answer = httpx2.post(f"{secure.url}/ims/token/v2?{query}", trust_env=False)
    assert answer.status_code == 200 and answer.json()["access_token"]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_bad_credentials_are_named(secure: Secure, changes: dict[str, str], status: int, error: str) -> None:
    answer = _token(secure, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_the_emulators_controls_are_closed_in_a_secure_start(secure: Secure) -> None:
    assert httpx2.post(f"{secure.url}/_emulator/clock", json={"advance": "P1D"}, trust_env=False).status_code == 404


NESTED = b'{"a":' * 201 + b"1" + b"}" * 201


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{FLOWS}/a%00b", b""),
        ("GET", f"{FLOWS}?property=id==a%00", b""),
        ("DELETE", f"{FLOWS}/a%00b", b""),
        ("POST", FLOWS, rb'{"name": "a\u0000"}'),
        ("POST", FLOWS, rb'{"a\u0000": [{}]}'),
        ("POST", FLOWS, NESTED),
        ("POST", FLOWS, b"[" * 900 + b"]" * 900),
    ],
)
def test_what_no_database_keeps_is_refused_in_the_services_own_words(
    api: Api, method: str, path: str, body: bytes
) -> None:
    answer = api.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["type"].startswith("https://ns.adobe.com/aep/errors/")
    assert "NUL" in answer.json()["errorMessage"] or "nested" in answer.json()["errorMessage"]


def test_a_backslash_before_u0000_is_no_nul(api: Api) -> None:
    answer = api.post(FLOWS, content=rb'{"name": "\\u0000"}', headers={"Content-Type": "application/json"})
    assert answer.status_code == 400 and "NUL" not in answer.text


@pytest.mark.parametrize("sent", ["a" * 129, "a b", "<script>", "a;b", "é".encode()])
def test_a_request_id_that_is_no_plain_word_is_replaced(api: Api, sent: str | bytes) -> None:
    echoed = api.get(FLOWS, headers={"x-request-id": sent}).headers["x-request-id"]  # type: ignore[dict-item]
    assert len(echoed) == 36


def test_a_token_request_with_a_nul_is_refused(api: Api) -> None:
    answer = api.post("/ims/token/v3", data={"grant_type": "client_credentials", "client_id": "a\0"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
