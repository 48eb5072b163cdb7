"""Fields of one object whose names differ by case alone: SQL would take one for the other."""

from collections.abc import Iterable, Iterator, Mapping

from headrace.errors import SchemaUnstorable
from headrace.xdm.walking import Node


def require_told_apart(full: Node) -> None:
    """SchemaUnstorable that names the fields, and where they stand, when SQL could not tell them apart."""
    for path, names in _confusable(full, ""):
        alike = " and ".join(f"'{name}'" for name in names)
        raise SchemaUnstorable(
            f"The fields {alike} of {path or '/'} differ by case alone, and SQL takes one for the other; rename all "
            "but one of them.",
            path=f"{path}/{names[-1]}",
        )


def alike(names: Iterable[str]) -> list[list[str]]:
    """Those names of one object's fields, at least two together, that differ by case alone."""
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault(name.casefold(), []).append(name)
    return [together for together in spellings.values() if len(together) > 1]


def _confusable(node: Node, path: str) -> Iterator[tuple[str, list[str]]]:
    fields = node.get("properties") or {}
    yield from ((path, names) for names in alike(fields))
    for name, field in fields.items():
        yield from _confusable(field, f"{path}/{name}")
    for key, mark in (("items", "[*]"), ("additionalProperties", "{*}")):
        if isinstance(node.get(key), Mapping):
            yield from _confusable(node[key], f"{path}{mark}")
