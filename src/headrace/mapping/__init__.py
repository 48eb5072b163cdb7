"""Mapping: a function from a batch to a batch and a list of row errors."""

from headrace.mapping.mapping_set import CompiledMapping, Mapped, compile_mapping

__all__ = ["CompiledMapping", "Mapped", "compile_mapping"]
