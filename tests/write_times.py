"""The longest write transactions of a test session, shown at its end: nobody else writes meanwhile."""

import heapq
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from headrace.store.engine import Store

SHOWN = 5
KEY = "longest_writes"
Write = tuple[float, str]

_longest: list[Write] = []
_write = Store.write


@contextmanager
def _timed(store: Store) -> Iterator[sa.Connection]:
    with _write(store) as conn:
        began = time.perf_counter()
        try:
            yield conn
        finally:
            _note((time.perf_counter() - began, _where()))


def _where() -> str:
    """The place that took the write: the nearest frame of the package that is not the store's own."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        path = frame.f_code.co_filename
        if "headrace" in path and not path.endswith(("store/engine.py", "write_times.py", "store/deciding.py")):
            return f"{path.rpartition('headrace/')[2]}:{frame.f_lineno}"
    return "?"


def _note(write: Write) -> None:
    if "/migrations/" in write[1] or write[1] == "?":  # at a start nobody else writes; nor where a test does
        return
    _longest[:] = heapq.nlargest(SHOWN, [*_longest, write])


def pytest_configure() -> None:
    Store.write = _timed  # type: ignore[method-assign]


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[KEY] = _longest


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for seconds, where in getattr(node, "workeroutput", {}).get(KEY, ()):
        _note((seconds, where))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _longest:
        terminalreporter.section("longest write transactions (aim: below 0.1 s)")
        for seconds, where in _longest:
            terminalreporter.write_line(f"{seconds:.3f} s  {where}")
