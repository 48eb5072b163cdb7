r"""Java's character classes (``\d``, ``\p{Alpha}``, ``\p{IsLatin}``) as sets that the regex library reads."""

from functools import lru_cache

import regex

_BLANKS = r"\ \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
_WORD = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}"

# What stands inside the brackets; the first is Java's own meaning, the second that with its flag U.
_LETTERS: dict[str, tuple[str, str]] = {
    "d": ("0-9", r"\p{Nd}"),
    "h": (_BLANKS, _BLANKS),
    "s": (r"\t-\r\ ", r"\p{White_Space}"),
    "v": (r"\n-\r\x85\u2028\u2029", r"\n-\r\x85\u2028\u2029"),
    "w": ("a-zA-Z0-9_", _WORD),
}
_POSIX: dict[str, tuple[str, str]] = {
    "Lower": ("a-z", r"\p{Lowercase}"),
    "Upper": ("A-Z", r"\p{Uppercase}"),
    "ASCII": (r"\x00-\x7f", r"\x00-\x7f"),
    "Alpha": ("a-zA-Z", r"\p{Alphabetic}"),
    "Digit": ("0-9", r"\p{Nd}"),
    "Alnum": ("a-zA-Z0-9", r"\p{Alphabetic}\p{Nd}"),
    "Punct": (r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e", r"\p{P}"),
    "Graph": (r"\x21-\x7e", r"[^\p{White_Space}\p{Cc}\p{Cs}\p{Cn}]"),
    "Print": (r"\x20-\x7e", r"[[^\p{White_Space}\p{Cc}\p{Cs}\p{Cn}]\p{Zs}]"),
    "Blank": (r"\ \t", r"\p{Zs}\t"),
    "Cntrl": (r"\x00-\x1f\x7f", r"\p{Cc}"),
    "XDigit": ("0-9a-fA-F", r"\p{Nd}\p{Hex_Digit}"),
    "Space": (r"\t-\r\ ", r"\p{White_Space}"),
}
_JAVA = {
    "javaLowerCase": r"\p{Lowercase}",
    "javaUpperCase": r"\p{Uppercase}",
    "javaTitleCase": r"\p{Lt}",
    "javaAlphabetic": r"\p{Alphabetic}",
    "javaIdeographic": r"\p{Ideographic}",
    "javaDigit": r"\p{Nd}",
    "javaDefined": r"\P{Cn}",
    "javaLetter": r"\p{L}",
    "javaLetterOrDigit": r"\p{L}\p{Nd}",
    "javaJavaIdentifierStart": r"\p{L}\p{Nl}\p{Sc}\p{Pc}",
    "javaJavaIdentifierPart": r"\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mc}\p{Mn}\x00-\x08\x0e-\x1b\x7f-\x9f\p{Cf}",
    "javaUnicodeIdentifierStart": r"\p{ID_Start}",
    "javaUnicodeIdentifierPart": r"\p{ID_Continue}",
    "javaSpaceChar": r"\p{Z}",
    "javaWhitespace": r"[[\t-\r\x1c-\x1f\p{Z}]--[\xa0\u2007\u202f]]",
    "javaISOControl": r"\p{Cc}",
    "javaMirrored": r"\p{Bidi_Mirrored}",
    "L1": r"\x00-\xff",
    "LD": r"\p{L}\p{Nd}",
    "all": r"\x00-\U0010ffff",
}
_BINARY_NAMES = (
    "alphabetic ideographic letter lowercase uppercase titlecase punctuation control white_space whitespace digit"
    " hex_digit hexdigit join_control joincontrol noncharacter_code_point noncharactercodepoint assigned emoji"
    " emoji_presentation emoji_modifier emoji_modifier_base emoji_component extended_pictographic"
)
_BINARY = frozenset(_BINARY_NAMES.split())
_RENAMED = {"letter": "L", "titlecase": "Lt", "punctuation": "P", "control": "Cc", "digit": "Nd"}
_KEYS = {
    "sc": "Script",
    "script": "Script",
    "blk": "Block",
    "block": "Block",
    "gc": "General_Category",
    "general_category": "General_Category",
}


def letter_set(letter: str, everywhere: bool) -> str:
    r"""The set of ``\d``, ``\W`` and their like; ``everywhere``: beyond ASCII too."""
    return _set(_LETTERS[letter.lower()][everywhere], letter.isupper())


def word_set(everywhere: bool) -> str:
    r"""What ``\b`` takes for a part of a word."""
    return letter_set("w", everywhere)


def property_set(name: str, negated: bool, everywhere: bool) -> str | None:
    r"""The set of ``\p{name}``, or None when Java has no such name."""
    if name in _POSIX:
        return _set(_POSIX[name][everywhere], negated)
    inside = _JAVA.get(name) or _named(name)
    return None if inside is None else _set(inside, negated)


@lru_cache(maxsize=512)
def _named(name: str) -> str | None:
    """A category, script, block or binary property."""
    key, equals, value = name.partition("=")
    if equals:
        candidates = [f"{_KEYS[key.lower()]}={value}"] if key.lower() in _KEYS else []
    elif name.startswith("In"):
        candidates = [f"Block={name[2:]}"]
    elif name.startswith("Is"):
        candidates = _after_is(name[2:])
    else:
        candidates = [f"General_Category={name}"] if len(name) <= 2 else []
    return next((rf"\p{{{one}}}" for one in candidates if _is_known(one)), None)


def _after_is(name: str) -> list[str]:
    if name.lower() == "assigned":
        return ["^Cn"]
    if name.lower() in _BINARY:
        return [_RENAMED.get(name.lower(), name)]
    return [f"General_Category={name}", f"Script={name}"]


def _is_known(one: str) -> bool:
    try:
        regex.compile(rf"(?V1)\p{{{one}}}")
    except regex.error:
        return False
    return True


def _set(inside: str, negated: bool) -> str:
    return f"[^{inside}]" if negated else f"[{inside}]"
