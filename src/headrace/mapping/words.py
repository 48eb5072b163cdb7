"""Closed sets of words: what a text stands for where only some mean anything, and what a slip was meant as."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar

from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import as_text

# So close that a slip is likely: iff for iif, but not concat for frobnicate.
CLOSE = 0.66
_MOST_SHOWN = 50
_LEAST_BEGUN = 4

Meaning = TypeVar("Meaning")


@dataclass(frozen=True, slots=True)
class Words(Generic[Meaning]):
    """The words of one kind; called, it reads an argument as one of them.

    called   what one of them is
    advice   what to write instead of a word that is none
    means    what a word stands for; None when it is none of them
    usual    the words that a slip may have been meant as
    """

    called: str
    advice: str
    means: Callable[[str], Meaning | None]
    usual: Callable[[], Collection[str]]

    def __call__(self, value: object) -> Meaning:
        """What ``value`` stands for."""
        word = as_text(value)
        meaning = self.means(word)
        if meaning is None:
            raise Failed(f"there is no {self.called} {word[:_MOST_SHOWN]}; {self.advice}")
        return meaning


def words(called: str, known: Mapping[str, Meaning], advice: str = "") -> Words[Meaning]:
    """The words of a table, in whatever case they are written."""
    folded = {word.lower(): meaning for word, meaning in known.items()}
    return Words(
        called,
        advice or f"use {', '.join(known)}",
        lambda word: folded.get(word.strip().lower()),
        lambda: known,
    )


def meant(word: str, known: Collection[str]) -> str:
    """The question whether one of the ``known`` words was meant, to end a message with; empty without a close one."""
    folded = {one.lower(): one for one in known}
    asked = word[:_MOST_SHOWN].lower()
    # A beginning is likelier than a slip: to_int is to_integer, though to_bigint is as close.
    begun = sorted((one for one in folded if one.startswith(asked)), key=len) if len(asked) >= _LEAST_BEGUN else []
    close = begun or get_close_matches(asked, folded, n=1, cutoff=CLOSE)
    return f"; did you mean {folded[close[0]]}?" if close else ""
