"""What holds for every test."""

import socket
import sys
from ipaddress import ip_address
from typing import Any

from hypothesis import settings

pytest_plugins = ["write_times"]

# How long an example takes is the machine's affair; a test of hangs has a limit of its own.
settings.register_profile("headrace", deadline=None)
settings.load_profile("headrace")


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    """No test asks another machine, whatever library does it; those that the package asks go through its own guard."""
    if event != "socket.connect":
        return
    connection, address = arguments
    if connection.family in (socket.AF_INET, socket.AF_INET6) and not ip_address(address[0]).is_loopback:
        raise AssertionError(f"A test connects to {address[0]}: nothing but loopback is asked.")


sys.addaudithook(_refuse_other_machines)
