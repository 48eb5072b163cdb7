"""The records of a page: what is an element, what stands beside the array, each record written out in wrapper form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from headrace import raw_json
from headrace.errors import legible
from headrace.exact_json import DEEPEST, NotJson, any_exceeds, depth_exceeds, quoted, read, spellings
from headrace.raw_json import Raw
from headrace.sources.answers import Answer
from headrace.sources.arrays import Array, Finder, array_in
from headrace.sources.exploding import Exploded, exploded
from headrace.sources.paths import parse_path, pick_raw, written
from headrace.sources.reading import Page
from headrace.sources.spec import Content, Extraction

_LONGEST_NAME = 100
_NAMES = 12  # of an answer's fields, in words about it


def array_of(body: bytes, content: Content) -> Sequence[Raw] | None:
    """The elements of a page, unread; None when the path is absent or null. SourceUnreadable when it holds no array."""
    array = array_in(body, content)
    return None if array is None else array.elements


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An element that is no record: why, what it is instead, its text."""

    why: str
    actual: str
    text: str


@dataclass(frozen=True)
class Records:
    """The records of one page, each still the JSON text that came."""

    view: Extraction
    body: bytes
    finder: Finder | None = None

    @cached_property
    def elements(self) -> Sequence[Raw]:
        """The elements, exploded where the spec says so."""
        return self._array.elements

    def size(self, first: int, rows: int) -> float:
        """Bytes of so many elements from ``first`` on, on the average of the page where they are as they came."""
        elements = self.elements
        return elements.size(first, rows) if isinstance(elements, Exploded) else rows * self._each

    def within(self, first: int, size: float) -> int:
        """How many elements from ``first`` on are no more than so many bytes."""
        elements = self.elements
        return elements.within(first, size) if isinstance(elements, Exploded) else int(size // max(self._each, 1.0))

    def texts(self, first: int, rows: int) -> list[bytes]:
        """The texts of so many elements from ``first`` on."""
        return [*map(bytes, self.elements[first : first + rows])]

    def are_objects(self, texts: Sequence[bytes]) -> bool:
        """Whether each of some elements, given by their texts, is an object, and a record."""
        array = self._array
        plain = array.whole and not array.refused and self._are_characters and self._beside_unreadable is None
        return plain and all(text[0] == _BRACE for text in texts) and not any_exceeds(texts, self._deepest)

    def element(self, n: int) -> bytes | Unreadable:
        """The text of the ``n``-th element where that is an object, JSON and no deeper than any record."""
        text = bytes(self.elements[n])
        shown = text.decode("utf-8", "replace")
        if (why := self._array.refused.get(n)) is not None:
            return Unreadable(why, "unreadable", shown)
        if depth_exceeds(text, self._deepest):
            return Unreadable(f"it is nested more than {DEEPEST} levels deep", "unreadable", shown)
        if not (self._array.whole and self._are_characters):
            try:
                read(text)
            except NotJson as error:
                return Unreadable(error.reason, "unreadable", shown)
        if self._beside_unreadable is not None:
            return Unreadable(f"what stands beside it cannot be read: {self._beside_unreadable}", "unreadable", shown)
        kind = raw_json.kind_of(text)
        return text if kind == "object" else Unreadable(f"it is {kind}, not an object", kind, shown)

    @cached_property
    def siblings(self) -> Mapping[str, Raw]:
        """What stands beside the array and goes into every record."""
        content = self.view.content
        if self._array.alone or not content.path or not isinstance(content.path[-1], str):
            return {}
        parent = pick_raw(self.body, content.path[:-1])
        beside = (raw_json.members(parent) if parent is not None else None) or {}
        return {name: value for name, value in beside.items() if name != content.path[-1] and content.keeps(name)}

    def beside(self, path: Sequence[str]) -> bytes | None:
        """The JSON text at a record path outside the wrapper; None where there is none, or null."""
        raw = self.siblings.get(path[0])
        raw = None if raw is None else pick_raw(raw, path[1:])
        return None if raw is None or bytes(raw) == b"null" else bytes(raw)

    def strays(self, path: Sequence[str]) -> bool:
        """Whether a record path outside the wrapper leads into what is neither null nor an object."""
        above = [self.beside(path[:n]) for n in range(1, len(path))]
        return any(text is not None and not text.startswith(b"{") for text in above)

    def value(self, n: int) -> Any:
        """The ``n``-th record, read; NotJson."""
        return read(self.record(n))

    def mentions(self, name: str) -> bool:
        """Whether some record may have a field of this name somewhere; cheap, and never wrong to deny it."""
        view = self.view
        own = {view.content.wrapper, *view.extension.rename, *([view.explode.wrapper] if view.explode else [])}
        if name in own or quoted(name) in self.body:
            return True
        return b"\\" in self.body and spellings(name).search(self.body) is not None

    def record(self, n: int) -> bytes:
        """The ``n``-th record as JSON in wrapper form; numbers are copied, not read."""
        return self._wrapped(renamed(self.elements[n], self.view.extension.rename))

    def sent(self, n: int, beside: bool = True) -> bytes:
        """The same before the spec's ``rename``; without ``beside``, only the element in its wrapper."""
        return self._wrapped(self.elements[n], beside)

    @cached_property
    def beside_size(self) -> int:
        """Bytes of what stands beside the array and goes into every record."""
        return sum(memoryview(value).nbytes for value in self.siblings.values()) if self.view.content.wrapper else 0

    def _wrapped(self, element: Raw, beside: bool = True) -> bytes:
        wrapper, siblings = self.view.content.wrapper, self.siblings if beside else {}
        return bytes(raw_json.assembled({**siblings, wrapper: element}) if wrapper else element)

    @property
    def _each(self) -> float:
        return len(self.body) / len(self.elements)

    @cached_property
    def _array(self) -> Array:
        array = self.finder(self.body) if self.finder else array_in(self.body, self.view.content) or Array([])
        return array if self.view.explode is None else exploded(array, self.view.explode, self.view.content)

    @cached_property
    def _are_characters(self) -> bool:
        try:
            self.body.decode()
        except UnicodeDecodeError:
            return False
        return True

    @cached_property
    def _beside_unreadable(self) -> str | None:
        """Why no record of the page can be read: what goes into each of them cannot."""
        if not self.view.content.wrapper:
            return None
        try:
            read(bytes(raw_json.assembled(self.siblings)))
        except NotJson as error:
            return error.reason
        return None

    @property
    def _deepest(self) -> int:
        return DEEPEST - 1 if self.view.content.wrapper else DEEPEST


_BRACE = ord("{")


def why_empty(answer: Answer | Page, page: Records) -> str:
    """A sentence about an answer without records: what it holds where they should be."""
    steps = page.view.content.path
    path = written(steps)
    if not answer.body.strip():
        return f"{answer.url} answered {answer.status} without a body."
    if page.elements:
        return f"{answer.url} answered {answer.status}, but {_unread(page, path)}."
    array = pick_raw(answer.body, steps)
    if array is None:
        return f"{answer.url} answered without {path}, where the spec's contentPath points; it holds {_fields(answer)}."
    held = "null" if bytes(array).strip() == b"null" else "empty"
    return f"{answer.url} answered {answer.status}, and the array at {path} is {held}."


def _unread(page: Records, path: str) -> str:
    """That no element of a page is a record, and why the first is none."""
    count, first = len(page.elements), page.element(0)
    why = first.why if isinstance(first, Unreadable) else "it is a record"
    if count == 1:
        return f"the one element at {path} can be read as no record: {why}"
    return f"none of the {count:,} elements at {path} can be read as a record; of the first: {why}"


def _fields(answer: Answer | Page) -> str:
    fields = raw_json.members(answer.body)
    if fields is None:
        return "no object"
    names = list(fields)
    return (
        ", ".join(legible(name, _LONGEST_NAME) for name in names[:_NAMES])
        + (" and more" if len(names) > _NAMES else "")
        or "no fields"
    )


def renamed(element: Raw, names: Mapping[str, str]) -> Raw:
    """The element with each new name set to what its path holds; the fields that held these values go."""
    fields = raw_json.members(element) if names else None
    if fields is None:
        return element
    values: dict[str, Raw] = {}
    for name, path in names.items():
        steps = parse_path(path)
        value = pick_raw(element, steps)
        if value is not None:
            fields.pop(str(steps[0]), None)
            values[name] = value
    return raw_json.assembled(fields | values)
