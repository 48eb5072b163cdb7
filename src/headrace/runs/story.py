"""What one kind of run brings to the life that all of them share: its plan, its pages, what it records."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import sqlalchemy as sa

from headrace.errors import HeadraceError
from headrace.runs.plan import Plan
from headrace.runs.promotion import Rows
from headrace.sources.reading import Page, Part, Trail
from headrace.store.batches import Batch, BatchError
from headrace.store.parts import PartRecord
from headrace.store.runs import Run

Open = Callable[[Part], Rows]
Obey = Callable[[], None]
P = TypeVar("P", bound=Plan, contravariant=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and its parts: planned, or copied where their pages are landed already."""

    plan: Plan
    parts: Sequence[PartRecord]


class Story(Protocol[P]):
    """A kind of run. A replay is told by the flow's story: its plan says what it takes instead of asking the source."""

    def prepare(self, run: Run, now: int, obey: Obey) -> Prepared:
        """Reads the documents, once, and freezes them. ``obey`` raises when the run must end; so below."""
        ...

    def begin(self, conn: sa.Connection, run: Run, plan: P, now: int) -> None:
        """Brings the run's batch to ``staging``, in the transaction that records the plan."""
        ...

    def ask(self, run: Run, plan: P, part: Part, trail: Trail | None, obey: Obey) -> Iterable[Page]:
        """The pages of a part's chain, from its first on or behind a trail."""
        ...

    def opener(self, run: Run, plan: P) -> Open:
        """What says how the rows of a part are read from its pages."""
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
