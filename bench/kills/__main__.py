"""``python -m bench.kills``: workers killed at random moments, then every row counted; exits with 1 on a difference."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from random import Random

import typer
from rich.console import Console

from bench.kills.report import report
from bench.kills.source import CLOCK
from bench.kills.trial import Trial
from bench.kills.work import Work
from bench.kills.workers import Workers
from bench.postgresql import postgresql as postgresql_server
from headrace.cli.processes import running
from headrace.client import Client
from headrace.durable.dbos_jobs import DbosJobs
from headrace.lake import Lake
from headrace.settings import Settings
from headrace.store.engine import open_store

ORG = "4F1E9B6A5D2C7A3B0A495C1D@AdobeOrg"
LEASE = "0.5"


def main(
    kills: int = typer.Option(200, min=1, help="How many workers are killed."),
    seed: int = typer.Option(0, help="The same seed asks for the same work; the moments depend on the machine too."),
    database_url: str = typer.Option("", help="An empty PostgreSQL database, instead of SQLite."),
    postgresql: bool = typer.Option(False, "--postgresql", help="A PostgreSQL server of its own, instead of SQLite."),
) -> None:
    """Kills workers at random moments of runs, replays and uploads; every row must be there once afterwards."""
    console, started = Console(), time.monotonic()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headrace-kills-")))
        url = stack.enter_context(postgresql_server(directory)) if postgresql else database_url
        settings = Settings(directory / "data", database_url=url)
        trial = stack.enter_context(_deployed(directory, settings, kills, Random(seed)))
        with console.status("Setting up ...") as status:
            trial.run(status.update)
        lake = stack.enter_context(closing(Lake.open(settings.database, settings.warehouse)))
        whole = report(console, trial, lake, settings, ORG, time.monotonic() - started)
    raise typer.Exit(0 if whole else 1)


@contextmanager
def _deployed(directory: Path, settings: Settings, kills: int, random: Random) -> Iterator[Trial]:
    """The simulator and the API, a process each; workers come with the trial."""
    world = ["serve", "--port", "0", "--world", "tutorial", "--clock", CLOCK]
    with running("linkedin_simulator.main", world, directory / "simulator.log") as simulator:
        arguments = ["--data-dir", str(settings.data_dir), "--emulator", "--lease", LEASE]
        arguments += ["--host-alias", f"https://api.linkedin.com={simulator}"]
        arguments += ["--database-url", settings.database_url] if settings.database_url else []
        serve = ["serve", "--port", "0", "--workers", "0", *arguments]
        with (
            running("headrace.main", serve, directory / "api.log") as base,
            Client(base, ORG, "emulator", "headrace-kills") as client,
            closing(open_store(settings.database)) as store,
        ):
            work = Work(client, simulator, random)
            work.prepare(CLOCK)
            jobs = DbosJobs(settings.database)
            workers = Workers(arguments, directory / "workers.log", store, jobs)
            try:
                yield Trial(work, workers, store, random, kills)
            finally:
                workers.stop()
                jobs.stop(0)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
