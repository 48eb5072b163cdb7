"""Paths that lead to nothing, as another object of the spec has it, refused by their place and the rule."""

from collections.abc import Iterator

from headrace.sources.block_reading import PLACE
from headrace.sources.extension import Extension
from headrace.sources.paging_rules import require_beside, require_paged_beside
from headrace.sources.paths import Path, parse_path
from headrace.sources.refusing import COMPLEX, wrong
from headrace.sources.spec import Content, content_of
from headrace.sources.together import Together


def check_paths(parts: Together) -> None:
    """SpecInvalid for a path that another object makes pointless."""
    if "contentPath" not in parts.objects:
        return
    content = content_of(parts.objects["contentPath"], "contentPath")
    _check_fields(parts, content)
    if "paginationParams" in parts.objects:
        require_paged_beside(parts.object("paginationParams"), content.path, parts.places["paginationParams"])
    require_beside(parts.extension.total, content.path, f"{PLACE}.total")
    if "explodeEntityPath" not in parts.objects or not content.wrapper:
        return
    path = content_of(parts.objects["explodeEntityPath"], "explodeEntityPath").path
    if path[:1] != (content.wrapper,) or len(path) < 2:
        written = ".".join(map(str, path))
        raise wrong(
            f"{parts.places['explodeEntityPath']}.path",
            f"{written} leads to no array inside a record: there the element of contentPath is {content.wrapper}, so "
            f"the path is $.{content.wrapper}.<array>", COMPLEX,
        )  # fmt: skip


def _check_fields(parts: Together, content: Content) -> None:
    """What tells rows apart, or says their day, is a single value of a record; some paths can never lead to one."""
    for member, path in _fields(parts.extension):
        why = _no_value(path, content)
        if why:
            raise wrong(f"{PLACE}.{member}", f"{'.'.join(map(str, path))} {why}")


def _fields(block: Extension) -> Iterator[tuple[str, Path]]:
    yield from ((f"key[{n}]", parse_path(text)) for n, text in enumerate(block.key))
    if block.version:
        yield "version", parse_path(block.version)
    if block.deletion is not None:
        yield "deletion.field", parse_path(block.deletion.field)
    for name in ("date", "year", "month", "day") if block.day is not None else ():
        if text := getattr(block.day, name):
            yield f"day.{name}", parse_path(text)
    yield from ((f"rules[{n}].field", parse_path(rule.field)) for n, rule in enumerate(block.rules))


def _no_value(path: Path, content: Content) -> str:
    """Why no record has a single value at a path; empty where one may have."""
    wrapper = content.wrapper
    if not wrapper:
        return ""
    if path == (wrapper,):
        return f"is the whole element, an object, and never a single value; name a field of it, such as {wrapper}.id"
    name = path[0]
    last = content.path[-1] if content.path else None
    beside = isinstance(last, str) and isinstance(name, str) and name != last and content.keeps(name)
    if name != wrapper and not beside:
        return (
            f"is in no record: its element is {wrapper}, so the path is {wrapper}.<field>, and {name} does not go along"
        )
    return ""
