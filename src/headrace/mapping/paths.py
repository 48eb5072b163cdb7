"""Dotted paths: how a source field or a destination is written, and how a source field is read."""

from collections.abc import Callable, Sequence

from headrace.errors import MappingSyntax

# A name steps into an object, a number picks an element, None ([*]) walks all elements.
Step = str | int | None
Path = tuple[Step, ...]

_ESCAPABLE = ".[]${}\\"


def parse_path(text: str) -> Path:
    """The steps of ``a.b\\.c[0].${d e}[*]``; MappingSyntax names the column of what cannot be read."""
    steps, position = _piece(text, 0)
    while position < len(text):
        if text[position] == ".":
            more, position = _piece(text, position + 1)
        else:
            more, position = _brackets(text, position)
        steps += more
    return tuple(steps)


def names_of(path: Path) -> tuple[str, ...]:
    """The leading names of a path: what can be read without looking into an array."""
    names: list[str] = []
    for step in path:
        if not isinstance(step, str):
            break
        names.append(step)
    return tuple(names)


def format_path(path: Path) -> str:
    """The path as text; ``parse_path`` reads it back, unless a name is empty."""
    text = ""
    for step in path:
        if isinstance(step, str):
            escaped = "".join(f"\\{letter}" if letter in ".[]\\" else letter for letter in step)
            escaped = f"\\{escaped}" if escaped.startswith("${") else escaped
            text += f".{escaped}" if text else escaped
        else:
            text += "[*]" if step is None else f"[{step}]"
    return text


def reader(path: Path) -> Callable[[object], object]:
    """A function from a record to the value at ``path``; None where the record has none."""

    def read(record: object) -> object:
        value = record
        for position, step in enumerate(path):
            if isinstance(step, str):
                value = value.get(step) if isinstance(value, dict) else None
            elif not isinstance(value, list):
                return None
            elif step is None:
                rest = reader(path[position + 1 :])
                return [rest(element) for element in value]
            else:
                value = value[step] if step < len(value) else None
            if value is None:
                return None
        return value

    return read


def syntax_error(text: str, line: int, column: int, what: str) -> MappingSyntax:
    """The error at a place of ``text``: its line and column from 1, and the words around it."""
    lines = text.splitlines() or [""]
    shown = lines[line - 1] if line <= len(lines) else ""
    start = max(0, column - 1 - 20)
    excerpt = shown[start : column - 1 + 20]
    message = f"Line {line}, column {column}: {what} (near: {excerpt.strip() or 'the end'})"
    return MappingSyntax(message, line=line, column=column, excerpt=excerpt, what=what)


def _piece(text: str, position: int) -> tuple[list[Step], int]:
    """One dotted name at ``position``, or the several that ``${a.b}`` holds."""
    if text.startswith("${", position):
        return _wrapped(text, position)
    name, end = _name(text, position, ".[]")
    if not name:
        raise syntax_error(text, 1, position + 1, "a name is missing")
    return [name], end


def _wrapped(text: str, position: int) -> tuple[list[Step], int]:
    steps: list[Step] = []
    at = position + 1
    while True:
        name, end = _name(text, at + 1, ".}")
        if end == len(text):
            raise syntax_error(text, 1, position + 1, "the closing } is missing")
        if not name:
            raise syntax_error(text, 1, at + 2, "a name is missing")
        steps.append(name)
        at = end
        if text[end] == "}":
            return steps, end + 1


def _name(text: str, position: int, stops: Sequence[str]) -> tuple[str, int]:
    letters: list[str] = []
    while position < len(text) and text[position] not in stops:
        if text[position] == "\\" and text[position + 1 : position + 2] and text[position + 1] in _ESCAPABLE:
            position += 1
        letters.append(text[position])
        position += 1
    return "".join(letters), position


def _brackets(text: str, position: int) -> tuple[list[Step], int]:
    end = text.find("]", position)
    inside = text[position + 1 : end] if end > 0 and text[position] == "[" else ""
    if inside == "*":
        return [None], end + 1
    if inside.isascii() and inside.isdecimal() and len(inside) < 7:
        return [int(inside)], end + 1
    raise syntax_error(text, 1, position + 1, "expected a dot, [n] or [*]")
