import pyarrow as pa
import pytest

from headrace.errors import SchemaUnstorable
from headrace.xdm.arrow_schema import arrow_schema

LONG = {"type": "integer", "minimum": -9007199254740992, "maximum": 9007199254740991}

TYPES = [
    ({"type": "string"}, pa.string()),
    ({"type": "string", "format": "uri"}, pa.string()),
    ({"type": "string", "format": "date"}, pa.date32()),
    ({"type": "string", "format": "date-time"}, pa.timestamp("us", tz="UTC")),
    ({"type": "boolean"}, pa.bool_()),
    ({"type": "number"}, pa.float64()),
    ({"type": "number", "meta:headraceType": "decimal(38,18)"}, pa.decimal128(38, 18)),
    ({"type": "integer"}, pa.int64()),
    ({"type": "integer", "meta:xdmType": "int"}, pa.int64()),
    ({"type": "integer", "minimum": 0}, pa.int64()),
    (LONG, pa.int64()),
    ({"type": "integer", "minimum": -128, "maximum": 127}, pa.int32()),
    ({"type": "integer", "minimum": -2147483648, "maximum": 2147483647}, pa.int32()),
    ({"type": ["null", "integer"]}, pa.int64()),
    ({"type": "array", "items": {"type": "string"}}, pa.list_(pa.string())),
    ({"type": "array"}, pa.list_(pa.string())),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, pa.map_(pa.string(), pa.int64())),
    ({"type": "object"}, pa.string()),
    ({"type": "object", "properties": {}}, pa.string()),
    ({"type": "object", "additionalProperties": True}, pa.string()),
    ({"properties": {"a": {"type": "boolean"}}}, pa.struct([pa.field("a", pa.bool_())])),
    ({"enum": ["a"]}, pa.string()),
    (
        {"type": "array", "items": {"type": "object", "properties": {"day": {"type": "string", "format": "date"}}}},
        pa.list_(pa.struct([pa.field("day", pa.date32())])),
    ),
]


@pytest.mark.parametrize(("declared", "expected"), TYPES)
def test_a_field_has_the_arrow_type_of_its_declaration(declared, expected):
    assert arrow_schema({"properties": {"x": declared}}).field("x").type == expected


def test_fields_keep_their_order_and_are_nullable():
    schema = arrow_schema(
        {"properties": {"b": {"type": "string"}, "a": {"properties": {"z": LONG}}}, "required": ["b"]}
    )
    assert schema.names == ["b", "a"]
    assert all(field.nullable for field in [*schema, schema.field("a").type.field("z")])


@pytest.mark.parametrize("declared", ["decimal(39,2)", "decimal(4,5)", "decimal", "money"])
def test_an_impossible_decimal_names_its_field(declared):
    fields = {"cost": {"type": "number", "meta:headraceType": declared}}
    with pytest.raises(SchemaUnstorable, match=r"_t\.cost"):
        arrow_schema({"properties": {"_t": {"type": "object", "properties": fields}}})
