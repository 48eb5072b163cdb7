"""Elements to columns, by a shape: typed leaves by Arrow's reader, the others as the source wrote them.

Arrow's reader is strict when it is given a schema: a value of another type is an error, not a guess. What it would bend
all the same never reaches it, or is looked for afterwards (``bent``). It names no row that one can rely on, so after
an error every element is held against a Struct of the same types, and those that do not have the shape stay out.
"""

import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isinf
from typing import Annotated, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.json
from msgspec.structs import astuple

from headrace.exact_json import has_minus_zero
from headrace.json_columns import WRITTEN, at
from headrace.raw_json import BROKEN
from headrace.sources.shapes import Leaf, Names

_RAW = msgspec.Raw
_ABSENT = _RAW(b"")
_LONG = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_FIELDS: dict[pa.DataType, Any] = {
    pa.int64(): _LONG | None,
    pa.float64(): float | None,
    pa.string(): str | None,
    pa.bool_(): bool | None,
    pa.null(): None,
}
_EXACT = 2.0**53
Marks = np.ndarray[Any, np.dtype[np.bool_]]  # one for each row
_building = threading.Lock()  # two threads that make the decoder of one Struct at once crash the process


class Misshapen(Exception):
    """Some element does not have the shape."""


@dataclass(frozen=True, slots=True)
class Level:
    """Objects of the element: the leaves in them by name, and the objects below."""

    leaves: tuple[tuple[str, int], ...]
    levels: tuple[tuple[str, "Level"], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Leaves with their types, and what reads them.

    schema    Arrow's, of the typed ones
    texts     a Struct of the WRITTEN ones
    whole     a Struct of all of them
    integers  whether whole numbers are typed, so that ``-0`` matters
    """

    leaves: tuple[Leaf, ...]
    schema: pa.Schema
    texts: "Reader | None"
    whole: "Reader"
    integers: bool
    options: pyarrow.json.ParseOptions

    def columns(self, texts: Sequence[bytes], screened: bool = False) -> dict[int, pa.Array]:
        """The column of each leaf, by number; Misshapen when some element does not have the shape.

        ``screened``: each of them is ``fitting``.
        """
        columns = self._typed(texts, screened) if len(self.schema) else {}
        if self.texts is not None:
            columns |= self.texts.written(texts)
        return columns

    def _typed(self, texts: Sequence[bytes], screened: bool) -> dict[int, pa.Array]:
        body = b"\n".join(texts)
        if self.integers and not screened and has_minus_zero(body):
            raise Misshapen
        read = pyarrow.json.ReadOptions(use_threads=False, block_size=len(body) + 1)
        try:
            table = pyarrow.json.read_json(io.BytesIO(body), read_options=read, parse_options=self.options)
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise Misshapen from error
        if table.num_rows != len(texts):
            raise Misshapen
        return {n: _read_at(table, names) for n, names in self._places()}

    def fitting(self, texts: Sequence[bytes]) -> list[bool]:
        """For each element whether it has the shape."""
        fits = self.whole.fitting(texts)
        if self.integers and has_minus_zero(b"\n".join(texts)):
            return [fit and not has_minus_zero(text) for fit, text in zip(fits, texts, strict=True)]
        return fits

    def _places(self) -> Iterator[tuple[int, Names]]:
        return ((n, leaf.names) for n, leaf in enumerate(self.leaves) if leaf.type != WRITTEN)

    def bent(self, columns: Mapping[int, pa.Array]) -> Marks | None:
        """The rows with a number that its column may not hold as it was written; None when there are none."""
        bent = None
        for n, leaf in enumerate(self.leaves):
            if not _holds(leaf.type, pa.float64()) or columns[n].null_count == len(columns[n]):
                continue
            rows = _spelled_otherwise(columns[n]) if leaf.guarded else _overflown(columns[n])
            if rows.any():
                bent = rows if bent is None else bent | rows
        return bent


def _spelled_otherwise(column: pa.Array) -> Marks:
    [numbers] = _doubles(column)
    with np.errstate(invalid="ignore"):
        rows: Marks = (np.floor(numbers) == numbers) | (np.abs(numbers) >= _EXACT)
    return rows


def _overflown(column: pa.Array) -> Marks:
    """The rows with a number that is too large for a double: Arrow's reader makes it infinite."""
    if not any(np.isinf(numbers).any() for numbers in _doubles(column)):
        return np.zeros(len(column), np.bool_)
    return np.fromiter((_is_overflown(value) for value in column.to_pylist()), np.bool_, len(column))


def _doubles(column: pa.Array) -> Iterator[np.ndarray[Any, np.dtype[np.float64]]]:
    """The floating numbers anywhere in a column."""
    if pa.types.is_list(column.type):
        yield from _doubles(column.values)
    elif pa.types.is_struct(column.type):
        for n in range(column.type.num_fields):
            yield from _doubles(column.field(n))
    elif column.type == pa.float64():
        yield column.to_numpy(zero_copy_only=False)


def _is_overflown(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(_is_overflown, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and isinf(value)


@dataclass(frozen=True, slots=True)
class Reader:
    """A Struct for a level tree, one element or many at once."""

    level: Level
    single: "msgspec.json.Decoder[Any]"
    many: "msgspec.json.Decoder[Any]"

    def written(self, texts: Sequence[bytes]) -> dict[int, pa.Array]:
        """WRITTEN columns by the number of the leaf; Misshapen."""
        try:
            structs = self.many.decode(b"[" + b",".join(texts) + b"]")
        except BROKEN as error:
            raise Misshapen from error
        columns: dict[int, pa.Array] = {}
        _collect(structs, self.level, columns)
        return columns

    def fitting(self, texts: Sequence[bytes]) -> list[bool]:
        """For each element whether it can be decoded."""
        decode, fits = self.single.decode, []
        for text in texts:
            try:
                decode(text)
                fits.append(True)
            except BROKEN:
                fits.append(False)
        return fits


def shape_of(leaves: tuple[Leaf, ...]) -> Shape:
    """The shape of elements that hold these leaves; none of them lies inside another one."""
    with _building:
        return _shape_of(leaves)


@lru_cache(maxsize=256)
def _shape_of(leaves: tuple[Leaf, ...]) -> Shape:
    typed = {n: leaf for n, leaf in enumerate(leaves) if leaf.type != WRITTEN}
    written = {n: leaf for n, leaf in enumerate(leaves) if leaf.type == WRITTEN}
    schema = pa.schema(_fields(_level({n: leaf.names for n, leaf in typed.items()}), leaves))
    options = pyarrow.json.ParseOptions(
        explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior="ignore"
    )
    texts = _reader(written, leaves) if written else None
    integers = any(_holds(leaf.type, pa.int64()) for leaf in leaves)
    return Shape(leaves, schema, texts, _reader(dict(enumerate(leaves)), leaves), integers, options)


def _reader(chosen: Mapping[int, Leaf], leaves: Sequence[Leaf]) -> Reader:
    level = _level({n: leaf.names for n, leaf in chosen.items()})
    struct = _struct(level, leaves)
    many: Any = list.__class_getitem__(struct)
    return Reader(level, msgspec.json.Decoder(struct), msgspec.json.Decoder(many))


def _level(places: Mapping[int, Names]) -> Level:
    groups: dict[str, dict[int, Names]] = {}
    for n, names in places.items():
        if len(names) > 1:
            groups.setdefault(names[0], {})[n] = names[1:]
    leaves = tuple((names[0], n) for n, names in places.items() if len(names) == 1)
    return Level(leaves, tuple((name, _level(group)) for name, group in groups.items()))


def _struct(level: Level, leaves: Sequence[Leaf]) -> Any:
    fields: list[tuple[str, Any, Any]] = []
    for n, (_, leaf) in enumerate(level.leaves):
        type = leaves[leaf].type
        fields.append((f"l{n}", _RAW, _ABSENT) if type == WRITTEN else (f"l{n}", _field(type), None))
    fields += [(f"n{n}", _struct(below, leaves) | None, None) for n, (_, below) in enumerate(level.levels)]
    rename = {f"l{n}": name for n, (name, _) in enumerate(level.leaves)}
    rename |= {f"n{n}": name for n, (name, _) in enumerate(level.levels)}
    return msgspec.defstruct("Level", fields, rename=rename, gc=False)


def _field(type: pa.DataType) -> Any:
    """What takes the values that a column of ``type`` takes, and null."""
    if pa.types.is_list(type):
        return list.__class_getitem__(_field(type.value_type)) | None
    if pa.types.is_struct(type):
        fields = [(f"f{n}", _field(type.field(n).type), None) for n in range(type.num_fields)]
        rename = {f"f{n}": type.field(n).name for n in range(type.num_fields)}
        return msgspec.defstruct("Object", fields, rename=rename, gc=False) | None
    return _FIELDS[type]


def _fields(level: Level, leaves: Sequence[Leaf]) -> list[pa.Field]:
    fields = [pa.field(name, leaves[n].type) for name, n in level.leaves]
    return fields + [pa.field(name, pa.struct(_fields(below, leaves))) for name, below in level.levels]


def _read_at(table: pa.Table, names: Names) -> pa.Array:
    column = table[names[0]]
    return at(column.chunk(0) if column.num_chunks == 1 else column.combine_chunks(), names[1:])


def _holds(type: pa.DataType, leaf: pa.DataType) -> bool:
    if pa.types.is_list(type):
        return _holds(type.value_type, leaf)
    if pa.types.is_struct(type):
        return any(_holds(type.field(n).type, leaf) for n in range(type.num_fields))
    return bool(type == leaf)


def _collect(level: Sequence[Any], node: Level, columns: dict[int, pa.Array]) -> None:
    """The texts of a level's leaves; ``level`` holds its Struct in each element, or None."""
    width = len(node.leaves) + len(node.levels)
    absent = (*(_ABSENT,) * len(node.leaves), *(None,) * len(node.levels))
    rows = [absent if struct is None else astuple(struct) for struct in level]
    values = list(zip(*rows, strict=True)) if rows else [()] * width
    for (_, n), texts in zip(node.leaves, values, strict=False):
        columns[n] = written_column(texts)
    for (_, below), structs in zip(node.levels, values[len(node.leaves) :], strict=True):
        _collect(structs, below, columns)


def written_column(texts: Sequence[Any]) -> pa.Array:
    """A WRITTEN column of raw JSON values; ``null`` and absent ones are null."""
    held = (bytes(text) for text in texts)
    return pa.array([None if text in (b"", b"null") else text for text in held], WRITTEN)
