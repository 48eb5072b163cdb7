"""Rows told apart: the key, the version and the deletion of each record, from its tokens as the source wrote them.

Equal keys have equal texts, and a higher version has a text that sorts higher.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import SpecInvalid
from headrace.exact_json import NotJson, Written, has_whole_characters, read
from headrace.rows import VALIDATION, row_errors
from headrace.sources import extension as extending
from headrace.sources.block_reading import PLACE
from headrace.sources.paths import Path, parse_path
from headrace.sources.spec import extension
from headrace.sources.tokens import tokens, written

MISSING, UNFIT = "INGEST-1555-400", "INGEST-1556-400"
AS_IT_IS, TEXT, NUMBER, INSTANT, DAY = "", "text", "number", "instant", "day"
_MOST_DIGITS = 40  # of a number that is written out plainly
_LARGEST_EXPONENT = 4999
_LONGEST = 4096  # characters of a value that is compared; each row's are held until the run is committed
_LONGEST_SHOWN = 500
# Tokens that are the only way to write their value.
_PLAIN = {
    AS_IT_IS: r'^(?:"[^\\]*"|-?[1-9][0-9]{0,39}|0|true|false)$',
    TEXT: r'^"[^\\]*"$',
    NUMBER: r"^(?:-?[1-9][0-9]{0,39}|0)$",
    INSTANT: r"^$",
    DAY: r"^$",
}
_NUMERIC = frozenset("-0123456789")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:[.,](\d+))?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?)?")


class Field(msgspec.Struct, frozen=True):
    """A field of the record. ``kind`` is what its value is brought to before it is compared, if to anything."""

    path: tuple[str | int, ...]
    kind: str = AS_IT_IS

    @property
    def name(self) -> str:
        """The path as people write it."""
        return ".".join(map(str, self.path))


class Deletion(msgspec.Struct, frozen=True):
    """What makes a record the deletion of its key.

    path    the field that says it
    values  JSON texts: the values that say it; empty: any that is neither absent nor null
    others  JSON texts: the other values that are known, if no more are; a record with another one is rejected
    """

    path: tuple[str | int, ...]
    values: tuple[str, ...] = ()
    others: tuple[str, ...] | None = None


class Keying(msgspec.Struct, frozen=True):
    """How the rows of a source or a schema are told apart."""

    key: tuple[Field, ...]
    version: Field | None = None
    deletion: Deletion | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every path that is read."""
        fields = [*self.key, *([self.version] if self.version else [])]
        return tuple(
            dict.fromkeys([*(field.path for field in fields), *([self.deletion.path] if self.deletion else [])])
        )


def keying(spec: Mapping[str, Any]) -> Keying | None:
    """How a spec tells its rows apart; None where it does not say. SpecInvalid, naming the member that cannot work."""
    declared = extension(spec)
    if not declared.key:
        if declared.write_mode == "merge":
            raise _refused("key", "writeMode is merge; name the record paths that make a row's key")
        if declared.version or declared.deletion:
            raise _refused("key", "version and deletion mean nothing without a key; name its record paths")
        return None
    key = tuple(Field(_path(path, f"key[{n}]")) for n, path in enumerate(declared.key))
    if len(set(key)) < len(key):
        raise _refused("key", "a path stands in it twice")
    version = Field(_path(declared.version, "version")) if declared.version else None
    keying = Keying(key, version, _deletion(declared.deletion) if declared.deletion else None)
    _require_apart(keying)
    return keying


def _deletion(declared: extending.Deletion) -> Deletion:
    if declared.present == bool(declared.values):
        raise _refused("deletion", "give either the values that mean a deletion, or present: true")
    values = tuple(msgspec.json.encode(value).decode() for value in declared.values)
    if any(len(value) > _LONGEST for value in values):
        raise _refused("deletion.values", f"no value may have more than {_LONGEST:,} characters")
    return Deletion(_path(declared.field, "deletion.field"), values)


def _path(text: str, member: str) -> Path:
    try:
        path = parse_path(text)
    except SpecInvalid as error:
        raise _refused(member, error.message) from error
    if not path:
        raise _refused(member, "the whole record is no field")
    return path


def _require_apart(keying: Keying) -> None:
    """Where one path leads into what is at another, no record has a single value at both."""
    named = [(f"key[{n}]", field.path) for n, field in enumerate(keying.key)]
    named += [("version", keying.version.path)] if keying.version else []
    named += [("deletion.field", keying.deletion.path)] if keying.deletion else []
    for member, path in named:
        for other, inner in named:
            if len(inner) > len(path) and inner[: len(path)] == path:
                shown = ".".join(map(str, path))
                why = f"{shown} is never a single value where {other} leads into it; name a field without others in it"
                raise _refused(member, why)


