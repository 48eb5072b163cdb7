"""Where the elements of a page are: its array found and cut, whatever stands in single elements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec

from headrace import raw_json
from headrace.errors import SourceUnreadable
from headrace.exact_json import NotJson, depth_exceeds, read
from headrace.raw_json import BROKEN, Raw
from headrace.sources.paths import Path, is_plainly_named, pick_raw
from headrace.sources.spec import Content

_array = msgspec.json.Decoder(list[Raw] | None).decode
_any = msgspec.json.Decoder(Raw).decode


@dataclass(frozen=True, slots=True)
class Array:
    """The elements of a page, each the text that came.

    whole    every element is JSON, but for what is in its strings
    refused  why an element is no record, by its index, where that is known already
    alone    it is known that nothing stands beside the array which goes into the records
    """

    elements: Sequence[Raw]
    whole: bool = True
    refused: Mapping[int, str] = field(default_factory=dict)
    alone: bool = False


# Finds the elements of a page.
Finder: TypeAlias = Callable[[bytes], Array]


def array_in(body: bytes, content: Content) -> Array | None:
    """The elements of a page; None when the array is absent or null. SourceUnreadable when there is none to be found.

    An element that is no JSON does not keep the others from being found.
    """
    if not body.strip():
        return Array([])
    if not content.path:
        return _roots(body)
    try:
        return _strictly(body, content)
    except msgspec.ValidationError as error:
        raise _no_array(content) from error
    except BROKEN as error:
        return _leniently(body, content, error)


def lines(body: bytes) -> Array:
    """One record a line; a line that is no JSON is refused with its number."""
    texts = [(n, text) for n, line in enumerate(body.split(b"\n"), 1) if (text := line.strip())]
    refused = {place: why for place, (n, text) in enumerate(texts) if (why := _why_no_json(n, text))}
    return Array([Raw(text) for _, text in texts], not refused, refused)


def _why_no_json(number: int, text: bytes) -> str | None:
    if raw_json.is_whole(text) and not depth_exceeds(text):
        return None
    try:
        read(text)
    except NotJson as error:
        return error.reason.replace("it is", f"line {number} is", 1)
    return None


def _strictly(body: bytes, content: Content) -> Array | None:
    if is_plainly_named(content.path):
        elements, alone = _envelope(content.path, content.skip, content.keep is None).opened(body)
        return None if elements is None else Array(elements, alone=alone)
    _any(body)
    raw = pick_raw(body, content.path)
    elements = None if raw is None else _array(raw)
    return None if elements is None else Array(elements)


def _leniently(body: bytes, content: Content, error: Exception) -> Array:
    raw = pick_raw(body, content.path) if raw_json.is_closed(body) else None
    if raw is None:
        raise SourceUnreadable(f"The answer is not whole JSON ({error}).") from error
    elements = raw_json.items(raw)
    if elements is None:
        raise _no_array(content) from error
    return Array(elements, whole=False)


def _no_array(content: Content) -> SourceUnreadable:
    path = "$" + "".join(f".{step}" for step in content.path)
    return SourceUnreadable(
        f"The answer holds no array at {path}; the spec's contentPath must point at one.", rule=1315
    )


def _roots(body: bytes) -> Array | None:
    """A page that is the array itself, one record, or one record a line; None for null."""
    text = body.strip()
    if text == b"null":
        return None
    if text[:1] == b"[":
        elements = raw_json.items(text)
        if elements is None:
            raise SourceUnreadable("The answer is not whole JSON: its array has no end.")
        return Array(elements, raw_json.is_whole(text))
    whole = raw_json.is_whole(text)
    if whole or raw_json.is_closed(text):
        return Array([Raw(text)], whole)
    array = lines(body)
    if len(array.refused) == len(array.elements) and not any(
        raw_json.is_closed(bytes(each)) for each in array.elements
    ):
        raise SourceUnreadable("The answer is not whole JSON, and no line of it is.")
    return array


@dataclass(slots=True)
class _Envelope:
    """What reads only the way to the array, and the array as raw elements.

    closed  takes no page in which something that is not skipped stands beside the array; so a page is read once, not
            once more for what goes along. Given up at the first page that has such a thing.
    """

    path: Path
    open: msgspec.json.Decoder[Any]
    closed: msgspec.json.Decoder[Any] | None

    def opened(self, body: bytes) -> tuple[list[Raw] | None, bool]:
        """The elements, and whether it is known that nothing goes along; errors of msgspec."""
        if self.closed is not None:
            try:
                return self._elements(self.closed.decode(body)), True
            except msgspec.ValidationError:
                self.closed = None
        return self._elements(self.open.decode(body)), False

    def _elements(self, page: Any) -> list[Raw] | None:
        for _ in self.path:
            page = page and page.inner
        elements: list[Raw] | None = page
        return elements


@lru_cache(maxsize=256)
def _envelope(path: Path, skip: frozenset[str], goes_along: bool) -> _Envelope:
    closes = goes_along and path[-1] not in skip and is_plainly_named(tuple(skip))
    return _Envelope(path, _decoder(path), _decoder(path, tuple(sorted(skip)), True) if closes else None)


def _decoder(path: Path, beside: tuple[str, ...] = (), closed: bool = False) -> msgspec.json.Decoder[Any]:
    kind: Any = list[Raw] | None
    for n, step in enumerate(reversed(path)):
        names = beside if n == 0 else ()
        fields: list[tuple[str, Any, Any]] = [("inner", kind | None, None)]
        fields += [(f"beside{at}", Raw, Raw(b"")) for at in range(len(names))]
        rename = {"inner": str(step), **{f"beside{at}": name for at, name in enumerate(names)}}
        kind = msgspec.defstruct(f"Level{n}", fields, rename=rename, gc=False, forbid_unknown_fields=closed and n == 0)
    return msgspec.json.Decoder(kind)
