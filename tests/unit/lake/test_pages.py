"""Pages share landed files, and each of them can be read by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
import zstandard

from headrace.errors import FileDamaged
from headrace.files import FileFacts, NamedFile
from headrace.lake import pages
from headrace.lake.landing import InputPages, Landing, Upload
from headrace.lake.local_directory import LocalDirectory
from headrace.lake.pages import Gathered, PageBody, bodies, content, files

CAME = [PageBody(f"p{n}", b'{"rows":[%d]}' % n * (n + 1), n) for n in range(3)]


@dataclass(frozen=True)
class Counting(LocalDirectory):
    """A directory that remembers what was read of it."""

    read: list[str] = field(default_factory=list)

    def stream(self, name: str, offset: int, length: int) -> Iterator[bytes]:
        self.read.append(name)
        return super().stream(name, offset, length)


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(Counting(tmp_path))


def gathered(*came: PageBody, page: int = 0, at: float = 0.0) -> Gathered:
    made = Gathered(InputPages("B", 0, 1, page), at)
    for each in came:
        made.add(each, f"http://source.test/{each.name}")
    return made


def test_pages_of_one_file_are_read_in_one_go(landing: Landing) -> None:
    landed = [*gathered(*CAME).land(landing), *gathered(PageBody("q", b"[]", 0), page=3).land(landing)]
    assert [*bodies(landing, landed)] == [*CAME, PageBody("q", b"[]", 0)]
    assert landing.store.read == [
        "batches/B/input_files/00000-01-00000.json.zst",
        "batches/B/input_files/00000-01-00003.json.zst",
    ]
    assert files(landed) == [landed[0].ref, landed[3].ref]


def test_a_page_is_read_without_the_others(landing: Landing) -> None:
    landed = gathered(*CAME).land(landing)
    assert [*bodies(landing, landed[1:2])] == CAME[1:2]
    assert [b"".join(content(landing, page)) for page in landed] == [page.body for page in CAME]
    assert [page.facts.size for page in landed] == [len(page.body) for page in CAME]
    assert msgspec.to_builtins(landed[1].facts.shown) == {
        "encoding": "zstd", "size": len(CAME[1].body), "url": "http://source.test/p1", "format": "json",
        "recordCount": 1,
    }  # fmt: skip


def test_a_file_of_one_page_of_an_earlier_release_is_read(landing: Landing) -> None:
    ref = landing.put(InputPages("B", 0, 1, 0), [zstandard.compress(b"[1]")])
    plain = landing.put(Upload("B", 1), [b"[2]"])
    landed = [NamedFile("old", ref, FileFacts(encoding="zstd", size=3)), NamedFile("F1.json", plain)]
    assert [page.body for page in bodies(landing, landed)] == [b"[1]", b"[2]"]
    assert [b"".join(content(landing, page)) for page in landed] == [b"[1]", b"[2]"]


def test_a_large_page_comes_in_small_chunks(landing: Landing) -> None:
    large = PageBody("large", b"[" + b" " * (4 << 20) + b"]", 0)
    (_, page, _) = gathered(CAME[0], large, CAME[1]).land(landing)
    chunks = [*content(landing, page)]
    assert b"".join(chunks) == large.body and max(map(len, chunks)) <= 1 << 20


def test_a_page_of_a_damaged_file_is_refused(landing: Landing) -> None:
    landed = gathered(*CAME).land(landing)
    ref = msgspec.structs.replace(landed[0].ref, sha256="0")
    with pytest.raises(FileDamaged):
        next(bodies(landing, [msgspec.structs.replace(landed[0], ref=ref)]))
    with pytest.raises(FileDamaged):
        next(content(landing, msgspec.structs.replace(landed[0], ref=ref)))


FULL = [(b"12345", 0.0, False), (b"1234567", 0.0, True), (b"1", 9.9, False), (b"1", 10.0, True)]


@pytest.mark.parametrize(("body", "waited", "full"), FULL)
def test_a_file_is_full_by_its_size_or_its_age(
    monkeypatch: pytest.MonkeyPatch, body: bytes, waited: float, full: bool
) -> None:
    monkeypatch.setattr(pages, "FILE_BYTES", 10)
    two = gathered(PageBody("a", b"123", 0), PageBody("b", body, 0), at=100.0)
    assert two.is_full(100.0 + waited) is full
