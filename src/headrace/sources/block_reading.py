"""The ``x-headrace`` block read; what is wrong in it is refused by its place in the document."""

import re
from copy import deepcopy
from difflib import get_close_matches
from typing import Any, get_args, get_origin

import msgspec

from headrace.errors import SpecInvalid
from headrace.sources.extension import BLOCK, Extension, members
from headrace.sources.refusing import wrong

PLACE = f"sourceSpec.attributes.{BLOCK}"

# Gathered here, while one thread imports: msgspec gathers what it knows of a Struct when that is first used, and two
# threads that do so at once crash the process (seen with msgspec 0.22).
msgspec.json.Decoder(Extension)

# The library's words: a key of a map is ``[...]`` in its places.
_AT = " - at `$"
_OF_KEY = " - at `key` in `$"
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")
_MEMBER = re.compile(r"Object (?P<what>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)
_KINDS = re.compile(r"Expected `(?P<expected>.+)`, got `(?P<got>.+)`")
_BOUNDS = re.compile(r"Expected `int` (?P<way>[<>])= (?P<bound>-?\d+)")
_OURS = re.compile(r"(?P<name>[a-z][A-Za-z]*): (?P<why>.*)", re.DOTALL)
_WORDS = {"int": "a whole number", "float": "a number", "str": "text", "bool": "true or false", "object": "an object",
          "array": "an array"}  # fmt: skip
_CHOICES = {
    f".{field.encode_name}": get_args(get_args(field.type)[0])
    if get_origin(field.type) is tuple
    else get_args(field.type)
    for field in msgspec.structs.fields(Extension)
}
# What a part says of its members beside their names.
_WHY = {".retention": ", a whole number: what a source still answers for is counted in calendar months"}
_INDEX = re.compile(r"\[\d+\]$")
_ENUM = "Invalid enum value "
_LONGEST = 100  # characters of a name that is shown


def read_block(block: Any) -> Extension:
    """What the block says; SpecInvalid (rule 1312) by the place of what it cannot say."""
    try:
        return msgspec.convert(block, Extension)
    except msgspec.ValidationError as error:
        raise _refusal(block, error) from error
    except UnicodeEncodeError as error:
        raise wrong(PLACE, "holds half a character in one of its texts") from error


def _refusal(block: Any, error: msgspec.ValidationError) -> SpecInvalid:
    said = str(error).replace(_OF_KEY, _AT)
    why, _, at = said.rpartition(_AT) if _AT in said else (said, "", "")
    at = _with_keys(block, at.removesuffix("`"))
    where = f"{PLACE}{at}"
    if ours := _OURS.fullmatch(why):
        return wrong(f"{where}.{ours['name']}", ours["why"])
    if member := _MEMBER.fullmatch(why):
        name = member["name"][:_LONGEST]
        if member["what"] == "missing required":
            return wrong(f"{where}.{name}", "is missing")
        known = members([step["name"] for step in _STEP.finditer(at) if step["name"]])
        close = get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else f"; it has {', '.join(known)}" if at else ""
        hint += _WHY.get(at, "")
        return wrong(f"{where}.{name}", f"is no member of it{hint}")
    if kinds := _KINDS.fullmatch(why):
        expected = " or ".join(_WORDS.get(kind, kind) for kind in kinds["expected"].split(" | "))
        return wrong(where, f"must be {expected}, not {_WORDS.get(kinds['got'], kinds['got'])}")
    if bounds := _BOUNDS.fullmatch(why):
        return wrong(where, f"must be {int(bounds['bound']):,} or {'more' if bounds['way'] == '>' else 'less'}")
    if "matching regex" in why:  # the only one is that of a name
        return wrong(where, "is blank; give it a value, or leave it out")
    choices = _CHOICES.get(_INDEX.sub("", at))
    if choices and why.startswith(_ENUM):
        return wrong(where, f"must be one of {', '.join(choices)}, not {why[len(_ENUM) :][:_LONGEST]}")
    return wrong(where, why[0].lower() + why[1:])


def _with_keys(block: Any, at: str) -> str:
    """A place in the library's words, with the keys that it leaves out: those whose value alone is wrong, too."""
    if "[...]" not in at:
        return at
    whole = here = deepcopy(block)
    place = ""
    for step in _STEP.finditer(at):
        key: Any = int(step["index"]) if step["index"] else step["name"] or _wrong_key(whole, here)
        place += f"[{key}]" if step["index"] else f".{key[:_LONGEST]}"
        here = here[key]
    return place


def _wrong_key(whole: Any, node: Any) -> str:
    """The key of ``node`` whose value is wrong; the others are taken out of it."""
    values = dict(node)
    for key, value in values.items():
        node.clear()
        node[key] = value
        try:
            msgspec.convert(whole, Extension)
        except (msgspec.ValidationError, UnicodeEncodeError):
            break
    return str(next(iter(node)))
