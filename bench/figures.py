"""Figures of interleaved repetitions: shown as median with minimum and maximum, and as ratios of the same run."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console
from rich.table import Table

AIM_MISSED, AIM_MET = "missed", "met"


@dataclass(slots=True)
class Series:
    """One measured figure, once per repetition."""

    name: str
    unit: str
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle repetition."""
        return median(self.values)

    def shown(self) -> str:
        """Median (min to max) unit."""
        if len(self.values) == 1:
            return f"{_number(self.median)} {self.unit}"
        return f"{_number(self.median)} ({_number(min(self.values))} to {_number(max(self.values))}) {self.unit}"


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should reach: at least, or at most, this much."""

    limit: float
    least: bool

    def shown(self, value: float) -> str:
        """The aim and whether ``value`` meets it."""
        met = value >= self.limit if self.least else value <= self.limit
        return f"{'>=' if self.least else '<='} {_number(self.limit)}: {AIM_MET if met else AIM_MISSED}"


def at_least(limit: float) -> Aim:
    """The more the better."""
    return Aim(limit, True)


def at_most(limit: float) -> Aim:
    """The less the better."""
    return Aim(limit, False)


def ratios(name: str, ours: Series, bare: Series) -> Series:
    """Ours over bare, repetition by repetition: both stood beside each other on the machine as it was then."""
    return Series(name, "", [one / other for one, other in zip(ours.values, bare.values, strict=True)])


def show(console: Console, title: str, rows: Sequence[tuple[Series, Aim | None]]) -> None:
    """One table."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    table.add_column("median (min to max)", justify="right")
    table.add_column("aim")
    for series, aim in rows:
        if series.values:
            table.add_row(series.name, series.shown(), aim.shown(series.median) if aim else "")
    console.print(table)


@contextmanager
def step(console: Console, name: str) -> Iterator[None]:
    """A progress line: what is being measured, then how long that took."""
    started = time.monotonic()
    with console.status(name):
        yield
    console.print(f"  {name}: {time.monotonic() - started:.1f} s", style="dim")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
