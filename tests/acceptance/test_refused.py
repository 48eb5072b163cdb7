"""A start that is refused says why in one line, and leaves nothing behind."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
import typer

from headrace import main, sandboxes
from headrace.settings import DEFAULT_PORT
from headrace.store import migrations
from headrace.store.engine import open_store
from headrace.store.keyring import load_keyring
from headrace.store.migrations import upgrade

SERVE = ["serve", "--port", "0"]
ALIAS = ["--host-alias", "https://a.example=http://127.0.0.1:1"]
NOBODY = "postgresql://u:secret@127.0.0.1:1/x"
REFUSED = {
    "an emulator for all": ([*SERVE, "--emulator", "--host", "0.0.0.0"], "loopback"),
    "an alias in earnest": ([*SERVE, *ALIAS], "--emulator only"),
    "half an alias": ([*SERVE, "--emulator", "--host-alias", "https://a.example"], "TARGET_URL"),
    "an unknown database": ([*SERVE, "--database-url", "mysql://u:secret@127.0.0.1/x"], "postgresql://"),
    "a database that is down": ([*SERVE, "--database-url", NOBODY], "cannot be opened"),
    "a database nowhere": ([*SERVE, "--database-url", "sqlite:////nowhere/at/all.db"], "--database-url"),
    "an address of others": (["serve", "--host", "192.0.2.1"], f"192.0.2.1:{DEFAULT_PORT}"),
    "a worker alone": (["worker"], "There is no data directory"),
    "a worker with an alias": (["worker", *ALIAS], "--emulator only"),
    "a worker without its keys": (["worker", "--database-url", NOBODY], "There is no data directory"),
    "a query": (["query", "SELECT 1"], "There is no data directory"),
    "a query of PostgreSQL": (["query", "SELECT 1", "--database-url", NOBODY], "There is no data directory"),
    "a check": (["verify"], "There is no data directory"),
}

BESIDE_A_SERVER = [
    ["query", "SELECT 1"],
    ["verify"],
    ["gaps"],
    ["account", "list"],
    ["account", "add"],
    ["account", "rotate", "nobody"],
    ["account", "remove", "nobody"],
]


def refused(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["headrace", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.run()
    told = capsys.readouterr()
    assert ended.value.code == 1 and told.out == "" and len(told.err.splitlines()) < 3, told
    return told.err


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_start_leaves_no_directory(name: str, tmp_path: Path, monkeypatch, capsys) -> None:
    arguments, word = REFUSED[name]
    said = refused([*arguments, "--data-dir", str(tmp_path / "new" / "data")], monkeypatch, capsys)
    assert word in said and "secret" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_cannot_be_is_a_mistake_of_the_command_line(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["headrace", "serve", "--port", "99999", "--data-dir", str(tmp_path / "new")])
    with pytest.raises(SystemExit) as ended:
        main.run()
    told = capsys.readouterr().err
    assert ended.value.code == 2 and "65535" in told and "Traceback" not in told and not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", BESIDE_A_SERVER, ids=" ".join)
def test_a_directory_that_no_server_used_stays_as_it_is(
    command: list[str], tmp_path: Path, monkeypatch, capsys
) -> None:
    assert "No server has used" in refused([*command, "--data-dir", str(tmp_path)], monkeypatch, capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("command", BESIDE_A_SERVER, ids=" ".join)
@pytest.mark.parametrize(("revision", "words"), [("0001", "brings it up to date"), ("9999", "upgrade Headrace")])
def test_a_database_of_another_release_stays_as_it_is(
    command: list[str], revision: str, words: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    with closing(open_store(f"sqlite:///{tmp_path / 'headrace.db'}")) as store:
        upgrade(store)
        with store.write() as conn:
            conn.execute(sa.text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        said = refused([*command, "--data-dir", str(tmp_path)], monkeypatch, capsys)
        assert revision in said and words in said and migrations.revision(store) == revision


def test_a_file_is_no_data_directory(tmp_path: Path, monkeypatch, capsys) -> None:
    (tmp_path / "file").write_text("mine")
    assert "cannot be used" in refused([*SERVE, "--data-dir", str(tmp_path / "file")], monkeypatch, capsys)
    assert (tmp_path / "file").read_text() == "mine"


def test_what_is_no_database_is_told_so(tmp_path: Path, monkeypatch, capsys) -> None:
    (tmp_path / "headrace.db").write_text("This is no database at all. " * 99)
    assert "cannot be opened" in refused(["verify", "--data-dir", str(tmp_path)], monkeypatch, capsys)


def test_the_commands_are_introduced_to_their_users() -> None:
    group = typer.main.get_command(main.app)
    assert "Iceberg" in str(group.help) and "Settings" not in str(group.help)
    assert list(group.commands)[:2] == ["serve", "worker"]


@pytest.mark.parametrize("command", [SERVE, ["worker"]])
def test_a_used_database_gets_no_second_key_file(command: list[str], tmp_path: Path, monkeypatch, capsys) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'headrace.db'}")
    upgrade(store)
    store.close()
    assert "key file" in refused([*command, "--data-dir", str(tmp_path)], monkeypatch, capsys)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("command", [SERVE, ["worker"], ["query", "SELECT 1"], ["verify"]])
def test_a_copy_is_refused_before_anything_listens(command: list[str], tmp_path: Path, monkeypatch, capsys) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'headrace.db'}")
    upgrade(store)
    with store.write() as conn:
        sandboxes.create_on_first_use(conn, "ORG@AdobeOrg", "prod", 1000)
    store.close()
    load_keyring(tmp_path / "keys")
    _catalog(tmp_path / "catalog.db", "/elsewhere/lake/tables/o__prod/d/metadata/1.json")
    said = refused([*command, "--data-dir", str(tmp_path)], monkeypatch, capsys)
    assert f"{tmp_path} was made at /elsewhere," in said.replace("\n", " ")


def _catalog(path: Path, location: str) -> None:
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE iceberg_tables (metadata_location TEXT)")
        conn.execute("INSERT INTO iceberg_tables VALUES (?)", (location,))
    conn.close()
