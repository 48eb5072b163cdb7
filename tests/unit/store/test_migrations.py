"""The revisions build exactly the tables that the code declares, beside whatever else lives in the database."""

import importlib
import json
import pkgutil
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import headrace.store
from headrace.durable.dbos_jobs import DbosJobs
from headrace.errors import Broken
from headrace.lake import Lake
from headrace.runs.plan import UploadPlan, part_of, plan_of
from headrace.store import accounts, batches, parts, roles, run_queue, runs
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


# -- 0002: uploads become runs -----------------------------------------------------------------------------------------


def at_revision(store: Store, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    with store.write() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, revision)


def insert(conn: sa.Connection, table: str, **values: object) -> None:
    columns, names = ", ".join(f'"{name}"' for name in values), ", ".join(f":{name}" for name in values)
    conn.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({names})"), values)


SCOPE = {"org": "o", "sandbox": "prod"}
TIMES = {"created_at": 1, "updated_at": 2}


def a_failed_run(conn: sa.Connection, id: str, batch_status: str) -> None:
    insert(
        conn, "runs", id=id, **SCOPE, flow_id="f", cause="ondemand:0", window_start=0, window_end=1, backfill=False,
        state="failed", batch_id=f"b-{id}", attempt=1, jobs=1, troubles=0, outcome='{"code":"C","message":"m"}',
        etag="e", **TIMES, user="u", client="c",
    )  # fmt: skip
    a_batch(conn, f"b-{id}", batch_status, run_id=id)


def a_batch(conn: sa.Connection, id: str, status: str, attempts: int = 0, **values: object) -> None:
    insert(
        conn, "batches", id=id, **SCOPE, dataset_id="d", status=status, external_id=id, metrics="{}", errors="[]",
        uploads=1, attempts=attempts, version=0, **TIMES, created_by="u", updated_by="u", created_client="c",
        **{"body": "{}", **values},
    )  # fmt: skip


def test_what_ended_in_doubt_is_looked_at_again(empty: Store) -> None:
    at_revision(empty, "0001")
    with empty.write() as conn:
        a_failed_run(conn, "doubtful", "committing")
        a_failed_run(conn, "failed", "failed")
    upgrade(empty)
    with empty.read() as conn:
        assert [run.id for run in run_queue.in_doubt(conn)] == ["doubtful"]
        assert [run.id for run in run_queue.parked_until(conn, 2, 10)] == ["doubtful"]
        assert not runs.by_id(conn, "failed").in_doubt


UNDER_WAY = [
    ("loaded", 0, {}, (runs.QUEUED, 0, "1"), None),
    ("staging", 3, {"enableErrorDiagnostics": True}, (runs.IN_PROGRESS, 3, "3"), (None, ())),
    ("committing", 1, {"partialIngestionPercentage": 5}, (runs.IN_PROGRESS, 1, "1"), (5, ())),
    ("staging", 1, {"replay": {"predecessors": ["A"]}}, (runs.IN_PROGRESS, 1, "1"), (0, ("A",))),
]


@pytest.mark.parametrize(("status", "attempts", "body", "expected", "plan"), UNDER_WAY)
def test_an_upload_under_way_gets_the_run_that_goes_on_with_it(
    empty: Store, status: str, attempts: int, body: dict[str, object], expected: tuple[str, int, str], plan: object
) -> None:
    at_revision(empty, "0001")
    page = {
        "name": "F1.json",
        "ref": {"name": "u/1", "bytes": 7, "sha256": "x"},
        "facts": {"path": "F1.json", "size": 7},
    }
    target = {"table": ["o", "prod", "d"], "schemaId": "s", "version": "1.0", "schema": {}, "mappingId": "",
              "mappingVersion": 0, "items": [], "now": 9}  # fmt: skip
    with empty.write() as conn:
        a_batch(conn, "B", status, attempts, body=json.dumps(body))
        if plan is not None:
            spec = json.dumps({"target": target, **page})
            insert(
                conn, "parts", owner="B", n=0, state="planned", spec=spec, raw="[]", data="[]", errors="[]", counts="{}"
            )
    upgrade(empty)
    with empty.read() as conn:
        run, batch, recorded = runs.by_id(conn, "B"), batches.by_id(conn, "B"), parts.listed(conn, "B")
    assert (run.state, run.attempt, run.job_id) == (expected[0], expected[1], f"B:{expected[2]}")
    assert (run.flow_id, run.window_start, batch.run, batch.metrics) == (None, None, "B", None)
    upload = plan_of(run)
    if plan is None:
        assert upload is None and recorded == []
        return
    assert isinstance(upload, UploadPlan) and (upload.tolerance, upload.predecessors) == plan
    (part,) = recorded
    assert (part.state, part.raw[0].name, part.input_bytes, part_of(part).label) == ("copied", "F1.json", 7, "F1.json")


def test_accounts_of_before_roles_may_do_what_they_could(store: Store) -> None:
    with store.write() as conn:
        client = accounts.create(conn, "o@AdobeOrg", accounts.new_secret(), 1)
        conn.execute(sa.text("DROP TABLE account_roles"))
        conn.execute(sa.text("DROP INDEX ix_events_refused"))
        conn.execute(sa.text("ALTER TABLE events DROP COLUMN address"))
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '0005'"))
    upgrade(store)
    with store.read() as conn:
        assert roles.of(conn, client).within("prod") == "admin"
