"""Where a path leads in a record: whether the record has it, and whether it steps into what has no such step."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from headrace.json_columns import leads_into, values_of
from headrace.mapping.checker import ATTRIBUTE, EXPRESSION
from headrace.mapping.nodes import fields_read
from headrace.mapping.parser import parse_expression
from headrace.mapping.paths import Path, format_path, names_of, parse_path
from headrace.mapping.tables import has_value, reached
from headrace.mapping.values import type_name

MOST_SHOWN = 5  # strays of each path, in one table
_KINDS = {"string": "a text", "integer": "a number", "number": "a number", "boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class Source:
    """A path that a mapping reads, as it is written, and the destination of the first item that reads it."""

    path: Path
    destination: str

    @property
    def text(self) -> str:
        return format_path(self.path)


def paths_read(items: Iterable[Mapping[str, object]]) -> list[Path]:
    """The source paths of a mapping's items, each once; of an expression, the fields that it reads. MappingSyntax."""
    paths: dict[Path, None] = {}
    for item in items:
        sense, source = item.get("sourceType") or ATTRIBUTE, str(item["source"])
        if sense == ATTRIBUTE:
            paths[parse_path(source)] = None
        elif sense == EXPRESSION:
            paths.update(dict.fromkeys(fields_read(parse_expression(source))))
    return list(paths)


@dataclass(frozen=True, slots=True)
class Stray:
    """A value that a path would step into, but that has no such step: where it is, and what comes of it."""

    path: Path
    value: object
    expected: str
    outcome: str = "gives no value"

    @property
    def actual(self) -> str:
        """What the value is, in JSON's words."""
        return type_name(self.value)

    def reason(self, source: Source) -> str:
        """A sentence about it."""
        kind = _KINDS.get(self.actual, f"an {self.actual}")
        return f"{source.text} {self.outcome}: {format_path(self.path)} is {kind}, not an {self.expected}."


def stray(record: object, path: Path) -> Stray | None:
    """What ``path`` steps into that has no such step: a name enters an object, an index or [*] an array. None: nothing.

    Null has every step. Of an array's elements it is the first such one.
    """
    value = record
    for n, step in enumerate(path):
        if value is None:
            return None
        if isinstance(step, str):
            if not isinstance(value, dict):
                return Stray(path[:n], value, "object")
            value = value.get(step)
        elif not isinstance(value, list):
            return Stray(path[:n], value, "array")
        elif step is None:
            inside = (stray(element, path[n + 1 :]) for element in value)
            first = next((each for each in inside if each is not None), None)
            return first and Stray((*path[: n + 1], *first.path), first.value, first.expected)
        else:
            value = value[step] if step < len(value) else None
    return None


def present(record: object, path: Path) -> bool:
    """Whether a record has what ``path`` leads to, if only a null; of an array, whether one of its elements has."""
    value = record
    for n, step in enumerate(path):
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return False
            value = value[step]
        elif not isinstance(value, list):
            return False
        elif step is None:
            return any(present(element, path[n + 1 :]) for element in value)
        elif step >= len(value):
            return False
        else:
            value = value[step]
    return True


@dataclass(slots=True)
class Followed:
    """How paths fared in some records: who has what they lead to, and how often each one strayed.

    strayed  by path: in how many records
    shown    the first few: position of the record, source, stray
    """

    present: set[str] = field(default_factory=set)
    strayed: Counter[str] = field(default_factory=Counter)
    shown: list[tuple[int, Source, Stray]] = field(default_factory=list)

    def stray(self, position: int, source: Source, away: Stray) -> None:
        """Notes that a path strays in a record."""
        self.strayed[source.text] += 1
        if self.strayed[source.text] <= MOST_SHOWN:
            self.shown.append((position, source, away))


def followed_in_columns(table: pa.Table, sources: Sequence[Source]) -> Followed:
    """How the paths of a mapping fare in decoded rows; one that has no value in any may still be there, as a null."""
    fared = Followed()
    for source in sources:
        column, taken = reached(table, names_of(source.path))
        way, rest = source.path[:taken], source.path[taken:]
        if not has_value(column):
            continue
        if not rest:
            fared.present.add(source.text)
        elif not leads_into(column.type, rest):
            for position, value in enumerate(values_of(column)):
                if (away := stray(value, rest)) is not None:
                    fared.stray(position, source, replace(away, path=(*way, *away.path)))
                if source.text not in fared.present and present(value, rest):
                    fared.present.add(source.text)
    return fared


def followed(records: Iterable[object], sources: Sequence[Source]) -> Followed:
    """How the paths of a mapping fare in records."""
    fared = Followed()
    texts = [source.text for source in sources]
    for position, record in enumerate(records):
        for source, text in zip(sources, texts, strict=True):
            if (away := stray(record, source.path)) is not None:
                fared.stray(position, source, away)
            if text not in fared.present and present(record, source.path):
                fared.present.add(text)
    return fared
