"""Regular expressions run for a bounded time: each evaluation, and all evaluations of a batch together.

An expression that needs time in proportion to its text is never stopped: it has a free share that grows with the text.
What goes beyond comes out of the batch's allowance.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import regex

from headrace.allowance import Allowance, allowance, free_seconds
from headrace.mapping.failure import Failed
from headrace.mapping.java_regex import translated
from headrace.mapping.pattern_text import RegexInvalid
from headrace.mapping.values import LONGEST_TEXT

LONGEST_PATTERN = 4096
_REFERENCE = re.compile(r"([^$\\]+)|\\(.)|\$\{([a-zA-Z][a-zA-Z0-9]*)\}|\$([0-9]+)", re.DOTALL)
# From this many characters on, other threads may run meanwhile; below, handing over takes longer than matching.
_HAND_OVER = 10_000

# Texts, and groups by their number or name.
Template = tuple[str | int, ...]
Made = TypeVar("Made")
# Runs within a number of seconds or raises TimeoutError; the flag says whether other threads may run meanwhile.
Run = Callable[[float, bool], Made]


@dataclass(frozen=True, slots=True)
class Regex:
    """A Java regular expression, ready to run."""

    source: str
    compiled: "regex.Pattern[str]"

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""
        return self._bounded(
            text, lambda most, hand_over: self.compiled.fullmatch(text, timeout=most, concurrent=hand_over) is not None
        )

    def first(self, text: str) -> list[object] | None:
        """The first match: as a whole, then each of its groups (None where one took no part)."""
        found = self._bounded(text, lambda most, over: self.compiled.search(text, timeout=most, concurrent=over))
        return None if found is None else [found[0], *found.groups()]

    def pieces(self, text: str) -> list[str]:
        """The text cut at every match; none of the pieces is left out but an empty one before a match of nothing."""
        return self._bounded(text, lambda most, over: self._pieces(text, most, over))

    def replaced(self, text: str, replacement: str, *, once: bool = False) -> str:
        """``text`` with the first or every match replaced; ``$1`` and ``${name}`` stand for groups, as in Java."""
        template = _template(self.source, replacement)
        return self._bounded(text, lambda most, over: self._replaced(text, template, once, most, over))

    def _replaced(self, text: str, template: Template, once: bool, most: float, hand_over: bool) -> str:
        made: list[str] = []
        size, begin = len(text), 0
        for found in self._matches(text, most, hand_over):
            new = "".join(one if isinstance(one, str) else found[one] or "" for one in template)
            made += [text[begin : found.start()], new]
            begin, size = found.end(), size + len(new)
            if size > LONGEST_TEXT + len(text):
                raise Failed(f"the text grows beyond {LONGEST_TEXT} characters")
            if once:
                break
        return "".join([*made, text[begin:]])

    def _pieces(self, text: str, most: float, hand_over: bool) -> list[str]:
        if not self.source:
            return [*text, ""]  # between any two letters, and behind the last
        pieces: list[str] = []
        begin = 0
        for found in self._matches(text, most, hand_over):
            if found.end() > 0:
                pieces.append(text[begin : found.start()])
                begin = found.end()
        return [*pieces, text[begin:]]

    def _matches(self, text: str, most: float, hand_over: bool) -> "Iterator[regex.Match[str]]":
        started, at = time.thread_time(), 0
        while at <= len(text):
            left = most - (time.thread_time() - started)
            if left <= 0:
                raise TimeoutError
            found = self.compiled.search(text, at, timeout=left, concurrent=hand_over)
            if found is None:
                return
            yield found
            # As in Java, the next match begins behind this one, one further where this one is empty.
            at = found.end() + (found.end() == found.start())

    def _bounded(self, text: str, run: Run[Made]) -> Made:
        free = free_seconds(text)
        try:
            return run(free, len(text) > _HAND_OVER)
        except TimeoutError:
            allowed = allowance()
        most = allowed.part
        if most < free:
            raise self._stopped(text, free)
        return self._slowly(text, run, most, allowed)

    def _slowly(self, text: str, run: Run[Made], most: float, allowed: Allowance) -> Made:
        started = time.thread_time()
        try:
            return run(most, True)
        except TimeoutError:
            raise self._stopped(text, most) from None
        finally:
            allowed.take(time.thread_time() - started)

    def _stopped(self, text: str, after: float) -> Failed:
        told = f"the regular expression {self.source} was stopped after {after * 1000:.1f} ms on this text"
        return Failed(told, value=text, rejects=True)


@lru_cache(maxsize=1024)
def compiled(source: str) -> Regex:
    """The Java regular expression ``source``; RegexInvalid says what is wrong with it."""
    if len(source) > LONGEST_PATTERN:
        raise RegexInvalid(f"a regular expression takes at most {LONGEST_PATTERN} characters", LONGEST_PATTERN + 1)
    try:
        return Regex(source, regex.compile(translated(source), cache_pattern=False))
    except (regex.error, RecursionError, OverflowError) as error:
        raise RegexInvalid(f"{error}", 1) from error


@lru_cache(maxsize=1024)
def _template(source: str, replacement: str) -> Template:
    """A replacement as Java reads it: ``$1`` and ``${name}`` are groups, a backslash takes their meaning from ``$``."""
    groups, at = compiled(source).compiled, 0
    parts: list[str | int] = []
    while at < len(replacement):
        found = _REFERENCE.match(replacement, at)
        if found is None:
            raise Failed(
                f"the replacement {replacement} has a $ or \\ that refers to nothing; write \\$ for the sign itself"
            )
        plain, escaped, name, digits = found.groups()
        at = found.end()
        if digits:
            number = _longest_number(digits, groups.groups)
            at -= len(digits) - len(str(number))
            parts.append(number)
        elif name and name not in groups.groupindex:
            raise Failed(f"the replacement {replacement} names the group {name}, which {source} has not")
        else:
            parts.append(groups.groupindex[name] if name else plain or escaped)
    return tuple(parts)


def _longest_number(digits: str, groups: int) -> int:
    """The number of a group: as many digits as there are groups for."""
    numbers = [int(digits[:size]) for size in range(1, len(digits) + 1) if str(int(digits[:size])) == digits[:size]]
    fitting = [number for number in numbers if number <= groups]
    if not fitting:
        raise Failed(f"there is no group {digits[0]} to replace by")
    return fitting[-1]
