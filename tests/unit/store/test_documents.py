"""A document changes only from the version you read, and never leaves its org and sandbox."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from headrace.errors import Broken, Conflict, NotFound, RevisionStale, Unavailable
from headrace.store import accounts, documents, emulator_clock, events, secrets
from headrace.store.engine import Store
from headrace.store.keyring import Keyring, load_keyring
from headrace.store.scope import Caller

HERE = Caller("org@AdobeOrg", "prod", "sandbox-id", "client", "user")
ELSEWHERE = [replace(HERE, org="other@AdobeOrg"), replace(HERE, sandbox="dev")]


def test_a_document_keeps_the_json_it_was_given(store: Store) -> None:
    body = {"interval": "15", "unknown": {"kept": [1, None, 2.5]}}
    with store.write() as conn:
        made = documents.create(conn, HERE, "flows", "f1", body, at=1_000)
    with store.read() as conn:
        assert documents.get(conn, HERE, "flows", "f1") == made
    assert made.body == body and made.revision == 0 and made.etag.startswith('"')


def test_a_write_from_a_stale_read_is_refused(store: Store) -> None:
    with store.write() as conn:
        first = documents.create(conn, HERE, "flows", "f1", {"n": 1}, at=1)
        second = documents.replace_body(conn, HERE, first, {"n": 2}, at=2)
    assert second.etag != first.etag and second.created_at == 1 and second.updated_at == 2
    with pytest.raises(RevisionStale), store.write() as conn:
        documents.replace_body(conn, HERE, first, {"n": 3}, at=3)
    with pytest.raises(RevisionStale), store.write() as conn:
        documents.delete(conn, HERE, first, at=3)
    with store.read() as conn:
        assert documents.get(conn, HERE, "flows", "f1").body == {"n": 2}


@pytest.mark.parametrize("stranger", ELSEWHERE)
def test_nothing_crosses_orgs_or_sandboxes(store: Store, stranger: Caller) -> None:
    with store.write() as conn:
        documents.create(conn, HERE, "flows", "f1", {}, at=1)
        assert documents.find(conn, stranger, "flows", "f1") is None
        assert documents.select(conn, stranger, "flows") == []
        with pytest.raises(NotFound):
            documents.revision(conn, stranger, "flows", "f1", 0)
        documents.create(conn, stranger, "flows", "f1", {"mine": True}, at=1)
        assert documents.get(conn, HERE, "flows", "f1").body == {}


def test_an_id_is_taken_once(store: Store) -> None:
    with store.write() as conn:
        documents.create(conn, HERE, "flows", "f1", {}, at=1)
    with pytest.raises(Conflict), store.write() as conn:
        documents.create(conn, HERE, "flows", "f1", {}, at=1)


def test_earlier_bodies_stay_readable_after_a_delete(store: Store) -> None:
    with store.write() as conn:
        first = documents.create(conn, HERE, "mappingSets", "m", {"v": 0}, at=1)
        second = documents.replace_body(conn, HERE, first, {"v": 1}, at=2)
        documents.delete(conn, HERE, second, at=3)
        assert [documents.revision(conn, HERE, "mappingSets", "m", n)["v"] for n in (0, 1)] == [0, 1]
        assert documents.find(conn, HERE, "mappingSets", "m") is None


def test_documents_are_listed_newest_change_first(store: Store) -> None:
    with store.write() as conn:
        a = documents.create(conn, HERE, "flows", "a", {}, at=1)
        documents.create(conn, HERE, "flows", "b", {}, at=2)
        documents.replace_body(conn, HERE, a, {}, at=3)
        assert [document.id for document in documents.select(conn, HERE, "flows")] == ["a", "b"]


def test_every_change_leaves_an_event_of_the_same_transaction(store: Store) -> None:
    with store.write() as conn:
        made = documents.create(conn, HERE, "flows", "a", {}, at=1)
        documents.delete(conn, HERE, made, at=2)
    with pytest.raises(RuntimeError), store.write() as conn:
        documents.create(conn, HERE, "flows", "b", {}, at=3)
        raise RuntimeError
    with store.read() as conn:
        rows = conn.execute(events.events.select().order_by(events.events.c.seq)).all()
    assert [(row.id, row.action, row.at, row.actor) for row in rows] == [
        ("a", "created", 1, "user"),
        ("a", "deleted", 2, "user"),
    ]


def test_secrets_are_sealed_and_bound_to_their_owner(store: Store, keyring: Keyring) -> None:
    with store.write() as conn:
        secrets.put(conn, keyring, HERE, "connections/1", {"accessToken": "AQV-very-secret"}, at=1)
        secrets.put(conn, keyring, HERE, "connections/2", {"accessToken": "another"}, at=1)
        blob = conn.execute(secrets.secrets.select()).all()[0].blob
        assert b"very-secret" not in blob
        assert secrets.get(conn, keyring, HERE, "connections/1") == {"accessToken": "AQV-very-secret"}
        for stranger in ELSEWHERE:
            with pytest.raises(NotFound):
                secrets.get(conn, keyring, stranger, "connections/1")
        conn.execute(secrets.secrets.update().where(secrets.secrets.c.owner == "connections/2").values(blob=blob))
        with pytest.raises(Broken):
            secrets.get(conn, keyring, HERE, "connections/2")


def test_the_key_file_is_private_and_read_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("keys") / "keys"
    first, second = load_keyring(path), load_keyring(path)
    assert second.open(first.seal(b"x", "row"), "row") == b"x"
    assert path.stat().st_mode & 0o077 == 0
    assert first.keys[first.current].hex() not in repr(first)


def test_a_first_start_that_was_killed_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies before the key has its name; in a container the next process has the same id."""
    with monkeypatch.context() as killed:
        killed.setattr(os, "link", _die)
        killed.setattr(Path, "unlink", _die)
        with pytest.raises(KeyboardInterrupt):
            load_keyring(tmp_path / "keys")
    assert load_keyring(tmp_path / "keys").current


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_key_file_that_others_can_read_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("keys") / "keys"
    load_keyring(path)
    path.chmod(0o640)
    with pytest.raises(Broken, match="chmod 600"):
        load_keyring(path)


