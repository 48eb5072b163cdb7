"""JSON tokens: what a record holds at a path, as it was written; one column of texts a path."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow as pa

from headrace.exact_json import NotJson, read, spelled
from headrace.raw_json import BROKEN
from headrace.sources.paths import Path, is_plainly_named

CHUNK = 500
_ABSENT = msgspec.Raw(b"")


def tokens(records: Sequence[bytes], paths: Sequence[Path]) -> dict[Path, pa.Array]:
    """By path the token of each record, null where the record has no such field. A field that is null is ``null``."""
    columns: dict[Path, list[bytes | None]] = {path: [] for path in paths}
    for first in range(0, len(records), CHUNK):
        for path, held in _chunk(records[first : first + CHUNK], tuple(columns)).items():
            columns[path] += held
    return {path: pa.array(held, pa.string()) for path, held in columns.items()}


def _chunk(records: Sequence[bytes], paths: tuple[Path, ...]) -> Mapping[Path, Sequence[bytes | None]]:
    known = _decoder(paths)
    if known is not None:
        decoder, fields = known
        try:
            levels = decoder.decode(b"[" + b",".join(records) + b"]")
        except BROKEN:  # a step leads into what is no object: record by record, that is only no value
            pass
        else:
            return {path: list(_held(levels, fields[path])) for path in paths}
    return {path: [_one(record, path) for record in records] for path in paths}


def _held(levels: Sequence[Any], fields: Sequence[str]) -> Iterator[bytes | None]:
    for level in levels:
        for name in fields:
            level = getattr(level, name, None)
        yield bytes(level) or None if level is not None else None


def _one(record: bytes, path: Path) -> bytes | None:
    """The token by the complete reader, which takes what msgspec does not; escapes may come spelled otherwise."""
    try:
        value = read(record)
    except NotJson:
        return None
    for step in path:
        value = _at(value, step)
        if value is _ABSENT:
            return None
    return written(value)


def _at(value: object, step: str | int) -> object:
    if isinstance(value, dict):
        return value.get(step, _ABSENT)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return _ABSENT


def written(value: object) -> bytes:
    """The token of what was read; numbers as they were written."""
    return msgspec.json.encode(spelled(value))


@lru_cache(maxsize=64)
def _decoder(paths: tuple[Path, ...]) -> "tuple[msgspec.json.Decoder[Any], Mapping[Path, Sequence[str]]] | None":
    """What reads these paths alone of a list of objects, and the names that the steps of each have in what it gives.

    None where one path leads into another, by an index, or by a name that no Struct's field can have.
    """
    if not all(map(is_plainly_named, paths)):
        return None
    tree: dict[str | int, Any] = {}
    for path in paths:
        level = tree
        for step in path[:-1]:
            level = level.setdefault(step, {})
            if level is None:
                return None
        if path[-1] in level:
            return None
        level[path[-1]] = None
    several: Any = list.__class_getitem__(_level(tree))
    return msgspec.json.Decoder(several), {path: _names(tree, path) for path in paths}


def _level(tree: Mapping[str | int, Any]) -> Any:
    fields: list[tuple[str, Any, Any]] = []
    for n, below in enumerate(tree.values()):
        kind = msgspec.Raw if below is None else _level(below) | None
        fields.append((f"f{n}", kind, _ABSENT if below is None else None))
    return msgspec.defstruct("Level", fields, rename={f"f{n}": str(name) for n, name in enumerate(tree)}, gc=False)


def _names(tree: Mapping[str | int, Any], path: Path) -> list[str]:
    names = []
    for step in path:
        names.append(f"f{list(tree).index(step)}")
        tree = tree[step]
    return names
