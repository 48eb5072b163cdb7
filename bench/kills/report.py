"""What a trial showed: who was killed at what, which units ended wrong, which rows are not there once."""

import subprocess
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from bench.kills.counting import Rows, count
from bench.kills.trial import MOST_SECONDS, Trial
from bench.kills.work import REPLAY, RUN, UPLOAD, Unit
from headrace.lake import Lake
from headrace.settings import Settings

VERIFY_SECONDS = 600.0


def report(console: Console, trial: Trial, lake: Lake, settings: Settings, org: str, seconds: float) -> bool:
    """Prints the table and every difference; whether there is none."""
    rows = count(lake, org, trial.work.rows)
    faults = [*_kill_faults(trial), *_unit_faults(trial), *_row_faults(rows), *_verify_faults(settings)]
    console.print(_table(trial, sum(rows.values(), Rows()), seconds))
    for fault in faults:
        console.print(fault, style="red", markup=False, soft_wrap=True)
    return not faults


def _table(trial: Trial, rows: Rows, seconds: float) -> Table:
    table = Table("", "", title="Workers killed", title_justify="left", title_style="bold", show_header=False)
    table.add_row("kills", f"{trial.kills:,}")
    table.add_row("  of idle workers", f"{trial.idle:,}")
    for kind in (RUN, REPLAY, UPLOAD):
        table.add_row(f"  {kind}s at work", _hits(trial, kind))
    for kind in (RUN, REPLAY, UPLOAD):
        table.add_row(f"{kind}s asked for", f"{sum(unit.kind == kind for unit in trial.work.units):,}")
    for name in ("expected", "right", "lost", "doubled", "foreign"):
        table.add_row(f"rows {name}", f"{getattr(rows, name):,}")
    table.add_row("seconds", f"{seconds:,.0f}")
    return table


def _hits(trial: Trial, kind: str) -> str:
    """How many jobs of a kind were hit, and in which state of their batch: ``12 (staging 9, committing 3)``."""
    states = {state: hits for (hit, state), hits in sorted(trial.hits.items()) if hit == kind}
    return f"{sum(states.values()):,}" + (f" ({', '.join(f'{s} {n}' for s, n in states.items())})" if states else "")


def _kill_faults(trial: Trial) -> Iterator[str]:
    if trial.kills < trial.planned:
        yield f"Only {trial.kills} of {trial.planned} workers were killed within {MOST_SECONDS:g} s"


def _unit_faults(trial: Trial) -> Iterator[str]:
    for unit in trial.work.units:
        if not unit.right:
            yield f"{_became(unit)}; it should be {unit.status} with {_words(unit.counts)}"


def _became(unit: Unit) -> str:
    answer = unit.answer
    if answer is None:
        return f"A {unit.kind} never began"
    balance = "" if answer.balanced else ", which does not balance"
    return f"{unit.kind} {answer.id} is {answer.status} with {_words(answer.counts)}{balance} {answer.reasons}".rstrip()


def _words(counts: tuple[int, int, int]) -> str:
    return "{} rows read, {} written, {} rejected".format(*counts)


def _row_faults(rows: dict[str, Rows]) -> Iterator[str]:
    for dataset, counted in rows.items():
        if not counted.whole:
            yield f"dataset {dataset}: {counted.lost} rows lost, {counted.doubled} doubled, {counted.foreign} foreign"


def _verify_faults(settings: Settings) -> Iterator[str]:
    """What ``headrace verify`` says when it does not find everything in order."""
    command = [sys.executable, "-m", "headrace.main", "verify", "--data-dir", str(settings.data_dir)]
    command += ["--database-url", settings.database_url] if settings.database_url else []
    ended = subprocess.run(command, capture_output=True, text=True, timeout=VERIFY_SECONDS)
    if ended.returncode:
        yield f"headrace verify: {ended.stdout}{ended.stderr}"
