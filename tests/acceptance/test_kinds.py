"""A data directory is an emulator's or in earnest, whatever database it is started with."""

from pathlib import Path

import pytest

from headrace import main, sandboxes
from headrace.errors import Conflict
from headrace.settings import Settings
from headrace.store import accounts
from headrace.store.engine import Store, open_store
from headrace.store.keyring import load_keyring
from headrace.store.kind import MARKER
from headrace.store.migrations import upgrade


def _elsewhere(tmp_path: Path, name: str) -> str:
    return f"sqlite:///{tmp_path / name}"


def _start(data_dir: Path, emulator: bool, database_url: str = "") -> None:
    """As far as a start comes before it serves."""
    main.open_database(Settings(data_dir, emulator=emulator, database_url=database_url)).store.close()


def _account(store: Store) -> None:
    with store.write() as conn:
        accounts.create(conn, "0@AdobeOrg", accounts.new_secret(), 1)


def _org(store: Store) -> None:
    with store.write() as conn:
        sandboxes.create_on_first_use(conn, "0@AdobeOrg", "prod", 1, "t")


@pytest.mark.parametrize(
    ("emulator", "said"), [(False, "made in earnest.*Leave out --emulator"), (True, "made with --emulator")]
)
@pytest.mark.parametrize("database", ["", "other.db"])
def test_a_directory_stays_of_the_kind_of_its_first_start(
    tmp_path: Path, emulator: bool, said: str, database: str
) -> None:
    data_dir, url = tmp_path / "data", _elsewhere(tmp_path, "first.db")
    _start(data_dir, emulator, url)
    before = sorted(data_dir.iterdir())
    with pytest.raises(Conflict, match=said):
        _start(data_dir, not emulator, database and _elsewhere(tmp_path, database))
    assert sorted(data_dir.iterdir()) == before and not (tmp_path / "other.db").exists()
    _start(data_dir, emulator, url)


@pytest.mark.parametrize(("fill", "emulator"), [(_account, False), (_org, True)])
def test_a_directory_of_an_earlier_release_is_of_its_databases_kind(
    tmp_path: Path, fill: object, emulator: bool
) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    load_keyring(data_dir / "keys")
    store = open_store(Settings(data_dir).database)
    upgrade(store)
    fill(store)  # type: ignore[operator]
    store.close()
    with pytest.raises(Conflict):
        _start(data_dir, not emulator)
    _start(data_dir, emulator)
    with pytest.raises(Conflict):
        _start(data_dir, not emulator, _elsewhere(tmp_path, "other.db"))


def test_a_directory_that_says_nothing_is_no_emulators_with_another_database(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    load_keyring(data_dir / "keys")  # as an earlier release left it, its database on PostgreSQL
    with pytest.raises(Conflict, match=r"used with another database.*--database-url"):
        _start(data_dir, emulator=True)
    assert [path.name for path in data_dir.iterdir()] == ["keys"]


def test_a_first_start_that_broke_off_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(store: Store) -> None:
        raise KeyboardInterrupt

    data_dir = tmp_path / "data"
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("headrace.store.migrations.upgrade", broken)
        _start(data_dir, emulator=True)
    assert (data_dir / "keys").exists()
    _start(data_dir, emulator=True)


def test_a_marker_that_says_nothing_is_none(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    _start(data_dir, emulator=False)
    (data_dir / MARKER).write_text("")
    with pytest.raises(Conflict, match="made in earnest"):  # so says the database
        _start(data_dir, emulator=True)
    _start(data_dir, emulator=False)
