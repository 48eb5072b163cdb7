"""Fields of a record in a schema's own shape that the schema does not know, or knows in another case."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa

from headrace.exact_json import NotJson, read
from headrace.raw_json import BROKEN

Fields: TypeAlias = Mapping[str, "Fields | None"]


class KnownFields:
    """The fields that a schema has, down to those of its objects; a map has any."""

    def __init__(self, schema: pa.Schema) -> None:
        self._fields = _fields(schema)
        self._strict = _strict(self._fields)

    def unknown(self, text: bytes) -> list[str]:
        """The paths of a record's fields that the schema lacks, each once; none where the text is no record."""
        if self._strict is not None:
            try:
                self._strict.decode(text)
                return []
            except BROKEN:
                pass  # a field too many, or a value of another kind
        try:
            return list(dict.fromkeys(_unknown(read(text), self._fields, "")))
        except NotJson:
            return []

    def like(self, path: str) -> str | None:
        """The field that differs from an unknown one by case alone."""
        fields: Fields | None = self._fields
        names: list[str] = []
        for name in path.split("."):
            same = next((known for known in fields or () if known.lower() == name.lower()), None)
            if same is None:
                return None
            names.append(same)
            fields = (fields or {})[same]
        return ".".join(names)


def _unknown(value: object, fields: Fields, above: str) -> Iterator[str]:
    if isinstance(value, list):
        for element in value:
            yield from _unknown(element, fields, above)
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if name not in fields:
            yield f"{above}{name}".encode("utf-8", "backslashreplace").decode()
        elif (below := fields[name]) is not None:
            yield from _unknown(inner, below, f"{above}{name}.")


def _fields(schema: Any) -> Fields:
    return {field.name: _below(field.type) for field in schema}


def _below(type: pa.DataType) -> Fields | None:
    if pa.types.is_list(type):
        return _below(type.value_type)
    return _fields(type) if pa.types.is_struct(type) else None


def _strict(fields: Fields) -> msgspec.json.Decoder[Any] | None:
    """A decoder that takes no other field; None where a name cannot be that of a Struct's field."""
    try:
        return msgspec.json.Decoder(_struct(fields))
    except ValueError:
        return None


def _nested(fields: Fields) -> Any:
    struct = _struct(fields)
    return struct | list.__class_getitem__(struct) | None


def _struct(fields: Fields) -> Any:
    declared: list[tuple[str, Any, Any]] = []
    for n, below in enumerate(fields.values()):
        declared.append((f"f{n}", msgspec.Raw, msgspec.Raw()) if below is None else (f"f{n}", _nested(below), None))
    names = dict(zip((name for name, _, _ in declared), fields, strict=True))
    return msgspec.defstruct("Known", declared, rename=names, forbid_unknown_fields=True, gc=False)
