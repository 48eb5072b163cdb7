"""What is on the open internet. Addresses are looked at; none is connected to."""

import ipaddress

import pytest

from headrace.sources.internet import is_public

PUBLIC = [
    "93.184.216.34", "1.1.1.1", "11.0.0.1", "100.63.255.255", "100.128.0.1", "168.63.129.15", "168.63.129.17",
    "172.32.0.1", "192.0.1.1", "192.0.3.1", "192.31.196.1", "192.88.98.1", "192.175.48.1", "198.20.0.1",
    "223.255.255.255", "2606:2800:220:1:248:1893:25c8:1946", "2001:4860:4860::8888", "2001:200::1",
    "2620:4f:8000::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822", "2002:5db8:d822::1",
]  # fmt: skip
NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.10",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::10.0.0.1", "100::1", "100:0:0:1::1", "64:ff9b:1::1", "2001::1", "2001:2::1", "2001:10::1",
    "2001:20::1", "2001:db8::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:168.63.129.16",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a83f:8110", "2002:7f00:1::", "2002:a83f:8110::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not(address: str) -> None:
    assert not is_public(address)


def test_nothing_is_public_that_this_python_knows_for_private() -> None:
    thirds = (0, 2, 100, 113)
    every = (ipaddress.ip_address(f"{a}.{b}.{c}.9") for a in range(256) for b in range(0, 256, 7) for c in thirds)
    assert not [str(ip) for ip in every if ip.is_private and is_public(str(ip))]
