"""JSON that a person hands to a command, written out, in a file or on standard input; files that a command writes."""

import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from headrace.errors import Invalid

STANDARD_INPUT = "-"
_PAIR = re.compile(r"([A-Za-z_][\w.\-\[\]]*)=(.*)", re.DOTALL)


def document(path: Path) -> Any:
    """What a file holds; Invalid with its line and column where that is no JSON."""
    return decoded(text_of(path), str(path))


def text_of(path: Path) -> str:
    """The text of a file; Invalid where there is none."""
    try:
        return bytes_of(path).decode()
    except UnicodeError as error:
        raise Invalid(f"{path} is no UTF-8 text.") from error


def bytes_of(path: Path) -> bytes:
    """What a file holds; Invalid where there is none."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from error


def write(path: Path, content: bytes) -> None:
    """Writes a file; Invalid where that cannot be."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}.") from error


def decoded(text: str, where: str) -> Any:
    """JSON text, read; Invalid names ``where``, line and column."""
    try:
        return msgspec.json.decode(text)
    except RecursionError as error:
        raise Invalid(f"{where} is nested too deeply to be read.") from error
    except msgspec.DecodeError as error:
        at = re.search(r"\(byte (\d+)\)", str(error))
        before = text.encode()[: int(at[1])].decode("utf-8", "replace") if at else text
        place = f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
        raise Invalid(f"{where} is not valid JSON at {place}: {re.sub(r' .byte .*', '', str(error))}.") from error


def members(texts: list[str], option: str) -> dict[str, Any]:
    """One object of all that was handed over: ``name=value``, a JSON object, the file of one, or - for input."""
    together: dict[str, Any] = {}
    for text in texts:
        together.update(_members(text, option))
    return together


def _members(text: str, option: str) -> dict[str, Any]:
    pair = _PAIR.fullmatch(text)
    if pair is not None:
        return {pair[1]: pair[2]}
    if text.lstrip()[:1] == "{":
        held = decoded(text, option)
    elif text == STANDARD_INPUT:
        held = decoded(sys.stdin.read(), "Standard input")
    else:
        held = document(Path(text))
    if not isinstance(held, dict):
        raise Invalid(f"{option} needs an object of names and values; {text[:40]} holds something else.")
    return held
