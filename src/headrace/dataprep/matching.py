"""Which source field means which target field: by name, by synonym, by place, by kind of value; one for one.

A score is between 0 and 1. It looks at the last names of both paths first, then at the whole paths: ``startDay`` fits
``start.day``, and of two fields called ``day`` the one whose parents are called alike. Fields are paired from the
best score down, each once; among equals the earlier fields come first, so the same schemas always give the same pairs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from headrace.budget import keep_on
from headrace.dataprep.fields import Field
from headrace.dataprep.naming import Words, keys_of, likeness, related, telling, words_of
from headrace.mapping.paths import Path

LEAST = 0.6
# How much the last names count against the whole path.
LAST_NAMES = 0.8
# A name that is spread over several levels on one side.
SPREAD = 0.95
MOST_SPREAD = 3
# Only fields that share a word are compared, and of a word of very many fields only the first.
MOST_SHARING = 100

# source kind, target kind -> how sure it is that a value fits; other kinds fit only themselves.
FITS = {
    ("integer", "number"): 0.98,
    ("integer", "string"): 0.95,
    ("number", "string"): 0.95,
    ("boolean", "string"): 0.95,
    ("date", "string"): 0.95,
    ("date-time", "string"): 0.95,
    ("date", "date-time"): 0.95,
    ("date-time", "date"): 0.9,
    ("string", "date"): 0.9,
    ("string", "date-time"): 0.9,
    ("string", "integer"): 0.8,
    ("string", "number"): 0.8,
    ("string", "boolean"): 0.8,
    ("number", "integer"): 0.8,
    ("integer", "date-time"): 0.7,
}


@dataclass(frozen=True, slots=True)
class Match:
    """A source field, the target field that it fits, and how well."""

    source: Field
    target: Field
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class _Named:
    """A field with its names as words, without what all fields share.

    path  every word along it
    last  the words of the last name, of the last two, of the last three
    """

    at: int
    field: Field
    path: Words
    last: tuple[Words, ...]


def matched(sources: Sequence[Field], targets: Sequence[Field]) -> list[Match]:
    """The pairs, in the order of ``sources``."""
    left, right = _named(sources, _wrapper(sources)), _named(targets, 0)
    scored = sorted(_scored(left, right), key=lambda one: (-one[0], one[1].at, one[2].at))
    taken: set[Field] = set()
    walked: dict[Path, Path] = {}
    pairs: list[tuple[int, Match]] = []
    for score, source, target in scored:
        if source.field in taken or target.field in taken or not _walks_along(source.field, target.field, walked):
            continue
        taken |= {source.field, target.field}
        walked.update(zip(target.field.arrays, source.field.arrays, strict=True))
        pairs.append((source.at, Match(source.field, target.field, score)))
    return [match for _, match in sorted(pairs, key=lambda pair: pair[0])]


def fit(source: str, target: str) -> float:
    """How sure it is that a value of one kind fits a field of another; 0 where it never does."""
    return 1.0 if source == target else FITS.get((source, target), 0.0)


def _walks_along(source: Field, target: Field, walked: dict[Path, Path]) -> bool:
    """Whether the elements of the target's arrays can come from the source's, as those of pairs before them do."""
    if len(source.arrays) != len(target.arrays):
        return False
    return all(walked.get(into, out_of) == out_of for into, out_of in zip(target.arrays, source.arrays, strict=True))


def _wrapper(fields: Sequence[Field]) -> int:
    """How many leading names all the fields share: the record's wrapper tells nothing."""
    paths = [field.names[:-1] for field in fields]
    shared = 0
    while paths and all(len(path) > shared and path[shared] == paths[0][shared] for path in paths):
        shared += 1
    return shared


def _named(fields: Sequence[Field], skipped: int) -> list[_Named]:
    return [_as_named(at, field, _telling(field.names[skipped:])) for at, field in enumerate(fields)]


def _as_named(at: int, field: Field, names: tuple[str, ...]) -> _Named:
    words = [words_of(name) for name in names]
    levels = range(1, min(MOST_SPREAD, len(words)) + 1)
    last = tuple(tuple(word for name in words[-n:] for word in name) for n in levels)
    return _Named(at, field, tuple(word for name in words for word in name), last)


def _telling(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names without the tenant's namespace before them."""
    return names[1:] if len(names) > 1 and names[0].startswith("_") else names


def _scored(left: Sequence[_Named], right: Sequence[_Named]) -> Iterator[tuple[float, _Named, _Named]]:
    near = _neighbours(right)
    for source in left:
        keep_on("proposals")
        for target in near(source):
            score = _score(source, target)
            if score >= LEAST:
                yield score, source, target


def _neighbours(targets: Sequence[_Named]) -> Callable[[_Named], Iterable[_Named]]:
    """A function from a source field to the targets that it is worth comparing with: their last names are related."""
    by_name: dict[str, list[_Named]] = defaultdict(list)
    for target in targets:
        by_name["".join(target.last[0])].append(target)
    ends = _related({target: telling(target.last[0]) for target in targets})
    tails = _related({target: telling(target.last[-1]) for target in targets})

    def near(source: _Named) -> Iterable[_Named]:
        found = by_name.get("".join(source.last[0]), [])[:MOST_SHARING]
        found += [one for word in telling(source.last[0]) for one in tails(word)]
        found += [one for word in telling(source.last[-1]) for one in ends(word)]
        return {one.at: one for one in found}.values()

    return near


def _related(words: Mapping[_Named, Words]) -> Callable[[str], list[_Named]]:
    """A function from a word to the targets that have a related one."""
    having: dict[str, list[_Named]] = defaultdict(list)
    heaps: dict[str, list[str]] = defaultdict(list)
    for target, told in words.items():
        for word in dict.fromkeys(told):
            having[word].append(target)
    for word in having:
        for key in keys_of(word):
            heaps[key].append(word)

    @cache
    def found(word: str) -> list[_Named]:
        known = dict.fromkeys(other for key in sorted(keys_of(word)) for other in heaps.get(key, ()))
        return [one for other in known if related(word, other) for one in having[other][:MOST_SHARING]]

    return found


def _score(source: _Named, target: _Named) -> float:
    sure = fit(source.field.kind, target.field.kind)
    names = _last_names(source.last, target.last) if sure else 0.0
    # The whole paths are not looked at where they cannot lift the score over the least.
    if sure * (LAST_NAMES * names + 1 - LAST_NAMES) < LEAST:
        return 0.0
    whole = likeness(source.path, target.path)
    return round(sure * (LAST_NAMES * names + (1 - LAST_NAMES) * whole), 4)


def _last_names(source: tuple[Words, ...], target: tuple[Words, ...]) -> float:
    best = likeness(source[0], target[0])
    if best >= SPREAD:
        return best
    spread = [likeness(source[0], words) for words in target[1:]] + [likeness(words, target[0]) for words in source[1:]]
    return max(best, SPREAD * max(spread, default=0.0))
