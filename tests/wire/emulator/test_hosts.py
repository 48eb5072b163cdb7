"""An emulator is asked under names of its own, and beyond loopback by whoever knows its token."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from headrace.errors import Conflict
from headrace.runs.deployment import Deployment
from headrace.store import accounts, kind
from wire_server import HEADERS, Api, deploy, serve

TOKEN = "a-token-of-the-operator"
GUESSER = {"x-forwarded-for": "192.0.2.50"}


class Standing:
    """A timer that stands still."""

    def seconds(self) -> float:
        return 1000.0


PATHS = ("/health", "/_emulator/clock", "/data/foundation/catalog/dataSets", "/nowhere")


def served(directory: Path, **settings: object) -> Iterator[tuple[Deployment, Api]]:
    deployment = replace(deploy(directory, **settings), timer=Standing())
    for url in serve(deployment):
        with httpx2.Client(base_url=url, headers=HEADERS, trust_env=False) as http:
            yield deployment, Api(http)
    deployment.jobs.stop(0)
    deployment.http.close()
    deployment.lake.close()
    deployment.store.close()


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An emulator that may be asked under a name, too."""
    for _, api in served(
        tmp_path_factory.mktemp("named"), allowed_hosts=("Emulator.test", "[2001:db8::1]", "192.0.2.1")
    ):
        yield api


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An emulator with a token."""
    for _, api in served(tmp_path_factory.mktemp("guarded"), emulator_token=TOKEN):
        yield api


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8088",
        "127.0.0.1.evil.example",
        "[::1",
        "",
        "128.0.0.1",
        "0.0.0.0",
        "[::]",
        "[::1].evil.example",
        "[::1]evil.example:80",
        "localhost.evil.example",
        "localhost:80:80",
        "localhost@evil.example",
        "localhost:80@evil.example",
        "xlocalhost",
    ],
)
def test_another_name_is_refused_whatever_is_asked(named: Api, path: str, host: str) -> None:
    answer = named.get(path, headers={"host": host})
    assert answer.status_code == 403 and "--allowed-host" in answer.text


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:1",
        "127.0.0.1:8088",
        "127.8.8.8",
        "[::1]",
        "[::1]:8088",
        "emulator.test:80",
        "EMULATOR.test",
        "[2001:db8::1]:8088",
        "192.0.2.1",
    ],
)
def test_its_own_names_are_served(named: Api, host: str) -> None:
    assert named.get("/health", headers={"host": host}).status_code == 200


def _token(api: Api, secret: str) -> httpx2.Response:
    form = {"grant_type": "client_credentials", "client_id": "me", "client_secret": secret}
    return api.post("/ims/token/v3", data=form)


DATASETS = "/data/foundation/catalog/dataSets"


def _as(bearer: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {bearer}", **more}


def test_who_knows_the_token_may_do_everything(guarded: Api) -> None:
    issued = _token(guarded, TOKEN).json()["access_token"]
    assert guarded.get(DATASETS, headers=_as(issued)).status_code == 200
    for bearer in (TOKEN, issued):
        assert guarded.get("/_emulator/clock", headers=_as(bearer)).status_code == 200
    # The API takes what was issued, so that nobody tries the token itself there.
    assert guarded.get(DATASETS, headers=_as(TOKEN)).status_code == 401


def test_who_guesses_at_the_controls_waits(guarded: Api) -> None:
    issued = _token(guarded, TOKEN).json()["access_token"]
    answers = [guarded.get("/_emulator/clock", headers=_as("guess", **GUESSER)) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] and answers[-1].headers["retry-after"] == "1"
    assert guarded.get("/_emulator/clock", headers=_as(TOKEN, **GUESSER)).status_code == 429
    assert guarded.get("/_emulator/clock", headers=_as(issued, **GUESSER)).status_code == 200
    assert guarded.get("/_emulator/clock", headers=_as(TOKEN)).status_code == 200


def test_a_page_of_another_site_does_not_guess_for_its_reader(guarded: Api) -> None:
    foreign = _as("guess", Origin="https://evil.example", **{"x-forwarded-for": "192.0.2.60"})
    assert {guarded.post("/_emulator/clock", headers=foreign).status_code for _ in range(9)} == {403}


def test_tokens_end_with_the_token_that_they_were_issued_for(tmp_path: Path) -> None:
    issued = ""
    for chosen in ("", TOKEN, TOKEN + "2"):
        for _, api in served(tmp_path, emulator_token=chosen):
            if issued and chosen:
                for path in ("/_emulator/clock", DATASETS):
                    assert api.get(path, headers=_as(issued)).status_code == 401
            issued = _token(api, chosen or "any").json()["access_token"]
            assert api.get(DATASETS, headers=_as(issued)).status_code == 200


@pytest.mark.parametrize("path", ["/_emulator/clock", "/data/foundation/catalog/dataSets"])
def test_any_other_token_opens_nothing(guarded: Api, path: str) -> None:
    assert guarded.get(path).status_code == 401
    assert guarded.post("/_emulator/reset", json={}).status_code == 401
    assert guarded.get(path, headers={"Authorization": ""}).status_code == 403


def test_another_secret_gets_no_token(guarded: Api) -> None:
    answer = _token(guarded, TOKEN + "x")
    assert answer.status_code == 401 and TOKEN not in answer.text


KINDS = {
    "a new one": ((), True, ""),
    "an emulator's": ((True,), True, ""),
    "one in earnest": ((False,), False, ""),
    "one in earnest as an emulator's": ((False,), True, "made in earnest.*Leave out --emulator"),
    "an emulator's in earnest": ((True,), False, "made with --emulator"),
}


@pytest.mark.parametrize("case", KINDS)
def test_a_directory_remembers_its_kind(tmp_path: Path, case: str) -> None:
    before, emulator, refused = KINDS[case]
    for deployment, _ in served(tmp_path):
        for each in before:
            with deployment.store.write() as conn:
                kind.require(conn, each, "data")
        with deployment.store.write() as conn:
            if refused:
                with pytest.raises(Conflict, match=f"^data was {refused}"):
                    kind.require(conn, emulator, "data")
            else:
                kind.require(conn, emulator, "data")


@pytest.mark.parametrize(("account", "emulator"), [(True, True), (False, False)])
def test_a_directory_of_before_is_what_is_in_it(tmp_path: Path, account: bool, emulator: bool) -> None:
    for deployment, api in served(tmp_path):
        assert api.get("/data/foundation/catalog/dataSets").status_code == 200  # which makes the org
        with deployment.store.write() as conn:
            if account:
                accounts.create(conn, "0@AdobeOrg", accounts.new_secret(), 1)
            with pytest.raises(Conflict):
                kind.require(conn, emulator, "data")
            kind.require(conn, not emulator, "data")
