"""What a batch tells about itself: which files it read, which records it turned away, a sample of those."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec
import sqlalchemy as sa

from headrace.counts import Warned, total, warnings_by_rule
from headrace.errors import NotFound
from headrace.files import NamedFile
from headrace.lake.landing import Landing
from headrace.lake.pages import content
from headrace.quarantined import samples_of
from headrace.store import batches, parts
from headrace.store.batches import INPUT_FILES, ROW_ERRORS, BatchFile

SAMPLES = "row_error_samples.json"
WARNINGS = "row_warning_samples.json"
BY_RULE = "row_warnings.json"
# The second name is what one client asks for.
SAMPLE_NAMES = (SAMPLES, "row_errors_sample.json")
MOST_SAMPLES = 100
LISTED_PER_FILE = 1000
_NAMED = "fileMetaData{n}.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a listing: its name, its path below the batch, its length."""

    name: str
    path: str
    length: int


@dataclass(frozen=True, slots=True)
class Records:
    """A file of JSON lines, or one as it came, as an iterator of chunks that may be read once."""

    length: int
    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """The diagnostics of one batch: input files and row errors as recorded, the place that holds them.

    warned    some of the values that became null with a warning
    warnings  what records lacked or had too much, by rule and path, counted
    """

    batch_id: str
    inputs: Sequence[BatchFile]
    errors: Sequence[BatchFile]
    landing: Landing
    warned: Sequence[Warned] = ()
    warnings: Sequence[dict[str, Any]] = ()

    def directory(self, path: str) -> list[Entry] | None:
        """The entries below ``path`` ("" is the top), or None when it is no directory."""
        listed: dict[str, Callable[[], list[Entry]]] = {
            "": self._top,
            INPUT_FILES: self._input_entries,
            ROW_ERRORS: self._error_entries,
        }
        return listed[path]() if path in listed else None

    def samples(self) -> list[dict[str, Any]]:
        """Up to 100 of the reasons why records were turned away, each with its record."""
        return list(islice(self._samples(), MOST_SAMPLES))

    def records(self, path: str) -> Records:
        """The JSON lines of ``row_errors/<name>`` or of a listing of input files; NotFound."""
        directory, _, name = path.partition("/")
        if directory == INPUT_FILES:
            listing = dict(self._input_files()).get(name)
            if listing is not None:
                return Records(len(listing), iter([listing]))
        for file in self.errors if directory == ROW_ERRORS else ():
            if file.name == name:
                return Records(file.ref.bytes, self.landing.checked(file.ref))
        raise NotFound(f"Batch {self.batch_id} has no diagnostics at {path}.", kind="meta", id=path)

    def page(self, path: str) -> Records | None:
        """What came under the name that ``input_files/<name>`` tells, as it came; None when it is no such name."""
        directory, _, name = path.partition("/")
        for file in self.inputs if directory == INPUT_FILES else ():
            if file.name == name and name not in dict(self._input_files()):
                return Records(_length(file), content(self.landing, NamedFile(name, file.ref, file.facts)))
        return None

    def _top(self) -> list[Entry]:
        directories = ((INPUT_FILES, self._input_entries()), (ROW_ERRORS, self._error_entries()))
        sizes = [Entry(name, name, sum(entry.length for entry in entries)) for name, entries in directories]
        told = ((WARNINGS, self.warned), (BY_RULE, self.warnings))
        samples = ((SAMPLES, self.samples()), *((name, sample) for name, sample in told if sample))
        return [*sizes, *(Entry(name, name, len(msgspec.json.encode(sample))) for name, sample in samples)]

    def _input_entries(self) -> list[Entry]:
        listings = {name: len(listing) for name, listing in self._input_files()}
        named = listings | {file.name: _length(file) for file in self.inputs if file.name not in listings}
        return [Entry(name, f"{INPUT_FILES}/{name}", length) for name, length in named.items()]

    def _error_entries(self) -> list[Entry]:
        return [Entry(file.name, f"{ROW_ERRORS}/{file.name}", file.ref.bytes) for file in self.errors]

    def _input_files(self) -> Iterator[tuple[str, bytes]]:
        for n, start in enumerate(range(0, len(self.inputs), LISTED_PER_FILE), start=1):
            lines = [_described(file) for file in self.inputs[start : start + LISTED_PER_FILE]]
            yield _NAMED.format(n=n), b"".join(lines)

    def _samples(self) -> Iterator[dict[str, Any]]:
        for file in self.errors:
            yield from samples_of(lines(self.landing.checked(file.ref)))


def of_batch(conn: sa.Connection, landing: Landing, batch_id: str) -> Diagnostics:
    """What is recorded of a batch that the caller may see."""
    inputs, errors = (batches.files(conn, batch_id, directory) for directory in (INPUT_FILES, ROW_ERRORS))
    counts = total(record.counts for record in parts.listed(conn, batches.by_id(conn, batch_id).run))
    return Diagnostics(batch_id, inputs, errors, landing, counts.warned[:MOST_SAMPLES], warnings_by_rule(counts))


def lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of a file that arrives in chunks, without empty ones."""
    rest: list[bytes] = []  # of a line that goes on in the next chunk
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        rest.append(first)
        if others:
            yield from filter(None, (b"".join(rest), *others[:-1]))
            rest = [others[-1]]
    yield from filter(None, (b"".join(rest),))


def as_array(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """JSON lines as one JSON array."""
    yield b"["
    for n, line in enumerate(lines(chunks)):
        yield b"," + line if n else line
    yield b"]"


def _length(file: BatchFile) -> int:
    """Bytes of an input file as they came."""
    return file.ref.bytes if file.facts.size is None else file.facts.size


def _described(file: BatchFile) -> bytes:
    return msgspec.json.encode({"path": file.name, **msgspec.to_builtins(file.facts.shown)}) + b"\n"
