"""A new key seals every secret, beside a server that knows only the former one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from headrace import main
from headrace.errors import Broken
from headrace.settings import Settings
from headrace.store import secrets
from headrace.store.engine import Store, open_store
from headrace.store.keyring import Keyring, load_keyring
from headrace.store.migrations import upgrade
from headrace.store.scope import Caller

HERE = Caller("o@AdobeOrg", "prod", "", "c", "u")
OWNERS = [f"connections/{n}" for n in range(3)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Store:
    opened = open_store(settings.database)
    upgrade(opened)
    ring = load_keyring(settings.key_file)
    with opened.write() as conn:
        for owner in OWNERS:
            secrets.put(conn, ring, HERE, owner, {"password": owner}, 1)
    return opened


def run(settings: Settings, command: str) -> str:
    done = CliRunner().invoke(main.app, ["key", command, "--data-dir", str(settings.data_dir)])
    assert done.exception is None, done.exception
    return done.output


def held(store: Store, ring: Keyring) -> list[str]:
    with store.read() as conn:
        return [secrets.get(conn, ring, HERE, owner)["password"] for owner in OWNERS]


def test_a_server_goes_on_with_what_is_sealed_anew(store: Store, settings: Settings) -> None:
    before = load_keyring(settings.key_file)
    assert "3 secrets sealed anew" in run(settings, "rotate")
    after = load_keyring(settings.key_file)
    assert after.current != before.current and set(before.keys) < set(after.keys)
    assert held(store, before) == held(store, after) == OWNERS
    with pytest.raises(Broken, match="not in the key file"):
        held(store, Keyring(before.current, before.keys))


def test_what_a_server_seals_afterwards_it_seals_with_the_new_key(store: Store, settings: Settings) -> None:
    before = load_keyring(settings.key_file)
    run(settings, "rotate")
    with store.write() as conn:
        secrets.put(conn, before, HERE, OWNERS[0], {"password": "new"}, 2)
    with store.read() as conn:
        assert secrets.keys_in_use(conn) == {load_keyring(settings.key_file).current}
    assert held(store, load_keyring(settings.key_file)) == ["new", *OWNERS[1:]]


def test_keys_that_nothing_needs_are_forgotten(store: Store, settings: Settings) -> None:
    before = load_keyring(settings.key_file)
    run(settings, "rotate")
    with store.write() as conn:  # as if it had been on its way
        secrets.put(conn, Keyring(before.current, before.keys), HERE, OWNERS[0], {"password": OWNERS[0]}, 2)
    assert "0 keys are out" in run(settings, "forget")
    run(settings, "rotate")
    assert "2 keys are out" in run(settings, "forget")
    after = load_keyring(settings.key_file)
    assert list(after.keys) == [after.current] and after.current not in before.keys
    assert held(store, after) == OWNERS and settings.key_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in settings.data_dir.glob("keys*")] == ["keys"]
