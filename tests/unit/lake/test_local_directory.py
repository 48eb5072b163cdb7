"""What is a directory's own: durable files, the traces of writers that died, names that stay below it."""

import os
import stat

import pytest

from headrace.errors import FileTaken
from headrace.lake.local_directory import TEMPORARY, LocalDirectory

NAME = "batches/B1/uploads/000001"


@pytest.fixture
def files(tmp_path):
    return LocalDirectory(tmp_path)


def on_disk(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_file_is_on_the_disk_before_its_name_and_its_name_before_it_is_recorded(files, monkeypatch):
    steps = []
    sync, link = os.fsync, os.link

    def note_sync(descriptor):
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        sync(descriptor)

    def note_link(source, target):
        steps.append("name")
        link(source, target)

    files.put("batches/B1/uploads/000000", [b"x"])  # makes the folders
    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "link", note_link)
    files.put(NAME, [b"abc"])
    assert steps == ["content", "name", "folder"]


def test_new_folders_are_durable_from_the_top(files, monkeypatch):
    synced, sync = [], os.fsync

    def note(descriptor):
        synced.append(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    files.put(NAME, [b"abc"])
    folders = [files.root / below for below in ("", "batches", "batches/B1", "batches/B1/uploads")]
    numbers = [folder.stat().st_ino for folder in folders]
    assert [number for number in synced if number in numbers] == numbers


def test_neither_a_refused_nor_a_failing_file_leaves_a_trace(files):
    def chunks():
        yield b"abc"
        raise OSError("the source hung up")

    files.put(NAME, [b"first"])
    with pytest.raises(FileTaken):
        files.put(NAME, [b"second"])
    with pytest.raises(OSError, match="hung up"):
        files.put(f"{NAME}-other", chunks())
    assert on_disk(files.root) == [NAME]


def test_what_a_dead_writer_left_is_not_listed_and_goes_with_its_folder(files):
    draft = files.draft(NAME)
    draft.write(b"abc")
    (trace,) = on_disk(files.root)
    assert TEMPORARY in trace and list(files.names("batches")) == []
    files.remove_folder("batches/B1")
    assert on_disk(files.root) == []
    draft.discard()


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x"])
def test_names_lead_nowhere_else(files, name):
    for refused in (
        lambda: files.put(name, []),
        lambda: list(files.stream(name, 0, 1)),
        lambda: list(files.names(name)),
        lambda: files.remove([name]),
        lambda: files.remove_folder(name),
    ):
        with pytest.raises(ValueError, match="below the warehouse"):
            refused()
