"""Values that servers trip over, in every place of every operation: refused in the service's own words, never a 5xx."""

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from fuzz.described import Operation, body_of, filled, operations
from fuzz.world import REGISTRY, World
from headrace import sandboxes
from headrace.store import accounts, roles
from headrace.store.emulator_clock import wall_ms
from wire_server import HEADERS, ORG, deploy, serve

pytestmark = pytest.mark.slow

JSON = {"Content-Type": "application/json"}
# What is not a body, as bytes.
BODIES = [
    b"", b" ", b"null", b"true", b"0", b'""', b"[]", b"{}", b"[{}]", b"[[]]", b"[null]", b"{", b"\xff\xfe",
    b'{"a": NaN}',
    b'"\\ud800"', b'{"\\ud800": 1}', b'{"name": "\\ud800"}',
    b'[{"op": "add", "path": "/\\ud800", "value": "\\ud800"}]',
    b"[" * 20_000, b"[" * 500 + b"]" * 500, b'{"a":' * 400 + b"1" + b"}" * 400, b"1" * 5_000, b'{"a": 1e999}',
    b"-" * 100,
]  # fmt: skip
# What may stand in place of any value of a body that is otherwise good.
VALUES: list[Any] = [
    None, True, -1, 0, 2**63, 10**400, 1.5, 1e308, "", " ", "\0", "\ud800", "\u202e\U0001f600", "x" * 70_000,
    "${host}", "{id}", "%s%n",
    "../../etc/passwd", "https://[::1", "//[", "https://u:p@h", "P99999999D", "PT-1S", -5, 1e30,
    -1e30, "\ufffe", "http://127.0.0.1:1/\n", "1e99999", "9" * 400, "²", "__class__", [], [None],
    [[]], {}, {"": ""},
    {"$ref": "#"}, [{"a": "\0"}], {"\ud800": 1}, {"id": None},
]  # fmt: skip
# Raw path segments, and values of queries and headers.
SEGMENTS = [
    "%00", "%ff", "%ED%A0%80", "a%2Fb", "%2e%2e%2f%2e%2e", "a" * 5_000, "%7B%7D", "'%22%3B--", "9" * 400, "-1",
    "%F0%9F%98%80", "%0d%0a",
    "%25", "null", "%C2%B2", "https%3A%2F%2Fns.adobe.com%2F", "_xdm..", "%20", "%5B", "https:",
]  # fmt: skip
TEXTS = [
    "", " ", "-1", "0", "9" * 400, "1e9", "²", "null", "true", "\0", "\ud800", "\U0001f600", "a" * 5_000, "==", "a==",
    "==b", "a==b,,c", "~", "a~(",
    "a>b", "-", "-,-", ",", "a.b.c==1", "[]", "{}", "%", "e30", "W10", "bnVsbA==", "AAAA", "bytes=9-1", "bytes 5-1/2",
    "bytes=-", "*", "../..",
    "id>=1", "name~[", "a=b=c", "metrics.statusSummary==1", "sort:asc:b", "desc:", "desc:tags,asc:id",
    "application/vnd.adobe.xed-x+json", "application/vnd.adobe.xed+json;version=" + "9" * 5_000,
    "0" * 25 + "9" * 9, "0" * 5_000, "0" * 19 + "1" + "0" * 9, "bytes=0-" + "9" * 5_000, "bytes 0-9/" + "9" * 5_000,
]  # fmt: skip
PLACES = [
    "If-Match",
    "Range",
    "Content-Range",
    "Accept",
    "Content-Type",
    "x-sandbox-name",
    "x-request-id",
    "Accept-Encoding",
]
PATHS = [
    "", "/", "//", "/name", "/name/x", "/a/b/c", "/~2", "/-", "/allOf/-1", "/allOf/99999999999999999999", "/allOf/-",
    "/allOf/0", "/auth", "/params",
    "/auth/params", "/scheduleParams", "/transformations/0", "/transformations/x", "/connectionSpec",
    "/sourceConnectionIds/0", "/state", "/id", "/tags",
    "/properties/", "/definitions/customFields/properties", "/meta:immutableTags", "/title", "/description",
    "/schemaRef", "/extensions",
    "/\ud800", "/\0", "/mappings", "/meta:extends/-", "/type", "/options", "/sourceSpec",
]  # fmt: skip
# The values of a list take turns: every place meets one in so many, every value meets many places.
TURNS = 20
# A second spelling of a path leads to the same handler.
ALL = [one for one in operations() if not one.alias]
# Headers are read alike by all operations: some of them, and none that reads many files or asks the source.
SLOW = ("preview", "explore", "configs")
ASKED = [one for one in ALL if one.method in ("get", "patch") and not one.path.endswith(SLOW)][::5]


def _named(one: Operation) -> str:
    return one.label


def wrong(asked: str, answer: httpx2.Response) -> list[str]:
    """Why an answer is not one that a service may give."""
    if answer.status_code >= 500:
        return [f"{answer.status_code} {asked[:300]}"]
    if answer.status_code < 400 or answer.request.method == "HEAD":
        return []
    try:
        body = answer.json()
    except ValueError:
        return [f"{answer.status_code} without JSON: {asked[:300]}"]
    told = isinstance(body, dict) and (body.get("title") or body.get("error"))
    return [] if told else [f"{answer.status_code} without a title: {asked[:300]}"]


def none(found: list[str]) -> None:
    assert not found, f"{len(found)} answers:\n" + "\n".join(found[:25])


def send(world: World, operation: Operation, path: str, **kw: Any) -> list[str]:
    answer = world.api.request(operation.method.upper(), path, **kw)
    return wrong(f"{operation.label} {path} {kw}", answer)


