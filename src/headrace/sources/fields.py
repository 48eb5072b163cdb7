"""The fields that records have: how often each is there, of which types, and one value of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

EACH = "[*]"
_WORD = re.compile(r"[\w\-]+")


@dataclass(slots=True)
class Field:
    """A leaf of records, by the path that a mapping names it with; ``[*]`` stands for each element of an array.

    plain    whether a spec can name it: its names are words, and no array is on the way
    types    its JSON types, as they were first seen
    records  how many records have a value there
    values   the first of them, at most as many as were asked for
    """

    path: str
    plain: bool = True
    types: list[str] = field(default_factory=list)
    records: int = 0
    values: list[Any] = field(default_factory=list)

    @property
    def example(self) -> Any:
        """One of its values; None where it has none."""
        return self.values[0] if self.values else None


def fields_of(records: Iterable[Any], values: int = 1) -> list[Field]:
    """The leaves of all records, in the order in which they were seen; of each at most so many ``values``."""
    known: dict[str, Field] = {}
    for record in records:
        here: set[str] = set()
        for path, value, plain in _leaves(record, "", True):
            leaf = known.setdefault(path, Field(path))
            leaf.plain &= plain
            kind = kind_of(value)
            if kind not in leaf.types and value is not None:
                leaf.types.append(kind)
            if value is not None and len(leaf.values) < values:
                leaf.values.append(value)
            if value is not None and path not in here:
                leaf.records += 1
                here.add(path)
    return [leaf for leaf in known.values() if not _is_inner(leaf.path, known)]


def _is_inner(path: str, known: dict[str, Field]) -> bool:
    """Whether what is null or empty here is an object or an array of objects elsewhere."""
    leaf = known[path]
    hollow = not leaf.types or leaf.types in (["object"], ["array"])
    return hollow and any(other.startswith((f"{path}.", f"{path}{EACH}")) for other in known)


def _leaves(value: Any, path: str, plain: bool) -> Iterator[tuple[str, Any, bool]]:
    if isinstance(value, dict) and value:
        for name, below in value.items():
            yield from _leaves(below, f"{path}.{name}" if path else name, plain and bool(_WORD.fullmatch(name)))
    elif isinstance(value, list) and value and path:
        for below in value:
            yield from _leaves(below, f"{path}{EACH}", False)
    elif path:
        yield path, value, plain


def kind_of(value: Any) -> str:
    """The JSON type of a value that was read; whole numbers are integers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "number"
