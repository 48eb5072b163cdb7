"""Builds every object from Settings; the ``headrace`` command."""

import errno
import gc
import io
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from headrace.cli import account, audit, demo, gaps, key, mapping, query, replay, sources, verify
from headrace.cli.terminal import Text
from headrace.clock import Clock, MonotonicTimer, WallClock
from headrace.errors import HeadraceError
from headrace.settings import DEFAULT_PORT, TOKEN_VARIABLE, Settings, check_settings, parse_host_aliases

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from headrace.api.serving import Server
    from headrace.runs.deployment import Deployment
    from headrace.runs.worker import Worker
    from headrace.store.engine import Store
    from headrace.store.keyring import Keyring

# Most of this product takes longer to import than a server may take to answer, so everything is imported where it is
# used: first what the database and /health need, the rest while the server listens already.
BACKLOG = 2048
LOOK_SECONDS = 0.2
LEAVING_SECONDS = 1.0
GARBAGE_THRESHOLD = 20_000
TURN_SECONDS = 0.001  # a thread that answers or reads a socket waits this long at most for one that decodes rows
ABOUT = "Pull marketing data into your own Apache Iceberg lake, through Adobe Experience Platform's API."

app = typer.Typer(no_args_is_help=True, add_completion=False, help=ABOUT, pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True)
class Process:
    """Everything one process runs: the deployment that handlers use, the worker, the application."""

    deployment: "Deployment"
    worker: "Worker"
    app: "ASGIApp"

    def start(self) -> None:
        """Begins to work, unless the process has no workers: then it only answers.

        How many jobs a process runs at once is written into the queue, which all processes read: one that started with
        zero workers would keep the others from working.
        """
        if self.deployment.settings.workers:
            self.worker.start()

    def close(self, grace: float) -> None:
        """Stops the worker within ``grace`` seconds, then closes what is open.

        What did not end within the grace is left as after a crash: another process takes it over. The interpreter
        would wait for its threads, so the process ends here and now.
        """
        deadline = time.monotonic() + grace
        ended = self.worker.stop(grace)
        self.deployment.http.close()
        self.deployment.lake.close()
        self.deployment.store.close()
        if not ended:
            os._exit(1)
        _leave_by(deadline)


def _leave_by(deadline: float) -> None:
    """Ends the process at ``deadline``, should a request that nobody can interrupt still hold up its interpreter then.

    The threads of idle pools hold it up too until it tells them to end, so they cannot be waited for here.
    """
    left = max(LEAVING_SECONDS, deadline - time.monotonic())
    watch = threading.Timer(left, os._exit, (1,))
    watch.daemon = True
    watch.start()


@dataclass(frozen=True, slots=True)
class Opened:
    """The keys, a database that is up to date, and its clock: what a process has before it has everything."""

    settings: Settings
    store: "Store"
    clock: Clock
    keyring: "Keyring"


def build(settings: Settings) -> Process:
    """Builds one process. The database is brought up to date; nothing runs until ``worker.start``."""
    return complete(open_database(settings))


def open_database(settings: Settings) -> Opened:
    """Checks the settings and opens the database, brought up to date."""
    from headrace.store import kind
    from headrace.store.directory import make_directory
    from headrace.store.emulator_clock import EmulatorClock
    from headrace.store.engine import open_store
    from headrace.store.key_sources import key_source
    from headrace.store.keyring import load_keyring
    from headrace.store.migrations import upgrade

    _require_startable(settings)
    make_directory(settings.data_dir)
    if not _is_used(settings):
        kind.mark_directory(settings.data_dir, settings.emulator)  # before anything in it, which would make it used
    keyring = load_keyring(key_source(settings))  # before the database: a database without its keys is refused
    store = open_store(settings.database)
    upgrade(store)
    with store.write() as conn:
        kind.require(conn, settings.emulator, settings.database_url or str(settings.data_dir))
    _warn_of_lost_keys(store, keyring)
    kind.mark_directory(settings.data_dir, settings.emulator)  # one of an earlier release is of its database's kind
    return Opened(settings, store, EmulatorClock(store) if settings.emulator else WallClock(), keyring)


def _warn_of_lost_keys(store: "Store", keyring: "Keyring") -> None:
    from headrace.store import secrets

    with store.read() as conn:
        lost = keyring.lacks(secrets.keys_in_use(conn))
    if lost:
        logging.getLogger("headrace").warning(
            "Secrets are sealed with keys that are not in %s: %s. What needs them fails until the keys are there, or "
            "the connections' secrets are set again.", keyring.source, ", ".join(lost),
        )  # fmt: skip


