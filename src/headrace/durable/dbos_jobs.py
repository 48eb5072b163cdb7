"""The durable port on DBOS: its queue, claims and recovery, without its schedules, timers and steps."""

import threading
import time
import uuid
from collections.abc import Callable, Collection
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig
from dbos._core import ActiveWorkflowById
from dbos._queue import _INTERNAL_QUEUE_CONSTRUCTION, Queue, queue_worker_thread
from dbos._serialization import DBOSPortableJSON
from dbos._sys_db import WorkflowStatusString

from headrace.durable.bell import Bell
from headrace.durable.dbos_engine import dbos_engine
from headrace.durable.port import Argument, Job
from headrace.errors import Broken

APPLICATION = "headrace"
# Constant on purpose: a job is one re-entrant call, so any release may finish what another one began.
VERSION = "headrace"
QUEUE = "headrace"
SCHEMA = "dbos"
ENQUEUED = "headrace.enqueued"
NOBODYS = "-"
IDLE_CHECK_SECONDS = 0.01
UNFINISHED = [WorkflowStatusString.ENQUEUED.value, WorkflowStatusString.PENDING.value]


class DbosJobs:
    """Durable jobs on DBOS, in the database at ``database_url`` (SQLite or PostgreSQL).

    workers          how many jobs of one share this process runs at once; half as many again have room for others
    polling_seconds  how long a job that another process enqueued may wait before a free process sees it
    One started instance per process: DBOS keeps its state in module globals.
    """

    def __init__(self, database_url: str, *, workers: int = 4, polling_seconds: float = 0.2) -> None:
        self._url = database_url
        self._workers = workers
        self._room = workers + max(1, workers // 2)
        self._polling_seconds = polling_seconds
        self._executor = str(uuid.uuid4())
        self._functions: dict[str, Callable[..., None]] = {}
        self._engine = dbos_engine(database_url)
        self._client = DBOSClient(
            system_database_engine=self._engine,
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSON,
            application_name=APPLICATION,
            lazy=True,
        )
        self._client._sys_db.run_migrations()
        self._dbos: DBOS | None = None
        self._bell = Bell()
        self._heard: set[sa.Engine] = set()
        self._idle: set[str] = set()

    @property
    def executor(self) -> str:
        return self._executor

    def register(self, name: str, function: Callable[..., None]) -> None:
        self._functions[name] = function

    def start(self) -> None:
        if self._dbos is not None:
            raise Broken("The jobs of this process were started already.")
        self._bell = Bell()
        self._dbos = DBOS(config=self._config())
        self._dbos._active_workflows_set = _Running(self._bell)
        for name, function in self._functions.items():
            # Attempts are counted in the run's own row, hence no limit here.
            DBOS.workflow(name=name, max_recovery_attempts=None)(_job(function))
        self._share_out()
        DBOS.listen_queues([])
        DBOS.launch()
        self._listen(self._dbos)

    def _listen(self, dbos: DBOS) -> None:
        """Claims jobs as DBOS does, but that the bell ends its pause, and that the limit is this process's own.

        A queue that is registered is a row that every process reads: the last one started would set the limit of all.
        """
        queue = Queue(
            QUEUE,
            worker_concurrency=self._room,
            partition_worker_concurrency=self._workers,
            polling_interval_sec=self._polling_seconds,
            token=_INTERNAL_QUEUE_CONSTRUCTION,
        )
        dbos.background_thread_stop_events.append(self._bell)
        thread = threading.Thread(
            target=queue_worker_thread, args=(self._bell, dbos, queue), name="headrace-queue", daemon=True
        )
        thread.start()
        dbos._background_threads.append(thread)

    def enqueue(self, conn: sa.Connection, name: str, id: str, *args: Argument, share: str = "") -> None:
        self._client.enqueue_in_transaction(
            conn,
            {
                "workflow_name": name,
                "queue_name": QUEUE,
                "workflow_id": id,
                "app_version": VERSION,
                "queue_partition_key": share or NOBODYS,
            },
            *args,
        )
        self._ring_after(conn)

    def _ring_after(self, conn: sa.Connection) -> None:
        """Rings when the connection goes back to its pool: the transaction is over then, and the job can be claimed."""
        conn.info[ENQUEUED] = True
        if conn.engine not in self._heard:
            self._heard.add(conn.engine)
            sa.event.listen(conn.engine, "checkin", self._returned)

    def _returned(self, _connection: Any, record: Any) -> None:
        if record.info.pop(ENQUEUED, False):
            self._bell.ring()

    def unfinished(self, id: str | None = None) -> list[Job]:
        ids = None if id is None else [id]
        jobs = self._client.list_workflows(workflow_ids=ids, status=UNFINISHED, load_input=False, load_output=False)
        waiting = WorkflowStatusString.ENQUEUED.value
        return [Job(job.workflow_id, None if job.status == waiting else job.executor_id) for job in jobs]

    def _share_out(self) -> None:
        """Gives a share to the jobs of earlier releases, which had none and would never be claimed."""
        jobs = self._client._sys_db.tables.workflow_status
        without = (jobs.c.queue_name == QUEUE) & jobs.c.queue_partition_key.is_(None) & jobs.c.status.in_(UNFINISHED)
        with self._client._sys_db.engine.begin() as conn:
            conn.execute(jobs.update().where(without).values(queue_partition_key=NOBODYS))

    def resume(self, executors: Collection[str]) -> int:
        self._share_out()
        owned = [job for job in self.unfinished() if job.executor in executors]
        # DBOS's own compare-and-set on (running, executor): of several processes that resume a job, one succeeds.
        back = [self._client._sys_db.reenqueue_for_recovery(job.id, list(executors), QUEUE) for job in owned]
        return sum(back)

    def reclaim(self) -> int:
        claimed = {job.id for job in self.unfinished() if job.executor == self._executor}
        idle = claimed - set(self._active())  # one that was claimed just now is not begun yet
        back = [self._client._sys_db.reenqueue_for_recovery(id, [self._executor], QUEUE) for id in idle & self._idle]
        self._idle = idle - self._idle
        return sum(back)

    def running(self) -> int:
        return len(self._active())

    def _active(self) -> list[str]:
        return [] if self._dbos is None else self._dbos._active_workflows_set.activeList()

    def stop(self, grace: float) -> bool:
        ended = True
        if self._dbos is not None:
            for event in self._dbos.background_thread_stop_events:
                event.set()
            ended = self._wait_idle(grace)
            DBOS.destroy(destroy_registry=True)
            self._dbos = None
        if ended:
            self.resume([self._executor])  # claimed, but not begun before the stop
            self._client.destroy()
            self._engine.dispose()
        return ended

    def _wait_idle(self, grace: float) -> bool:
        pause, deadline = threading.Event(), time.monotonic() + grace
        while self.running() and time.monotonic() < deadline:
            pause.wait(IDLE_CHECK_SECONDS)
        return self.running() == 0

    def _config(self) -> DBOSConfig:
        return {
            "name": APPLICATION,
            "system_database_url": self._url,
            "system_database_engine": self._engine,
            "dbos_system_schema": SCHEMA,
            "application_version": VERSION,
            "executor_id": self._executor,
            "serializer": DBOSPortableJSON,
            "use_listen_notify": False,
            "run_migrations": False,
            "log_level": "ERROR",
            "max_executor_threads": self._room + 8,
            "scheduler_polling_interval_sec": 3600.0,
            "notification_listener_polling_interval_sec": 0.5,
        }


class _Running(ActiveWorkflowById):
    """The jobs that this process runs; the bell is rung when one has ended, for another one may take its place."""

    def __init__(self, bell: Bell) -> None:
        super().__init__()
        self._bell = bell

    def _remove(self, key: str, bucket: Any) -> None:
        super()._remove(key, bucket)
        self._bell.ring()


def _job(function: Callable[..., None]) -> Callable[..., None]:
    # DBOS coerces arguments by the hints of what it calls; this signature leaves them as they were enqueued.
    def job(*args: Any) -> None:
        function(*args)

    return job
