"""What a composed XDM schema is in Arrow: one nullable column per field, objects as structs.

string                                  string
string, format date | date-time         date32 | timestamp(us, UTC)
boolean, number                         bool, double
number, meta:headraceType decimal(p,s)  decimal128(p, s)
integer                                 int64; int32 when both bounds are declared and fit 32 bits
array                                   list of its items' type
object with properties                  struct
object with additionalProperties only   map of string to that type
object with neither; no type at all     string that holds the value's JSON text
"""

import re
from collections.abc import Callable, Mapping

import pyarrow as pa

from headrace.errors import SchemaUnstorable

Node = Mapping[str, object]

_DECIMAL = re.compile(r"decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)")
_MOST_DIGITS = 38
_INT32 = range(-(2**31), 2**31)
_FORMATS = {"date": pa.date32(), "date-time": pa.timestamp("us", tz="UTC")}


def arrow_schema(full: Mapping[str, object]) -> pa.Schema:
    """The Arrow schema of a composed schema's records; every field is nullable, in the schema's own order."""
    return pa.schema(_fields(full, ""))


def arrow_type(node: Node, path: str = "") -> pa.DataType:
    """The Arrow type of one field; ``path`` is its dotted name, for the error."""
    reader = _READERS.get(json_type(node))
    return reader(node, path) if reader else pa.string()


def json_type(node: Node) -> str | None:
    """The field's JSON type; the first that is not null where several are listed."""
    declared = node.get("type")
    if isinstance(declared, list):
        declared = next((name for name in declared if name != "null"), None)
    if declared is None and properties_of(node):
        return "object"
    return declared if isinstance(declared, str) else None


def properties_of(node: Node) -> Mapping[str, Node]:
    """The fields of an object; empty for anything else."""
    properties = node.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def map_values_of(node: Node) -> Node | None:
    """The schema of a map's values; None when the object is no map."""
    values = node.get("additionalProperties")
    return values if isinstance(values, Mapping) and not properties_of(node) else None


def items_of(node: Node) -> Node:
    """The schema of an array's items; empty when it declares none."""
    items = node.get("items")
    return items if isinstance(items, Mapping) else {}


def child_path(path: str, name: str) -> str:
    """The dotted name of a field below ``path``."""
    return f"{path}.{name}" if path else name


def _fields(node: Node, path: str) -> list[pa.Field]:
    return [pa.field(name, arrow_type(child, child_path(path, name))) for name, child in properties_of(node).items()]


def _object(node: Node, path: str) -> pa.DataType:
    if fields := _fields(node, path):
        return pa.struct(fields)
    values = map_values_of(node)
    return pa.string() if values is None else pa.map_(pa.string(), arrow_type(values, f"{path}{{}}"))


def _array(node: Node, path: str) -> pa.DataType:
    return pa.list_(arrow_type(items_of(node), f"{path}[]"))


def _number(node: Node, path: str) -> pa.DataType:
    declared = node.get("meta:headraceType")
    if declared is None:
        return pa.float64()
    match = _DECIMAL.fullmatch(str(declared))
    precision, scale = (int(digits) for digits in match.groups()) if match else (0, 0)
    if not 0 < precision <= _MOST_DIGITS or scale > precision:
        raise SchemaUnstorable(
            f"The field '{path}' declares meta:headraceType '{declared}'; write decimal(precision,scale) with a "
            f"precision of 1 to {_MOST_DIGITS} and a scale no larger than it.",
            path=path,
        )
    return pa.decimal128(precision, scale)


def _integer(node: Node, _path: str) -> pa.DataType:
    bounds = (node.get("minimum"), node.get("maximum"))
    fits = all(isinstance(bound, int | float) and int(bound) == bound and int(bound) in _INT32 for bound in bounds)
    return pa.int32() if fits else pa.int64()


def _string(node: Node, _path: str) -> pa.DataType:
    return _FORMATS.get(str(node.get("format")), pa.string())


def _boolean(_node: Node, _path: str) -> pa.DataType:
    return pa.bool_()


_READERS: Mapping[str | None, Callable[[Node, str], pa.DataType]] = {
    "string": _string,
    "boolean": _boolean,
    "number": _number,
    "integer": _integer,
    "array": _array,
    "object": _object,
}