def _refused(member: str, why: str) -> SpecInvalid:
    return SpecInvalid(f"{PLACE}.{member}: {why.rstrip('.')}.", field=f"{PLACE}.{member}", rule=1312)


@dataclass(frozen=True, slots=True)
class Identities:
    """Of some records their keys (JSON arrays), versions (null without), whether they delete, and ROW_ERRORS.

    A record with an error has no key.
    """

    key: pa.Array
    version: pa.Array
    deleted: pa.Array
    errors: pa.Table


class _TooLong(Exception):
    """A value has more than _LONGEST characters."""


@dataclass(frozen=True, slots=True)
class _Problem:
    code: str
    message: str
    source: str
    value: str | None
    expected: str


def identities(keying: Keying, rows: Sequence[int], records: Sequence[bytes]) -> Identities:
    """Reads the records (JSON, in wrapper form), whose numbers are ``rows``."""
    held = tokens(records, keying.paths)
    problems: dict[int, _Problem] = {}
    parts = [_texts(held[field.path], field, "key", _canonical, problems) for field in keying.key]
    key = pc.binary_join_element_wise("[", pc.binary_join_element_wise(*parts, ","), "]", "")
    version = pa.nulls(len(rows), pa.string())
    if keying.version is not None:
        version = _texts(held[keying.version.path], keying.version, "version", _sortable, problems)
    deleted = pa.array([False] * len(rows), pa.bool_())
    if keying.deletion is not None:
        deleted = _deleted(held[keying.deletion.path], keying.deletion, problems)
    out = pa.array([n in problems for n in range(len(rows))], pa.bool_()) if problems else None
    errors = row_errors(_error(rows[n], problems[n]) for n in sorted(problems))
    return Identities(key if out is None else pc.if_else(out, None, key), version, deleted, errors)


def _texts(
    held: pa.Array, field: Field, what: str, text_of: Callable[[str, str], str | None], problems: dict[int, _Problem]
) -> pa.Array:
    """For each token its text; null, and a problem, where it has none."""
    plain = pa.nulls(len(held), pa.bool_())
    if text_of is _canonical:
        short = pc.less_equal(pc.utf8_length(held), _LONGEST)
        plain = pc.and_(short, pc.match_substring_regex(held, _PLAIN[field.kind]))
    odd = pc.indices_nonzero(pc.invert(pc.fill_null(plain, False)))
    if not len(odd):
        return held
    texts = held.to_pylist()
    known: dict[str | None, str | None] = {}
    for n in odd.to_pylist():
        token = texts[n]
        try:
            if token not in known:
                known[token] = None if token is None else text_of(token, field.kind)
        except _TooLong:
            texts[n] = None
            problems.setdefault(n, _too_long(what, field, token))
            continue
        texts[n] = known[token]
        if texts[n] is None:
            problems.setdefault(n, _no(what, field, token))
    return pa.array(texts, pa.string())


def _no(what: str, field: Field, token: str | None) -> _Problem:
    expected = "a text, a number or a boolean" if what == "key" else "a number or an ISO date or time"
    if token in (None, "null"):
        why = "is absent" if token is None else "is null"
        return _Problem(MISSING, f"The row has no {what}: {field.name} {why}.", field.name, token, expected)
    shown = _shown(token)
    return _Problem(
        UNFIT, f"The row has no {what}: {field.name} is {shown}, not {expected}.", field.name, shown, expected
    )


def _too_long(what: str, field: Field, token: str) -> _Problem:
    expected = f"at most {_LONGEST:,} characters"
    why = f"{field.name} has more than {_LONGEST:,} characters."
    return _Problem(
        UNFIT, f"The row has no {what}: {why}" if what else why, field.name, token[:_LONGEST_SHOWN], expected
    )


def _shown(token: str) -> str:
    """The token in one spelling, whichever way it was read."""
    try:
        return written(read(token)).decode()[:_LONGEST_SHOWN]
    except NotJson:
        return token[:_LONGEST_SHOWN]


def _error(row: int, problem: _Problem) -> Mapping[str, object]:
    facts = {"code": problem.code, "message": problem.message, "source": problem.source}
    return {"_row": row, "family": VALIDATION, **facts, "value": problem.value, "expected": problem.expected}


# -- deletions ---------------------------------------------------------------------------------------------------


