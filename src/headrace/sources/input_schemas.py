"""The JSON Schemas of what users type: read once, and never larger than can be checked in good time.

References multiply: of twenty levels that each refer twice to the next, a check makes a million. So a schema is counted
with its references written out before anything is checked, and one that goes round in a circle is refused.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import unquote

import jsonschema_rs
import msgspec

from headrace.errors import ParamInvalid, SpecInvalid

MOST_VALUES = 20_000  # of a schema, its references written out
MOST_LEVELS = 200
MOST_CHECKS = 10_000_000  # values of a schema times values of what is checked: a second or so
MOST_TOLD_CHECKS = 100_000  # the same where it is told what is wrong, which takes far longer
_PATTERN = 100  # values that a pattern counts for: to read one may take milliseconds
# What a pattern that looks around or back may try, and what any of them may take.
_PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=20_000, size_limit=1_000_000)
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_OWN_DOCUMENT = ("$id", "$schema")
_DRAFTS = {
    *(f"http://json-schema.org/draft-0{number}/schema" for number in (4, 6, 7)),
    *(f"https://json-schema.org/draft/{date}/schema" for date in ("2019-09", "2020-12")),
}
_TWICE = ("unevaluatedProperties", "unevaluatedItems")  # what stands beside is checked once more for them
_LONGEST_SHOWN = 200
_MOST_REMEMBERED = 64


def _retrieve_nothing(uri: str) -> NoReturn:
    """The library would fetch what a schema names: past the guard of hosts, and from files too."""
    raise ValueError(f"{uri[:_LONGEST_SHOWN]} is another document; write it out whole")


def input_schema(schema: Mapping[str, Any], name: str, field: str) -> "InputSchema":
    """The schema, read once however often it is checked against; SpecInvalid for one that cannot be checked."""
    return _read(msgspec.json.encode(schema), name, field)


@lru_cache(_MOST_REMEMBERED)
def _read(schema: bytes, name: str, field: str) -> "InputSchema":
    return InputSchema(msgspec.json.decode(schema), name, field)


class InputSchema:
    """A schema that can be checked; SpecInvalid for one that cannot, with its ``name`` and ``field``."""

    def __init__(self, schema: Mapping[str, Any], name: str, field: str) -> None:
        self._field = field
        self._size = _Size(schema, name, field).whole
        try:
            self._validator = jsonschema_rs.validator_for(
                dict(schema), pattern_options=_PATTERNS, retriever=_retrieve_nothing
            )
        except (jsonschema_rs.ValidationError, ValueError) as error:
            why = str(error)[:_LONGEST_SHOWN]
            raise SpecInvalid(f"{name} is not a valid JSON Schema: {why}", rule=1312, field=field) from error

    def problems(self, params: Mapping[str, Any]) -> list[jsonschema_rs.ValidationError]:
        """What is wrong with the parameters; ParamInvalid where they are too many to look at, or to say it."""
        checks = self._size * _count(params)
        if checks > MOST_CHECKS:
            raise self._too_many("for the spec's JSON Schema to be checked; give fewer")
        if checks <= MOST_TOLD_CHECKS:
            return list(self._validator.iter_errors(dict(params)))
        if not self._validator.is_valid(dict(params)):
            raise self._too_many("to say which of them do not fit the spec's JSON Schema; give fewer to see it")
        return []

    def _too_many(self, why: str) -> ParamInvalid:
        return ParamInvalid(f"The values in {self._field} are too many {why}.", rule=1312, field=self._field)


class _Size:
    """How many values a schema has, its references written out."""

    def __init__(self, schema: Mapping[str, Any], name: str, field: str) -> None:
        self._schema = schema
        self._name = name
        self._field = field
        self._referenced: dict[str, tuple[int, int]] = {}
        self._open: set[str] = set()
        own = next(_documents_inside(schema), None)
        if own is not None and any(_references(schema)):
            raise self._refused(f"has references, and {own} inside, which changes where they lead; leave it out")
        for draft in _drafts(schema):
            if draft.rstrip("#") not in _DRAFTS:
                shown = draft[:_LONGEST_SHOWN]
                raise self._refused(
                    f"has the $schema {shown}; use one of {', '.join(sorted(_DRAFTS))}, or leave it out"
                )
        self.whole, _ = self._of(schema, 0)

    def _of(self, node: object, depth: int) -> tuple[int, int]:
        """The values and the levels of a node that stands ``depth`` levels deep."""
        self._require_levels(depth)
        if not isinstance(node, Mapping | list):
            return 1, 1
        inner = [self._of(below, depth + 1) for below in _below(node)]
        inner += [self._behind(reference, depth + 1) for reference in _references_of(node)]
        twice = 2 if any(name in node for name in _TWICE) else 1
        values = twice * (1 + _PATTERN * _patterns(node) + sum(values for values, _ in inner))
        levels = 1 + max((levels for _, levels in inner), default=0)
        if values > MOST_VALUES:
            raise self._refused(f"has more than {MOST_VALUES:,} values once its references are written out")
        self._require_levels(depth + levels - 1)
        return values, levels

    def _behind(self, reference: str, depth: int) -> tuple[int, int]:
        if reference in self._open:
            shown = reference[:_LONGEST_SHOWN]
            raise self._refused(
                f"refers from {shown} to {shown} again, so it has no end; write it out as far as needed"
            )
        if reference not in self._referenced:
            self._open.add(reference)
            self._referenced[reference] = self._of(self._at(reference), depth)
            self._open.remove(reference)
        return self._referenced[reference]

    def _require_levels(self, levels: int) -> None:
        if levels > MOST_LEVELS:
            raise self._refused(f"is more than {MOST_LEVELS} levels deep once its references are written out")

    def _at(self, reference: str) -> object:
        """What a reference leads to."""
        if not reference.startswith("#"):
            raise self._refused("refers to another document; write it out whole")
        node: Any = self._schema
        try:
            for step in _steps(reference):
                node = node[int(step) if isinstance(node, list) else step]
        except (LookupError, TypeError, ValueError) as error:
            shown = reference[:_LONGEST_SHOWN]
            raise self._refused(f"refers to {shown}, which is no path to a part of it, such as #/$defs/name") from error
        return node

    def _refused(self, why: str) -> SpecInvalid:
        return SpecInvalid(f"{self._name} {why}.", rule=1312, field=self._field)


def _steps(reference: str) -> list[str]:
    path = unquote(reference.removeprefix("#"))
    if path and not path.startswith("/"):
        raise ValueError(path)
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _below(node: object) -> Iterator[object]:
    if isinstance(node, Mapping):
        yield from node.values()
    elif isinstance(node, list):
        yield from node


def _patterns(node: Mapping[str, Any] | list[Any]) -> int:
    if isinstance(node, list):
        return 0
    named = node.get("patternProperties")
    return isinstance(node.get("pattern"), str) + (len(named) if isinstance(named, Mapping) else 0)


def _references_of(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        yield from (str(value) for name, value in node.items() if name in _REFERENCES)


def _everything(node: object) -> Iterator[object]:
    """The node and all below it."""
    left = [node]
    while left:
        yield (last := left.pop())
        left += _below(last)


def _references(schema: object) -> Iterator[str]:
    for node in _everything(schema):
        yield from _references_of(node)


def _drafts(schema: object) -> Iterator[str]:
    for node in _everything(schema):
        if isinstance(node, Mapping) and isinstance(draft := node.get("$schema"), str):
            yield draft


def _documents_inside(schema: Mapping[str, Any]) -> Iterator[str]:
    """The members that make a part of the schema a document of its own."""
    names = (*_OWN_DOCUMENT, "id") if "draft-04" in str(schema.get("$schema")) else _OWN_DOCUMENT
    for node in _everything(schema):
        if isinstance(node, Mapping) and node is not schema:
            yield from (name for name in names if isinstance(node.get(name), str))


def _count(value: object) -> int:
    return sum(1 for _ in _everything(value))
