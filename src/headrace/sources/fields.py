"""The fields that records have: how often each is there, of which types, and one value of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

EACH = "[*]"


@dataclass(slots=True)
class Field:
    """A leaf of records, by the path that a mapping names it with; ``[*]`` stands for each element of an array.

    types    its JSON types, as they were first seen
    records  how many records have a value there
    values   the first of them, at most as many as were asked for
    """

    path: str
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
        for path, value in _leaves(record, ""):
            leaf = known.setdefault(path, Field(path))
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


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, below in value.items():
            yield from _leaves(below, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value and path:
        for below in value:
            yield from _leaves(below, f"{path}{EACH}")
    elif path:
        yield path, value


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
