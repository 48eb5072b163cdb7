"""Files that arrive in parts: begun, sent range by range in any order, joined when no byte is missing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import sqlalchemy as sa

from headrace.catalog import uploads
from headrace.catalog.uploads import CHUNK, Place
from headrace.errors import Broken, Invalid, NotFound
from headrace.files import FileFacts, FileRef
from headrace.lake.landing import Landing
from headrace.store import batches
from headrace.store.batches import INPUT_FILES, NO_FILE, BatchFile
from headrace.store.engine import Store
from headrace.store.scope import Caller

BEGUN = "begun"
_RANGE = re.compile(r"bytes[ =]+(\d{1,15})-(\d{1,15})/(\d{1,15})")


@dataclass(frozen=True, slots=True)
class Part:
    """One landed range of a file, both ends included."""

    first: int
    last: int
    total: int
    ref: FileRef
    n: int


def begin(store: Store, landing: Landing, caller: Caller, place: Place, now: int) -> None:
    """Opens a file for parts; beginning again forgets the parts so far."""
    uploads.check_name(place.name)
    with store.write() as conn:
        uploads.require_batch(conn, caller, place)
        n = batches.begin_upload(conn, place.batch_id)
        batches.record_upload(conn, place.batch_id, BatchFile(BEGUN, place.name, NO_FILE, n=n), now)
        forgotten = _forget(conn, place, now)
    landing.remove(forgotten)


def add(
    store: Store, landing: Landing, caller: Caller, place: Place, content_range: str, content: IO[bytes], now: int
) -> int:
    """Lands one part; how many bytes of the file are there now."""
    first, last, total = _range(content_range)
    size = content.seek(0, 2)
    if size != last - first + 1:
        message = f"Content-Range {content_range} names {last - first + 1} bytes, the body has {size}."
        raise Invalid(message, field="Content-Range")
    with store.write() as conn:
        require_begun(conn, caller, place)
        n = batches.begin_upload(conn, place.batch_id)
    content.seek(0)
    chunks = iter(lambda: content.read(CHUNK), b"")
    facts = FileFacts(first=first, last=last, total=total)
    uploads.land(store, landing, place, _directory(place), n, chunks, now, facts)
    with store.read() as conn:
        return sum(part.ref.bytes for part in parts(conn, place))


def finish(store: Store, landing: Landing, caller: Caller, place: Place, now: int) -> int:
    """Joins the parts to the file; its size. Invalid names the first byte that is missing or came twice."""
    with store.write() as conn:
        done = uploads.file(conn, caller, place)
        if done is not None and batches.file(conn, place.batch_id, BEGUN, place.name) is None:
            return done.ref.bytes
        require_begun(conn, caller, place)
        found = parts(conn, place)
        _require_whole(place, found)
        n = batches.begin_upload(conn, place.batch_id)
    ref = uploads.land(store, landing, place, INPUT_FILES, n, _joined(landing, found), now)
    with store.write() as conn:
        begun = [one for one in batches.files(conn, place.batch_id, BEGUN) if one.name != place.name]
        batches.set_files(conn, place.batch_id, BEGUN, begun, now)
        forgotten = _forget(conn, place, now)
    landing.remove(forgotten)
    return ref.bytes


def parts(conn: sa.Connection, place: Place) -> list[Part]:
    """The parts so far by their place in the file; of parts with the same range the last one sent."""
    files = batches.files(conn, place.batch_id, _directory(place))
    latest = {(part.first, part.last): part for part in map(_part, files)}
    return [latest[extent] for extent in sorted(latest)]


def _part(file: BatchFile) -> Part:
    facts = file.facts
    if facts.first is None or facts.last is None or facts.total is None:
        raise Broken(f"The file {file.name} is recorded as a part, without its place in the whole.")
    return Part(facts.first, facts.last, facts.total, file.ref, file.n)


def ranges(conn: sa.Connection, caller: Caller, place: Place) -> str:
    """What is there of a file as a Range header says it; NotFound when nothing of this name was begun."""
    require_begun(conn, caller, place)
    return "bytes=" + ",".join(f"{part.first}-{part.last}" for part in parts(conn, place))


def _forget(conn: sa.Connection, place: Place, now: int) -> list[FileRef]:
    """Takes the parts off the record; their files, which nothing refers to then."""
    refs = [file.ref for file in batches.files(conn, place.batch_id, _directory(place))]
    batches.set_files(conn, place.batch_id, _directory(place), [], now)
    return refs


def _directory(place: Place) -> str:
    return f"parts/{place.name}"


def require_begun(conn: sa.Connection, caller: Caller, place: Place) -> None:
    uploads.require_batch(conn, caller, place)
    if batches.file(conn, place.batch_id, BEGUN, place.name) is None:
        message = f"Batch {place.batch_id} has no file {place.name}; begin a large one with action=INITIALIZE."
        raise NotFound(message, kind="files", id=place.name)


def _range(text: str) -> tuple[int, int, int]:
    match = _RANGE.fullmatch(text.strip())
    first, last, total = (int(number) for number in match.groups()) if match else (1, 0, 0)
    if not first <= last < total:
        raise Invalid(f"Content-Range {text} must be like bytes 0-99/200.", field="Content-Range")
    return first, last, total


def _require_whole(place: Place, found: list[Part]) -> None:
    expected = 0
    for part in found:
        if part.first != expected:
            word = "missing" if part.first > expected else "sent twice"
            raise Invalid(f"Byte {min(part.first, expected)} of {place.name} is {word}.", field="Content-Range")
        expected = part.last + 1
    totals = sorted({part.total for part in found})
    if totals != [expected]:
        message = f"{place.name} has {expected} bytes, its parts announce {totals or 'none'}; send the rest first."
        raise Invalid(message, field="Content-Range")


def _joined(landing: Landing, found: list[Part]) -> Iterator[bytes]:
    for part in found:
        yield from landing.stream(part.ref)
