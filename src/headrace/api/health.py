"""Whether this process can serve."""

import sqlalchemy as sa

from headrace.api.problems import GATEWAY
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes

health = Routes("/health", GATEWAY)


@health.get("", open=True)
def check(request: Request) -> Reply:
    """200 when the database answers; an error otherwise."""
    with request.store.read() as conn:
        conn.execute(sa.select(1))
    return Reply(200, {"status": "ok", "emulator": request.deployment.settings.emulator})