@pytest.mark.parametrize("operation", [one for one in ALL if one.named("path")], ids=_named)
def test_paths(world: World, operation: Operation) -> None:
    good = filled(world, operation)
    content = json.dumps(body_of(world, operation)) if operation.body else None
    found = [
        problem
        for name in good
        for segment in SEGMENTS
        for problem in send(world, operation, operation.at({**good, name: segment}), content=content, headers=JSON)
    ]
    none(found)


@pytest.mark.parametrize("operation", ALL, ids=_named)
def test_queries(world: World, operation: Operation) -> None:
    path = operation.at(filled(world, operation))
    found = [
        problem
        for n, name in enumerate(operation.named("query"))
        for text in TEXTS[n % 3 :: 3]
        for problem in send(world, operation, f"{path}?{name}={quote(text, errors='surrogatepass')}")
    ]
    none(found)


@pytest.mark.parametrize("operation", ASKED, ids=_named)
def test_headers(world: World, operation: Operation) -> None:
    path = operation.at(filled(world, operation))
    texts = [text.encode("utf-8", "surrogatepass") for text in TEXTS if text.strip(" \0") == text]
    found = [
        problem
        for n, name in enumerate((*PLACES, *operation.named("header")))
        for text in texts[n % 3 :: 3]
        for problem in send(world, operation, path, headers={name.encode(): text})
    ]
    none(found)


@pytest.mark.parametrize("operation", [one for one in ALL if one.body], ids=_named)
def test_bodies(world: World, operation: Operation) -> None:
    path = operation.at(filled(world, operation))
    headers = {**JSON, **_current(world, operation, path)}
    none([problem for body in BODIES for problem in send(world, operation, path, content=body, headers=headers)])


@pytest.mark.parametrize("operation", [one for one in ALL if one.body and one.method in ("post", "put")], ids=_named)
def test_values_in_good_bodies(world: World, operation: Operation) -> None:
    path, body = operation.at(filled(world, operation)), body_of(world, operation)
    found = [
        problem
        for changed in variants(body)
        for problem in send(world, operation, path, content=json.dumps(changed), headers=JSON)
    ]
    none(found)


@pytest.mark.parametrize(
    "operation", [one for one in ALL if one.method == "patch" and "import" not in one.path], ids=_named
)
def test_patches(world: World, operation: Operation) -> None:
    path = operation.at(filled(world, operation))
    found = []
    for m, pointer in enumerate(PATHS):
        for n, value in enumerate(VALUES[m % TURNS :: TURNS]):
            step = {"op": ("add", "replace", "remove")[n % 3], "path": pointer, "value": value}
            headers = {**JSON, **_current(world, operation, path)}
            found += send(world, operation, path, content=json.dumps([step]), headers=headers)
    none(found)


@pytest.mark.parametrize("kind", ["fieldgroups", "datatypes"])
def test_values_in_parts_of_schemas(world: World, kind: str) -> None:
    path = f"{REGISTRY}/{kind}"
    found = [
        problem
        for changed in variants(world.bodies[path])
        for problem in wrong(f"POST {path} {changed}", world.api.post(path, content=json.dumps(changed), headers=JSON))
    ]
    none(found)


@pytest.fixture(scope="session")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A server that knows one account, and a client that may use it."""
    deployment = deploy(tmp_path_factory.mktemp("secure"), emulator=False)
    with deployment.store.write() as conn:
        now = deployment.clock.now()
        sandboxes.create_on_first_use(conn, ORG, sandboxes.DEFAULT, now)
        secret = accounts.new_secret()
        client = accounts.create(conn, ORG, secret, now)
        roles.give_first(conn, client, now)
        proof = accounts.authenticate(conn, client, secret.text)
        assert proof is not None
        token = accounts.issue_token(conn, proof.grant, wall_ms() + 3_600_000)
    headers = {**HEADERS, "Authorization": f"Bearer {token}", "x-api-key": client}
    for url in serve(deployment):
        with httpx2.Client(base_url=url, headers=headers, trust_env=False) as http:
            yield http
    deployment.http.close()
    deployment.jobs.stop(0)
    deployment.store.close()


@pytest.mark.parametrize("prefix", ["", "Bearer "])
@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "x-gw-ims-org-id", "x-sandbox-name"])
def test_the_gateway_of_a_secure_server(secure: httpx2.Client, name: str, prefix: str) -> None:
    path = "/data/foundation/catalog/dataSets"
    assert secure.get(path).status_code == 200
    found = []
    for text in [one for one in TEXTS if one and one.strip(" \0") == one]:
        value = (prefix + text).encode("utf-8", "surrogatepass")
        found += wrong(f"{name}: {value!r}", secure.get(path, headers={name: value}))
    none(found)


def variants(body: Any) -> Iterator[Any]:
    """The hostile values, and the body with each of its members replaced by some of them."""
    yield from VALUES
    places = list(_places(body))
    turns = min(max(TURNS, len(places) // 8), len(VALUES))
    for n, place in enumerate(places):
        for value in VALUES[n % turns :: turns]:
            yield _with(body, place, value)


def _places(node: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    # Of a list, the first member stands for all of them.
    members = node.items() if isinstance(node, dict) else enumerate(node[:1]) if isinstance(node, list) else ()
    for key, value in members:
        yield (*place, key)
        yield from _places(value, (*place, key))


def _with(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    node = changed
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    return changed


def _current(world: World, operation: Operation, path: str) -> dict[str, str]:
    # Flow Service changes only from the version that was read.
    if operation.method != "patch" or "flowservice" not in path:
        return {}
    return {"If-Match": world.api.get(path).json()["items"][0]["etag"]}