def _require_startable(settings: Settings) -> None:
    """Raises what refuses a start, before anything is created."""
    from headrace.lake.home import require_homes
    from headrace.store import kind
    from headrace.store.engine import open_store
    from headrace.store.key_sources import key_source
    from headrace.store.migrations import revision

    check_settings(settings)
    keys = key_source(settings)
    with closing(open_store(settings.database)) as store:
        known = (settings.database_url or settings.data_dir.is_dir()) and revision(store) is not None
        if known:
            keys.require()
    kind.require_directory(settings.data_dir, settings.emulator, beside=_is_used(settings) and not known)
    require_homes(settings.database, settings.warehouse)


def _is_used(settings: Settings) -> bool:
    """Whether the directory holds what an earlier start made."""
    with suppress(PermissionError):  # which the next one to look says in words
        return settings.key_file.exists() or settings.warehouse.exists()
    return False


def complete(opened: Opened) -> Process:
    """Builds everything else around an open database."""
    from headrace.api import services
    from headrace.api.app import build_app
    from headrace.durable.dbos_jobs import DbosJobs
    from headrace.flows import credentials
    from headrace.lake import Lake
    from headrace.mapping.derivations import load_derivations
    from headrace.runs.deployment import Deployment
    from headrace.sources import SourceHttp

    settings = opened.settings
    credentials.bind_all(opened.store, opened.keyring, opened.clock.now())
    derivations = load_derivations(settings.fpid_to_ecid)
    http = SourceHttp(
        allow_private=settings.allow_private_hosts or settings.emulator,
        aliases=dict(settings.host_aliases),
        clock=opened.clock,
    )
    jobs = DbosJobs(settings.database, workers=settings.workers)
    lake = Lake.open(settings.database, settings.warehouse)
    deployment = Deployment(
        settings, opened.store, opened.clock, MonotonicTimer(), opened.keyring, lake, http, jobs, derivations
    )
    process = Process(deployment, deployment.worker(), build_app(deployment, services.ALL))
    _spare_collections()
    _spare_memory()
    sys.setswitchinterval(TURN_SECONDS)
    return process


def _spare_collections() -> None:
    """What is loaded by now stays: the collector need not look at it each time, nor look so often (measured: 15 %)."""
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)


def _spare_memory() -> None:
    """Arrow's own allocator keeps, for each thread, what it has freed (measured: 40 of 540 MB at the peak)."""
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())


@app.command()
def serve(
    host: str = typer.Option("127.0.0.1", help="Address to bind."),
    port: int = typer.Option(DEFAULT_PORT, min=0, max=65535, help="Port to bind; 0 takes a free one."),
    public_url: str = typer.Option("", help="Base of every link in an answer (default: the bound address)."),
    data_dir: Path = typer.Option(Path("headrace-data"), help="Directory of all data; the first start makes it."),
    database_url: str = typer.Option("", help="postgresql://… instead of SQLite in the data directory."),
    emulator: bool = typer.Option(False, help="For development, on loopback: any token, a clock to move."),
    emulator_token: str = typer.Option(
        "", envvar=TOKEN_VARIABLE, show_envvar=True, help="Client secret that the emulator demands; lets it bind more."
    ),
    allowed_host: list[str] = typer.Option([], help="Name under which the emulator may be asked, beside loopback's."),
    host_alias: list[str] = typer.Option([], help="HOST_URL=TARGET_URL: ask TARGET_URL instead (with --emulator)."),
    tenant_id: str = typer.Option("", help="Tenant id of new orgs (default: of their own; emulator: extconndev)."),
    allow_private_hosts: bool = typer.Option(False, help="Let sources live at private and loopback addresses."),
    workers: int = typer.Option(4, min=0, help="Runs that this process works on at once; 0: it only answers."),
    grace: float = typer.Option(30.0, help="Seconds that a stop waits for work in hand."),
    lease: float = typer.Option(5.0, help="Seconds of silence after which another process takes over."),
    fpid_to_ecid: str = typer.Option("", help="MODULE:FUNCTION that derives ECIDs in mappings; none is built in."),
    retry_hours: float = typer.Option(
        24.0, help="Hours that a window is tried again which failed and may yet succeed."
    ),
    connections: int = typer.Option(2000, min=1, help="Connections that may be open at once."),
    connections_per_address: int = typer.Option(
        0, min=0, help="Of them, from one address; 0: a quarter, or all with --public-url."
    ),
    client_seconds: float = typer.Option(
        30.0, min=0.1, help="Seconds that a client may take for a head, or pause in a body or in reading its answer."
    ),
    client_pace: int = typer.Option(1024, min=0, help="Bytes a second that a body comes with at least, after those."),
    key_file: Path | None = key.KEY_FILE,
    key_command: str = key.KEY_COMMAND,
) -> None:
    """Start the server: API, scheduler and worker in one process."""
    from headrace.store.directory import served_alone

    settings = Settings(
        data_dir, host, port, public_url, database_url, emulator, parse_host_aliases(host_alias),
        allow_private_hosts, tenant_id or ("extconndev" if emulator else None), workers, grace, lease,
        fpid_to_ecid, retry_hours, emulator_token, tuple(allowed_host), connections, connections_per_address,
        client_seconds, client_pace, key_file, key.keys_of_environment(), key_command,
    )  # fmt: skip
    _require_startable(settings)
    with _listening(host, port) as listener, served_alone(data_dir):
        _run(replace(settings, port=listener.getsockname()[1]), listener)


