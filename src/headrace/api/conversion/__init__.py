"""Data Prep: ``/data/foundation/conversion``, one module per resource."""

from headrace.api.conversion import language, mapping_sets, samples
from headrace.api.conversion.service import conversion

__all__ = ["conversion", "language", "mapping_sets", "samples"]
