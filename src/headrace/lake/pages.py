"""Pages in landed files: several share a file, each in a frame of its own, so that any can be read by itself."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import zstandard

from headrace.files import FileFacts, FileRef, NamedFile
from headrace.lake.landing import InputPages, Landing

LEVEL = 1  # of compression; more buys little
FILE_BYTES = 32 << 20  # of pages as they came: enough that a file and a sync cost little beside them
FILE_SECONDS = 10.0  # that pages may wait for others

_NAME = re.compile(r"part-\d{5,}-page-(\d{5,})\.json")


def page_name(part: int, n: int) -> str:
    """The public name of a part's page ``n``."""
    return f"part-{part:05}-page-{n:05}.json"


def page_number(name: str) -> int:
    """The number of the page that has this public name; an uploaded file is one page, number 0."""
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else 0


@dataclass(frozen=True, slots=True)
class PageBody:
    """A page as it came: its public name, its bytes, and how many elements it holds (0: not known).

    hidden  how many of its values had a secret in them, by its name
    """

    name: str
    body: bytes
    count: int
    hidden: Mapping[str, int] = field(default_factory=dict)


class Gathered:
    """Pages on their way into one landed file."""

    def __init__(self, file: InputPages, at: float) -> None:
        self._file = file
        self._at = at
        self._frames: list[bytes] = []
        self._pages: list[tuple[str, FileFacts]] = []
        self._packed = self._unpacked = 0

    def add(self, page: PageBody, url: str) -> None:
        """Takes a page, which came from ``url``."""
        frame = zstandard.ZstdCompressor(LEVEL).compress(page.body)
        facts = FileFacts(
            encoding="zstd", size=len(page.body), url=url, format="json", record_count=page.count,
            offset=self._packed, length=len(frame), hidden=dict(page.hidden),
        )  # fmt: skip
        self._frames.append(frame)
        self._pages.append((page.name, facts))
        self._packed += len(frame)
        self._unpacked += len(page.body)

    def is_full(self, at: float) -> bool:
        """Whether it holds enough, or has waited long enough, by ``at`` (timer seconds), to be landed."""
        return self._unpacked >= FILE_BYTES or at - self._at >= FILE_SECONDS

    def land(self, landing: Landing) -> list[NamedFile]:
        """Lands the file; its pages, by which each can be read."""
        ref = landing.put(self._file, self._frames)
        return [NamedFile(name, ref, facts) for name, facts in self._pages]


def bodies(landing: Landing, pages: Iterable[NamedFile]) -> Iterator[PageBody]:
    """Landed pages as they came; FileDamaged.

    Pages of one file that follow each other are read, and the file proved whole, at once.
    """
    for ref, together in groupby(pages, key=_file):
        content = memoryview(landing.read(ref))
        for page in together:
            yield PageBody(page.name, _unpacked(content, page.facts), page.facts.record_count or 0, page.facts.hidden)


def content(landing: Landing, page: NamedFile) -> Iterator[bytes]:
    """One page, or one uploaded file, as it came, in chunks. FileDamaged.

    Of a page that shares its file the whole file is proved before the first byte; its own bytes are held as they are
    packed, and no others.
    """
    if page.facts.encoding != "zstd":
        yield from landing.checked(page.ref)
        return
    first = page.facts.offset or 0
    end = page.ref.bytes if page.facts.length is None else first + page.facts.length
    packed, at = bytearray(), 0
    for chunk in landing.checked(page.ref):
        packed += chunk[max(first - at, 0) : max(end - at, 0)]
        at += len(chunk)
    yield from zstandard.ZstdDecompressor().read_to_iter(bytes(packed))


def files(pages: Iterable[NamedFile]) -> list[FileRef]:
    """The recorded files that pages lie in, each once, in their order."""
    return list({page.ref.name: page.ref for page in pages}.values())


def _file(page: NamedFile) -> FileRef:
    return page.ref


def _unpacked(content: memoryview, facts: FileFacts) -> bytes:
    offset = facts.offset or 0
    packed = content[offset : None if facts.length is None else offset + facts.length]
    return zstandard.decompress(packed) if facts.encoding == "zstd" else bytes(packed)
