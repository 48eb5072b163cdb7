"""SQL that SQLite and PostgreSQL spell differently: membership in texts of any number, and order by code points."""

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


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
