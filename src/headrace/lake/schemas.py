"""Table schemas: Arrow to Iceberg, bringing a table up to a newer schema, field ids for the files."""

from collections.abc import Iterator, Mapping

import pyarrow as pa
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema, assign_fresh_schema_ids
from pyiceberg.table import Transaction
from pyiceberg.transforms import MonthTransform
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
)

from headrace.errors import SchemaIncompatible
from headrace.lake.layout import DAY, MONTH, with_tail

FIELD_ID = b"PARQUET:field_id"
_PARTITION_FIELD_ID = 1000  # where the Iceberg specification starts to number partition fields
_SCALARS: Mapping[pa.DataType, IcebergType] = {
    pa.bool_(): BooleanType(),
    pa.int8(): IntegerType(),
    pa.int16(): IntegerType(),
    pa.int32(): IntegerType(),
    pa.int64(): LongType(),
    pa.float32(): FloatType(),
    pa.float64(): DoubleType(),
    pa.string(): StringType(),
    pa.large_string(): StringType(),
    pa.binary(): BinaryType(),
    pa.date32(): DateType(),
    pa.timestamp("us"): TimestampType(),
    pa.timestamp("us", tz="UTC"): TimestamptzType(),
}

# Several Arrow types are stored as one Iceberg type; it is read as the last of them that is not a large one.
_ARROW = {iceberg: arrow for arrow, iceberg in _SCALARS.items() if arrow != pa.large_string()}


def new_table_schema(schema: pa.Schema) -> Schema:
    """The Iceberg schema of a new table: the schema's columns and the system tail, all optional."""
    return assign_fresh_schema_ids(Schema(*_iceberg_fields(with_tail(schema), "")))


def partition_spec(schema: Schema) -> PartitionSpec:
    """month(_headrace.day)."""
    source = schema.find_field(DAY).field_id
    return PartitionSpec(
        PartitionField(source_id=source, field_id=_PARTITION_FIELD_ID, transform=MonthTransform(), name=MONTH)
    )


def evolve(transaction: Transaction, wanted: pa.Schema) -> Schema:
    """Stages what the table lacks of ``wanted``; SchemaIncompatible names the column that cannot change so."""
    current = transaction.table_metadata.schema()
    steps = list(_steps(current.as_struct(), StructType(*_iceberg_fields(with_tail(wanted), "")), ()))
    if steps:
        with transaction.update_schema() as update:
            for path, kind, is_new in steps:
                change = update.add_column if is_new else update.update_column
                change(path, kind)
    return transaction.table_metadata.schema()


def file_schema(columns: pa.Schema, table: Schema) -> pa.Schema:
    """``columns`` (tail included) in the table's types and with its field ids: what a data file declares."""
    return pa.schema([_file_field(field, table.find_field(field.name)) for field in columns])


def arrow_schema_of(table: Schema) -> pa.Schema:
    """The Arrow schema in which a table's rows are read."""
    return pa.schema([(column.name, _arrow_type(column.field_type)) for column in table.fields])


def ids_of(schema: pa.Schema) -> dict[str, int]:
    """Dotted path to field id of everything that a data file declares."""
    return dict(_ids(pa.struct(list(schema)), ""))


def ids_in(table: Schema) -> dict[str, int]:
    """Dotted path to field id of a table's schema, in the same spelling as ``ids_of``."""
    return ids_of(file_schema(arrow_schema_of(table), table))


def _steps(
    have: StructType, want: StructType, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], IcebergType, bool]]:
    known = {field.name: field for field in have.fields}
    for field in want.fields:
        place = (*path, field.name)
        if field.name not in known:
            yield place, field.field_type, True
        else:
            yield from _changed(known[field.name].field_type, field.field_type, place)


def _changed(
    have: IcebergType, want: IcebergType, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], IcebergType, bool]]:
    match have, want:
        case StructType(), StructType():
            yield from _steps(have, want, path)
        case ListType(), ListType():
            yield from _changed(have.element_type, want.element_type, (*path, "element"))
        case MapType(), MapType():
            yield from _changed(have.value_type, want.value_type, (*path, "value"))
        case IntegerType(), LongType():
            yield path, want, False
        case LongType(), IntegerType():
            return  # the table is wider already
        case _ if have != want:
            name = ".".join(path)
            raise SchemaIncompatible(
                f"The column '{name}' holds {have} and cannot become {want}; add a new field instead.",
                column=name,
                have=str(have),
                want=str(want),
            )


def _iceberg_fields(schema: pa.Schema | pa.StructType, path: str) -> list[NestedField]:
    return [
        NestedField(0, field.name, _iceberg_type(field.type, f"{path}.{field.name}".lstrip(".")), required=False)
        for field in schema
    ]


def _iceberg_type(kind: pa.DataType, path: str) -> IcebergType:
    if (scalar := _SCALARS.get(kind)) is not None:
        return scalar
    if pa.types.is_decimal(kind):
        return DecimalType(kind.precision, kind.scale)
    if pa.types.is_struct(kind):
        return StructType(*_iceberg_fields(kind, path))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return ListType(0, _iceberg_type(kind.value_type, f"{path}.element"), element_required=False)
    if pa.types.is_map(kind):
        value = _iceberg_type(kind.item_type, f"{path}.value")
        return MapType(0, StringType(), 0, value, value_required=False)
    raise SchemaIncompatible(f"The column '{path}' has the type {kind}, which a table cannot hold.", column=path)


def _arrow_type(kind: IcebergType) -> pa.DataType:
    match kind:
        case StructType():
            return pa.struct([(child.name, _arrow_type(child.field_type)) for child in kind.fields])
        case ListType():
            return pa.list_(pa.field("element", _arrow_type(kind.element_type)))
        case MapType():
            return pa.map_(_arrow_type(kind.key_type), _arrow_type(kind.value_type))
        case DecimalType():
            return pa.decimal128(kind.precision, kind.scale)
    return _ARROW[kind]


def _file_field(field: pa.Field, table: NestedField | None) -> pa.Field:
    if table is None:
        raise SchemaIncompatible(f"The table has no column '{field.name}'.", column=field.name)
    kind = _file_type(field.type, table.field_type)
    return pa.field(field.name, kind, field.nullable, {FIELD_ID: str(table.field_id).encode()})


def _file_type(kind: pa.DataType, table: IcebergType) -> pa.DataType:
    match table:
        case StructType():
            return pa.struct([_file_field(child, table.field_by_name(child.name)) for child in kind])
        case ListType():
            return pa.list_(_file_field(kind.value_field.with_name("element"), table.element_field))
        case MapType():
            key = _file_field(kind.key_field.with_name("key"), table.key_field)
            return pa.map_(key.with_nullable(False), _file_field(kind.item_field.with_name("value"), table.value_field))
        case LongType():
            return pa.int64()
        case IntegerType():
            return pa.int32()
    return pa.string() if isinstance(table, StringType) else kind


def _ids(kind: pa.DataType, path: str) -> Iterator[tuple[str, int]]:
    for name, field in _children(kind):
        place = f"{path}.{name}" if path else name
        if (number := (field.metadata or {}).get(FIELD_ID)) is not None:
            yield place, int(number)
        yield from _ids(field.type, place)


def _children(kind: pa.DataType) -> list[tuple[str, pa.Field]]:
    if pa.types.is_struct(kind):
        return [(field.name, field) for field in kind]
    if pa.types.is_map(kind):
        return [("key", kind.key_field), ("value", kind.item_field)]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [("element", kind.value_field)]
    return []
