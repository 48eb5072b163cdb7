from concurrent.futures import ThreadPoolExecutor

import pytest

from headrace.errors import FileDamaged, FileTaken
from headrace.lake import FileRef
from headrace.lake.files import Files, path_of

NAME = "batches/B1/input_files/0-1-0.json"


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def on_disk(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_file_is_read_as_it_was_put(files):
    ref = files.put(NAME, [b"abc", b"", b"de"])
    assert (ref.name, ref.bytes) == (NAME, 5)
    assert files.read(ref) == b"abcde"
    assert FileRef.from_json(ref.to_json()) == ref


def test_a_name_is_taken_once(files):
    ref = files.put(NAME, [b"first"])
    with pytest.raises(FileTaken, match="new attempt"):
        files.put(NAME, [b"second"])
    assert files.read(ref) == b"first"
    assert on_disk(files.root) == [NAME]


def test_of_many_writers_one_gets_the_name(files):
    def put(number):
        try:
            return files.put(NAME, [b"%d" % number])
        except FileTaken:
            return None

    with ThreadPoolExecutor(8) as pool:
        (ref,) = [ref for ref in pool.map(put, range(8)) if ref]
    assert files.read(ref)
    assert on_disk(files.root) == [NAME]


def test_a_failing_producer_leaves_nothing(files):
    def chunks():
        yield b"abc"
        raise OSError("the source hung up")

    with pytest.raises(OSError, match="hung up"):
        files.put(NAME, chunks())
    assert on_disk(files.root) == []


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [(0, None, b"abcde"), (2, None, b"cde"), (1, 2, b"bc"), (3, 9, b"de"), (5, None, b"")],
)
def test_a_stream_gives_the_asked_bytes(files, offset, length, expected):
    assert b"".join(files.stream(files.put(NAME, [b"abcde"]), offset, length)) == expected


@pytest.mark.parametrize("damage", [b"abcdX", b"abc", None])
def test_damage_is_told_and_not_read_over(files, damage):
    ref = files.put(NAME, [b"abcde"])
    path_of(files.root, NAME).unlink()
    if damage is not None:
        path_of(files.root, NAME).write_bytes(damage)
    with pytest.raises(FileDamaged, match=NAME):
        files.read(ref)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x"])
def test_names_lead_nowhere_else(files, name):
    with pytest.raises(ValueError, match="below the warehouse"):
        files.put(name, [])


def test_removing_is_repeatable(files):
    files.put(NAME, [b"x"])
    files.remove([NAME])
    files.remove([NAME])
    assert on_disk(files.root) == []
