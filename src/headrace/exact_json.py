"""JSON read to the last digit: every number that a double could bend knows how it was written, and so does its text."""

import json
import re
from collections.abc import Sequence
from decimal import MIN_EMIN, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NoReturn, Self

import msgspec

DEEPEST = 200
MOST_DIGITS = 4300  # of an integer; Python reads and writes no longer ones
# A text that does not end is read to the end: nothing behind its quote is looked at again.
_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|([\[{])|([\]}])', re.DOTALL)
_MINUS_ZERO = re.compile(
    rb"-0(?![.eE0-9])(?<![^\s:,\[]-0)"
)  # what is looked for first comes first: so the search leaps

_SHORT = {'"': b'"', "\\": b"\\", "/": b"/", "\b": b"b", "\f": b"f", "\n": b"n", "\r": b"r", "\t": b"t"}


class NotJson(ValueError):
    """The text is not JSON, or is nested too deeply; ``reason`` says where and why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Written(Decimal):
    """A number with a fraction, an exponent, a sign of zero or very many digits, exactly, and its spelling.

    A number beyond everything that can be computed with is infinite, one too small for that the smallest there is; the
    token is still the source's.
    """

    __slots__ = ("token",)
    token: str

    def __new__(cls, token: str) -> Self:
        try:
            number = super().__new__(cls, token)
        except InvalidOperation:
            number = super().__new__(cls, _bounded(token))
        number.token = token
        return number

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.token,)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


def _bounded(token: str) -> str:
    """A number whose exponent no Decimal holds, as one that does the same wherever it goes."""
    sign = "-" if token.startswith("-") else ""
    digits, _, exponent = token.lower().partition("e")
    if not digits.strip("-0."):
        return f"{sign}0"
    return f"{sign}1e{MIN_EMIN}" if exponent.startswith("-") else f"{sign}Infinity"


def read(text: bytes | str) -> object:
    """What one JSON text says; NotJson.

    Integers of up to MOST_DIGITS are int, all other numbers Written. Of a key that stands twice in an object, the last
    holds. Half a surrogate pair, which only an escape can spell, stays in its text.
    """
    encoded = _utf8(text)
    if depth_exceeds(encoded):
        raise NotJson(f"it is nested more than {DEEPEST} levels deep")
    if not has_minus_zero(encoded):
        try:
            return _FAST.decode(encoded)
        except msgspec.MsgspecError:
            pass  # no JSON, or a number or text that only the complete reader takes
    try:
        return _COMPLETE.decode(encoded.decode())
    except json.JSONDecodeError as error:
        raise NotJson(f"it is not JSON ({_lowered(error.msg)} at character {error.pos + 1})") from error
    except UnicodeDecodeError as error:
        raise NotJson(f"it is not JSON (byte {error.start + 1} is not UTF-8)") from error


def depth_exceeds(text: bytes, deepest: int = DEEPEST) -> bool:
    """Whether arrays and objects are nested more than ``deepest`` levels; cheap for texts that cannot be."""
    return any_exceeds([text], deepest)


def any_exceeds(texts: Sequence[bytes], deepest: int) -> bool:
    """The same for any of many texts."""
    few = 2 * deepest
    many = [text for text in texts if len(text) > few and text.count(b"[") + text.count(b"{") > deepest]
    return any(_is_deeper(text, deepest) for text in many)


def _is_deeper(text: bytes, deepest: int) -> bool:
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        if bracket[1]:
            depth += 1
            if depth > deepest:
                return True
        elif bracket[2]:
            depth -= 1
    return False


def has_minus_zero(text: bytes) -> bool:
    """Whether ``-0``, of which an int has no sign, may be a number in ``text``; it may stand in a string as well."""
    return _MINUS_ZERO.search(text) is not None


def quoted(text: str) -> bytes:
    """``text`` as a JSON string; half a surrogate pair as the escape that it came as."""
    try:
        return _ENCODE(text)
    except UnicodeEncodeError:
        return json.dumps(text).encode()


@lru_cache(maxsize=1024)
def spellings(text: str) -> re.Pattern[bytes]:
    """What matches ``text`` as a JSON string, however its characters are escaped."""
    return re.compile(b'"' + b"".join(map(_spellings, text)) + b'"')


def _spellings(character: str) -> bytes:
    units = character.encode("utf-16-be", "surrogatepass")
    escape = b"".join(rb"\\u(?i:%s)" % units[n : n + 2].hex().encode() for n in range(0, len(units), 2))
    plain = b"" if character < " " or character in '"\\' else re.escape(character.encode("utf-8", "surrogatepass"))
    short = rb"\\" + re.escape(_SHORT[character]) if character in _SHORT else b""
    return b"(?:" + b"|".join(filter(None, (plain, short, escape))) + b")"


def has_whole_characters(text: str) -> bool:
    """Whether no character of ``text`` is half a surrogate pair, which no column and no UTF-8 can hold."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def spelled(value: object) -> Any:
    """``value`` for msgspec's encoder: what that cannot write stands as the JSON that it came as."""
    if isinstance(value, Written):
        return msgspec.Raw(value.token.encode())
    if isinstance(value, str):
        return value if has_whole_characters(value) else msgspec.Raw(quoted(value))
    if isinstance(value, list):
        return [spelled(element) for element in value]
    if not isinstance(value, dict):
        return value
    if all(map(has_whole_characters, value)):
        return {name: spelled(inner) for name, inner in value.items()}
    members = (quoted(name) + b":" + _ENCODE(spelled(inner)) for name, inner in value.items())
    return msgspec.Raw(b"{" + b",".join(members) + b"}")


def _utf8(text: bytes | str) -> bytes:
    try:
        return text.encode() if isinstance(text, str) else bytes(text)
    except UnicodeEncodeError as error:
        raise NotJson(f"it is not JSON (character {error.start + 1} is half a character)") from error


def _lowered(message: str) -> str:
    message = message.removesuffix(" at").removesuffix(" starting")
    return message[:1].lower() + message[1:]


def _integer(spelling: str) -> int | Written:
    exact = spelling != "-0" and len(spelling.lstrip("-")) <= MOST_DIGITS
    return int(spelling) if exact else Written(spelling)


def _constant(name: str) -> NoReturn:
    raise NotJson(f"it is not JSON ({name} is not a JSON value)")


_ENCODE = msgspec.json.Encoder(decimal_format="number").encode
_FAST = msgspec.json.Decoder(float_hook=Written)
_COMPLETE = json.JSONDecoder(parse_float=Written, parse_int=_integer, parse_constant=_constant)
