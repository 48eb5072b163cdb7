"""The simple JSON paths of the spec language: ``$.a.b``, ``a.b[0]``, ``$['a b']``; no filters, no wildcards.

OData's annotations are one name, whose point is no step: ``$.@odata.nextLink``, ``$.Orders@odata.count``.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from headrace.errors import SpecInvalid

Segment = str | int
Path = tuple[Segment, ...]

_STEP = re.compile(
    r"""\.?(?P<name>(?:[^.\[\]'"*?()$@\s][^.\[\]'"*?()$@]*)?@odata\.[A-Za-z]+|[^.\[\]'"*?()$\s][^.\[\]'"*?()$]*)"""
    r"""|\[(?P<index>-?\d+)\]|\[(?P<q>['"])(?P<quoted>.*?)(?P=q)\]"""
)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder()


def parse_path(text: str) -> Path:
    """The segments of a simple path; ``$`` is the empty path. SpecInvalid (rule 1314) for a complex one."""
    path = parse_value_path(text)
    if any(isinstance(step, int) and step < 0 for step in path):
        raise SpecInvalid(f"The path {text} counts from the end; only paths of paging may.", rule=1314, field="path")
    return path


@lru_cache(maxsize=256)
def parse_value_path(text: str) -> Path:
    """As ``parse_path``, for a path to a value of a page: an index may count from the end (``rows[-1].id``)."""
    rest = text.strip().removeprefix("$")
    segments: list[Segment] = []
    while rest:
        step = _STEP.match(rest)
        if step is None or step["name"] == "@":
            raise SpecInvalid(
                f"The path {text} is not simple: only names and indices are allowed, such as $.result.items.",
                rule=1314,
                field="path",
            )
        name = step["name"] if step["name"] is not None else step["quoted"]
        segments.append(name if name is not None else int(step["index"]))
        rest = rest[step.end() :]
    return tuple(segments)


def pick_raw(raw: bytes | msgspec.Raw, path: Sequence[Segment]) -> msgspec.Raw | None:
    """The JSON text at ``path``, untouched; None when it is absent. Only the way to it is decoded."""
    current = msgspec.Raw(raw)
    for segment in path:
        try:
            found = _step(current, segment)
        except msgspec.ValidationError:
            return None
        if found is None:
            return None
        current = found
    return current


def _step(raw: msgspec.Raw, segment: Segment) -> msgspec.Raw | None:
    if isinstance(segment, str):
        return _OBJECT.decode(raw).get(segment)
    items = _ARRAY.decode(raw)
    return items[segment] if -len(items) <= segment < len(items) else None


def pick(raw: bytes | msgspec.Raw, path: Sequence[Segment]) -> Any:
    """The value at ``path``; None when it is absent or null."""
    found = pick_raw(raw, path)
    return None if found is None else _ANY.decode(found)
