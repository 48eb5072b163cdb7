"""Whether this process can serve."""

from typing import TYPE_CHECKING

from headrace.api.operation import HEALTH
from headrace.api.problems import GATEWAY
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes

if TYPE_CHECKING:
    from headrace.store.engine import Store

health = Routes("/health", GATEWAY)


@health.get("", kind="health", open=True, room=HEALTH)
def check(request: Request) -> Reply:
    """200 when the database answers; an error otherwise."""
    return Reply(status(request.store, request.settings.emulator))


def status(store: "Store", emulator: bool) -> dict[str, object]:
    """What a healthy process says of itself; raises when its database does not answer."""
    with store.read() as conn:
        # As text: SQLAlchemy would ask its ORM, which may be half imported by now, what an expression is made of.
        conn.exec_driver_sql("SELECT 1")
    return {"status": "ok", "emulator": emulator}
