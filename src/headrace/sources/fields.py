"""The fields that records have: how often each is there, of which types, and one value of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from headrace.errors import SpecInvalid
from headrace.sources.paths import dotted, parse_path

Steps = tuple[str | None, ...]


@dataclass(slots=True)
class Field:
    """A leaf of records by the names that lead to it; None stands for each element of an array.

    types    its JSON types, as they were first seen
    records  how many records have a value there
    values   the first of them, at most as many as were asked for
    """

    steps: Steps
    types: list[str] = field(default_factory=list)
    records: int = 0
    values: list[Any] = field(default_factory=list)

    @property
    def example(self) -> Any:
        """One of its values; None where it has none."""
        return self.values[0] if self.values else None

    @property
    def names(self) -> tuple[str, ...]:
        """Its names alone."""
        return tuple(step for step in self.steps if step is not None)

    @property
    def name(self) -> str:
        """The last of them."""
        return self.names[-1]

    @property
    def plain(self) -> bool:
        """Whether a spec can name it: no array is on the way, and its path is read back."""
        if None in self.steps:
            return False
        try:
            return parse_path(dotted(self.names)) == self.steps
        except SpecInvalid:
            return False


def fields_of(records: Iterable[Any], values: int = 1) -> list[Field]:
    """The leaves of all records, in the order in which they were seen; of each at most so many ``values``."""
    known: dict[Steps, Field] = {}
    for record in records:
        here: set[Steps] = set()
        for steps, value in _leaves(record, ()):
            leaf = known.setdefault(steps, Field(steps))
            kind = kind_of(value)
            if kind not in leaf.types and value is not None:
                leaf.types.append(kind)
            if value is not None and len(leaf.values) < values:
                leaf.values.append(value)
            if value is not None and steps not in here:
                leaf.records += 1
                here.add(steps)
    inner = {steps[:n] for steps in known for n in range(len(steps))}
    return [leaf for leaf in known.values() if leaf.steps not in inner or not _is_hollow(leaf)]


def _is_hollow(leaf: Field) -> bool:
    """Whether it is null or empty wherever it is a leaf: then it may be an object or an array elsewhere."""
    return not leaf.types or leaf.types in (["object"], ["array"])


def _leaves(value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    if isinstance(value, dict) and value:
        for name, below in value.items():
            yield from _leaves(below, (*steps, name))
    elif isinstance(value, list) and value and steps:
        for below in value:
            yield from _leaves(below, (*steps, None))
    elif steps:
        yield steps, value


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
