"""The standard resources that every org sees: the JSON files beside this one, by their ``$id``."""

import functools
from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType

import msgspec

from headrace.xdm.annotating import annotated
from headrace.xdm.walking import Body

FOLDERS = ("behaviors", "classes", "datatypes", "fieldgroups", "schemas")


@functools.cache
def standard(folder: str) -> Mapping[str, Body]:
    """The standard resources of one kind (one of FOLDERS)."""
    return MappingProxyType({body["$id"]: body for body in _annotated(folder)})


def _annotated(folder: str) -> Iterator[Body]:
    types = {body["$id"]: body.get("type", "object") for kind in FOLDERS for body in _files(kind)}
    for body in _files(folder):
        yield annotated(body, types.get)


@functools.cache
def _files(folder: str) -> tuple[Body, ...]:
    home = resources.files(__package__) / folder
    found = sorted(home.iterdir(), key=lambda file: file.name) if home.is_dir() else []
    return tuple(_read(file) for file in found if file.name.endswith(".json"))


def _read(file: Traversable) -> Body:
    body: Body = msgspec.json.decode(file.read_bytes())
    return body
