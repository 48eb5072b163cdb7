"""Checking rows against a schema: rules compiled once, applied to whole columns, broken ones told per row.

A required field is missed only where its parent is present. Rules of array items and map values reject the whole row.
Types are not checked here: a value that is in its column has its type.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from headrace.rows import ROW_ERRORS, VALIDATION, row_errors
from headrace.xdm.arrow_schema import Node, arrow_type, child_path, items_of, map_values_of, properties_of
from headrace.xdm.rules import Rule, rules_of

REQUIRED_MISSING = "INGEST-1555-400"
RULE_BROKEN = "INGEST-1556-400"  # ours: Platform documents no code for the other schema rules

_ROW = "_row"
_MISSING = "a value"


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """What is checked at one field and below it; fields without rules are left out."""

    path: str
    rules: tuple[Rule, ...] = ()
    required: tuple[str, ...] = ()
    fields: Mapping[str, "FieldCheck"] = field(default_factory=dict)
    items: "FieldCheck | None" = None  # of an array's elements or a map's values

    def __bool__(self) -> bool:
        return bool(self.rules or self.required or self.fields or self.items)


@dataclass(frozen=True, slots=True)
class Finding:
    """The rows in which one rule is broken, with the values that break it (None: they are missing)."""

    path: str
    expected: str
    rows: pa.Array
    values: pa.Array | None


@dataclass(frozen=True, slots=True)
class Checker:
    """A schema's rules, compiled."""

    root: FieldCheck

    def check(self, table: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Splits a table (with ``_row``) into the accepted rows and the ROW_ERRORS of the others."""
        if not self.root or not table.num_rows:
            return table, ROW_ERRORS.empty_table()
        findings = list(_check_table(self.root, table))
        if not findings:
            return table, ROW_ERRORS.empty_table()
        errors = row_errors(error for finding in findings for error in _errors(finding))
        rejected = errors.column(_ROW).combine_chunks()
        return table.filter(pc.invert(pc.is_in(table.column(_ROW), value_set=rejected))), errors


def checker(full: Mapping[str, object]) -> Checker:
    """Compiles the rules of a composed schema; SchemaUncheckable names a field whose rule cannot be read."""
    return Checker(_object_check(full, ""))


def _field_check(node: Node, path: str) -> FieldCheck:
    kind = arrow_type(node, path)
    rules = rules_of(node, kind, path)
    if pa.types.is_struct(kind):
        inner = _object_check(node, path)
        return FieldCheck(path, rules, inner.required, inner.fields)
    if pa.types.is_list(kind):
        return FieldCheck(path, rules, items=_field_check(items_of(node), f"{path}[]") or None)
    if pa.types.is_map(kind) and (values := map_values_of(node)) is not None:
        return FieldCheck(path, rules, items=_field_check(values, f"{path}{{}}") or None)
    return FieldCheck(path, rules)


def _object_check(node: Node, path: str) -> FieldCheck:
    properties = properties_of(node)
    required = node.get("required")
    names = required if isinstance(required, list) else []
    fields = {name: _field_check(child, child_path(path, name)) for name, child in properties.items()}
    return FieldCheck(
        path,
        required=tuple(name for name in names if name in properties),
        fields={name: inner for name, inner in fields.items() if inner},
    )


def _check_table(root: FieldCheck, table: pa.Table) -> Iterator[Finding]:
    rows = _one_chunk(table.column(_ROW))
    for name in root.required:
        if (column := table.column(name)).null_count:
            yield Finding(name, _MISSING, rows.filter(_one_chunk(pc.is_null(column))), None)
    for name, inner in root.fields.items():
        yield from _check_array(inner, _one_chunk(table.column(name)), rows)


def _check_array(check: FieldCheck, array: pa.Array, rows: pa.Array) -> Iterator[Finding]:
    for rule in check.rules:
        broken = rule.broken(array)
        if broken is not None and (mask := pc.and_(broken, array.is_valid())).true_count:
            yield Finding(check.path, rule.expected, rows.filter(mask), array.filter(mask))
    if check.required or check.fields:
        yield from _check_struct(check, array, rows)
    if check.items is not None:
        flat = _as_list(array)
        yield from _check_array(check.items, flat.flatten(), rows.take(pc.list_parent_indices(flat)))


def _check_struct(check: FieldCheck, array: pa.StructArray, rows: pa.Array) -> Iterator[Finding]:
    for name in check.required:
        missing = pc.and_(pc.is_null(pc.struct_field(array, name)), array.is_valid())
        if missing.true_count:
            yield Finding(child_path(check.path, name), _MISSING, rows.filter(missing), None)
    for name, inner in check.fields.items():
        yield from _check_array(inner, pc.struct_field(array, name), rows)


def _as_list(array: pa.Array) -> pa.ListArray:
    if not pa.types.is_map(array.type):
        return array
    return pa.ListArray.from_arrays(array.offsets, array.items, mask=array.is_null() if array.null_count else None)


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _errors(finding: Finding) -> Iterator[dict[str, object]]:
    values = [None] * len(finding.rows) if finding.values is None else finding.values.to_pylist()
    for row, value in zip(finding.rows.to_pylist(), values, strict=True):
        text = None if finding.values is None else _json(value)
        message = (
            f"The required field '{finding.path}' is missing."
            if text is None
            else f"The value {text} of the field '{finding.path}' must be {finding.expected}."
        )
        yield {
            "_row": row,
            "family": VALIDATION,
            "code": REQUIRED_MISSING if text is None else RULE_BROKEN,
            "message": message,
            "column": finding.path,
            "value": text,
            "expected": finding.expected,
            "actual": text,
        }


def _json(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)
