"""Identity namespaces: standard ones are there, an org's own have one code for good."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from headrace.errors import Conflict, Invalid, NotFound
from headrace.identity import namespaces
from headrace.store.engine import open_store
from headrace.store.migrations import upgrade
from headrace.store.scope import Caller

CALLER = Caller("0123456789ABCDEF01234567@AdobeOrg", "prod", "", "client", "user@techacct.adobe.com")
OWN = {"name": "LinkedIn account", "code": "LinkedInAccount", "idType": "NON_PEOPLE"}


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sa.Connection]:
    store = open_store(f"sqlite:///{tmp_path / 'headrace.db'}")
    upgrade(store)
    with store.write() as opened:
        yield opened
    store.close()


def test_the_documented_namespaces_have_their_documented_ids(conn: sa.Connection) -> None:
    ids = {one["code"]: one["id"] for one in namespaces.listed(conn, CALLER)}
    assert ids.items() >= {"CORE": 0, "ECID": 4, "Email": 6, "AdCloud": 411}.items()
    assert len(set(ids.values())) == len(ids)


def test_an_own_namespace_is_seen_from_every_sandbox_of_its_org_only(conn: sa.Connection) -> None:
    made = namespaces.create(conn, CALLER, OWN, 1000)
    assert made["custom"] and made["createTime"] == made["updateTime"] == 1000
    assert namespaces.get(conn, replace(CALLER, sandbox="dev"), str(made["id"])) == made
    with pytest.raises(NotFound):
        namespaces.get(conn, replace(CALLER, org="OTHER@AdobeOrg"), str(made["id"]))


@pytest.mark.parametrize("code", ["LinkedInAccount", "linkedinaccount", "ECID", "email"])
def test_a_code_is_taken_once_in_any_case(conn: sa.Connection, code: str) -> None:
    namespaces.create(conn, CALLER, OWN, 1000)
    with pytest.raises(Conflict, match=code):
        namespaces.create(conn, CALLER, {**OWN, "code": code}, 1000)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"code": "a b"}, "code"),
        ({"code": 7}, "code"),
        ({"idType": "PERSON"}, "idType"),
        ({"description": 7}, "description"),
    ],
)
def test_a_bad_member_is_named(conn: sa.Connection, change: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        namespaces.create(conn, CALLER, {**OWN, **change}, 1000)
    assert caught.value.facts["field"] == field


def test_the_id_type_keeps_its_spelling(conn: sa.Connection) -> None:
    assert namespaces.create(conn, CALLER, {**OWN, "idType": "Cross_device"}, 1000)["idType"] == "Cross_device"


def test_name_and_description_change(conn: sa.Connection) -> None:
    made = namespaces.create(conn, CALLER, OWN, 1000)
    changed = namespaces.change(conn, CALLER, str(made["id"]), {"name": "Other", "code": OWN["code"]}, 2000)
    assert changed == {**made, "name": "Other", "updateTime": 2000}


@pytest.mark.parametrize(
    ("id", "body"), [("own", {"code": "Other"}), ("own", {"idType": "EMAIL"}), ("4", {"name": "x"})]
)
def test_what_never_changes_is_refused(conn: sa.Connection, id: str, body: dict[str, object]) -> None:
    made = namespaces.create(conn, CALLER, OWN, 1000)
    with pytest.raises(Invalid):
        namespaces.change(conn, CALLER, str(made["id"]) if id == "own" else id, body, 2000)
