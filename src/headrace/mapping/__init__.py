"""Mapping: a function from a batch to a batch and a list of row errors."""

from headrace.mapping.expressions import validate_expression
from headrace.mapping.listing import functions_listing
from headrace.mapping.mapping_set import CompiledMapping, Mapped, compile_mapping
from headrace.mapping.parser import parse_expression
from headrace.mapping.paths import format_path
from headrace.mapping.steps import paths_read
from headrace.mapping.trial import preview

__all__ = [
    "CompiledMapping",
    "Mapped",
    "compile_mapping",
    "format_path",
    "functions_listing",
    "parse_expression",
    "paths_read",
    "preview",
    "validate_expression",
]
