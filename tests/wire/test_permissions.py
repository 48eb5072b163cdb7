"""The permission that the reference names for an operation is the one that the server asks for."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.api.services import ALL
from headrace.store.scope import Caller
from wire_server import Api

PAGE = Path(__file__).parents[2] / "docs/reference/operations.md"
BASE = re.compile(r"Below `([^`]+)`;")
ROW = re.compile(r"\| `([A-Z]+) ([^`]+)` \| (\w+) ([^ ]+) \|")
PARAMETER = re.compile(r"\{(\w+)(?:\.\.\.)?\}")


def permissions() -> Iterator[tuple[str, str, str, str]]:
    """Method, path, verb and kind of each row with a permission; every parameter has its own name for a value."""
    base = ""
    for line in PAGE.read_text().splitlines():
        if heading := BASE.match(line):
            base = heading[1]
        elif row := ROW.match(line):
            method, path, verb, kind = row.groups()
            yield method, PARAMETER.sub(r"\1", base + path), verb, PARAMETER.sub(r"\1", kind)


@pytest.mark.parametrize(("method", "path", "verb", "kind"), [*permissions()])
def test_the_server_asks_for_the_permission_of_the_reference(
    api: Api, monkeypatch: pytest.MonkeyPatch, method: str, path: str, verb: str, kind: str
) -> None:
    questions: list[tuple[str, str]] = []
    monkeypatch.setattr(Caller, "may", lambda _, *question: bool(questions.append(question)))
    assert api.request(method, path).status_code == 403
    assert questions == [(verb, kind)]


def test_every_operation_that_asks_who_calls_has_a_permission() -> None:
    guarded = [route for service in ALL for route in service.listed if not route.operation.open]
    assert len(list(permissions())) == len(guarded)
