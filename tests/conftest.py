"""How the tests are spread over processes: a file stays together, the crash tests spread out."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The tests of a file share a server, and some tell one story in order. A crash test has processes of its own.
    for item in items:
        if "crashes" not in item.path.parts:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
