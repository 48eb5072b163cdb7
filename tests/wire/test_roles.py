"""What each role may: every operation of the description, held to a table; and how accounts come to a role."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from headrace import main
from headrace.api.operation import SOURCE, Operation
from headrace.api.routing import Route
from headrace.api.services import ALL
from headrace.errors import Invalid, NotFound
from headrace.runs.deployment import Deployment
from headrace.sandboxes import create_on_first_use, find
from headrace.store import accounts, roles
from headrace.store.emulator_clock import wall_ms
from headrace.store.scope import ADMIN, EDITOR, NONE, ROLES, VIEWER, Caller, Roles
from wire_server import ORG, deploy, serve

GUARDED = [route for service in ALL for route in service.listed if not route.operation.open]
FLOWS = "/data/foundation/flowservice/flows"


OF_THE_ORG = ("sandboxes", "namespaces")


def expected(role: str, operation: Operation, kind: str) -> bool:
    """The issue's table in other words: who reads, who changes, who uses stored secrets, who manages sandboxes."""
    reads = operation.verb == "read"
    asks_a_source_for_nothing_but_a_look = reads and operation.room == SOURCE
    if kind == "audit":
        return role == ADMIN
    if role == VIEWER:
        return reads and not asks_a_source_for_nothing_but_a_look
    if role == EDITOR:
        return reads or kind != "sandboxes"
    return role == ADMIN


def caller(everywhere: str, here: str | None = None) -> Caller:
    return Caller("o", "s", "", "c", "u", Roles(everywhere, {} if here is None else {"s": here, "t": ADMIN}))


@pytest.mark.parametrize("here", [None, *ROLES, NONE, "king"])
@pytest.mark.parametrize("everywhere", [*ROLES, NONE, "king"])
@pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{route.method} /{'/'.join(route.template)}")
def test_what_a_role_may(route: Route, everywhere: str, here: str | None) -> None:
    operation = route.operation
    params = {segment.strip("{}."): "flows" for segment in route.template}
    verb, kind = operation.permission(params)
    # What an org has once is changed by those alone who may in the whole of it.
    decides = everywhere if here is None or (verb != "read" and kind in OF_THE_ORG) else here
    assert caller(everywhere, here).may(verb, kind) is expected(decides, operation, kind)


def test_nobody_but_an_admin_sees_accounts_and_the_audit() -> None:
    for kind in ("accounts", "audit"):
        assert [role for role in ROLES if caller(role).may("read", kind)] == [ADMIN]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    made = deploy(tmp_path_factory.mktemp("roles"), emulator=False, tenant_id=None)
    with made.store.write() as conn:
        for sandbox in ("prod", "dev"):
            create_on_first_use(conn, ORG, sandbox, 1000)
    yield made
    made.jobs.stop(0)
    made.store.close()


@pytest.fixture(scope="module")
def url(deployment: Deployment) -> Iterator[str]:
    yield from serve(deployment)


def client(deployment: Deployment, url: str, given: dict[str, str]) -> httpx2.Client:
    """Somebody with these roles by sandbox."""
    secret = accounts.new_secret()
    with deployment.store.write() as conn:
        id = accounts.create(conn, ORG, secret, 1000)
        for sandbox, role in given.items():
            roles.give(conn, id, role, 1000, sandbox)
        proof = accounts.authenticate(conn, id, secret.text)
        assert proof is not None
        token = accounts.issue_token(conn, proof.grant, wall_ms() + 3_600_000)
    headers = {"Authorization": f"Bearer {token}", "x-api-key": id, "x-gw-ims-org-id": ORG}
    return httpx2.Client(base_url=url, headers=headers, trust_env=False)


@pytest.mark.parametrize(
    ("given", "sandbox", "reads", "writes"),
    [
        ({"": VIEWER}, "prod", 200, 403),
        ({"": EDITOR}, "prod", 200, 400),
        ({"": VIEWER, "dev": EDITOR}, "dev", 200, 400),
        ({"": VIEWER, "dev": EDITOR}, "prod", 200, 403),
        ({"dev": ADMIN}, "prod", 403, 403),
        ({}, "prod", 403, 403),
    ],
)
def test_a_role_holds_in_its_sandbox(
    deployment: Deployment, url: str, given: dict[str, str], sandbox: str, reads: int, writes: int
) -> None:
    with client(deployment, url, given) as http:
        headers = {"x-sandbox-name": sandbox}
        assert http.get(FLOWS, headers=headers).status_code == reads
        assert http.post(FLOWS, json={}, headers=headers).status_code == writes


NAMESPACES = "/data/core/idnamespace/identities"
SANDBOXES = "/data/foundation/sandbox-management/sandboxes"
Taken = Callable[[sa.Connection, str], object]
AUDIT = "/data/foundation/audit/events"


