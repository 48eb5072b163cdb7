"""What no request and no run can mend: a full disk, a directory without rights, a database that is away."""

import errno
from collections.abc import Iterator

import sqlalchemy as sa

from headrace.errors import Unavailable

RETRY_SECONDS = 5
_MOST_SHOWN = 200
_CAUSES = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; free some space, or raise it",
    errno.EFBIG: "a file may not grow further; raise the limit on the size of files",
    errno.EROFS: "the file system is read-only; make it writable",
    errno.EACCES: "the process has no right to it; give its user the right",
    errno.EPERM: "the process has no right to it; give its user the right",
    errno.EIO: "the disk cannot be read or written; look at the system's log",
    errno.EMFILE: "the process has too many files open; raise its limit",
    errno.ENFILE: "the machine has too many files open; raise its limit",
    errno.ENOMEM: "the machine has no memory left; give it more, or run less on it",
    errno.ESTALE: "the file system was taken away; mount it again",
    errno.ENOTCONN: "the file system was taken away; mount it again",
    errno.ENODEV: "the file system was taken away; mount it again",
}


def outage_of(trouble: BaseException) -> Unavailable | None:
    """What it says about the machine or the database, in words and with what to do; None for any other trouble."""
    for error in _chain(trouble):
        if isinstance(error, Unavailable):
            return error
        if isinstance(error, OSError) and error.errno in _CAUSES:
            return Unavailable(f"Nothing can be stored now: {_CAUSES[error.errno]}.", retry_after=RETRY_SECONDS)
        if isinstance(error, sa.exc.OperationalError | sa.exc.TimeoutError):
            return database_outage(error)
    return None


def database_outage(error: sa.exc.SQLAlchemyError) -> Unavailable:
    """What is wrong with the database: it is busy for too long, full or gone."""
    reason = str(getattr(error, "orig", None) or error).partition("\n")[0][:_MOST_SHOWN]
    return Unavailable(f"The database does not answer now ({reason}); try again.", retry_after=RETRY_SECONDS)


def _chain(trouble: BaseException) -> Iterator[BaseException]:
    error: BaseException | None = trouble
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
