"""The Schema Registry: resources, what they compose to, and the descriptors that say more about their fields."""

from headrace.registry.composition import Composed, composed

__all__ = ["Composed", "composed"]
