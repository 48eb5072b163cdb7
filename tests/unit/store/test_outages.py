"""What says that the machine or the database is in the way, and what does not."""

import errno
import sqlite3

import pytest
import sqlalchemy as sa

from headrace.errors import CommitContended, FileDamaged, Unavailable
from headrace.store.outages import outage_of

AWAY = sa.exc.OperationalError("SELECT 1", {}, sqlite3.OperationalError("database is locked"))


def because(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/srv/private/x"), "the disk is full; free some space"),
        (OSError(errno.EDQUOT, "x"), "quota"),
        (PermissionError(errno.EACCES, "x"), "no right"),
        (OSError(errno.EROFS, "x"), "read-only"),
        (AWAY, "does not answer now (database is locked)"),
        (because(CommitContended("40 times"), AWAY), "database is locked"),
        (because(RuntimeError("x"), because(ValueError("y"), OSError(errno.ENOSPC, "x"))), "full"),
        (Unavailable("busy"), "busy"),
    ],
)
def test_an_outage_is_said_with_what_to_do_and_without_a_path(trouble: Exception, said: str) -> None:
    outage = outage_of(trouble)
    assert outage is not None and said in outage.message and "/srv" not in outage.message


@pytest.mark.parametrize(
    "trouble",
    [
        ValueError("x"), FileNotFoundError(errno.ENOENT, "x"), FileDamaged("x"), OSError("no number"),
        sa.exc.IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE")),
    ],
)  # fmt: skip
def test_a_fault_of_ours_is_none(trouble: Exception) -> None:
    assert outage_of(trouble) is None