@app.command()
def worker(
    data_dir: Path = typer.Option(Path("headrace-data"), help="Directory that the server uses."),
    database_url: str = typer.Option("", help="postgresql://… instead of SQLite in the data directory."),
    public_url: str = typer.Option("", help="The server's --public-url, for the links in run documents."),
    emulator: bool = typer.Option(False, help="The server runs as an emulator: follow its clock."),
    host_alias: list[str] = typer.Option([], help="HOST_URL=TARGET_URL: ask TARGET_URL instead (with --emulator)."),
    allow_private_hosts: bool = typer.Option(False, help="Let sources live at private and loopback addresses."),
    workers: int = typer.Option(4, min=1, help="Runs that this process works on at once."),
    grace: float = typer.Option(30.0, help="Seconds that a stop waits for work in hand."),
    lease: float = typer.Option(5.0, help="Seconds of silence after which another process takes over."),
    fpid_to_ecid: str = typer.Option("", help="MODULE:FUNCTION that derives ECIDs in mappings; none is built in."),
    retry_hours: float = typer.Option(
        24.0, help="Hours that a window is tried again which failed and may yet succeed."
    ),
    key_file: Path | None = key.KEY_FILE,
    key_command: str = key.KEY_COMMAND,
) -> None:
    """Start a worker beside a server, on the same data directory and database."""
    from headrace.store.directory import require_directory

    aliases = parse_host_aliases(host_alias)
    settings = Settings(
        data_dir, public_url=public_url, database_url=database_url, emulator=emulator, host_aliases=aliases,
        allow_private_hosts=allow_private_hosts, workers=workers, grace_seconds=grace, lease_seconds=lease,
        fpid_to_ecid=fpid_to_ecid, retry_hours=retry_hours, key_path=key_file, keys=key.keys_of_environment(),
        key_command=key_command,
    )  # fmt: skip
    check_settings(settings)
    require_directory(data_dir)
    process = build(settings)
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    process.start()
    typer.echo(f"Headrace works on {data_dir}.")
    # The kernel may give a signal to any thread, and Python handles it only when this one wakes.
    while not stopped.wait(LOOK_SECONDS):
        pass
    process.close(grace)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            other = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "--host"
            raise HeadraceError(f"Cannot bind {host}:{port}: {error.strerror}. Choose another {other}.") from error
        yield listener


def _run(settings: Settings, listener: socket.socket) -> None:
    from headrace.api.first_start import first_account
    from headrace.api.serving import Server

    opened = open_database(settings)
    server = Server(opened.store, settings)
    account = first_account(opened)
    if account is not None:
        typer.echo(account)
    loading = _Loading(opened, server)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, server.handle_exit)  # also before and after the server looks itself
    listener.listen(BACKLOG)  # before the line that says so: whoever reads it may connect at once
    typer.echo(f"Headrace serves at {settings.base_url} (emulator: {'on' if settings.emulator else 'off'}).")
    loading.start()
    try:
        server.run(sockets=[listener])
    finally:
        process = loading.finish()
        if process is not None:
            process.close(server.grace_left())


class _Loading(threading.Thread):
    """Builds the process and starts its worker while the server listens already."""

    def __init__(self, opened: Opened, server: "Server") -> None:
        super().__init__(name="headrace-loading", daemon=True)
        self._opened = opened
        self._server = server
        self._process: Process | None = None
        self._failure: BaseException | None = None

    def run(self) -> None:
        self._server.listening.wait()
        if self._server.should_exit:
            return
        try:
            self._process = complete(self._opened)
            self._process.start()
            self._server.serve_all(self._process.app, self._process.deployment.stopping)
        except BaseException as failure:
            self._failure = failure
            self._server.should_exit = True

    def finish(self) -> Process | None:
        """The process, once it is complete; None when it was told to stop before. Raises what went wrong."""
        self.join()
        if self._failure is not None:
            raise self._failure
        return self._process


# After serve and worker: the order is the one of --help.
app.command("query")(query.query)
app.command("verify")(verify.verify)
app.command("replay")(replay.replay)
app.command("gaps")(gaps.gaps)
app.command("audit")(audit.audit)
app.command("demo")(demo.demo)
app.add_typer(account.app, name="account")
app.add_typer(key.app, name="key")
app.add_typer(mapping.app, name="map")
app.add_typer(sources.app, name="sources")


def run() -> None:
    """The console script: an error that Headrace raises on purpose is one line, not a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a terminal cannot show ends no command
    try:
        app()
    except HeadraceError as error:
        Console(stderr=True).print(Text("error:", style="bold red"), Text(error.message), soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    run()
