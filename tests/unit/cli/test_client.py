"""The client where no server is: an error that says what to do, not a traceback."""

import socket
import sys

import pytest

from headrace import main
from headrace.client import Client, ServerUnreachable


def nowhere() -> str:
    """An address that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


@pytest.mark.parametrize("url", ["", "nohow", "http://[::1"])
def test_no_server_is_told_with_its_address(url: str) -> None:
    address = url or nowhere()
    with Client(address, "org", "token", "key") as client, pytest.raises(ServerUnreachable, match="headrace serve"):
        client.call("GET", "/health")


def test_a_command_says_it_in_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["headrace", "replay", "run", "--org", "org", "--url", nowhere()])
    with pytest.raises(SystemExit) as ended:
        main.run()
    told = capsys.readouterr().err
    assert ended.value.code == 1 and len(told.splitlines()) == 1 and "headrace serve" in told
