"""A URL that a person pasted, taken apart: what is asked, who asks, and which of it is secret."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from headrace.errors import Invalid
from headrace.sources.auth import folded, placeholder
from headrace.sources.reading import Request
from headrace.sources.template import encode_author

Json = dict[str, Any]

_SECRET_NAMES = ("key", "token", "secret", "password", "signature", "authorization", "appid", "cookie")
_SCHEME = re.compile(r"(?P<scheme>\S+)\s+(?P<value>\S.*)")


@dataclass(frozen=True, slots=True)
class Address:
    """What to ask. ``query`` and ``headers`` hold ``${name}`` for each secret; ``credentials`` their values.

    auth  the authentication that a spec needs for it: name, type and the JSON Schema of its members
    """

    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    auth: Json
    credentials: Mapping[str, str] = field(repr=False)

    @property
    def request(self) -> Request:
        """The request, its secrets left out."""
        query = "&".join(f"{encode_author(name)}={_written(value)}" for name, value in self.query.items())
        return Request("GET", f"{self.host}{self.path}", query, {"Accept": "application/json", **self.headers})


def _written(value: str) -> str:
    return value if value.startswith("${") else encode_author(value).replace("&", "%26")


def address_of(url: str, headers: Mapping[str, Any]) -> Address:
    """The address of a URL and the headers that go with it; Invalid where it is no http or https URL."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid(f"{url.partition('?')[0]} is no http or https URL.")
    signed = _Signed()
    if parts.username:
        signed.basic(unquote(parts.username), unquote(parts.password or ""))
    query = {name: signed.query(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True)}
    plain = dict(pair for name, value in headers.items() for pair in signed.header(name, str(value)))
    host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return Address(host, parts.path or "/", query, plain, signed.auth, signed.credentials)


def is_secret(name: str) -> bool:
    """Whether a parameter or header of this name holds a secret."""
    return folded(name).endswith(_SECRET_NAMES)


class _Signed:
    """The authentication, as far as it is known while a URL is read."""

    def __init__(self) -> None:
        self.credentials: dict[str, str] = {}
        self._kind = "None"
        self._members: dict[str, Json] = {}

    @property
    def auth(self) -> Json:
        names = {"OAuth2RefreshCode": "OAuth2 Refresh Code", "KeyBased": "API Key Authentication"}
        name = names.get(self._kind, "Basic Authentication" if self._kind != "None" else "None")
        schema = {"type": "object", "properties": self._members, "required": list(self._members)}
        return {"name": name, "type": self._kind, "spec": schema}

    def basic(self, user: str, password: str) -> None:
        """User and password, as the Basic header has them."""
        self._kind = "BasicAuthentication"
        self._member("username", user, {"type": "string"})
        self._secret("password", password)

    def query(self, name: str, value: str) -> str:
        """What a spec has as the value of a query parameter."""
        if not is_secret(name) or not value:
            return value
        self._keyed()
        member = _member_name(name)
        self._secret(member, value)
        return placeholder(member)

    def header(self, name: str, value: str) -> Iterator[tuple[str, str]]:
        """The header that a spec needs; none where the authentication sends it."""
        match = _SCHEME.fullmatch(value)
        if folded(name) == "authorization" and match:
            yield from self._authorization(match["scheme"], match["value"])
        elif is_secret(name):
            self._keyed()
            self._secret(_member_name(name), value, restAttributes={"headerParamName": name})
        else:
            yield name, value

    def _authorization(self, scheme: str, value: str) -> Iterator[tuple[str, str]]:
        if scheme.lower() == "bearer":
            self._kind = "OAuth2RefreshCode"
            self._secret("accessToken", value)
        elif scheme.lower() == "basic":
            try:
                user, _, password = base64.b64decode(value).decode().partition(":")
            except ValueError as error:
                raise Invalid("The Authorization header is no Basic authentication: it must be base64.") from error
            self.basic(user, password)
        else:
            self._keyed()
            self._secret("accessToken", value)
            yield "Authorization", f"{scheme} {placeholder('accessToken')}"

    def _keyed(self) -> None:
        self._kind = "KeyBased" if self._kind == "None" else self._kind

    def _secret(self, name: str, value: str, **more: Any) -> None:
        self._member(name, value, {"type": "string", "format": "password", **more})

    def _member(self, name: str, value: str, schema: Json) -> None:
        self.credentials[name] = value
        self._members[name] = schema


def _member_name(name: str) -> str:
    """A parameter's name as a member: ``X-Api-Key`` is ``apiKey``."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word and word.lower() != "x"] or ["key"]
    first = words[0] if len(words) == 1 and not words[0].isupper() else words[0].lower()
    return first + "".join(word[:1].upper() + word[1:].lower() for word in words[1:])
