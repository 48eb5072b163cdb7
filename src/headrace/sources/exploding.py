"""Elements that hold an array turned into one element for each of its items."""

from collections.abc import Sequence

from headrace import raw_json
from headrace.raw_json import Raw
from headrace.sources.arrays import Array
from headrace.sources.paths import Path, pick_raw
from headrace.sources.spec import Content


def inside(explode: Content, content: Content) -> Path:
    """The way to the inner array, counted from the element: the path is written after the wrapper's rename."""
    return explode.path[1:] if content.wrapper and explode.path[:1] == (content.wrapper,) else explode.path


def exploded(page: Array, explode: Content, content: Content) -> Array:
    """One element per item of each element's inner array; an element without any stays, without the inner array."""
    inner = inside(explode, content)
    elements: list[Raw] = []
    refused: dict[int, str] = {}
    for n, element in enumerate(page.elements):
        why = page.refused.get(n)
        items = None if why is not None else _items(element, inner)
        if items is None:
            refused[len(elements)] = why or f"{'.'.join(map(str, inner))} is no array, which explodeEntityPath names"
            elements.append(element)
        elif raw_json.kind_of(element) != "object":
            elements.append(element)
        else:
            several: Sequence[Raw | None] = items or [None]
            elements += (_replaced(element, inner, explode, item) for item in several)
    return Array(elements, page.whole, refused, page.alone)


def _items(element: Raw, inner: Path) -> Sequence[Raw] | None:
    """The items of an element's inner array, of which there may be none; None when something else is there."""
    array = pick_raw(element, inner)
    return [] if array is None or bytes(array) == b"null" else raw_json.items(array)


def _replaced(element: Raw, inner: Path, explode: Content, item: Raw | None) -> Raw:
    fields = raw_json.members(element)
    if fields is None:
        return element
    head = str(inner[0])
    if len(inner) > 1:
        if head in fields:
            fields[head] = _replaced(fields[head], inner[1:], explode, item)
        return raw_json.assembled(fields)
    fields = {name: value for name, value in fields.items() if name != head and explode.keeps(name)}
    return raw_json.assembled(fields if item is None else {**fields, explode.wrapper: item})
