"""Landed files on any store: read as they were recorded, listed and removed by batch."""

import msgspec
import pytest

from headrace.errors import FileDamaged, FileTaken
from headrace.files import FileRef
from headrace.lake.landing import InputPages, RowErrors, Upload

PAGE = InputPages("B1", 3, 1, 12)
LARGE = b"x" * (1 << 20)


def test_a_landed_file_is_read_by_what_was_recorded_of_it(landing):
    ref = landing.put(PAGE, [b"abc", b"de"])
    recorded = msgspec.json.decode(msgspec.json.encode(ref), type=FileRef)
    assert (recorded, recorded.name, recorded.file_name) == (ref, PAGE.name, "00003-01-00012.json.zst")
    assert landing.read(recorded) == b"abcde"
    with pytest.raises(FileTaken, match="new attempt"):
        landing.put(PAGE, [b"abc", b"de"])


RANGES = [(0, None, b"abcde"), (2, None, b"cde"), (1, 2, b"bc"), (3, 9, b"de"), (5, None, b""), (9, None, b"")]


@pytest.mark.parametrize(("offset", "length", "expected"), RANGES)
def test_a_stream_gives_the_bytes_of_its_range(landing, offset, length, expected):
    assert b"".join(landing.stream(landing.put(PAGE, [b"abcde"]), offset, length)) == expected


def put_again(landing, ref, content):
    """Another content under the name of a recorded file."""
    landing.remove([ref])
    if content is not None:
        landing.put(PAGE, [content])


@pytest.mark.parametrize("content", [b"abcdX", b"abc", b"", None])
def test_damage_is_named_and_not_read_over(landing, content):
    ref, other = landing.put(PAGE, [b"abcde"]), landing.put(Upload("B1", 1), [b"whole"])
    assert landing.damaged([ref, other]) == []
    put_again(landing, ref, content)
    with pytest.raises(FileDamaged, match=PAGE.name):
        landing.read(ref)
    assert landing.damaged([ref, other]) == [ref.name]


@pytest.mark.parametrize("content", [b"abc", None])
def test_a_stream_of_a_short_or_missing_file_does_not_end_quietly(landing, content):
    ref = landing.put(PAGE, [b"abcde"])
    put_again(landing, ref, content)
    with pytest.raises(FileDamaged, match=PAGE.name):
        list(landing.stream(ref, 4, 1))


def test_what_follows_the_recorded_bytes_is_not_read(landing):
    ref = landing.put(PAGE, [b"abcde"])
    put_again(landing, ref, b"abcdefgh")
    assert landing.read(ref) == b"abcde"


def test_the_end_of_a_damaged_file_is_withheld(landing):
    ref = landing.put(RowErrors("B1", "parsing", 0, 1), [LARGE, b"y"])
    assert b"".join(landing.checked(ref)) == LARGE + b"y"
    received = b""
    with pytest.raises(FileDamaged):
        for chunk in landing.checked(msgspec.structs.replace(ref, sha256="0" * 64)):
            received += chunk
    assert received == LARGE


def test_files_are_listed_by_batch(landing):
    assert landing.batches() == []
    files = [RowErrors("B1", "parsing", 0, 1), Upload("B2", 1), PAGE, InputPages("B10", 0, 1, 0)]
    for file in files:
        landing.put(file, [b"x"])
    assert landing.batches() == ["B1", "B10", "B2"]
    assert landing.listed("B1") == [PAGE.name, files[0].name]
    assert landing.listed("B3") == []


def test_a_removed_batch_leaves_the_others(landing):
    for batch in ("B1", "B10"):
        landing.put(Upload(batch, 1), [b"x"])
    for _ in range(2):
        landing.remove_batch("B1")
        assert (landing.batches(), landing.listed("B1")) == (["B10"], [])
