"""The fields of a JSON Schema that a mapping can read or fill, each with its path and its kind of value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from headrace.errors import Invalid
from headrace.mapping.paths import Path, format_path
from headrace.xdm.arrow_schema import items_of, json_type, properties_of

MOST = 3_000
DEEPEST = 100
OBJECT, ARRAY, TEXT = "object", "array", "string"
TIMED = {"date": "date", "date-time": "date-time"}

Node = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its steps (None walks an array's elements), and its kind.

    kind  string, date, date-time, integer, number, boolean, object (one without fields) or array of one of these
    """

    steps: Path
    kind: str

    @property
    def path(self) -> str:
        """The path as a mapping writes it."""
        return format_path(self.steps)

    @property
    def names(self) -> tuple[str, ...]:
        """The names along the path."""
        return tuple(step for step in self.steps if isinstance(step, str))

    @property
    def arrays(self) -> tuple[Path, ...]:
        """The arrays that the path walks, the outer first."""
        return tuple(self.steps[:n] for n, step in enumerate(self.steps) if step is None)


def fields_of(schema: Node, what: str) -> list[Field]:
    """Every field of ``schema``, in its order; Invalid where there are too many, or too deep."""
    found: list[Field] = []
    for one in _below(schema, (), what):
        if len(found) == MOST:
            raise Invalid(f"{what} has more than {MOST} fields; nothing can be proposed for so many.", field=what)
        found.append(one)
    return found


def _below(node: Node, steps: Path, what: str) -> Iterator[Field]:
    if len(steps) > DEEPEST:
        raise Invalid(f"{what} is nested more than {DEEPEST} levels deep.", field=what)
    for name, child in properties_of(node).items():
        if isinstance(child, Mapping):
            yield from _field(child, (*steps, name), what)


def _field(node: Node, steps: Path, what: str) -> Iterator[Field]:
    if properties_of(node):
        yield from _below(node, steps, what)
    elif json_type(node) == ARRAY and properties_of(items_of(node)):
        yield from _below(items_of(node), (*steps, None), what)
    elif json_type(node) == ARRAY:
        yield Field(steps, f"{ARRAY} of {_kind(items_of(node))}")
    else:
        yield Field(steps, _kind(node))


def _kind(node: Node) -> str:
    kind = json_type(node)
    if kind == TEXT:
        return TIMED.get(str(node.get("format")), TEXT)
    return kind or TEXT