def test_two_who_remove_the_last_accounts_at_once_leave_one(store: Store) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("its writers exclude each other")
    with store.write() as conn:
        first, second = (accounts.create(conn, "org@AdobeOrg", accounts.new_secret(), at) for at in (1, 2))
    with store.write() as conn:
        accounts.remove(conn, first, 3)
        with pytest.raises(Unavailable), store.write() as other:
            other.exec_driver_sql("SET LOCAL lock_timeout = '1ms'")
            accounts.remove(other, second, 3)  # it waits to see what becomes of the first
    with store.write() as conn, pytest.raises(Conflict):
        accounts.remove(conn, second, 4)


def test_a_client_secret_opens_only_its_own_account(store: Store) -> None:
    fresh = accounts.new_secret()
    secret = fresh.text
    assert secret not in repr(fresh)
    with store.write() as conn:
        client = accounts.create(conn, "org@AdobeOrg", fresh, at=1)
        proof = accounts.authenticate(conn, client, secret)
        assert proof is not None and accounts.still_holds(conn, proof)
        grant = proof.grant
        assert grant.org == "org@AdobeOrg"
        assert accounts.authenticate(conn, client, secret + "x") is None
        assert accounts.authenticate(conn, "nobody", secret) is None
        token = accounts.issue_token(conn, grant, expires_at=100)
        assert accounts.grant_of(conn, token, now=99) == grant
        assert accounts.grant_of(conn, token, now=100) is None
        assert accounts.grant_of(conn, token + "x", now=1) is None
        accounts.forget_expired(conn, now=99)
        assert accounts.grant_of(conn, token, now=99) == grant
        accounts.forget_expired(conn, now=100)
        assert accounts.grant_of(conn, token, now=99) is None
        stored = repr(conn.execute(accounts.accounts.select()).all()) + repr(
            conn.execute(accounts.tokens.select()).all()
        )
        assert secret not in stored and token not in stored


def test_the_emulator_clock_is_shared_through_the_store(store: Store) -> None:
    clock = emulator_clock.EmulatorClock(store)
    with store.write() as conn:
        emulator_clock.move_to(conn, 1_660_107_600_000)
    assert 0 <= clock.now() - 1_660_107_600_000 < 60_000
    assert abs(emulator_clock.EmulatorClock(store).now() - clock.now()) < 60_000
