"""What one kind of run brings to the life that all of them share: its plan, its pages, what it records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import sqlalchemy as sa

from headrace.counts import ZERO, Counts
from headrace.errors import HeadraceError
from headrace.files import NamedFile
from headrace.runs.plan import Plan
from headrace.runs.promotion import Answers
from headrace.sources.reading import Part
from headrace.store.batches import Batch, BatchError
from headrace.store.parts import PartRecord
from headrace.store.runs import Run

Open = Callable[[Part, PartRecord], Answers]
P = TypeVar("P", bound=Plan, contravariant=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and its parts: planned, or copied where their pages are landed already."""

    plan: Plan
    parts: Sequence[PartRecord]


@dataclass(frozen=True, slots=True)
class Copied:
    """The landed pages of a part, and what was counted while they came."""

    pages: Sequence[NamedFile]
    counts: Counts = ZERO


class Story(Protocol[P]):
    """A kind of run. A replay is told by the flow's story: its plan says what it takes instead of asking the source."""

    def prepare(self, run: Run, now: int) -> Prepared:
        """Reads the documents, once, and freezes them."""
        ...

    def begin(self, conn: sa.Connection, run: Run, plan: P, now: int) -> None:
        """Brings the run's batch to ``staging``, in the transaction that records the plan."""
        ...

    def copy(self, run: Run, plan: P, part: Part) -> Copied:
        """Lands the pages of a part that is only planned."""
        ...

    def opener(self, run: Run, plan: P) -> Open:
        """What opens a part's landed pages for promotion."""
        ...

    def require_current(self, run: Run, plan: P) -> None:
        """Before the commit: raises what has come in between and forbids it."""
        ...

    def succeeded(self, conn: sa.Connection, run: Run, plan: P, now: int) -> None:
        """What is recorded together with a success, besides the run, its batch and its predecessors."""
        ...

    def ended(self, conn: sa.Connection, run: Run, now: int) -> None:
        """What follows a run, however it ended, in the transaction that records the end."""
        ...

    def errors(
        self, batch: Batch | None, reason: HeadraceError, records: Sequence[PartRecord]
    ) -> tuple[BatchError, ...]:
        """What a batch says of its failure, the reason first; None: the run ended before it opened its batch."""
        ...
