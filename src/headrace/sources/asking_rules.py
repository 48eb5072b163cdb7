"""Requests that cannot be sent, refused by their place and the rule: addresses, headers, bodies, placeholders."""

import re
from collections.abc import Collection
from typing import Any

from headrace.sources.refusing import ABSENT, object_of, require_name, require_spelt, wrong
from headrace.sources.spec import pairs
from headrace.sources.template import FILTERS, used_filters, used_names
from headrace.sources.url_rules import goes_on, has_user, is_address, texts

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SHOWN = 60  # characters of a name


def check_url(url_params: Any, where: str) -> None:
    """SpecInvalid for an address that cannot be asked."""
    url = object_of(url_params, where)
    require_spelt(url, ("host", "path", "method", "queryParams"), where)
    if not isinstance(url.get("path"), str) or not url["path"].strip():
        raise wrong(f"{where}.path", "is missing; it is the path of the source's resource", ABSENT)
    check_path(url["path"], f"{where}.path")
    if not isinstance(url.get("host", ""), str):
        raise wrong(f"{where}.host", "must be text")
    _check_host(url.get("host", ""), f"{where}.host")
    if str(url.get("method") or "GET").upper() not in ("GET", "POST"):
        raise wrong(f"{where}.method", f"{url['method']} is not supported; use GET or POST")
    _check_values(url.get("queryParams") or {}, f"{where}.queryParams")
    _check_filters(url, where)


def _check_host(host: str, where: str) -> None:
    if host:
        require_name(host, where)
    scheme = _SCHEME.match(host.strip())
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise wrong(where, f"has the scheme {scheme[1][:_SHOWN]}; sources are asked by http or https")
    if has_user(host):
        raise wrong(where, "holds a user before the host, which everybody would be shown; use an authentication")
    if not is_address(host):
        raise wrong(where, "is no address; write it as https://api.example.com")
    if goes_on(host):
        raise wrong(where, "goes on behind its path, with ? or #, where urlParams.path would be lost; leave that out")


def check_path(path: str, where: str) -> None:
    """SpecInvalid for a path with a query: what is said of parameters elsewhere would not hold for those in it."""
    if goes_on(path, "?"):
        raise wrong(where, "holds a query; write its parameters into queryParams")


def check_headers(headers: Any, where: str) -> None:
    """SpecInvalid for headers that no request can have."""
    _check_values(headers, where)
    for name, value in pairs(headers).items():
        check_header_name(name, f"{where}.{name}")
        if re.search(r"[\r\n\0]", str(value)):
            raise wrong(f"{where}.{name}", "holds a line break, which no header can have")


def check_header_name(name: str, where: str) -> None:
    """SpecInvalid for what is no header's name."""
    if not HEADER_NAME.fullmatch(name):
        raise wrong(where, f"{name[:_SHOWN]!r} is no name of a header: it is letters, digits and hyphens")


def check_body(body: Any, where: str) -> None:
    """SpecInvalid for a body that is no object."""
    if not isinstance(body, str):
        _check_filters(object_of(body, where), where)


def _check_values(values: Any, where: str) -> None:
    """Names and values, as an object or (older) one text."""
    if isinstance(values, str):
        for name in pairs(values):
            require_name(name, where)
        return
    for name, value in object_of(values, where).items():
        if not name.strip():
            raise wrong(where, "has a blank name")
        if isinstance(value, dict | list):
            raise wrong(f"{where}.{name}", "must be text, a number or a boolean")
    _check_filters(values, where)


def _check_filters(node: Any, where: str) -> None:
    for place, text in texts(node, where):
        for name in used_filters(text):
            if name not in FILTERS:
                raise wrong(place, f"uses the filter {name}, which is none; there are {', '.join(sorted(FILTERS))}")


def require_declared(node: Any, where: str, declared: Collection[str]) -> None:
    """SpecInvalid for a placeholder whose name is not among ``declared``."""
    for place, text in texts(node, where):
        for name in used_names(text):
            if name not in declared:
                raise wrong(
                    place, f"uses {name[:_SHOWN]}, which neither the spec's inputs nor its authentications declare"
                )
