"""The address that a request comes from, and what counts as one address for who shares and who waits."""

from ipaddress import IPv6Address, IPv6Network, ip_address

NETWORK_BITS = 64


def plain(host: str) -> str:
    """An address as one writes it, IPv4 also where it came inside an IPv6 one; empty for what is none.

    What a proxy passes on is its sender's text: it is neither kept nor recorded as it came.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    return str((isinstance(address, IPv6Address) and address.ipv4_mapped) or address)


def network(address: str) -> str:
    """What one subscriber has: an IPv4 address, or 64 bits of IPv6, within which each request may come from another."""
    if ":" not in address:
        return address
    return str(IPv6Network((int(IPv6Address(address)) >> NETWORK_BITS << NETWORK_BITS, NETWORK_BITS)))
