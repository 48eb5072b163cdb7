"""Addresses that hold a user and a password, which everybody would be shown, and those that are none."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from headrace.errors import ParamInvalid
from headrace.sources.auth import folded
from headrace.sources.refusing import wrong

_ADDRESSES = ("host", "hostname", "url", "endpoint")
_HOSTS = ("host", "hostname")
# Also where a slash is missing, or too many: it would be shown as it stands.
_USER_FIRST = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*+:[/\\]*+|[/\\]{2,}+)?[^/\\?#]*?@")
_USER_SOMEWHERE = re.compile(r"://[^/\s?#@:]*+:[^/\s?#@]*+@")
_PLACEHOLDER = re.compile(r"\$?\{[^{}]*+\}+")


def has_user(address: str) -> bool:
    """Whether what is meant as an address has a user before its host."""
    return bool(_USER_FIRST.match(address))


def is_address(address: str) -> bool:
    """Whether it can be read as a URL, or as a host; what stands for a value may be any."""
    text = _PLACEHOLDER.sub("1", address.strip())
    try:
        _ = urlsplit(text if "://" in text else f"https://{text}").port
    except ValueError:
        return False
    return True


def goes_on(address: str, marks: str = "?#") -> bool:
    """Whether an address goes on where its path ends: with a query, or with what is never sent."""
    return any(mark in marks for mark in _PLACEHOLDER.sub("1", address))


def texts(node: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text below a node with its place; the names of members, too."""
    if isinstance(node, str):
        yield where, node
    elif isinstance(node, Mapping):
        for name, value in node.items():
            place = f"{where}.{name}" if where else name
            yield place, name
            yield from texts(value, place)
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from texts(value, f"{where}[{n}]")


def check_texts(spec: Mapping[str, Any]) -> None:
    """SpecInvalid for a URL with a user and a password anywhere in a spec."""
    for place, text in texts(spec, ""):
        if _USER_SOMEWHERE.search(text):
            raise wrong(
                place, "holds a user and a password before a host, which everybody would be shown; leave them out"
            )


def check_addresses(params: Mapping[str, Any], where: str) -> None:
    """ParamInvalid for an address that none is, and for one with a user: it would be shown, password and all."""
    for place, text in texts(params, where):
        name = folded(place.rpartition(".")[2])
        if "://" not in text and not name.endswith(_ADDRESSES):
            continue
        if has_user(text) or _USER_SOMEWHERE.search(text):
            raise ParamInvalid(
                f"{place} holds a user before the host; give user and password as parameters of their own, where they "
                "are sealed.",
                rule=1312,
                field=place,
            )
        if (name.endswith(_HOSTS) or (name.endswith(_ADDRESSES) and "://" in text)) and not is_address(text):
            raise ParamInvalid(f"{place} is no address; write it as https://api.example.com.", rule=1312, field=place)
        if name.endswith(_HOSTS) and goes_on(text):
            raise ParamInvalid(
                f"{place} goes on behind its path, with ? or #, where the source's own would be lost; leave it out.",
                rule=1312,
                field=place,
            )
