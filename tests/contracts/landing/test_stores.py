"""What a store of files promises, whichever it is: a name is given once, and gives back what was put."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from headrace.errors import FileDamaged, FileTaken

NAME = "batches/B1/input_files/0-1-0.json"
MEBIBYTE = 1 << 20


def content(store, name=NAME, offset=0, length=10 * MEBIBYTE):
    return b"".join(store.stream(name, offset, length))


def test_a_file_is_recorded_and_read_as_it_was_put(store):
    ref = store.put(NAME, [b"abc", b"", b"de"])
    assert (ref.name, ref.bytes, ref.sha256) == (NAME, 5, hashlib.sha256(b"abcde").hexdigest())
    assert content(store) == b"abcde"
    assert list(store.names("batches")) == [NAME]


@pytest.mark.parametrize("chunks", [[], [b""]])
def test_an_empty_file_is_a_file(store, chunks):
    assert store.put(NAME, chunks).bytes == 0
    assert content(store) == b"" and list(store.names("batches")) == [NAME]
    with pytest.raises(FileTaken):
        store.put(NAME, chunks)


def test_a_large_file_comes_in_chunks(store):
    whole = bytes(range(256)) * (5 * MEBIBYTE // 512)
    store.put(NAME, (whole[start : start + 70_000] for start in range(0, len(whole), 70_000)))
    chunks = list(store.stream(NAME, 3, len(whole)))
    assert b"".join(chunks) == whole[3:]
    assert max(len(chunk) for chunk in chunks) <= MEBIBYTE


@pytest.mark.parametrize("second", [b"first", b"second"])
def test_a_name_is_taken_once(store, second):
    store.put(NAME, [b"first"])
    with pytest.raises(FileTaken, match="new attempt"):
        store.put(NAME, [second])
    assert content(store) == b"first" and list(store.names("batches")) == [NAME]


@pytest.mark.parametrize("turn", range(20))
def test_of_many_writers_exactly_one_gets_the_name(store, turn):
    together = Barrier(8)

    def chunks(number):
        together.wait(30)  # all of them have begun, and none has its name yet
        yield b"%d" % number

    def put(number):
        try:
            return store.put(NAME, chunks(number))
        except FileTaken:
            return None

    with ThreadPoolExecutor(8) as pool:
        (ref,) = [ref for ref in pool.map(put, range(8)) if ref]
    assert hashlib.sha256(content(store)).hexdigest() == ref.sha256
    assert list(store.names("batches")) == [NAME]


def test_a_file_is_not_there_before_it_is_whole(store):
    seen = []

    def chunks():
        yield b"abc"
        seen.extend(store.names("batches"))
        with pytest.raises(FileDamaged):
            content(store)
        yield b"de"

    store.put(NAME, chunks())
    assert seen == [] and content(store) == b"abcde"


def test_a_failing_producer_leaves_nothing(store):
    def chunks():
        yield b"abc"
        raise OSError("the source hung up")

    with pytest.raises(OSError, match="hung up"):
        store.put(NAME, chunks())
    assert list(store.names("batches")) == []
    assert store.put(NAME, [b"x"]).bytes == 1


RANGES = [(0, 5, b"abcde"), (2, 3, b"cde"), (1, 2, b"bc"), (3, 9, b"de"), (5, 1, b""), (9, 1, b""), (1, 0, b"")]


@pytest.mark.parametrize(("offset", "length", "expected"), RANGES)
def test_a_stream_gives_the_bytes_of_its_range(store, offset, length, expected):
    store.put(NAME, [b"abcde"])
    assert content(store, NAME, offset, length) == expected


@pytest.mark.parametrize("length", [0, 5])
def test_a_missing_file_is_named(store, length):
    with pytest.raises(FileDamaged, match=NAME):
        content(store, NAME, 0, length)


def test_names_are_those_below_the_folder_and_no_neighbours(store):
    below = ["batches/B1/a", "batches/B1/row_errors/a", "batches/B1/row_errors/deep/b"]
    for name in [*below, "batches/B10/a", "batches/B", "tables/batches/B1/a"]:
        store.put(name, [b"x"])
    assert sorted(store.names("batches/B1")) == below
    assert sorted(store.names("batches/B1/row_errors")) == below[1:]
    assert list(store.names("batches/B2")) == list(store.names("nothing")) == []


def test_removed_files_are_gone_and_removing_is_repeatable(store):
    for name in (NAME, "batches/B1/other"):
        store.put(name, [b"x"])
    for _ in range(2):
        store.remove([NAME, "batches/B1/never"])
        assert list(store.names("batches")) == ["batches/B1/other"]
    assert content(store, "batches/B1/other") == b"x"


def test_a_removed_folder_takes_all_that_is_below_it_and_no_neighbour(store):
    for name in ("batches/B1/a", "batches/B1/deep/b", "batches/B10/a"):
        store.put(name, [b"x"])
    for _ in range(2):
        store.remove_folder("batches/B1")
        assert list(store.names("batches")) == ["batches/B10/a"]
    store.remove_folder("never")
