"""Erasing whole orgs and sandboxes, in two steps: stop what works there, then forget it. Only an emulator does this."""

from dataclasses import dataclass

import sqlalchemy as sa

from headrace.store import batches, run_queue, runs
from headrace.store.documents import documents, revisions
from headrace.store.events import events
from headrace.store.parts import activities, parts
from headrace.store.sandboxes import sandboxes, tenants
from headrace.store.schedules import schedules
from headrace.store.secrets import secrets

REASON = "The sandbox was reset."


@dataclass(frozen=True, slots=True)
class Extent:
    """What is erased: everything, one org, or one sandbox of it."""

    org: str | None = None
    sandbox: str | None = None

    def holds(self, org: str, sandbox: str) -> bool:
        """Whether it takes in this sandbox."""
        return self.org in (None, org) and self.sandbox in (None, sandbox)

    def of(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """The rows of a table that it takes in."""
        given = {"org": self.org, "sandbox": self.sandbox}
        return sa.and_(sa.true(), *(table.c[name] == value for name, value in given.items() if value is not None))


def stop(conn: sa.Connection, extent: Extent, at: int) -> None:
    """Removes the documents, and tells whoever works for them to stop: one transaction, so neither is seen alone."""
    # Runs before schedules, as whoever records a run: PostgreSQL would end one of the two for a deadlock.
    for run in _unfinished(conn, extent):
        if run.not_before is None:
            runs.request_stop_of(conn, run.id, REASON, at)
        else:  # put aside, or in doubt: nobody works on it
            runs.finish(conn, run.id, runs.FAILED, runs.Outcome(message=REASON), at)
    for table in (documents, schedules, secrets):
        conn.execute(table.delete().where(extent.of(table)))


def live(conn: sa.Connection, extent: Extent) -> list[str]:
    """The runs that are not over, or in doubt."""
    return [run.id for run in _unfinished(conn, extent)]


def owners(conn: sa.Connection, extent: Extent) -> set[str]:
    """The ids of all runs and batches: jobs are named after them."""
    return set(conn.execute(_owners(extent)).scalars())


def batch_ids(conn: sa.Connection, extent: Extent) -> list[str]:
    """The ids of all batches."""
    return list(conn.execute(sa.select(batches.batches.c.id).where(extent.of(batches.batches))).scalars())


def scopes(conn: sa.Connection, extent: Extent) -> list[tuple[str, str]]:
    """Org and name of each sandbox."""
    found = conn.execute(sa.select(sandboxes.c.org, sandboxes.c.name))
    return [(row.org, row.name) for row in found if extent.holds(row.org, row.name)]


def forget(conn: sa.Connection, extent: Extent) -> None:
    """Removes every row; of an org also its sandboxes and its tenant, as if nobody had ever named it."""
    for table in (parts, activities):
        conn.execute(table.delete().where(table.c.owner.in_(_owners(extent))))
    of_batches = sa.select(batches.batches.c.id).where(extent.of(batches.batches))
    conn.execute(batches.batch_files.delete().where(batches.batch_files.c.batch_id.in_(of_batches)))
    for table in (batches.batches, runs.runs, documents, revisions, schedules, secrets, events):
        conn.execute(table.delete().where(extent.of(table)))
    if extent.sandbox is None:
        for table in (sandboxes, tenants):
            conn.execute(table.delete().where(extent.of(table)))


def _unfinished(conn: sa.Connection, extent: Extent) -> list[runs.Run]:
    runs_open = [*run_queue.unfinished(conn), *run_queue.in_doubt(conn)]
    return [run for run in runs_open if extent.holds(run.org, run.sandbox)]


def _owners(extent: Extent) -> sa.CompoundSelect[str]:
    return sa.union_all(*(sa.select(table.c.id).where(extent.of(table)) for table in (runs.runs, batches.batches)))
