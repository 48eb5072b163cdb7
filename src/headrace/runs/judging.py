"""Judging: what becomes of each row of a slice: good in the target's columns, or turned away with reasons."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from headrace import mapping, xdm
from headrace.exact_json import NotJson, read
from headrace.mapping import CompiledMapping, Mapped
from headrace.mapping.derivations import Derivations
from headrace.mapping.mapping_set import stray_warning
from headrace.mapping.paths import Path, names_of
from headrace.mapping.steps import Followed, present, stray
from headrace.rows import CONVERSION, PARSING, ROW_ERRORS, row_errors
from headrace.runs.plan import Target
from headrace.sources.decoding import UNREADABLE
from headrace.sources.keys import Keying
from headrace.sources.reading import Slice
from headrace.sources.tokens import CHUNK, tokens
from headrace.xdm import Checker, KnownFields

MOST_UNKNOWN = 100  # fields that a slice names; data may have come as names
UNKNOWN_FIELD = "INGEST-1557-400"
_OWN = "keeps the value of its own name"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a slice's rows: good ones in the target's columns, ROW_ERRORS of the others, warnings.

    warned   the first few warnings, in the columns of ROW_ERRORS
    strayed  records in which a path steps into what has no such step, by path
    unknown  records with a field that the schema does not know, by its name
    mapped   the paths that were looked for; none where no record could be read
    present  those that some record has
    """

    accepted: pa.Table
    errors: pa.Table
    warnings: Counter[str] = field(default_factory=Counter)
    warned: pa.Table = field(default_factory=ROW_ERRORS.empty_table)
    strayed: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    mapped: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judge:
    """A target's mapping and the check of its schema, made once for all slices."""

    compiled: CompiledMapping
    checker: Checker
    fields: KnownFields | None = None

    @classmethod
    def of(cls, target: Target, derivations: Derivations, keying: Keying | None = None) -> "Judge":
        """The judge of a target; MappingInvalid when its mapping does not fit its schema."""
        compiled = mapping.compile_mapping(target.mappings(), target.arrow_schema(), target.now, derivations)
        # Rows in the schema's own shape have fields that it knows, or a warning says so.
        read = [pa.field(str(keying.deletion.path[0]), pa.string())] if keying and keying.deletion else []
        fields = None if target.mapping_id else KnownFields(pa.schema([*target.arrow_schema(), *read]))
        return cls(compiled, xdm.checker(target.schema), fields)

    def judged(self, slice: Slice, known: frozenset[str] = frozenset()) -> Judged:
        """Maps and checks the rows of a slice. ``known``: source paths that need not be looked for any more."""
        mapped, unreadable = _map(slice, self.compiled)
        judged = _with_lost(self.checked(mapped, slice.rejected, unreadable), _lost(slice, self.compiled))
        if self.fields is not None:
            return self._own(judged, slice, self.fields)
        return replace(judged, present=judged.present | self._hidden(slice, judged.mapped - judged.present - known))

    def _own(self, judged: Judged, slice: Slice, fields: KnownFields) -> Judged:
        """Rows in the schema's own shape: which fields it does not know. Those that it has may be left out."""
        unreadable = set(slice.rejected["_row"].to_pylist())
        unknown: Counter[str] = Counter()
        shown: list[dict[str, object]] = []
        for row in range(len(slice.days)):
            names = () if row in unreadable else fields.unknown(slice.original(row))
            for name in (name for name in names if name in unknown or len(unknown) < MOST_UNKNOWN):
                unknown[name] += 1
                if unknown[name] == 1:
                    shown.append(_unknown_field(row, name, fields.like(name)))
        warned = pa.concat_tables([judged.warned, row_errors(shown)])
        return replace(judged, unknown=unknown, warned=warned, mapped=frozenset(), present=frozenset())

    def checked(self, mapped: Sequence[Mapped], *rejected: pa.Table) -> Judged:
        """What became of mapped rows, and of those that were ``rejected`` before (ROW_ERRORS)."""
        accepted, broken = self.checker.check(_in_order([rows.table for rows in mapped]))
        warnings: Counter[str] = Counter()
        for rows in mapped:
            warnings.update(rows.warnings)
        strayed: Counter[str] = Counter()
        for rows in mapped:
            strayed.update(rows.strayed)
        readable = accepted.num_rows + broken.num_rows + sum(rows.errors.num_rows for rows in mapped)
        return Judged(
            accepted,
            pa.concat_tables([*rejected, *(rows.errors for rows in mapped), broken]),
            warnings,
            pa.concat_tables([rows.warned for rows in mapped]),
            strayed,
            Counter(),
            frozenset(source.text for source in self.compiled.sources) if readable else frozenset(),
            frozenset().union(*(rows.present for rows in mapped)),
        )

    def _hidden(self, slice: Slice, paths: frozenset[str]) -> frozenset[str]:
        """Which of the paths some record of the columns has, if only as a null, which a column does not tell."""
        left = {source.text: source.path for source in self.compiled.sources if source.text in paths}
        left = {text: path for text, path in left.items() if all(map(slice.mentions, _names(path)))}
        rows = [row for table in slice.typed if left for row in table["_row"].to_pylist()]
        seen: set[str] = set()
        for first in range(0, len(rows), CHUNK):
            records = [slice.original(row) for row in rows[first : first + CHUNK]]
            seen |= _present(records, {text: path for text, path in left.items() if text not in seen})
            if len(seen) == len(left):
                break
        return frozenset(seen)


