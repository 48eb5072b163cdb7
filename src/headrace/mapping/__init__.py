"""Mapping: a function from a batch to a batch and a list of row errors."""

from headrace.mapping.expressions import validate_expression
from headrace.mapping.listing import functions_listing
from headrace.mapping.mapping_set import CompiledMapping, Mapped, compile_mapping
from headrace.mapping.parser import parse_expression
from headrace.mapping.trial import preview

__all__ = [
    "CompiledMapping",
    "Mapped",
    "compile_mapping",
    "functions_listing",
    "parse_expression",
    "preview",
    "validate_expression",
]
