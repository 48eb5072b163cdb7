"""What credentials are given for: read from a spec at the moment when they are stored."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from headrace.errors import HeadraceError
from headrace.sources.auth import is_secret_name
from headrace.sources.request import base_url
from headrace.sources.spec import auth_spec, inputs, pairs, secret_params
from headrace.sources.stored import ADDRESSES, ANY, Bound, leaves_owner
from headrace.sources.template import Values

_CHOSEN = "chosen-by-a-source-connection"


def bind(spec: Mapping[str, Any], auth_name: str, params: Mapping[str, Any]) -> Bound:
    """What the ``params`` of a base connection may be used for: its spec's host, and the addresses that it names."""
    try:
        auth = auth_spec(spec, auth_name) if auth_name else {}
        secrets = secret_params(spec, auth_name)
    except HeadraceError:  # a draft may name an authentication that there is not
        auth, secrets = {"name": auth_name}, frozenset()
    declared: Mapping[str, Any] = auth.get("spec", {}).get("properties", {})
    addresses = (params.get(name) or declared.get(name, {}).get("default") for name in ADDRESSES if name != "host")
    urls = [*_hosts(spec, declared, params, secrets), *(str(address) for address in addresses if address)]
    origins = dict.fromkeys(origin for url in urls if (origin := _origin(url)))
    secrets |= {name for name in params if is_secret_name(name)}
    return Bound(str(auth.get("name", "")), tuple(origins), tuple(sorted(secrets)))


def _hosts(
    spec: Mapping[str, Any], declared: Mapping[str, Any], params: Mapping[str, Any], secrets: frozenset[str]
) -> Iterator[str]:
    url = pairs(((spec.get("sourceSpec") or {}).get("attributes") or {}).get("urlParams"))
    chosen = dict.fromkeys(inputs(spec).get("properties") or {}, _CHOSEN)
    try:
        yield base_url(url.get("host"), Values({**chosen, **params}, frozenset(declared), secrets))
    except HeadraceError:
        return  # it lacks a value, so nothing can be asked there


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    host = host.replace(_CHOSEN, ANY)
    return f"{parts.scheme}://{host}{port}" if leaves_owner(host) else ""