def _unknown_field(row: int, name: str, like: str | None) -> dict[str, object]:
    known = f"; it knows {like}, and names differ by case" if like else ""
    message = f"The schema does not know the field {name}, which was left out{known}."
    return {"_row": row, "family": CONVERSION, "code": UNKNOWN_FIELD, "message": message, "source": name}


def _names(path: Path) -> list[str]:
    """The names in a path, the rarest first, as far as one can tell: those above are likelier to be elsewhere too."""
    return [step for step in reversed(path) if isinstance(step, str)]


def _present(records: Sequence[bytes], paths: Mapping[str, Path]) -> set[str]:
    """Which of the paths one of the records has."""
    seen: set[str] = set()
    inside: dict[str, Path] = {}
    for text, path in paths.items():
        names = names_of(path)
        if len(names) < len(path):
            inside[text] = path
        elif tokens(records, [names])[names].null_count < len(records):
            seen.add(text)
    for record in records if inside else ():
        value = read(record)
        seen |= {text for text, path in inside.items() if text not in seen and present(value, path)}
    return seen


def _map(slice: Slice, compiled: CompiledMapping) -> tuple[list[Mapped], pa.Table]:
    """The mapped rows, and ROW_ERRORS of loose records that have a number which nothing can hold."""
    mapped = [compiled.map_table(table, slice.record) for table in slice.typed]
    records: dict[int, object] = {}
    unreadable: list[dict[str, object]] = []
    for row, text in zip(slice.loose["_row"].to_pylist(), slice.loose["record"].to_pylist(), strict=True):
        try:
            records[row] = read(text)
        except NotJson as error:
            unreadable.append(_unreadable(row, text, error))
    if records or not mapped:
        mapped.append(compiled.map_records(list(records), list(records.values())))
    return mapped, row_errors(unreadable)


def _lost(slice: Slice, compiled: CompiledMapping) -> Followed:
    """The loose rows whose way to a renamed field steps into what has no such step; some have the new name already."""
    lost = Followed()
    ways = [
        (source, new, slice.renames[new])
        for source in compiled.sources
        for new in slice.renames
        if source.path[: len(new)] == new
    ]
    for row in slice.loose["_row"].to_pylist() if ways else ():
        try:
            record, sent = slice.record(row), read(slice.sent(row))
        except NotJson:
            continue
        for source, new, old in ways:
            away = stray(sent, old)
            if away is None or stray(record, source.path) is not None:  # that one is told of as it is
                continue
            lost.stray(row, source, replace(away, outcome=_OWN) if present(record, new) else away)
    return lost


def _with_lost(judged: Judged, lost: Followed) -> Judged:
    warned = row_errors(stray_warning(row, source, away) for row, source, away in lost.shown)
    strayed = judged.strayed + lost.strayed
    return replace(judged, strayed=strayed, warned=pa.concat_tables([judged.warned, warned]))


def _unreadable(row: int, text: str, error: NotJson) -> dict[str, object]:
    message = f"The element cannot be read as a record: {error.reason}."
    return {"_row": row, "family": PARSING, "code": UNREADABLE, "message": message, "source": "$", "value": text}


def _in_order(tables: list[pa.Table]) -> pa.Table:
    """One table in the order of the page; the loose rows go back between the typed ones."""
    filled = [table for table in tables if table.num_rows] or tables[:1]
    return filled[0] if len(filled) == 1 else pa.concat_tables(filled).sort_by("_row")
