"""The revisions build exactly the tables that the code declares, beside whatever else lives in the database."""

import importlib
import pkgutil
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import headrace.store
from headrace.durable.dbos_jobs import DbosJobs
from headrace.errors import Broken
from headrace.lake import Lake
from headrace.store.engine import Store
from headrace.store.metadata import metadata
from headrace.store.migrations import HERE, newest, upgrade


def declared() -> sa.MetaData:
    """Every table of the store, whichever modules were imported so far."""
    for module in pkgutil.iter_modules(headrace.store.__path__):
        importlib.import_module(f"headrace.store.{module.name}")
    return metadata


def ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in metadata.tables


def definitions(store: Store) -> set[str]:
    """Each index of ours as the database words it: compare_metadata does not look at an index's condition."""
    words = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN :tables",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename IN :tables",
    }[store.engine.dialect.name]
    asked = sa.text(words).bindparams(sa.bindparam("tables", sorted(declared().tables), expanding=True))
    with store.read() as conn:
        return set(conn.execute(asked).scalars())


def test_the_revisions_build_what_the_code_declares(empty: Store, tmp_path: Path) -> None:
    url = empty.engine.url.render_as_string(hide_password=False)
    DbosJobs(url).stop(0)
    lake = Lake.open(url, tmp_path / "lake")
    assert lake.catalog.list_namespaces() == []
    lake.close()
    upgrade(empty)
    with empty.read() as conn:
        context = MigrationContext.configure(conn, opts={"include_name": ours, "compare_server_default": True})
        assert compare_metadata(context, declared()) == []
    built = definitions(empty)
    with empty.write() as conn:
        metadata.drop_all(conn)
        metadata.create_all(conn)
    assert definitions(empty) == built


def test_an_upgrade_happens_once_whoever_starts_first(empty: Store) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            upgrade(empty)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_database_of_a_newer_release_is_left_alone(store: Store) -> None:
    with store.write() as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Broken, match="9999"):
        upgrade(store)


def test_the_newest_revision_is_told_by_its_file() -> None:
    assert ScriptDirectory(str(HERE)).get_heads() == [newest()]
