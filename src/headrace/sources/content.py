"""The records of a page: where the array is, what stands beside it, and each record written out in wrapper form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from headrace.errors import SourceUnreadable
from headrace.exact_json import read
from headrace.sources.answers import Answer
from headrace.sources.paths import Path, parse_path, pick, pick_raw
from headrace.sources.reading import Page
from headrace.sources.spec import Content, Extraction

Raw = msgspec.Raw

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ARRAY = msgspec.json.Decoder(list[Raw])
_RAW = msgspec.json.Decoder(Raw)
_ENCODE = msgspec.json.Encoder().encode
_NAMES = 12  # of an answer's fields, in words about it


@lru_cache(maxsize=256)
def envelope(path: Path, item: Any) -> msgspec.json.Decoder[Any]:
    """A decoder of a page that reads only the way to the array, and the array as ``list[item]``."""
    kind: Any = list[item] | None
    for n, step in enumerate(reversed(path)):
        kind = msgspec.defstruct(f"Level{n}", [("inner", kind | None, None)], rename={"inner": str(step)}, gc=False)
    return msgspec.json.Decoder(kind)


def unwrapped(page: Any, path: Path) -> Any:
    """The array inside what ``envelope`` decoded; None where it is absent or null."""
    for _ in path:
        if page is None:
            return None
        page = page.inner
    return page


def array_of(body: bytes, content: Content) -> list[Raw] | None:
    """The elements of a page, unread; None when the path is absent. SourceUnreadable when it holds no array."""
    if not body.strip():
        return []
    try:
        if not content.path:
            return _roots(body)
        if is_named(content.path):
            found: list[Raw] | None = unwrapped(envelope(content.path, Raw).decode(body), content.path)
            return found
        raw = pick_raw(body, content.path)
        return None if raw is None else _ARRAY.decode(raw)
    except msgspec.ValidationError as error:
        path = "$" + "".join(f".{step}" for step in content.path)
        raise SourceUnreadable(
            f"The answer holds no array at {path}; the spec's contentPath must point at one.", rule=1315
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SourceUnreadable(f"The answer is not whole JSON ({error}).") from error


def why_empty(answer: Answer | Page, content: Content) -> str:
    """A sentence about an answer without records: what it holds where they should be."""
    path = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in content.path)
    if not answer.body.strip():
        return f"{answer.url} answered {answer.status} without a body."
    found = pick_raw(answer.body, content.path)
    if found is None:
        return f"{answer.url} answered without {path}, where the spec's contentPath points; it holds {_fields(answer)}."
    held = "null" if bytes(found).strip() == b"null" else "empty"
    return f"{answer.url} answered {answer.status}, and the array at {path} is {held}."


def _fields(answer: Answer | Page) -> str:
    try:
        names = list(_OBJECT.decode(answer.body))
    except msgspec.MsgspecError:
        return "no object"
    return ", ".join(names[:_NAMES]) + (" and more" if len(names) > _NAMES else "") or "no fields"


def is_named(path: Path) -> bool:
    """Whether every step is a field's name, none an index."""
    return all(isinstance(step, str) for step in path)


def _roots(body: bytes) -> list[Raw]:
    """A page that is the array itself, one record, or one record a line."""
    if body.lstrip()[:1] == b"[":
        return _ARRAY.decode(body)
    try:
        return [_RAW.decode(body)]
    except msgspec.DecodeError:
        lines: list[Raw] = _RAW.decode_lines(body)
        return lines


@dataclass(frozen=True)
class Records:
    """The records of one page, each still the JSON text that came."""

    view: Extraction
    body: bytes

    @cached_property
    def elements(self) -> Sequence[Raw]:
        """The elements, exploded where the spec says so."""
        found = array_of(self.body, self.view.content) or []
        if self.view.explode is None:
            return found
        inner = inside(self.view.explode, self.view.content)
        return [one for element in found for one in _exploded(element, inner, self.view.explode)]

    @cached_property
    def siblings(self) -> Mapping[str, Raw]:
        """What stands beside the array and goes into every record."""
        content = self.view.content
        if not content.path or not isinstance(content.path[-1], str):
            return {}
        parent = pick_raw(self.body, content.path[:-1])
        beside = _OBJECT.decode(parent) if parent is not None else {}
        return {name: value for name, value in beside.items() if name != content.path[-1] and content.keeps(name)}

    def beside(self, path: Sequence[str]) -> Any:
        """The value at a record path outside the wrapper; None where there is none."""
        raw = self.siblings.get(path[0])
        return None if raw is None else pick(raw, path[1:])

    def value(self, n: int) -> Any:
        """The ``n``-th record, read."""
        return read(self.record(n))

    def record(self, n: int) -> bytes:
        """The ``n``-th record as JSON in wrapper form; numbers are copied, not read."""
        element = renamed(self.elements[n], self.view.extension.rename)
        wrapper = self.view.content.wrapper
        return _ENCODE({**self.siblings, wrapper: element}) if wrapper else bytes(element)


def renamed(element: Raw, names: Mapping[str, str]) -> Raw:
    """The element with each new name set to what its path holds; the field that held it goes."""
    try:
        fields = _OBJECT.decode(element) if names else None
    except msgspec.MsgspecError:
        return element
    if fields is None:
        return element
    for name, path in names.items():
        steps = parse_path(path)
        found = pick_raw(element, steps)
        if found is not None:
            fields.pop(str(steps[0]), None)
            fields[name] = found
    return Raw(_ENCODE(fields))


def inside(explode: Content, content: Content) -> Path:
    """The way to the inner array, counted from the element: the path is written after the wrapper's rename."""
    return explode.path[1:] if content.wrapper and explode.path[:1] == (content.wrapper,) else explode.path


def _exploded(element: Raw, inner: Path, explode: Content) -> list[Raw]:
    """One element per inner element; an element without any stays, without the inner array."""
    found = pick_raw(element, inner)
    try:
        items: list[Raw | None] = [*_ARRAY.decode(found)] if found is not None else []
    except msgspec.ValidationError:
        return [element]
    return [Raw(_ENCODE(_replaced(element, inner, explode, item))) for item in items or [None]]


def _replaced(element: Raw, inner: Path, explode: Content, item: Raw | None) -> dict[str, Any]:
    fields: dict[str, Any] = dict(_OBJECT.decode(element))
    head = str(inner[0])
    if len(inner) > 1:
        fields[head] = _replaced(fields[head], inner[1:], explode, item) if head in fields else Raw(b"{}")
        return fields
    fields.pop(head, None)
    kept = {name: value for name, value in fields.items() if explode.keeps(name)}
    return kept if item is None else {**kept, explode.wrapper: item}
