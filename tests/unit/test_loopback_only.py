"""Whatever asks another machine in a test is refused, so that nothing but the source client can ever have asked one."""

import socket

import pytest


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_another_machine_is_refused_before_anything_is_sent(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as client, pytest.raises(AssertionError, match="nothing but loopback"):
        client.connect((address, 80))
