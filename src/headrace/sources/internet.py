"""Which addresses are on the open internet, by the IANA registries of special-purpose addresses (of October 2025).

The list is our own: Python's ``ipaddress`` knows what was registered when that Python was made.
"""

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

_IPV4_NOT = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared with a carrier
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's own services, to its machines alone
        "169.254.0.0/16",  # link-local
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_IPV6_ASSIGNED = IPv6Network("2000::/3")  # all else is special, or nobody's yet
_IPV6_NOT = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
_6TO4 = IPv6Network("2002::/16")
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64


def is_public(address: str) -> bool:
    """Whether an address is on the open internet, also when it hides an IPv4 address inside an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _IPV4_NOT)
    inner = _inner(ip)
    if inner is not None:
        return is_public(str(inner))
    return ip in _IPV6_ASSIGNED and not any(ip in network for network in _IPV6_NOT)


def _inner(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip in _6TO4:
        return IPv4Address(ip.packed[2:6])
    return IPv4Address(ip.packed[-4:]) if ip in _TRANSLATED else None
