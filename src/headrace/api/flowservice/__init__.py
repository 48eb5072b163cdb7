"""Flow Service: ``/data/foundation/flowservice``, one module per resource."""

from headrace.api.flowservice import connections, ends, flows, runs, specs
from headrace.api.flowservice.service import flowservice

__all__ = ["connections", "ends", "flows", "flowservice", "runs", "specs"]
