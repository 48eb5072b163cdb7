"""Secrets that a source repeats, hidden in a page before anybody keeps it, in texts and never across them."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from headrace.sources.hiding import FORMS, Hiding, encoded

MASK = "•••"
SHORTEST_IN_PAGES = 8  # a shorter value occurs in data by chance, and to hide it would change rows that are right
# The shorter a core is, the more of a page is looked at for nothing.
_SHORTEST_CORE, _SHORTEST_OF_FORM = 2, 4

# What is written alike in every form of a text, and in every form of its base64.
_TEXT_CORE, _BASE64_CORE = re.compile(r"[A-Za-z0-9_.~-]+"), re.compile(r"[A-Za-z0-9]+")
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[^ \t\n\r",:\[\]{}]++', re.DOTALL)
_BETWEEN = [bytes([each]) for each in b' \t\n\r",:[]{}']
_SCALAR = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")


@dataclass(frozen=True, slots=True)
class Masked:
    """A page without secrets. ``values``: how many values had one, by its name."""

    body: bytes = field(repr=False)
    values: Mapping[str, int] = field(default_factory=dict)


def masked(body: bytes, secrets: Iterable[tuple[str, str]]) -> Masked:
    """A page (JSON in UTF-8, if need be broken) with MASK for each secret in a text, in whatever form it was sent.

    ``secrets`` are names and values. A number that is a secret as a whole becomes the text MASK. Whatever else is in
    the page, and a page without secrets, stays byte for byte.
    """
    long = [(name, value) for name, value in secrets if len(value) >= SHORTEST_IN_PAGES]
    cores = {core for _, value in long for core in _cores(value)}
    hits = [core for core in cores if core in body]
    return _Masking(long, hits).page(body) if hits else Masked(body)


def masked_text(text: str, secrets: Iterable[tuple[str, str]]) -> str:
    """A text of a page as ``masked`` leaves it."""
    return Hiding(secrets, shortest=SHORTEST_IN_PAGES).hidden(text, lambda _: MASK)


def _cores(value: str) -> Iterator[bytes]:
    """Bytes of which some are in the page wherever a form of the value is: two to search for, and not one a form."""
    cores = [_longest(_TEXT_CORE, value), _longest(_BASE64_CORE, encoded(value))]
    if min(map(len, cores)) < _SHORTEST_CORE:  # a value without Latin letters and digits
        cores = [core if len(core := _longest(_TEXT_CORE, form)) >= _SHORTEST_OF_FORM else form
                 for form in (write(value) for write in FORMS.values())]  # fmt: skip
    return (core.encode() for core in cores)


def _longest(pattern: re.Pattern[str], text: str) -> str:
    return max(pattern.findall(text), key=len, default="")


class _Masking:
    """Hides secrets, and counts the values that had one. Where no core of ``cores`` is, none is."""

    def __init__(self, secrets: Sequence[tuple[str, str]], cores: Sequence[bytes]) -> None:
        self._whole = {value: name for name, value in secrets}
        self._hiding = Hiding(secrets, shortest=SHORTEST_IN_PAGES)
        self._cores = cores
        self._values: Counter[str] = Counter()

    def page(self, body: bytes) -> Masked:
        pieces, at = list[bytes](), 0
        for start, end in self._suspects(body):
            value = body[start:end]
            without = self._text(value) if value.startswith(b'"') else self._bare(value)
            if without != value:
                pieces += (body[at:start], without)
                at = end
        return Masked(b"".join((*pieces, body[at:])) if pieces else body, dict(self._values))

    def _suspects(self, body: bytes) -> Iterator[tuple[int, int]]:
        """Where a core is: the texts, and what stands outside of texts. What lies between them is only counted over."""
        at = 0
        following = {core: body.find(core) for core in self._cores}
        while following:
            hit = min(following.values())
            token = _TOKEN.match(body, _start(body, at, hit))
            at = max(token.end() if token else 0, hit + 1)
            if token:
                yield token.span()
            coming = ((core, where if where >= at else body.find(core, at)) for core, where in following.items())
            following = {core: where for core, where in coming if where >= 0}

    def _text(self, token: bytes) -> bytes:
        """A JSON text without secrets. One with escapes is read, as they may stand anywhere in a secret."""
        if b"\\" in token:
            try:
                text = json.loads(token, strict=False)
            except ValueError:
                return self._raw(token)
            without = self._without(text)
            return token if without == text else _written(without)
        return self._raw(token)

    def _bare(self, token: bytes) -> bytes:
        """What stands outside of texts: a number, or what is no JSON and will be no record either."""
        text = token.decode("utf-8", "surrogateescape")
        if not _SCALAR.fullmatch(text):
            return self._raw(token)
        name = self._whole.get(text)
        if name is None:
            return token
        self._values[name] += 1
        return _written(MASK)

    def _raw(self, token: bytes) -> bytes:
        """Bytes without secrets as they stand there; the quotation marks around a text are none of it."""
        first = int(token.startswith(b'"'))
        last = len(token) - int(len(token) > first and token.endswith(b'"'))
        text = token[first:last].decode("utf-8", "surrogateescape")
        return token[:first] + self._without(text).encode("utf-8", "surrogateescape") + token[last:]

    def _without(self, text: str) -> str:
        names = set[str]()

        def mask(name: str) -> str:
            names.add(name)
            return MASK

        without = self._hiding.hidden(text, mask)
        self._values.update(names)
        return without


def _start(body: bytes, at: int, hit: int) -> int:
    """Where the text, or else the bare token, begins that has a byte at ``hit``; at ``at`` there is none under way."""
    passed = body[at:hit].replace(b"\\\\", b"")
    if (passed.count(b'"') - passed.count(b'\\"')) % 2 == 0:
        return max(body.rfind(each, at, hit) + 1 for each in _BETWEEN) or at
    start = body.rfind(b'"', at, hit)
    while start > at and _escaped(body, at, start):
        start = body.rfind(b'"', at, start)
    return start


def _escaped(body: bytes, at: int, quote: int) -> bool:
    before = quote
    while before > at and body[before - 1 : before] == b"\\":
        before -= 1
    return (quote - before) % 2 == 1


def _written(text: str) -> bytes:
    try:
        return json.dumps(text, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a character stays the escape that it was
        return json.dumps(text).encode()
