"""Arrays: elements, sums of arrays, the least and the greatest."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice

import polars as pl

from headrace.mapping import vector_choices, vector_texts
from headrace.mapping.arithmetic import order, size, truthy
from headrace.mapping.failure import Failed, Failure
from headrace.mapping.functions.declaring import Applied, as_text, function, joined
from headrace.mapping.values import LONGEST_ARRAY

ARRAYS = "Hierarchies - Arrays"
AGGREGATION = "Aggregation"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@function(
    ARRAYS,
    "first(INPUT)",
    {'first("1", "2", "3")': "1", "first([7, 8])": 7, "first([])": None},
    columns=vector_choices.at(0),
)
def first(*input: object) -> object:
    """The first of the arguments, or of one array; null when there is none."""
    elements = _elements(input)
    return elements[0] if elements else None


@function(
    ARRAYS,
    "last(INPUT)",
    {'last("1", "2", "3")': "3", "last([7, 8])": 8, "last([])": None},
    columns=vector_choices.at(-1),
)
def last(*input: object) -> object:
    """The last of the arguments, or of one array; null when there is none."""
    elements = _elements(input)
    return elements[-1] if elements else None


@function(ARRAYS, "to_array(INCLUDE_NULLS, VALUES)", {"to_array(false, 1, null, 2, 3)": [1, 2, 3]}, elements=1)
def to_array(include_nulls: object, *values: object) -> list[object]:
    """An array of the values, with or without the nulls among them."""
    return [value for value in values if value is not None or truthy(include_nulls)]


@function(ARRAYS, "size_of(INPUT)", {"size_of([1, 2, 3, 4])": 4}, columns=vector_texts.size)
def size_of(input: object) -> int | None:
    """How many elements an array has."""
    return None if input is None else size(input)


@function(ARRAYS, "add_to_array(ARRAY, VALUES)", {"add_to_array(['a', 'b'], 'c', 'd')": ["a", "b", "c", "d"]})
def add_to_array(array: list[object], *values: object) -> list[object]:
    """The array with the values at its end."""
    return _chained([array, values])


@function(
    ARRAYS, "join_arrays(ARRAY, VALUES)", {"join_arrays(['a', 'b'], ['c'], ['d', 'e'])": ["a", "b", "c", "d", "e"]}
)
def join_arrays(array: list[object], *values: object) -> list[object]:
    """One array of the elements of several; a value that is no array is an element, a null is none."""
    return _chained([array, *(value if isinstance(value, list) else [value] for value in values if value is not None)])


@function(
    ARRAYS,
    "array_to_string(SEPARATOR, ARRAY)",
    {
        'array_to_string(";", ["Hello", "world"])': "Hello;world",
        'array_to_string("-", [[1, [2]], 3])': "1-2-3",
        "array_to_string('_', [{'id': 123, 'name': 'Acme'}, {'id': 456, 'name': null}])": (
            "{'id':123,'name':'Acme'}_{'id':456,'name':null}"
        ),
    },
    joins=True,
    columns=vector_texts.join,
)
def array_to_string(separator: str, array: list[object]) -> str:
    """The elements of an array and of arrays in it with SEPARATOR between them; objects in braces, nulls left out."""
    return joined(separator, [_written(element) for element in _chained([_flat(array)]) if element is not None])


@function(ARRAYS, "filterArray(ARRAY, PREDICATE)", {"filterArray([5, -6, 0, 7], x -> x > 0)": [5, 7]})
def filterArray(array: list[object], predicate: Applied) -> list[object]:
    """The elements for which PREDICATE holds."""
    return [element for element in array if truthy(_held(predicate(element)))]


@function(ARRAYS, "transformArray(ARRAY, UPDATER)", {"transformArray([5, 6, 7], x -> x + 1)": [6, 7, 8]})
def transformArray(array: list[object], updater: Applied) -> list[object]:
    """What UPDATER makes of each element."""
    return [_held(updater(element)) for element in array]


@function(
    ARRAYS, "flattenArray(ARRAY)", {"flattenArray([[['a', 'b'], ['c']], [['d'], 'e']])": ["a", "b", "c", "d", "e"]}
)
def flattenArray(array: list[object]) -> list[object]:
    """One array of all the elements, however deep they lie in arrays."""
    return _chained([_flat(array)])


@function(
    ARRAYS,
    "upsert_array_append(ARRAY)",
    {"upsert_array_append([123, 456])": [123, 456]},
)
def upsert_array_append(array: list[object]) -> list[object]:
    """The array as it is; in a streaming update it would be put behind the profile's."""
    return array


@function(
    ARRAYS,
    "upsert_array_replace(ARRAY[, INDEX])",
    {"upsert_array_replace([123, 456], 1)": [123, 456], "upsert_array_replace([123, 456])": [123, 456]},
)
def upsert_array_replace(array: list[object], index: object = None) -> list[object]:
    """The array as it is; in a streaming update it would take the place of the profile's. INDEX means nothing."""
    return array


@function(
    AGGREGATION,
    "min(OPTIONS)",
    {"min(3, 1, 4)": 1, "min(null, 2)": 2},
    columns=vector_choices.extreme(pl.min_horizontal),
)
def min(*options: object) -> object:
    """The least value; nulls do not count."""
    return _extreme(options, -1)


@function(
    AGGREGATION,
    "max(OPTIONS)",
    {"max(3, 1, 4)": 4, 'max("a", "b")': "b"},
    columns=vector_choices.extreme(pl.max_horizontal),
)
def max(*options: object) -> object:
    """The greatest value; nulls do not count."""
    return _extreme(options, 1)


def _elements(arguments: tuple[object, ...]) -> list[object]:
    if len(arguments) != 1:
        return list(arguments)
    only = arguments[0]
    return only if isinstance(only, list) else ([] if only is None else [only])


def _extreme(arguments: tuple[object, ...], sign: int) -> object:
    best: object = None
    for value in _elements(arguments):
        if value is not None and (best is None or order(value, best) == sign):
            best = value
    return best


def _held(value: object) -> object:
    if isinstance(value, Failure):
        raise Failed(value.reason, value=value.value, rejects=value.rejects)
    return value


def _chained(parts: Iterable[Iterable[object]]) -> list[object]:
    """One array of all ``parts``, unless that grows beyond what a value may; looks no further."""
    elements = list(islice(chain.from_iterable(parts), LONGEST_ARRAY + 1))
    if len(elements) > LONGEST_ARRAY:
        raise Failed(f"the array grows beyond {LONGEST_ARRAY:,} elements")
    return elements


def _written(element: object) -> str:
    """An element's text; inside an object, texts are quoted."""
    return _object_text(element) if isinstance(element, dict) else as_text(element)


def _object_text(value: object) -> str:
    if isinstance(value, dict):
        members = [f"{_quoted(name)}:{_object_text(one)}" for name, one in value.items()]
        return f"{{{joined(',', members)}}}"
    if isinstance(value, list):
        return f"[{joined(',', [_object_text(one) for one in value])}]"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, datetime):
        return str((value - _EPOCH) // timedelta(milliseconds=1))
    return "null" if value is None else as_text(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _flat(array: list[object]) -> Iterator[object]:
    waiting = [iter(array)]
    while waiting:
        for element in waiting[-1]:
            if isinstance(element, list):
                waiting.append(iter(element))
                break
            yield element
        else:
            waiting.pop()
