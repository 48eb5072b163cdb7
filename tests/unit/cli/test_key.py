"""A new key seals every secret, beside a server that knows only the former one."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headrace import main
from headrace.errors import Broken, Invalid
from headrace.flows import credentials
from headrace.settings import Settings
from headrace.store import secrets
from headrace.store.engine import Store, open_store
from headrace.store.key_sources import key_source, new_line, parsed
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


def run(settings: Settings, command: str, *options: str, **environment: str) -> str:
    arguments = ["key", command, "--data-dir", str(settings.data_dir), *options]
    done = CliRunner(env=environment).invoke(main.app, arguments)
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
    with pytest.raises(Broken, match="not in the keys"):
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


# -- keys that come from elsewhere ---------------------------------------------------------------------------------


def elsewhere(settings: Settings, way: str, text: str) -> tuple[Settings, list[str], dict[str, str]]:
    """The settings, the options of a command and its environment, for keys that a source gives."""
    path = settings.data_dir / "given"
    path.write_text(text)
    path.chmod(0o600)
    if way == "file":
        return replace(settings, key_path=path), ["--key-file", str(path)], {}
    if way == "variable":
        return replace(settings, keys=text), [], {"HEADRACE_KEYS": text}
    command = shlex.join([sys.executable, "-c", f"print(open({str(path)!r}).read())"])
    return replace(settings, key_command=command), ["--key-command", command], {}


@pytest.mark.parametrize("way", ["file", "variable", "command"])
def test_keys_are_moved_elsewhere_and_rotated_there(store: Store, settings: Settings, way: str) -> None:
    held_before = settings.key_file.read_text()
    settings.key_file.unlink()
    moved, options, environment = elsewhere(settings, way, held_before)
    assert held(store, load_keyring(key_source(moved))) == OWNERS
    if way != "file":  # to which rotate itself adds one
        moved, options, environment = elsewhere(settings, way, held_before + new_line() + "\n")
    assert "3 secrets sealed anew" in run(settings, "rotate", *options, **environment)
    ring = load_keyring(key_source(moved))
    former = held_before.split()[0]
    assert (
        ring.current != former and held(store, Keyring(ring.current, {ring.current: ring.keys[ring.current]})) == OWNERS
    )
    said = run(settings, "forget", *options, **environment)
    assert former in said if way != "file" else "1 key is out" in said
    assert not (settings.data_dir / "keys").exists()


def test_a_command_is_asked_again_for_a_key_that_it_had_not(store: Store, settings: Settings) -> None:
    moved, options, _ = elsewhere(settings, "command", settings.key_file.read_text())
    before = load_keyring(key_source(moved))
    elsewhere(settings, "command", settings.key_file.read_text() + new_line() + "\n")
    run(settings, "rotate", *options)
    assert held(store, before) == OWNERS


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-command-at-all", "No such file"),
        (shlex.join([sys.executable, "-c", "import sys; sys.exit('locked')"]), "ended with 1.*it says: locked"),
        (shlex.join([sys.executable, "-c", "print('0123')"]), "each line must hold"),
        (shlex.join([sys.executable, "-c", "pass"]), "each line must hold"),
        ("a 'b", "No closing quotation"),
    ],
)
def test_a_command_that_gives_no_keys_ends_the_start(settings: Settings, command: str, said: str) -> None:
    with pytest.raises(Broken, match=said):
        main.open_database(replace(settings, key_command=command))
    assert not (settings.data_dir / "keys").exists()


@pytest.mark.parametrize("text", ["0123456789abcdef", "0123456789abcdef " + "0" * 63, "0123456789abcdef 0x" + "0" * 62])
def test_a_damaged_key_is_not_shown(settings: Settings, text: str) -> None:
    with pytest.raises(Broken, match="variable HEADRACE_KEYS is damaged") as refused:
        load_keyring(key_source(replace(settings, keys=text)))
    assert text not in str(refused.value)


def test_a_new_key_is_printed_for_wherever_keys_are() -> None:
    first, second = (CliRunner().invoke(main.app, ["key", "new"]).output for _ in range(2))
    assert len(parsed(first + second, "what it printed")) == 2


def test_keys_come_from_one_place(settings: Settings) -> None:
    with pytest.raises(Invalid, match="--key-command or HEADRACE_KEYS"):
        main.open_database(replace(settings, key_command="x", keys="y"))


def test_lost_keys_are_said_at_the_start_and_do_not_hinder_it(
    store: Store, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    lost = settings.key_file.read_text().split()[0]
    settings.key_file.write_text(new_line() + "\n")
    opened = main.open_database(settings)
    credentials.bind_all(opened.store, opened.keyring, 1)
    opened.store.close()
    assert lost in caplog.text and "set again" in caplog.text


def test_a_start_with_all_its_keys_says_nothing(
    store: Store, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    main.open_database(settings).store.close()
    assert not caplog.records
