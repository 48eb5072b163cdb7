"""SQL that SQLite and PostgreSQL spell differently: membership in texts, order by code points, rows that are there."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_Insert = sqlite.Insert | postgresql.Insert
_INSERTS: Mapping[str, Callable[[sa.Table], _Insert]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def among(column: sa.ColumnElement[str], texts: Iterable[str]) -> sa.ColumnElement[bool]:
    """Whether the column holds one of the texts, none of which holds a NUL.

    They are one parameter, however many there are: both databases limit how many a statement has, and a list whose
    length data or a client decides passes any limit.
    """
    return member_of(column, sa.literal(as_members(texts), sa.Text))


def member_of(column: sa.ColumnElement[str], members: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """As ``among``, for a statement that is put together before its values: ``members`` is given ``as_members``."""
    return column.op("IN", is_comparison=True)(_Members(members))


def as_members(texts: Iterable[str]) -> str:
    """Texts as the one parameter that holds them all."""
    return msgspec.json.encode(list(texts)).decode()


def by_code_point(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """The column, compared and ordered as Python compares texts, whatever language the database is set to."""
    return _ByCodePoint(column)


def unless_taken(dialect: str, table: sa.Table) -> sa.Insert:
    """An insert of one row that does nothing where its key is taken: its row count says which."""
    return _INSERTS[dialect](table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def put(dialect: str, table: sa.Table, changes: Mapping[str, sa.ColumnElement[Any]] = {}) -> sa.Insert:
    """An insert of one row, which is written over the row of its key where there is one, but for these ``changes``."""
    insert = _INSERTS[dialect](table)
    key = [column.name for column in table.primary_key]
    written = {column.name: insert.excluded[column.name] for column in table.c if column.name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_={**written, **changes})


class _Members(FunctionElement[str]):
    """The texts in a JSON array."""

    name = "members"
    type = sa.Text()
    inherit_cache = True


class _ByCodePoint(FunctionElement[str]):
    """A text in the order of its code points."""

    name = "by_code_point"
    type = sa.Text()
    inherit_cache = True


@compiles(_Members, "sqlite")
def _members_in_sqlite(element: _Members, compiler: SQLCompiler, **kw: Any) -> str:
    elements = sa.func.json_each(*element.clauses).table_valued("value")
    return compiler.process(sa.select(elements.c.value).scalar_subquery(), **kw)


@compiles(_Members, "postgresql")
def _members_in_postgresql(element: _Members, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(SELECT json_array_elements_text(CAST({compiler.process(element.clauses, **kw)} AS JSON)))"


@compiles(_ByCodePoint, "sqlite")
def _code_points_in_sqlite(element: _ByCodePoint, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.clauses, **kw)} COLLATE BINARY"


@compiles(_ByCodePoint, "postgresql")
def _code_points_in_postgresql(element: _ByCodePoint, compiler: SQLCompiler, **kw: Any) -> str:
    return f'{compiler.process(element.clauses, **kw)} COLLATE "C"'
