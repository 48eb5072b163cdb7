"""Whole columns as the fast back end sees them: a value, its kind, and the rows that it declines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import polars as pl
import pyarrow as pa

from headrace.json_columns import WRITTEN
from headrace.mapping.nodes import Scalar

TEXT, LONG, DOUBLE, FLAG, MOMENT, NUMERAL, NULL = "text", "long", "double", "flag", "moment", "numeral", "null"
Names = tuple[str, ...]

_KINDS = {pa.string(): TEXT, pa.int64(): LONG, pa.float64(): DOUBLE, pa.bool_(): FLAG, pa.null(): NULL}
_DTYPES: dict[str, pl.DataType] = {
    TEXT: pl.String(), LONG: pl.Int64(), DOUBLE: pl.Float64(), FLAG: pl.Boolean(), NUMERAL: pl.String(),
    MOMENT: pl.Datetime("us", "UTC"),
}  # fmt: skip


class NotVectorised(Exception):
    """The node has no vectorised form over these columns; the message says why."""


@dataclass(frozen=True, slots=True)
class Vector:
    """A node over whole columns.

    declined  where the reference has to look (None: nowhere)
    constant  what it is in every row, when it stands in the expression
    """

    value: pl.Expr
    kind: str
    declined: pl.Expr | None = None
    constant: Scalar = None


@dataclass(frozen=True, slots=True)
class Frame:
    """The columns that an expression reads: the kind of each, and the name that Polars knows it by.

    exact     numbers are decimals
    decimals  the fields whose numbers are decimals in any case
    kept      what is used more than once, by the name that it is computed under
    """

    columns: Mapping[Names, tuple[str, str]]
    exact: bool
    decimals: frozenset[Names]
    kept: dict[str, pl.Expr] = field(default_factory=dict)

    def constant(self, number: float) -> Vector:
        """A double that is the same in every row, as a column that is as long as the table.

        With one that is not, Polars takes short cuts: it leaves out adding 0, though -0.0 + 0 is 0.0, and for a
        division it multiplies by the inverse, which is not the same number.
        """
        return Vector(self.keep(pl.lit(number, pl.Float64)), DOUBLE)

    def keep(self, value: pl.Expr) -> pl.Expr:
        """``value`` as a column of its own, so that it is computed once however often it is used."""
        name = f"k{len(self.kept)}"
        self.kept[name] = value.alias(name)
        return pl.col(name)


# How something is computed over whole columns: of the vectors of its arguments, in the frame that they are in.
Form = Callable[[Sequence[Vector], Frame], Vector]
# The same for one element of a result that is an array, by its number.
ElementForm = Callable[[Sequence[Vector], int], Vector]


def computed(columns: pl.DataFrame, kept: Mapping[str, pl.Expr], made: Mapping[int, Vector]) -> pl.DataFrame:
    """The columns ``value<n>`` and ``declined<n>`` of every vector over the fields' columns."""
    constants = {name: value for name, value in kept.items() if not value.meta.root_names()}
    frame = columns.with_columns(_repeated(constants, columns.height)).lazy()
    for stage in _stages({name: value for name, value in kept.items() if name not in constants}):
        frame = frame.with_columns(stage)
    wanted = {}
    for n, one in made.items():
        wanted[f"value{n}"] = one.value
        wanted[f"declined{n}"] = pl.lit(False) if one.declined is None else one.declined
    return frame.with_columns(**wanted).select(list(wanted)).collect()


def _repeated(constants: Mapping[str, pl.Expr], rows: int) -> list[pl.Series]:
    return [one.new_from_index(0, rows) for one in pl.select(list(constants.values()))] if constants else []


def _stages(kept: Mapping[str, pl.Expr]) -> list[list[pl.Expr]]:
    """What is kept, each after what it reads."""
    depths: dict[str, int] = {}
    stages: dict[int, list[pl.Expr]] = {}
    for name, value in kept.items():
        depths[name] = 1 + max((depths.get(read, 0) for read in value.meta.root_names()), default=0)
        stages.setdefault(depths[name], []).append(value)
    return [stages[depth] for depth in sorted(stages)]


def kind_of(column: pa.Array) -> str:
    """The kind of a source column; NotVectorised when it has none."""
    if column.type in _KINDS:
        return _KINDS[column.type]
    if column.null_count == len(column):
        return NULL
    if column.type == WRITTEN:
        raise NotVectorised("a field of several kinds, or of whole objects, is kept as it was written")
    raise NotVectorised(f"a column of {column.type}")


def any_of(*conditions: pl.Expr | None) -> pl.Expr | None:
    """Where any of the conditions holds, or is not known."""
    found = [one.fill_null(True) for one in conditions if one is not None]
    return reduce(lambda a, b: a | b, found) if found else None


def not_ascii(text: pl.Expr) -> pl.Expr:
    """Where a text has letters beyond ASCII."""
    return (text.str.len_bytes() != text.str.len_chars()).fill_null(False)


def truth(one: Vector) -> pl.Expr:
    """Whether a condition holds, as the language reads values; never null."""
    if one.kind not in _TRUTH:
        raise NotVectorised(f"a condition of {one.kind}")
    return _TRUTH[one.kind](one.value)


_TRUTH: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    FLAG: lambda value: value.fill_null(False),
    TEXT: lambda value: ((value != "") & (value != "false")).fill_null(False),
    LONG: lambda value: (value != 0).fill_null(False),
    DOUBLE: lambda value: (value != 0).fill_null(False) & value.is_not_nan().fill_null(False),
    MOMENT: lambda value: value.is_not_null(),
    NULL: lambda _value: pl.lit(False),
}


def text_vector(one: Vector) -> Vector:
    """A scalar as the text that it has."""
    if one.kind in (LONG, FLAG):
        return Vector(one.value.cast(pl.String), TEXT, one.declined)
    if one.kind == NULL:
        return Vector(pl.lit(None, pl.String), TEXT, one.declined)
    if one.kind != TEXT:
        raise NotVectorised(f"{one.kind} as text")
    return one


def first_of(vectors: Sequence[Vector]) -> Vector:
    """The first that is not null; what stands behind it is not looked at."""
    kind, values = _same(vectors)
    declined: pl.Expr | None = None
    for one, value in zip(reversed(vectors), reversed(values), strict=True):
        later = None if declined is None else value.is_null() & declined
        declined = any_of(one.declined, later)
    return Vector(pl.coalesce(values), kind, declined)


def choice(condition: Vector, then: Vector, otherwise: Vector) -> Vector:
    """One of two, row by row; what is not taken is not looked at."""
    kind, (yes, no) = _same([then, otherwise])
    holds = truth(condition)
    spread = [
        None if branch.declined is None else taken & branch.declined.fill_null(True)
        for taken, branch in ((holds, then), (~holds, otherwise))
    ]
    return Vector(pl.when(holds).then(yes).otherwise(no), kind, any_of(condition.declined, *spread))


def _same(vectors: Sequence[Vector]) -> tuple[str, list[pl.Expr]]:
    """The one kind of several vectors, nulls aside."""
    kinds = {one.kind for one in vectors} - {NULL}
    if len(kinds) != 1:
        raise NotVectorised(f"{' or '.join(sorted(kinds)) or 'only null'} in one column")
    kind = kinds.pop()
    return kind, [pl.lit(None, _DTYPES[kind]) if one.kind == NULL else one.value for one in vectors]
