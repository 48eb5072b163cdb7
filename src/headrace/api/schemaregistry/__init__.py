"""Schema Registry: ``/data/foundation/schemaregistry``."""

# The first route that fits answers, and the one of resources takes any kind: it comes last.
from headrace.api.schemaregistry import descriptors, rpc
from headrace.api.schemaregistry import resources as resources
from headrace.api.schemaregistry.routes import schemaregistry

__all__ = ["descriptors", "resources", "rpc", "schemaregistry"]
