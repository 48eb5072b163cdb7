"""Addresses as proxies and sockets write them become one spelling; what is none becomes nothing."""

import pytest

from headrace.api.addresses import network, plain


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", ""),
        ("unknown", ""),
        ("192.0.2.1 ", ""),
        ("x" * 60_000, ""),
    ],
)
def test_plain(host: str, address: str) -> None:
    assert plain(host) == address


@pytest.mark.parametrize(
    ("address", "shared"), [("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("", "")]
)
def test_network(address: str, shared: str) -> None:
    assert network(address) == shared
