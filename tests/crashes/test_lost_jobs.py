"""Work whose job is gone from the queue: a living worker adopts it, and asking again need not wait for one."""

import pytest
import sqlalchemy as sa

from crashes.kinds import UPLOAD, Work, assert_whole
from crashes.matrix import crossed
from crashes.world import World
from headrace.durable.dbos_jobs import SCHEMA

pytestmark = pytest.mark.slow


def lose_job(work: Work) -> None:
    """As if the job had ended in an error that nobody recorded."""
    world = work.world
    schema = SCHEMA if world.deployment.store.engine.dialect.name == "postgresql" else None
    jobs = sa.table("workflow_status", sa.column("workflow_uuid"), schema=schema)
    with world.deployment.store.write() as conn:
        lost = conn.execute(sa.delete(jobs).where(jobs.c.workflow_uuid == work.run.job_id))
    assert lost.rowcount == 1 and waiting(work) == []


def waiting(work: Work) -> list[str]:
    return [job.id for job in work.world.deployment.jobs.unfinished() if job.id.startswith(work.run.id)]


@crossed()
def test_an_upload_without_its_job_is_adopted(world: World) -> None:
    work = UPLOAD.prepare(world)
    work.begin()
    lose_job(work)
    world.start()
    work.until_over()
    assert_whole(work)


@crossed()
def test_complete_again_gives_an_upload_a_new_job_at_once(world: World) -> None:
    work = UPLOAD.prepare(world)
    work.begin()
    lose_job(work)
    work.again()
    assert waiting(work) == [work.run.job_id] == [f"{work.batch}:2"]
    work.again()
    assert waiting(work) == [f"{work.batch}:2"]
    world.start()
    work.until_over()
    assert_whole(work)
