"""Paths that a mapping reads and that its source, which declares its fields, does not know: most likely misspelled."""

from collections.abc import Iterable, Mapping
from typing import Any

from headrace import sources
from headrace.counts import UNDECLARED
from headrace.dataprep import drafts
from headrace.dataprep.drafts import Problem
from headrace.mapping import format_path, paths_read

Fields = dict[str, Any]  # the JSON Schema of a record
UNKNOWN = "is a path that the source's spec does not declare, so it may be misspelled; a value that is absent is null"


def undeclared(items: Iterable[Mapping[str, object]], fields: Fields | None) -> list[str]:
    """The paths, each once; none where the source declares nothing. MappingSyntax."""
    if fields is None:
        return []
    return [format_path(path) for path in paths_read(items) if not sources.is_declared(path, fields)]


def advised(item: Mapping[str, object], fields: Fields | None) -> list[Problem]:
    """What to warn of in one item."""
    return [
        {**drafts.problem("source", f"{path} {UNKNOWN}."), "rule": UNDECLARED, "path": path}
        for path in undeclared([item], fields)
    ]
