"""Why a run ends without its rows, or is put into other hands."""

from headrace.errors import BatchUnproven, HeadraceError, Invalid, NotFound, Refused, SourceFailure, WindowSuperseded


class GivenUp(HeadraceError):
    """The run was tried often enough."""


class TooManyRejected(HeadraceError):
    """More rows were rejected than the run tolerates."""


class DaysEmptied(HeadraceError):
    """The source answered without rows for days that hold some, and nothing speaks for that."""


class BatchChanged(HeadraceError):
    """A batch that this one replaces or stands beside is not what it must be."""


class InDoubt(HeadraceError):
    """Nobody can tell whether the run's rows are in the table."""


class Stopped(HeadraceError):
    """The run was asked to stop."""


class HandedBack(HeadraceError):
    """This process stops; another one goes on with the run."""


# What trying again cannot mend: the source said no, or what the run refers to is wrong or gone.
FINAL = (
    SourceFailure, GivenUp, TooManyRejected, DaysEmptied, BatchChanged, Stopped, Invalid, NotFound, Refused,
    WindowSuperseded, BatchUnproven,
)  # fmt: skip
