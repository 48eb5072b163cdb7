import pytest

from contracts.lake.factory import REF, SCHEMA
from headrace.lake import Lake, commits
from postgres import fresh_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database_url(request, tmp_path):
    return f"sqlite:///{tmp_path / 'headrace.db'}" if request.param == "sqlite" else fresh_database()


@pytest.fixture
def warehouse(tmp_path):
    return tmp_path / "warehouse"


@pytest.fixture
def open_lake(database_url, warehouse):
    """Opens the same lake again: as another process would, with locks and connections of its own."""
    opened = []

    def open_another():
        opened.append(Lake.open(database_url, warehouse))
        return opened[-1]

    yield open_another
    for lake in opened:
        lake.close()


@pytest.fixture
def lake(open_lake):
    lake = open_lake()
    lake.create_table(REF, SCHEMA)
    return lake


@pytest.fixture
def sleeping(monkeypatch):
    """Runs something between a committer's look and its commit, as if the committer had been stopped there."""

    def sleep_while(action):
        send = commits._send

        def overtaken(*args):
            monkeypatch.setattr(commits, "_send", send)
            action()
            send(*args)

        monkeypatch.setattr(commits, "_send", overtaken)

    return sleep_while
