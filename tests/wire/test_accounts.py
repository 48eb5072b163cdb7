"""Technical accounts are added, rotated and removed beside a running server, and their tokens follow at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from headrace import main
from headrace.api.first_start import first_account
from headrace.errors import Conflict, Invalid, NotFound
from headrace.runs.deployment import Deployment
from headrace.sandboxes import create_on_first_use
from headrace.store import accounts
from headrace.store.engine import Store
from wire_server import deploy, serve

FLOWS = "/data/foundation/flowservice/flows"
Words = dict[str, str]
Account = Callable[..., str]


def _words(shown: str) -> Words:
    """What a command shows, by its label."""
    lines = (line.rsplit(maxsplit=1) for line in shown.splitlines() if line.startswith("  "))
    return {label.strip(): value for label, value in lines}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    made = deploy(tmp_path_factory.mktemp("accounts"), emulator=False, tenant_id=None)
    yield made
    made.jobs.stop(0)
    made.store.close()


@pytest.fixture(scope="module")
def first(deployment: Deployment) -> Words:
    return _words(first_account(deployment) or "")


@pytest.fixture(scope="module")
def http(deployment: Deployment) -> Iterator[httpx2.Client]:
    for url in serve(deployment):
        with httpx2.Client(base_url=url, trust_env=False) as client:
            yield client


@pytest.fixture(scope="module")
def account(deployment: Deployment, first: Words) -> Account:
    """Runs ``headrace account`` on the server's directory."""
    where = ["--data-dir", str(deployment.settings.data_dir), "--database-url", deployment.settings.database_url]

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(main.app, ["account", *arguments, *where], env={"COLUMNS": "200"})
        if done.exception is not None:
            raise done.exception
        return done.output

    return run


def _token(http: httpx2.Client, words: Words) -> httpx2.Response:
    form = {"client_id": words["client id"], "client_secret": words["client secret"]}
    return http.post("/ims/token/v3", data={"grant_type": "client_credentials", **form})


def _status(http: httpx2.Client, words: Words, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "x-api-key": words["client id"], "x-gw-ims-org-id": words["org"]}
    return http.get(FLOWS, headers=headers).status_code


def test_an_added_account_opens_its_org(http: httpx2.Client, account: Account, first: Words) -> None:
    added = _words(account("add"))
    assert added["org"] == first["org"] and added["client id"] != first["client id"]
    assert _status(http, added, _token(http, added).json()["access_token"]) == 200


def test_rotating_ends_the_old_secret_and_every_token(http: httpx2.Client, account: Account) -> None:
    before = _words(account("add"))
    token = _token(http, before).json()["access_token"]
    after = _words(account("rotate", before["client id"]))
    assert after["client secret"] != before["client secret"]
    assert (_status(http, before, token), _token(http, before).status_code) == (401, 401)
    assert _status(http, after, _token(http, after).json()["access_token"]) == 200


@pytest.mark.parametrize("command", ["rotate", "remove"])
def test_a_secret_that_ends_while_it_is_looked_at_gives_no_token(
    http: httpx2.Client, account: Account, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    added = _words(account("add"))
    authenticate = accounts.authenticate

    def slowly(*arguments: Any) -> accounts.Proof | None:
        proof = authenticate(*arguments)
        account(command, added["client id"])  # meanwhile, beside the server
        return proof

    monkeypatch.setattr(accounts, "authenticate", slowly)
    assert _token(http, added).status_code == 401


def test_nothing_is_hashed_while_everybody_else_waits_to_write(
    tmp_path: Path, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, hashed, writing = Store.write, accounts._hash, False
    at: list[bool] = []

    @contextmanager
    def seen(store: Store) -> Iterator[Any]:
        nonlocal writing
        with write(store) as conn:
            writing = True
            try:
                yield conn
            finally:
                writing = False

    def noted(*arguments: Any) -> bytes:
        at.append(writing)
        return hashed(*arguments)

    monkeypatch.setattr(Store, "write", seen)
    monkeypatch.setattr(accounts, "_hash", noted)
    account("rotate", _words(account("add"))["client id"])
    made = deploy(tmp_path, emulator=False, tenant_id=None)
    assert first_account(made) and first_account(made) is None  # which hashes nothing
    made.jobs.stop(0)
    made.store.close()
    assert at == [False] * 3


def test_tokens_are_listed_and_revoked(http: httpx2.Client, account: Account) -> None:
    added = _words(account("add"))
    token = _token(http, added).json()["access_token"]
    shown = account("tokens")
    assert added["client id"] in shown and token not in shown
    assert "1 token" in account("revoke", added["client id"])
    assert _status(http, added, token) == 401 and added["client id"] not in account("tokens")
    assert _status(http, added, _token(http, added).json()["access_token"]) == 200


def test_a_removed_account_opens_nothing(http: httpx2.Client, account: Account, first: Words) -> None:
    added = _words(account("add", "--org", first["org"]))
    token = _token(http, added).json()["access_token"]
    assert "revoked" in account("remove", added["client id"])
    assert (_status(http, added, token), _token(http, added).status_code) == (401, 401)


def test_the_list_shows_every_account_and_no_secret(account: Account, first: Words) -> None:
    added = _words(account("add"))
    shown = account("list")
    assert first["client id"] in shown and added["client id"] in shown and added["client secret"] not in shown


def test_what_is_unclear_is_told(account: Account, deployment: Deployment) -> None:
    with pytest.raises(NotFound, match="client id nobody"):
        account("rotate", "nobody")
    with pytest.raises(NotFound, match="no org nowhere"):
        account("add", "--org", "nowhere")
    with deployment.store.write() as conn:
        create_on_first_use(conn, "OTHER@AdobeOrg", "prod", 1000)
    with pytest.raises(Invalid, match="several orgs"):
        account("add")


def test_an_account_of_a_new_org_makes_the_org(http: httpx2.Client, account: Account, first: Words) -> None:
    added = _words(account("add", "--new-org"))
    assert added["org"] != first["org"]
    assert _status(http, added, _token(http, added).json()["access_token"]) == 200
    assert added["org"] in account("list")


def test_the_last_account_stays(tmp_path: Path) -> None:
    made = deploy(tmp_path, emulator=False, tenant_id=None)
    id = _words(first_account(made) or "")["client id"]
    where = ["--data-dir", str(tmp_path), "--database-url", made.settings.database_url]
    done = CliRunner().invoke(main.app, ["account", "remove", id, *where])
    made.jobs.stop(0)
    made.store.close()
    assert isinstance(done.exception, Conflict) and "last account" in done.exception.message
