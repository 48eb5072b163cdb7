"""The simple JSON paths of the spec language: ``$.a.b``, ``a.b[0]``, ``$['a b']``; no filters, no wildcards, no unions.

OData's annotations are one name, whose point is no step: ``$.@odata.nextLink``, ``$.Orders@odata.count``. A point may
be escaped as well, as mappings write it: ``a.b\\.c``.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from headrace import raw_json
from headrace.errors import SourceUnreadable, SpecInvalid, legible
from headrace.exact_json import NotJson, read
from headrace.raw_json import Raw

Segment = str | int
Path = tuple[Segment, ...]

_LONGEST_SHOWN = 200
_ESCAPED = r"\\[.\[\]${}\\]?+"


def _name(more: str) -> str:
    """What matches a name without quotes; ``more`` it does not hold."""
    return rf"""(?:{_ESCAPED}|[^.\[\]'"*?()$\\\s{more}])(?:{_ESCAPED}|[^.\[\]'"*?()$\\{more}])*+"""


_STEP = re.compile(
    rf"""\.?(?P<name>(?:{_name("@")})?@odata\.[A-Za-z]+|{_name("")})"""
    r"""|\[(?P<index>-?\d{1,9})\]|\[(?P<q>['"])(?P<quoted>.*?)(?P=q)\]"""
)
_ESCAPE = re.compile(r"\\([.\[\]${}\\])")
_TO_ESCAPE = re.compile(r"([.\[\]${}\\])")
_WORD = re.compile(r"[\w\-]+")


def parse_path(text: str) -> Path:
    """The segments of a simple path; ``$`` is the empty path. SpecInvalid (rule 1314) for a complex one."""
    path = parse_value_path(text)
    if any(isinstance(step, int) and step < 0 for step in path):
        raise SpecInvalid(
            f"The path {legible(text, _LONGEST_SHOWN)} counts from the end; only paths of paging may.",
            rule=1314,
            field="path",
        )
    return path


@lru_cache(maxsize=256)
def parse_value_path(text: str) -> Path:
    """As ``parse_path``, for a path to a value of a page: an index may count from the end (``rows[-1].id``)."""
    plain = text.strip()
    at = int(plain.startswith("$"))
    segments: list[Segment] = []
    while at < len(plain):
        step = _STEP.match(plain, at)
        if step is None or step["name"] == "@" or _is_union(step):
            raise SpecInvalid(
                f"The path {legible(text, _LONGEST_SHOWN)} is not simple: only names and indices are allowed, such as "
                "$.result.items.",
                rule=1314,
                field="path",
            )
        name = _ESCAPE.sub(r"\1", step["name"]) if step["name"] is not None else step["quoted"]
        segments.append(name if name is not None else int(step["index"]))
        at = step.end()
    return tuple(segments)


def _is_union(step: re.Match[str]) -> bool:
    """Whether what stands in quotes goes on as the next of several names: ``['a','b']``."""
    return step["quoted"] is not None and bool(re.search(rf"{step['q']}\s*,", step["quoted"]))


def written(path: Sequence[Segment]) -> str:
    """The path from a page's top as text; it is read back, unless a name has ``']`` and ``"]`` both."""
    return "$" + "".join(map(_written, path))


def dotted(path: Sequence[Segment]) -> str:
    """The path inside a record as text, points in names escaped as mappings write them; it is read back as well."""
    return "".join(map(_dotted, path)).removeprefix(".")


def _written(step: Segment) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    quote = '"' if "'" in step else "'"
    return f".{step}" if _WORD.fullmatch(step) else f"[{quote}{step}{quote}]"


def _dotted(step: Segment) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    escaped = _TO_ESCAPE.sub(r"\\\1", step)
    whole = _STEP.fullmatch(f".{escaped}")
    return f".{escaped}" if whole and whole["name"] == escaped else _written(step)


def is_plainly_named(path: Sequence[Segment]) -> bool:
    """Whether every step is a name that a msgspec Struct takes for a field's."""
    return all(isinstance(step, str) and step.isprintable() and not {'"', "\\"} & {*step} for step in path)


def pick_raw(raw: bytes | Raw, path: Sequence[Segment]) -> Raw | None:
    """The JSON text at ``path``, untouched; None when it is absent. Only the way to it is read."""
    current: Raw | None = Raw(raw)
    for segment in path:
        if current is None:
            return None
        if isinstance(segment, str):
            current = (raw_json.members(current) or {}).get(segment)
        else:
            items = raw_json.items(current) or []
            current = items[segment] if -len(items) <= segment < len(items) else None
    return current


def pick(raw: bytes | Raw, path: Sequence[Segment]) -> Any:
    """The value at ``path``; None when it is absent or null. SourceUnreadable when it is no JSON."""
    text = pick_raw(raw, path)
    try:
        return None if text is None else read(bytes(text))
    except NotJson as error:
        raise SourceUnreadable(f"What the answer holds at {written(path)} cannot be read: {error.reason}.") from error
