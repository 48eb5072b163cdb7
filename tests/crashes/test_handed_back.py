"""Work that is interrupted in order: the process stops, or the flow goes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crashes.kinds import FLOW_RUN, KINDS, Kind, assert_nothing, assert_whole
from crashes.matrix import crossed
from crashes.world import World
from headrace.client import FLOW_SERVICE
from headrace.crash_points import LANDED, MAPPING

pytestmark = pytest.mark.slow

REQUEST = b"POST /_emulator/clock HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
HANDED_BACK = "The process that worked on this run was stopped."


@crossed({"kind": KINDS})
def test_a_server_stopped_in_mid_run_hands_its_run_back(world: World, kind: Kind) -> None:
    work = kind.prepare(world)
    first = world.hold(MAPPING, "serve")
    work.begin()
    world.held(first)
    address = world.address(first)
    with request_in_hand(address):
        first.terminate()
        world.until(lambda: not listens(address))
        world.wake(first)
        world.until(lambda: work.run.waits_for)
        # It lives on for its request, and leaves the run to others.
        world.until_beats(5)
        assert (work.run.waits_for, work.run.attempt) == (HANDED_BACK, 1)
    world.ended(first)
    world.start()
    work.until_over()
    assert_whole(work)


@contextmanager
def request_in_hand(address: tuple[str, int]) -> Iterator[None]:
    """A request whose body comes at the end only: a server that stops waits for it."""
    with socket.create_connection(address) as client:
        client.sendall(REQUEST)
        assert client.recv(1024).startswith(b"HTTP/1.1 100 Continue")
        yield
        client.sendall(b"{}")
        assert client.recv(1024).startswith(b"HTTP/1.1 4")


def listens(address: tuple[str, int]) -> bool:
    with socket.socket() as client:
        return client.connect_ex(address) == 0


@crossed()
def test_a_flow_deleted_in_mid_run_leaves_no_rows(world: World) -> None:
    work = FLOW_RUN.prepare(world)
    first = world.hold(LANDED)
    work.begin()
    world.held(first)
    world.call("DELETE", f"{FLOW_SERVICE}/flows/{work.run.flow_id}")
    world.wake(first)
    work.until_over()
    (error,) = world.shown_run(work.run.id)["metrics"]["statusSummary"]["errors"]
    assert "deleted" in error["message"]
    assert_nothing(work, "aborted")
    world.verify_by_command()
