"""The Schema Registry: resources, what they compose to, and the descriptors that say more about their fields."""

from headrace.registry.composition import Composed, composed
from headrace.registry.primary_keys import PrimaryKey, primary_key

__all__ = ["Composed", "PrimaryKey", "composed", "primary_key"]
