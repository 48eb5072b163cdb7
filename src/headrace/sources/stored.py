"""Credentials that were stored, and what they may be used for."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from headrace.sources.links import Leads
from headrace.sources.suffixes import has_owner

ANY = "*"
TOKEN_URLS = ("refreshTokenUrl", "accessTokenUrl")
# What a connection may have as an address, declared or not; it is read as one, and no secret unless a spec says so.
ADDRESSES = ("host", *TOKEN_URLS, "authorizationTestUrl")
_CHOSEN = "[a-z0-9.-]+"  # what a source connection may choose of a host


class Bound(msgspec.Struct, frozen=True, rename="camel"):
    """What secrets were given for, as the spec was when they were stored.

    auth_spec  the name of the authentication
    origins    where requests may carry them, such as ``https://api.example.org``; a ``*`` in the host is what a source
               connection chooses
    secrets    the names of the parameters that are secret
    """

    auth_spec: str
    origins: tuple[str, ...]
    secrets: tuple[str, ...]

    def allows(self, url: str, leads: Callable[[str, str], Leads]) -> bool:
        """Whether a request to ``url`` may carry the secrets; ``leads`` says where one URL leads from another."""
        return any(leads(_nearest(origin, url), url) in (Leads.HERE, Leads.TO_TLS) for origin in self.origins)


class StoredCredentials(Mapping[str, Any]):
    """The parameters of a base connection in the clear, with what the ``sealed`` ones among them were given for.

    Each that is sealed is a secret, whatever a spec says of it, then or now; but not the address that they go to.
    """

    def __init__(self, public: Mapping[str, Any], sealed: Mapping[str, Any], bound: Bound) -> None:
        self._values = {**public, **sealed}
        self.sealed = frozenset(sealed)
        secrets = {name for name, value in sealed.items() if name not in ADDRESSES and not _is_of(bound.origins, value)}
        self.bound = msgspec.structs.replace(bound, secrets=tuple(sorted({*bound.secrets, *secrets})))

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"StoredCredentials({', '.join(sorted(self._values))})"


def bound_of(credentials: Mapping[str, Any]) -> Bound | None:
    """What the credentials may be used for; None for those that came with the request that uses them."""
    return credentials.bound if isinstance(credentials, StoredCredentials) else None


def _is_of(origins: tuple[str, ...], value: Any) -> bool:
    """Whether a value stands in the address of one of the origins, which every error shows."""
    names = re.compile(rf"(?<![a-z0-9]){re.escape(str(value).strip().rstrip('/').lower())}(?![a-z0-9])")
    return any(names.search(origin) for origin in origins)


def _nearest(origin: str, url: str) -> str:
    """The origin, what was left open of its host chosen as in the URL where that can be."""
    if ANY not in origin:
        return origin
    host, open_host = urlsplit(url).hostname or "", urlsplit(origin).hostname or ""
    pattern = _CHOSEN.join(map(re.escape, open_host.split(ANY)))
    # An earlier release bound secrets to more.
    return origin.replace(open_host, host) if leaves_owner(open_host) and re.fullmatch(pattern, host) else origin


def leaves_owner(host: str) -> bool:
    """Whether what a source connection chooses of a host leaves a name to the spec that has one owner."""
    return ANY not in host or has_owner(host.rpartition(ANY)[2].partition(".")[2])
