"""How a person sees the fields of a source: by the path that a mapping takes, and what no mapping can take."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from rich.table import Table

from headrace.cli.terminal import Text, in_a_line
from headrace.errors import counted
from headrace.exact_json import spelled
from headrace.mapping import format_path
from headrace.sources.fields import Field, Steps
from headrace.sources.inference import schema_of

_EXAMPLE = 28


def mapped(steps: Steps) -> str:
    """The path as an ATTRIBUTE mapping takes it; empty where none can."""
    return "" if "" in steps else in_a_line(format_path(steps))


def nameless(fields: Iterable[Field]) -> list[str]:
    """What is said of the fields that no mapping can take; nothing where each can be."""
    count = sum("" in field.steps for field in fields)
    if not count:
        return []
    who = f"{counted(count, 'field')} {'lies' if count == 1 else 'lie'}"
    return [
        f'{who} under an empty name (""), which no mapping can take: give it a name by rename in x-headrace, for '
        'instance {"blank": "[\'\']"}.'
    ]


def table_of(fields: Iterable[Field], without: Callable[[str], str]) -> Table:
    """The fields that a mapping can take; ``without`` takes the secrets out of an example."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("path", overflow="fold")
    table.add_column("type", overflow="fold")
    table.add_column("in", justify="right")
    table.add_column("example", overflow="fold")
    for field in fields:
        if path := mapped(field.steps):
            shown = without(_example(field.example))
            short = shown if len(shown) <= _EXAMPLE else f"{shown[: _EXAMPLE - 1]}…"
            table.add_row(
                Text(path), ", ".join(field.types) or "null", f"{field.records:,}", Text(in_a_line(short), "dim")
            )
    return table


def _example(value: Any) -> str:
    """A value as the source wrote it."""
    if value is None:
        return ""
    return msgspec.json.encode(spelled(value)).decode()


def differences(declared: Mapping[str, Any] | None, records: list[Any]) -> Iterator[str]:
    """Where the spec's schema and the records disagree about which fields there are."""
    if declared is None:
        return
    expected, came = set(_leaves(declared)), set(_leaves(schema_of(records)))
    # What a schema only says to be an object, or what is empty or null in every record, says nothing of what is below.
    unknown = [steps for steps in came if not any(_within(steps, known) or _within(known, steps) for known in expected)]
    absent = [steps for steps in expected if not any(_within(known, steps) for known in came)]
    if unknown:
        yield f"Not in the spec's schema: {_listed(unknown)}."
    if absent:
        yield f"In the spec's schema, in no record: {_listed(absent)}."


def _listed(fields: Iterable[Steps]) -> str:
    return ", ".join(sorted(in_a_line(format_path(steps)) for steps in fields))


def _within(steps: Steps, other: Steps) -> bool:
    """Whether a field is the other one, or lies in it."""
    return steps[: len(other)] == other


def _leaves(schema: Mapping[str, Any], steps: Steps = ()) -> Iterator[Steps]:
    """The leaves of a schema."""
    below = schema.get("properties") or {}
    for name, inner in below.items():
        yield from _leaves(inner, (*steps, name))
    if isinstance(schema.get("items"), Mapping) and schema["items"].get("properties"):
        yield from _leaves(schema["items"], (*steps, None))
    elif not below and steps:
        yield steps
