"""One declared rule of a field at a time: compiled from its schema node, tested over a whole Arrow array."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext

import pyarrow as pa
import pyarrow.compute as pc
import regex

from headrace.allowance import allowance, batch_allowance, free_seconds
from headrace.errors import SchemaUncheckable
from headrace.xdm.arrow_schema import Node
from headrace.xdm.pattern_weight import why_too_large

Broken = Callable[[pa.Array], pa.Array | None]  # True where the value breaks the rule; None: nowhere

_FORMATS = {
    "email": r"^[^@\s]+@[^@\s]+$",
    "ipv4": r"^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$",
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$",
    "uuid": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
}
_MOST_SHOWN = 200  # characters of a pattern
# Of a pattern that RE2 does not take.
_IN_TIME = " (and does so in bounded time)"


@dataclass(frozen=True, slots=True)
class Rule:
    """``expected`` completes the sentence: the value must be …"""

    expected: str
    broken: Broken


def rules_of(node: Node, kind: pa.DataType, path: str) -> tuple[Rule, ...]:
    """The rules that a field of this type declares and that its type does not already keep."""
    found = [*_choices(node, kind)]
    if pa.types.is_string(kind) and node.get("type", "string") == "string":
        found += [*_lengths(node, "Length", pc.utf8_length, "characters"), *_patterns(node, path)]
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        found += _bounds(node, kind)
    elif pa.types.is_list(kind):
        found += _lengths(node, "Items", pc.list_value_length, "items")
    return tuple(found)


def _choices(node: Node, kind: pa.DataType) -> Iterator[Rule]:
    choices = [node["const"]] if "const" in node else node.get("enum")
    if not isinstance(choices, list) or pa.types.is_nested(kind):
        return
    allowed = pa.array([value for choice in choices if (value := _typed(choice, kind)) is not None], kind)
    names = ", ".join(str(choice) for choice in choices)
    yield Rule(f"one of {names}", lambda array: pc.invert(pc.is_in(array, value_set=allowed)))


def _typed(value: object, kind: pa.DataType) -> pa.Scalar | None:
    """The value as the column holds it; None when no row can hold it."""
    if value is None or (isinstance(value, bool) and not pa.types.is_boolean(kind)):
        return None
    try:
        return pa.scalar(Decimal(str(value)) if pa.types.is_decimal(kind) else value, kind)
    except (pa.ArrowException, TypeError, ValueError, InvalidOperation):
        try:
            return pa.scalar(str(value)).cast(kind)
        except pa.ArrowException:
            return None


def _lengths(node: Node, suffix: str, measure: Callable[[pa.Array], pa.Array], unit: str) -> Iterator[Rule]:
    least, most = node.get(f"min{suffix}"), node.get(f"max{suffix}")
    if isinstance(least, int | float) and least > 0:
        yield Rule(f"at least {least} {unit} long", lambda array: pc.less(measure(array), least))
    if isinstance(most, int | float):
        yield Rule(f"at most {most} {unit} long", lambda array: pc.greater(measure(array), most))


def _patterns(node: Node, path: str) -> Iterator[Rule]:
    if isinstance(pattern := node.get("pattern"), str):
        broken, bounded = _unmatched(pattern, path)
        yield Rule(f"text that matches {pattern}{_IN_TIME if bounded else ''}", broken)
    if (shape := _FORMATS.get(str(node.get("format")))) is not None:
        yield Rule(f"in the format {node['format']}", _unmatched(shape, path)[0])


def _unmatched(pattern: str, path: str) -> tuple[Broken, bool]:
    """Where a text does not match, and whether looking for that has a time limit."""
    if why := why_too_large(pattern):
        raise SchemaUncheckable(
            f"The pattern of the field '{path}' is too large, for {why}: {pattern[:_MOST_SHOWN]}", path=path
        )
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid:
        return _unmatched_slowly(pattern, path), True
    return lambda array: pc.invert(pc.match_substring_regex(array, pattern)), False


def _unmatched_slowly(pattern: str, path: str) -> Broken:
    # RE2 has no look-around: an engine that backtracks tests each distinct value once, for a bounded time.
    try:
        compiled = regex.compile(pattern)
    except (regex.error, RecursionError) as error:
        raise SchemaUncheckable(
            f"The pattern of the field '{path}' is no regular expression ({error}): {pattern[:_MOST_SHOWN]}", path=path
        ) from None

    def broken(array: pa.Array) -> pa.Array:
        values = pc.unique(array).drop_null()
        return pc.is_in(array, value_set=pa.array(_unmatched_by(compiled, values.to_pylist()), array.type))

    return broken


def _unmatched_by(compiled: "regex.Pattern[str]", values: Iterable[str]) -> list[str]:
    """The values that do not match, or for which it is not known in time."""
    with batch_allowance():
        return [value for value in values if not _matches(compiled, value)]


def _matches(compiled: "regex.Pattern[str]", text: str) -> bool:
    free, allowed, started = free_seconds(text), allowance(), time.thread_time()
    try:
        return compiled.search(text, timeout=free + allowed.part, concurrent=True) is not None
    except TimeoutError:
        return False
    finally:
        allowed.take(max(0.0, time.thread_time() - started - free))


def _bounds(node: Node, kind: pa.DataType) -> Iterator[Rule]:
    low, low_excluded = _bound(node, "minimum", "exclusiveMinimum")
    high, high_excluded = _bound(node, "maximum", "exclusiveMaximum")
    if low is not None:
        word, compare = ("greater than", pc.less_equal) if low_excluded else ("at least", pc.less)
        if (scalar := _limit(low, kind, up=not low_excluded)) is not None:
            yield Rule(f"{word} {low}", _beyond(compare, scalar))
        elif low > 0:
            yield Rule(f"{word} {low}", pc.is_valid)
    if high is not None:
        word, compare = ("less than", pc.greater_equal) if high_excluded else ("at most", pc.greater)
        if (scalar := _limit(high, kind, up=high_excluded)) is not None:
            yield Rule(f"{word} {high}", _beyond(compare, scalar))
        elif high < 0:
            yield Rule(f"{word} {high}", pc.is_valid)


def _bound(node: Node, inclusive: str, exclusive: str) -> tuple[int | float | None, bool]:
    """The stricter of the two spellings; a boolean exclusive bound is the older spelling of JSON Schema."""
    limit, excluded = node.get(inclusive), node.get(exclusive)
    plain = limit if isinstance(limit, int | float) and not isinstance(limit, bool) else None
    if isinstance(excluded, bool) or not isinstance(excluded, int | float):
        return plain, excluded is True
    if plain is not None and (plain > excluded if inclusive == "minimum" else plain < excluded):
        return plain, False
    return excluded, True


def _limit(bound: int | float, kind: pa.DataType, up: bool) -> pa.Scalar | None:
    """The bound in the column's type, rounded so that the comparison stays true; None when the type ends before it."""
    exact = Decimal(str(bound))
    scale = kind.scale if pa.types.is_decimal(kind) else 0
    digits = max(exact.adjusted() + 1, 0) + scale + 1
    try:
        if pa.types.is_floating(kind):
            return pa.scalar(float(bound), kind)
        with localcontext(prec=digits, rounding="ROUND_CEILING" if up else "ROUND_FLOOR"):
            exact = exact.quantize(Decimal(1).scaleb(-scale))
        return pa.scalar(exact if pa.types.is_decimal(kind) else int(exact), kind)
    except (pa.ArrowException, OverflowError):
        return None


def _beyond(compare: Callable[[pa.Array, pa.Scalar], pa.Array], limit: pa.Scalar) -> Broken:
    def broken(array: pa.Array) -> pa.Array | None:
        extremes: Mapping[str, pa.Scalar] = pc.min_max(array)
        if not any(compare(extremes[end], limit).as_py() for end in ("min", "max")):
            return None
        return compare(array, limit)

    return broken
