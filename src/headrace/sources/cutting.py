"""A page cut up once: its elements, unread, and the values beside them that say how the chain goes on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import msgspec

from headrace.raw_json import BROKEN
from headrace.sources.content import array_of
from headrace.sources.paths import Path, is_plainly_named, pick, pick_raw
from headrace.sources.spec import Content

Raw = msgspec.Raw
Lack = Literal["", "absent", "null"]
Tree = dict[str, "Tree | Path"]

_UNSET = msgspec.UNSET
_NOTHING = Raw()


@dataclass(frozen=True, slots=True)
class Cut:
    """What a page holds.

    elements  the items of its array; none where it lacks one
    lack      whether the array is absent or null
    values    what stands at the paths that were asked for; None: nothing, or null
    """

    elements: Sequence[Raw] = ()
    lack: Lack = ""
    values: Mapping[Path, Any] = field(default_factory=dict)


def cut(body: bytes, content: Content, paths: frozenset[Path]) -> Cut:
    """The elements of a page and the values at ``paths``. SourceUnreadable where there is no array or no JSON."""
    inside = frozenset(path for path in paths if is_inside(path, content.path))
    decoder = _envelope(content.path, paths - inside)
    page = _decoded(decoder, body) if decoder is not None else None
    if page is None:
        elements = array_of(body, content)
        values = {path: pick(body, path) for path in paths - inside}
        lack = _lack(body, content.path) if elements is None else ""
    else:
        elements, lack = _array(page, content.path)
        values = {path: _beside(page, path) for path in paths - inside}
    values |= {path: _of_row(elements or (), path[len(content.path) :]) for path in inside}
    if content.path in paths:
        values[content.path] = elements
    return Cut(elements or (), lack, values)


def is_inside(path: Path, array: Path) -> bool:
    """Whether a path leads to a row of the array, or into one."""
    return path[: len(array)] == array and len(path) > len(array) and isinstance(path[len(array)], int)


def _of_row(elements: Sequence[Raw], path: Path) -> Any:
    row = path[0]
    return pick(elements[row], path[1:]) if isinstance(row, int) and -len(elements) <= row < len(elements) else None


# -- in one pass -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _envelope(array: Path, paths: frozenset[Path]) -> msgspec.json.Decoder[Any] | None:
    """A decoder of all the paths at once; None where they do not lead beside the array by names alone."""
    if not array or not all(is_plainly_named(path) and path for path in (array, *paths)):
        return None
    tree: Tree = {}
    for path in (array, *sorted(paths, key=len)):
        if not _grown(tree, path):
            return None
    return msgspec.json.Decoder(_struct(tree, array))


def _grown(tree: Tree, path: Path) -> bool:
    """Whether the tree could take the path; one that ends on the way of another cannot be read beside it."""
    node: Tree | Path = tree
    for step in path[:-1]:
        if not isinstance(node, dict):
            return False
        node = node.setdefault(str(step), {})
    if not isinstance(node, dict):
        return False
    return node.setdefault(str(path[-1]), path) == path


def _struct(tree: Tree, array: Path) -> Any:
    fields: list[tuple[str, Any, Any]] = []
    for n, below in enumerate(tree.values()):
        if isinstance(below, dict):
            fields.append((f"f{n}", _struct(below, array) | None | msgspec.UnsetType, _UNSET))
        elif below == array:
            fields.append((f"f{n}", list[Raw] | None | msgspec.UnsetType, _UNSET))
        else:
            fields.append((f"f{n}", Raw, _NOTHING))
    return msgspec.defstruct("Level", fields, rename=dict(zip((f[0] for f in fields), tree, strict=True)), gc=False)


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """The page as far as it is wanted; None where something on the way is not what it should be."""
    try:
        return decoder.decode(body)
    except BROKEN:
        return None


def _along(page: Any, path: Path) -> Any:
    """What a decoded page holds at a path of the tree: UNSET or None where the way ends."""
    for step in path:
        if page is _UNSET or page is None:
            return page
        level: type[msgspec.Struct] = type(page)
        page = getattr(page, level.__struct_fields__[level.__struct_encode_fields__.index(str(step))])
    return page


def _array(page: Any, path: Path) -> tuple[list[Raw] | None, Lack]:
    array = _along(page, path)
    if array is _UNSET:
        return None, "absent"
    return array, "null" if array is None else ""


def _beside(page: Any, path: Path) -> Any:
    raw = _along(page, path)
    return pick(raw, ()) if isinstance(raw, Raw) and raw != _NOTHING else None


# -- path by path ----------------------------------------------------------------------------------------------------


def _lack(body: bytes, path: Path) -> Lack:
    """How a page lacks its array: null, or null on the way to it, is not absent."""
    texts: Iterable[Raw | None] = (pick_raw(body, path[:n]) for n in range(len(path) + 1))
    return "null" if any(text is not None and bytes(text).strip() == b"null" for text in texts) else "absent"