def _deleted(held: pa.Array, deletion: Deletion, problems: dict[int, _Problem]) -> pa.Array:
    if not deletion.values:
        return pc.fill_null(pc.not_equal(held, "null"), False)
    gone = {_canonical(value, AS_IT_IS) for value in deletion.values}
    others = None if deletion.others is None else {_canonical(value, AS_IT_IS) for value in deletion.others}
    known: dict[str | None, tuple[bool, bool]] = {None: (False, True), "null": (False, True)}
    flags = []
    for n, token in enumerate(held.to_pylist()):
        try:
            if token not in known:
                value = _canonical(token, AS_IT_IS)
                known[token] = value in gone, others is None or value in gone or value in others
        except _TooLong:
            flags.append(False)
            problems.setdefault(n, _too_long("", Field(deletion.path), token))
            continue
        deletes, fits = known[token]
        flags.append(deletes)
        if not fits:
            field, shown = Field(deletion.path), _shown(str(token))
            expected = "one of " + ", ".join([*deletion.values, *(deletion.others or ())])
            message = f"{field.name} is {shown}, not {expected}."
            problems.setdefault(n, _Problem(UNFIT, message, field.name, shown, expected))
    return pa.array(flags, pa.bool_())


# -- values --------------------------------------------------------------------------------------------------------


def _canonical(token: str, kind: str) -> str | None:
    """The one JSON text of a scalar, brought to the kind where that is possible; None where it is no scalar."""
    value = _scalar(token)
    if value is None:
        return None
    if kind == TEXT and not isinstance(value, str):
        return json.dumps(token, ensure_ascii=False)
    if kind == NUMBER and isinstance(value, str) and _NUMBER.fullmatch(value):
        value = _scalar(value)
    if kind in (INSTANT, DAY) and isinstance(value, str):
        instant = _instant(value)
        value = value if instant is None else instant[:10] if kind == DAY else instant
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else _number(value)


def _sortable(token: str, _kind: str) -> str | None:
    """A text that sorts as versions do, numbers before times; None for what is neither."""
    value = _scalar(token)
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            instant = _instant(value)
            return None if instant is None else f"t{instant}"
        value = _scalar(value)
    return None if value is None or isinstance(value, bool | str) else _sortable_number(value)


def _scalar(token: str) -> Any:
    """What a token says; None where that is no whole text, finite number or boolean. _TooLong."""
    if token[:1] in _NUMERIC and len(token) > _LONGEST:
        raise _TooLong  # before it is computed with, which takes 85 bytes a digit
    try:
        value = read(token)
    except NotJson:
        return None
    if isinstance(value, str) and len(value) > _LONGEST:
        raise _TooLong
    if isinstance(value, Written):
        return value if value.is_finite() else None
    if isinstance(value, str):
        return value if has_whole_characters(value) else None
    return value if isinstance(value, int) else None


def _number(value: int | Written) -> str:
    """The one text of a number, however it was written."""
    sign, digits, exponent = _parts(value)
    if not digits:
        return "0"
    if exponent >= 0 and len(digits) + exponent <= _MOST_DIGITS:
        return f"{sign}{digits}{'0' * exponent}"
    if exponent < 0 and -exponent <= _MOST_DIGITS:
        whole, fraction = digits[:exponent].rjust(1, "0"), digits[exponent:].rjust(-exponent, "0")
        return f"{sign}{whole}.{fraction}"
    return f"{sign}{digits}e{exponent}"


def _sortable_number(value: int | Written) -> str | None:
    sign, digits, exponent = _parts(value)
    if not digits:
        return "n1"
    adjusted = exponent + len(digits) - 1
    if abs(adjusted) > _LARGEST_EXPONENT:
        return None
    if not sign:
        return f"n2{adjusted + _LARGEST_EXPONENT:04}{digits}"
    turned = "".join(str(9 - int(digit)) for digit in digits)
    return f"n0{_LARGEST_EXPONENT - adjusted:04}{turned}~"


def _parts(value: int | Written) -> tuple[str, str, int]:
    """Sign, digits without zeros at either end (none for zero), and the exponent of the last of them."""
    if isinstance(value, Written):
        negative, numbers, exponent = value.as_tuple()
        digits = "".join(map(str, numbers)).lstrip("0")
    else:
        negative, digits, exponent = int(value < 0), str(abs(value)).lstrip("0"), 0
    short = digits.rstrip("0")
    return "-" if negative else "", short, int(exponent) + len(digits) - len(short)


def _instant(text: str) -> str | None:
    """An ISO date or time in UTC, its fraction as exact as it was written; without a zone it is UTC."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    day, clock, seconds, fraction, zone = match.groups()
    written = f"{day}T{clock or '00:00'}{seconds or ':00'}{_offset(zone)}"
    try:
        moment = datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    rest = (fraction or "").rstrip("0")
    return moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + (f".{rest}" if rest else "")


def _offset(zone: str | None) -> str:
    if zone is None or zone in "Zz":
        return "+00:00"
    return f"{zone[:3]}:{zone[-2:]}" if len(zone) > 3 else f"{zone}:00"
