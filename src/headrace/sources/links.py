"""Links to the next page: found in a header or a body, read as a browser would, followed only where it is safe."""

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import httpx2
import msgspec

from headrace.errors import SourceUnreadable
from headrace.sources.reading import Request
from headrace.sources.template import encode_link

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Nothing that matched is given back: the text is a stranger's, and what is read in two ways is read in 2**n.
_PARAMETER = r"""\s*+;\s*+(?P<name>[^\s=;,]++)(?:\s*+=\s*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<plain>[^\s",;]*+)))?+"""
_LINK = re.compile(rf"\s*+<(?P<target>[^>]*+)>(?P<parameters>(?:{_PARAMETER})*+)\s*+(?:,|$)")
_NAMED = re.compile(_PARAMETER)


def next_of(header: str) -> str | None:
    """The target whose relation is ``next`` in a Link header (RFC 8288); None where it has none.

    SourceUnreadable for a header that is no list of links.
    """
    at = 0
    while at < len(header):
        link = _LINK.match(header, at)
        if link is None:
            raise SourceUnreadable("The source's Link header cannot be read", quoted=header)
        named: dict[str, str] = {}
        for parameter in _NAMED.finditer(link["parameters"]):
            named.setdefault(parameter["name"].lower(), parameter["quoted"] or parameter["plain"] or "")
        # With an anchor the relation is another resource's.
        if "next" in named.get("rel", "").lower().split() and "anchor" not in named:
            return link["target"]
        at = link.end()
    return None


def following(asked: Request, first: Request, link: str, keep: Sequence[str] = ()) -> Request:
    """The request that a link on the page of ``asked`` leads to; of the first query, the names in ``keep`` stay."""
    url, _, query = _absolute(asked.target, link).partition("?")
    there = {_name(pair) for pair in query.split("&")}
    own = [pair for pair in first.query.split("&") if _name(pair) in keep and _name(pair) not in there]
    return msgspec.structs.replace(first, url=url, query="&".join([*filter(None, [query]), *own]))


def _absolute(base: str, link: str) -> str:
    try:
        parts = urlsplit(urldefrag(urljoin(base, encode_link(link))).url)
        return parts._replace(netloc=_ascii(parts.scheme, unquote(parts.netloc))).geturl()
    except ValueError as error:
        raise SourceUnreadable("The source's link to the next page is no address", quoted=link) from error


def _name(pair: str) -> str:
    return unquote(pair.partition("=")[0].replace("+", " "))


# -- where a link leads ----------------------------------------------------------------------------------------------


class Leads(Enum):
    """Where an address leads, seen from another one."""

    HERE = "the same scheme, host and port"
    TO_TLS = "the https twin: the same host, from http to https, both on their default ports"
    OUT_OF_TLS = "the same host, but without https"
    AWAY = "elsewhere"


@lru_cache(maxsize=256)
def leads(asked: str, onward: str) -> Leads:
    """Where ``onward`` leads from ``asked``; both are whole URLs."""
    here, there = _origin(asked), _origin(onward)
    if here == there:
        return Leads.HERE
    if here[1] != there[1] or not here[1]:
        return Leads.AWAY
    if (here[0], here[2], there[0], there[2]) == ("http", 80, "https", 443):
        return Leads.TO_TLS
    return Leads.OUT_OF_TLS if (here[0], there[0]) == ("https", "http") else Leads.AWAY


def _origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port as the client reads them when it connects: of two readings one would be another host's."""
    try:
        read = httpx2.URL(url)
    except httpx2.InvalidURL:  # a port that is no number, brackets that do not close
        return "", "", 0
    host = read.raw_host.decode().lower()
    return read.scheme, host, read.port or _DEFAULT_PORTS.get(read.scheme, 0)


def _ascii(scheme: str, netloc: str) -> str:
    if netloc.isascii():
        return netloc
    try:
        return httpx2.URL(f"{scheme}://{netloc}").netloc.decode()
    except httpx2.InvalidURL:
        return netloc
