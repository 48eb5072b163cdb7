"""How alike two names are: split into words whatever their spelling, held together by synonyms and small slips."""

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib import resources

import msgspec

Words = tuple[str, ...]

# What a match through a synonym, a shortened word or a slip counts.
SYNONYM = 0.95
SHORTENED = 0.8
LEAST_ALIKE = 0.8
LEAST_LETTERS = 3
# Words such as name and id are in too many names to tell much.
GENERIC = 0.5
# The same names come again and again while two schemas are compared.
REMEMBERED = 100_000
_WORD = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][^\W\d_A-Z])")


@lru_cache(REMEMBERED)
def words_of(name: str) -> Words:
    """``pivotValue``, ``pivot_value`` and ``Pivot Value`` are the words pivot and value."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    return tuple(word.casefold() for word in _WORD.findall(_HUMP.sub(" ", plain))) or (name.casefold(),)


@lru_cache(REMEMBERED)
def likeness(left: Words, right: Words) -> float:
    """How alike two names are, between 0 and 1."""
    if left == right or "".join(left) == "".join(right):
        return 1.0
    known_left, known_right = _canonical(left), _canonical(right)
    if known_left == known_right:
        return SYNONYM
    plain = _shared(left, right)
    if (known_left, known_right) == (left, right):
        return plain
    return max(plain, SYNONYM * _shared(known_left, known_right))


def telling(words: Words) -> Words:
    """The words of a name that tell it from others: the generic ones only where there are no others."""
    return tuple(word for word in words if _weight(word) == 1) or words


def keys_of(word: str) -> frozenset[str]:
    """Names of the heaps in which a word lies: only words that share a heap can make names alike."""
    return _meanings().get(word, frozenset()) | {word[:1]}


@lru_cache(REMEMBERED)
def related(left: str, right: str) -> bool:
    """Whether two words make names alike: the same, one the start of the other, a slip, or of one meaning."""
    return bool(_alike(left, right)) or any(len(key) > 1 for key in keys_of(left) & keys_of(right))


def _shared(left: Words, right: Words) -> float:
    """The weight of the words that both have, each paired once, against the weight of all."""
    free, common = list(right), 0.0
    for word in left:
        best = max(free, key=lambda other: _alike(word, other), default="")
        alike = _alike(word, best)
        if alike:
            free.remove(best)
            common += alike * (_weight(word) + _weight(best))
    return common / sum(map(_weight, (*left, *right)))


@lru_cache(REMEMBERED)
def _alike(left: str, right: str) -> float:
    if left == right or _single(left) == _single(right):
        return 1.0
    short, long = sorted((left, right), key=len)
    if len(short) < LEAST_LETTERS or short.isdecimal() or long.isdigit():
        return 0.0
    if long.startswith(short):
        return SHORTENED
    # A slip is hardly ever in the first letter.
    if short[0] != long[0] or len(short) < LEAST_LETTERS + 1 or len(long) - len(short) > 2:
        return 0.0
    ratio = SequenceMatcher(None, short, long, autojunk=False).ratio()
    return ratio if ratio >= LEAST_ALIKE else 0.0


def _single(word: str) -> str:
    return word[:-1] if len(word) > LEAST_LETTERS and word.endswith("s") and not word.endswith("ss") else word


def _weight(word: str) -> float:
    return GENERIC if word in _lists()["generic"] else 1.0


@lru_cache(REMEMBERED)
def _canonical(words: Words) -> Words:
    """The words with each phrase that has synonyms replaced by the first of them, the longest phrases first."""
    known, longest = _phrases()
    kept = tuple(word for word in words if word not in _lists()["noise"]) or words
    found: list[str] = []
    at = 0
    while at < len(kept):
        sizes = (n for n in range(min(longest, len(kept) - at), 0, -1) if kept[at : at + n] in known)
        size = next(sizes, 0)
        found += known[kept[at : at + size]] if size else (kept[at],)
        at += size or 1
    return tuple(found)


@cache
def _phrases() -> tuple[dict[Words, Words], int]:
    known = {phrase: group[0] for group in _groups() for phrase in group}
    return known, max(map(len, known))


@cache
def _meanings() -> dict[str, frozenset[str]]:
    """word -> the first synonyms of the groups that have a phrase with the word."""
    found: dict[str, set[str]] = {}
    for group in _groups():
        for word in (word for phrase in group for word in phrase):
            found.setdefault(word, set()).add(" ".join(group[0]))
    return {word: frozenset(meant) for word, meant in found.items()}


def _groups() -> Iterator[list[Words]]:
    for group in _lists()["groups"]:
        yield [tuple(phrase.split()) for phrase in group]


@cache
def _lists() -> dict[str, list[str]]:
    text = resources.files("headrace.dataprep").joinpath("synonyms.json").read_bytes()
    lists: dict[str, list[str]] = msgspec.json.decode(text)
    return lists
