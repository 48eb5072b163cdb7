"""Recorded files: what was written once under a name, and the public names under which a batch shows them."""

from __future__ import annotations

import msgspec


class FileRef(msgspec.Struct, frozen=True):
    """A recorded file: its name in the warehouse and what it holds. ``partition`` is a month, 2022-08."""

    name: str
    bytes: int
    sha256: str
    rows: int = 0
    partition: str | None = None

    @property
    def file_name(self) -> str:
        """What comes after the name's folders."""
        return self.name.rpartition("/")[2]


class FileFacts(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a reader may want of a file besides its bytes.

    encoding      how its bytes are packed (``zstd``), empty for not at all
    size          bytes as clients count them, unpacked
    url           where a page came from, without secrets
    record_count  rows in it
    path          the whole public path of an upload
    first, last   the range that a piece of a large file fills, both ends included; ``total`` is the file's size
    hidden        how many of its values had a secret in them, by its name
    offset        where it begins in a recorded file that it shares with others; ``length`` bytes of that are its own
    """

    encoding: str = ""
    size: int | None = None
    url: str | None = None
    path: str | None = None
    format: str | None = None
    record_count: int | None = None
    first: int | None = None
    last: int | None = None
    total: int | None = None
    offset: int | None = None
    length: int | None = None
    hidden: dict[str, int] = {}

    @property
    def shown(self) -> FileFacts:
        """What of it is for clients: where a file lies among others is not."""
        return msgspec.structs.replace(self, offset=None, length=None)


NO_FACTS = FileFacts()


class NamedFile(msgspec.Struct, frozen=True):
    """A recorded file under the name that clients see."""

    name: str
    ref: FileRef
    facts: FileFacts = NO_FACTS