@pytest.mark.parametrize(
    ("given", "sandbox", "changes", "makes", "audit", "usable"),
    [
        ({"": ADMIN}, "prod", 200, 400, {"", "dev", "prod"}, ["prod", "dev"]),
        ({"": ADMIN}, "dev", 200, 400, {"", "dev", "prod"}, ["prod", "dev"]),
        ({"": ADMIN, "dev": VIEWER}, "prod", 200, 400, {"", "prod"}, ["prod", "dev"]),
        ({"": ADMIN, "dev": VIEWER}, "dev", 200, 400, None, ["prod", "dev"]),
        ({"": VIEWER, "dev": ADMIN}, "dev", 403, 403, {"dev"}, ["prod", "dev"]),
        ({"": EDITOR, "dev": ADMIN}, "dev", 403, 400, {"dev"}, ["prod", "dev"]),
        ({"": VIEWER, "dev": EDITOR}, "dev", 403, 403, None, ["prod", "dev"]),
        ({"dev": ADMIN}, "dev", 403, 403, {"dev"}, ["dev"]),
    ],
)
def test_a_role_of_one_sandbox_reaches_no_further(
    deployment: Deployment, url: str, given: dict[str, str], sandbox: str, changes: int, makes: int,
    audit: set[str] | None, usable: list[str],
) -> None:  # fmt: skip
    with client(deployment, url, {"": ADMIN}) as operator, client(deployment, url, given) as http:
        for each in ("prod", "dev"):
            title = {"title": "Known", "type": "object", "properties": {}}
            types = "/data/foundation/schemaregistry/tenant/datatypes"
            operator.post(types, json=title, headers={"x-sandbox-name": each})
        headers = {"x-sandbox-name": sandbox}
        retitled = http.patch(f"{SANDBOXES}/prod", json={"title": "Theirs"}, headers=headers)
        assert retitled.status_code == changes and ("in the whole org" in retitled.text) is (changes == 403)
        assert http.post(SANDBOXES, json={}, headers=headers).status_code == (403 if changes == 403 else 400)
        assert http.post(NAMESPACES, json={}, headers=headers).status_code == makes
        seen = http.get(AUDIT, params={"limit": 1000}, headers=headers)
        assert seen.status_code == (403 if audit is None else 200)
        if audit is not None:
            assert {event["sandboxName"] for event in seen.json()["_embedded"]["events"]} == audit
            if "prod" not in audit:
                params = {"sandboxName": "prod"}
                assert http.get(AUDIT, params=params, headers=headers).json()["page"]["count"] == 0
        assert [each["name"] for each in http.get(SANDBOXES, headers=headers).json()["sandboxes"]] == usable
        assert http.get(f"{SANDBOXES}/prod", headers=headers).status_code == (200 if "prod" in usable else 404)


TAKEN: dict[str, tuple[Taken, int, str]] = {
    "the account": (lambda conn, id: (accounts.remove(conn, id, 2000), roles.forget(conn, id)), 401, "error_code"),
    "the secret": (lambda conn, id: accounts.rotate(conn, id, accounts.new_secret(), 2000), 401, "error_code"),
    "the tokens": (lambda conn, id: accounts.revoke(conn, id, 2000), 401, "error_code"),
    "the role": (lambda conn, id: roles.give(conn, id, VIEWER, 2000), 403, "type"),
    "nothing": (lambda conn, id: None, 0, ""),
}


@pytest.mark.parametrize("taken", [*TAKEN])
@pytest.mark.parametrize(
    ("path", "body", "done"),
    [
        (
            "/data/foundation/schemaregistry/tenant/datatypes",
            {"title": "Late", "type": "object", "properties": {}},
            201,
        ),
        (SANDBOXES, {"title": "Late", "type": "development"}, 202),
    ],
)
def test_who_may_no_more_when_the_body_is_there_is_refused(
    deployment: Deployment, url: str, path: str, body: dict[str, object], done: int, taken: str
) -> None:
    take, status, member = TAKEN[taken]
    content = json.dumps({"name": "late", **body}).encode()
    with client(deployment, url, {"": ADMIN}) as http, client(deployment, url, {"": ADMIN}):
        sent = {**http.headers, "host": "localhost", "content-type": "application/json", "expect": "100-continue"}
        sent["content-length"] = str(len(content))
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        with socket.create_connection((http.base_url.host, http.base_url.port or 0), timeout=20) as held:
            held.sendall(f"POST {path} HTTP/1.1\r\n{head}connection: close\r\n\r\n".encode())
            assert held.recv(1000).startswith(b"HTTP/1.1 100 ")  # it was let in: its body is waited for
            with deployment.store.write() as conn:
                take(conn, http.headers["x-api-key"])
            held.sendall(content)
            answer = b"".join(iter(lambda: held.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 %d " % (status or done))
    assert member.encode() in answer


def test_roles_are_given_by_command(deployment: Deployment, tmp_path: Path) -> None:
    where = ["--data-dir", str(deployment.settings.data_dir), "--database-url", deployment.settings.database_url]

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(main.app, ["account", *arguments, *where], env={"COLUMNS": "200"})
        if done.exception is not None:
            raise done.exception
        return done.output

    shown = run("add", "--org", ORG, "--role", "viewer")
    id = next(line.split()[-1] for line in shown.splitlines() if "client id" in line)
    assert f"editor in sandbox dev of {ORG}" in run("role", id, "editor", "--sandbox", "dev")
    with deployment.store.read() as conn:
        dev = find(conn, ORG, "dev")
    assert dev is not None and "editor in sandbox dev" in run("role", id, "editor", "--sandbox", dev.id)
    assert "viewer, editor in dev\n" in run("list")
    with pytest.raises(Invalid, match="king is no role"):
        run("role", id, "king")
    with pytest.raises(NotFound, match="no sandbox nowhere"):
        run("role", id, "viewer", "--sandbox", "nowhere")
    run("remove", id)
    with deployment.store.read() as conn:
        assert id not in roles.listed(conn)
