"""SQL over a data directory, without its server: which org, which sandbox, which tables."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from headrace.errors import HeadraceError, NotFound, QueryInvalid
from headrace.settings import Settings
from headrace.store import documents, sandboxes
from headrace.store.directory import require_directory
from headrace.store.engine import Store, open_store
from headrace.store.migrations import require_current, revision
from headrace.store.scope import Caller

if TYPE_CHECKING:
    from headrace.query.duck import Result

ALIAS_TAG = "adobe/pqs/table"


def rows(data_dir: Path, org: str | None, sandbox: str, sql: str, database_url: str = "") -> list[tuple[Any, ...]]:
    """The rows that ``sql`` gives; see ``result``."""
    return result(data_dir, org, sandbox, sql, database_url).rows


def result(data_dir: Path, org: str | None, sandbox: str, sql: str, database_url: str = "") -> "Result":
    """Runs one SELECT over the tables of ``org`` (None: the only one with datasets) and ``sandbox``."""
    # DuckDB and Arrow take half a second to import, so whoever does not query goes without.
    from headrace.lake import Lake, TableRef
    from headrace.query import duck

    settings = Settings(data_dir, database_url=database_url)
    store = open_existing(settings)
    try:
        with store.read() as conn:
            caller = _scope(conn, org, sandbox)
            datasets = _datasets(conn, caller)
    finally:
        store.close()
    with closing(Lake.open(settings.database, settings.warehouse)) as lake:

        def locate(dataset: str) -> str:
            return lake.metadata_location(TableRef(caller.org, caller.sandbox, dataset))

        return duck.run(duck.Tables(datasets, locate), sql)


def open_existing(settings: Settings) -> Store:
    """The store of a data directory that a server has used; NotFound for any other directory. Changes nothing.

    Conflict or Broken when the database is of another release.
    """
    require_directory(settings.data_dir)
    store = open_store(settings.database)
    try:
        if revision(store) is None:
            raise NotFound(
                f"No server has used the database {store.engine.url!r} yet. Give the --data-dir of the server, and its "
                "--database-url if it has one."
            )
        require_current(store)
    except HeadraceError:
        store.close()
        raise
    return store


def _scope(conn: sa.Connection, org: str | None, sandbox: str) -> Caller:
    orgs = sandboxes.orgs(conn)
    chosen = org or _only(conn, orgs)
    if chosen is None or chosen not in orgs:
        raise NotFound(f"There is no org {chosen or ''} here. Orgs: {', '.join(orgs) or 'none yet'}.")
    found = sandboxes.find(conn, chosen, sandbox)
    if found is None:
        names = ", ".join(one.name for one in sandboxes.listed(conn, chosen))
        raise NotFound(f"Org {chosen} has no sandbox {sandbox}. Sandboxes: {names}.")
    return Caller(chosen, found.name, found.id, "", "")


def _only(conn: sa.Connection, orgs: list[str]) -> str | None:
    """The one org that can be meant: the only one with datasets, or the only one at all."""
    # In an emulator an org comes to be when it is named, so one that was named by mistake has nothing.
    meant = documents.orgs_with(conn, "dataSets") or orgs
    if len(meant) > 1:
        raise QueryInvalid(f"The data directory holds several orgs; choose one with --org: {', '.join(meant)}.")
    return next(iter(meant), None)


def _datasets(conn: sa.Connection, caller: Caller) -> dict[str, str]:
    """Every name that stands for a dataset: its id, and its alias; the older of two datasets keeps an alias."""
    found = sorted(documents.select(conn, caller, "dataSets"), key=lambda one: (one.created_at, one.id))
    names: dict[str, str] = {}
    for one in found:
        for alias in (one.body.get("tags") or {}).get(ALIAS_TAG) or []:
            names.setdefault(str(alias).lower(), one.id)
    return names | {one.id: one.id for one in found}
