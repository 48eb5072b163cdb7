"""Sandboxes come to be once, names are safe, and an org's tenant id never moves."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from headrace import sandboxes
from headrace.errors import Conflict, Invalid, NotFound
from headrace.sandboxes import scopes
from headrace.store.engine import Store, open_store
from headrace.store.migrations import upgrade
from headrace.store.scope import Caller

ORG = "0123456789ABCDEF01234567@AdobeOrg"
CALLER = Caller(ORG, "prod", "", "client", "user@techacct.adobe.com")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'headrace.db'}")
    upgrade(opened)
    yield opened
    opened.close()


def test_the_first_use_makes_a_sandbox_once(store: Store) -> None:
    with store.write() as conn:
        made = sandboxes.create_on_first_use(conn, ORG, "dev", 1000)
        assert sandboxes.create_on_first_use(conn, ORG, "dev", 2000) == made
        assert sandboxes.find(conn, ORG, made.id) == sandboxes.find(conn, ORG, "dev") == made
    assert (made.type, made.state, made.is_default) == ("development", "active", False)


def test_an_orgs_first_sandbox_brings_the_default_one(store: Store) -> None:
    with store.write() as conn:
        sandboxes.create_on_first_use(conn, ORG, "dev", 1000)
        listed = sandboxes.listed(conn, ORG)
    assert [(one.name, one.type, one.is_default) for one in listed] == [
        ("prod", "production", True),
        ("dev", "development", False),
    ]


@pytest.mark.parametrize("name", ["", "Prod", "a/b", "..", "a b", "-a", "a" * 64, str(UUID(int=0))])
def test_a_name_that_is_unsafe_in_a_path_is_refused(store: Store, name: str) -> None:
    with store.write() as conn, pytest.raises(Invalid, match=r"sandbox name|a sandbox's id"):
        sandboxes.create_on_first_use(conn, ORG, name, 1000)


def test_an_org_that_is_unsafe_in_a_path_is_refused(store: Store) -> None:
    with store.write() as conn, pytest.raises(Invalid, match="org id"):
        sandboxes.create_on_first_use(conn, "../etc", "prod", 1000)


def test_orgs_do_not_see_each_others_sandboxes(store: Store) -> None:
    with store.write() as conn:
        made = sandboxes.create_on_first_use(conn, ORG, "dev", 1000)
        assert sandboxes.find(conn, "OTHER@AdobeOrg", made.id) is None
        with pytest.raises(NotFound):
            scopes.get(conn, replace(CALLER, org="OTHER@AdobeOrg"), "dev")


def test_a_name_is_taken_once(store: Store) -> None:
    with store.write() as conn:
        scopes.create(conn, CALLER, "dev", "Dev", "development", 1000)
        with pytest.raises(Conflict, match="dev"):
            scopes.create(conn, CALLER, "dev", "Again", "development", 1000)


def test_only_the_title_changes(store: Store) -> None:
    with store.write() as conn:
        made = scopes.create(conn, CALLER, "dev", "Dev", "development", 1000)
        changed = scopes.retitle(conn, CALLER, "dev", "Development", 2000)
    assert (changed.id, changed.title, changed.version, changed.updated_at) == (made.id, "Development", 1, 2000)


def test_the_tenant_id_is_stable_and_a_valid_field_name(store: Store) -> None:
    with store.write() as conn:
        before = sandboxes.tenant_of(conn, ORG)
        sandboxes.create_on_first_use(conn, ORG, "prod", 1000)
        assert sandboxes.tenant_of(conn, ORG) == before and before.isidentifier()
        assert sandboxes.tenant_of(conn, "OTHER@AdobeOrg") != before
        sandboxes.create_on_first_use(conn, "OTHER@AdobeOrg", "prod", 1000, "extconndev")
        sandboxes.create_on_first_use(conn, "OTHER@AdobeOrg", "dev", 1000)
        assert sandboxes.tenant_of(conn, "OTHER@AdobeOrg") == "extconndev"
