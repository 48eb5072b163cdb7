"""Schema Registry: ``/data/foundation/schemaregistry``."""

# In this order: the first route that fits answers, and the one of resources takes any kind.
from headrace.api.schemaregistry import descriptors, resources
from headrace.api.schemaregistry.routes import schemaregistry

__all__ = ["descriptors", "resources", "schemaregistry"]
