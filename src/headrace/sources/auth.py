"""How a request proves who asks: headers per kind of authentication, renewed tokens, words that must not be shown."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from headrace.errors import (
    ParamMissing,
    SourceFailure,
    SourceForbidden,
    SourceHostRefused,
    SourceMissing,
    SourceRejected,
    SourceUnauthorized,
    legible,
)
from headrace.raw_json import BROKEN, why_broken
from headrace.sources.hiding import encoded, hidden
from headrace.sources.links import Leads
from headrace.sources.masking import MASK, Masked, masked, masked_text
from headrace.sources.reading import Credentials, Request, shown
from headrace.sources.renewing import Asker, RenewedTokens
from headrace.sources.stored import TOKEN_URLS, bound_of
from headrace.sources.template import encode_query, plain

Ask = Callable[[Request], bytes]
Renewed = Callable[[Mapping[str, Any], Mapping[str, Any]], None]
Properties = Mapping[str, Mapping[str, Any]]

PLACEHOLDER = re.compile(r"\$\{([^{}|]++)\}")
_SECRETS = (
    "token", "secret", "password", "passwd", "pwd", "passphrase", "apikey", "accesskey", "secretkey", "privatekey",
    "signature", "authorization", "cookie", "credentials",
)  # fmt: skip
# What is called a token, and is a place in a list, or opens nothing by itself.
_PLACES = tuple(
    f"{kind}token" for kind in ("page", "next", "sync", "continuation", "skip", "delta", "cursor", "scroll", "start",
                                "csrf", "xsrf")
)  # fmt: skip
_LONGEST_QUOTED = 200
# What ends a renewal for good; whatever else may pass by itself, and is the failure that it is.
_REFUSALS = (SourceRejected, SourceUnauthorized, SourceForbidden, SourceMissing)


def folded(name: str) -> str:
    """A name for comparison: case, blanks and punctuation do not count (the docs spell them in many ways)."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


# -- headers per kind ----------------------------------------------------------------------------------------


def _bearer(properties: Properties, given: Credentials) -> dict[str, str]:
    if given.get("accessToken"):
        return {"Authorization": f"Bearer {plain(str(given['accessToken']))}"}
    return _basic(properties, given) if given.get("username") else {}


def _basic(properties: Properties, given: Credentials) -> dict[str, str]:
    if not given.get("username") and given.get("accessToken"):
        return _bearer(properties, given)
    pair = f"{given.get('username', '')}:{given.get('password', '')}"
    return {"Authorization": f"Basic {encoded(pair)}"}


def _api_key(properties: Properties, given: Credentials) -> dict[str, str]:
    named = ((name, declared.get("restAttributes", {}).get("headerParamName")) for name, declared in properties.items())
    return {header: plain(str(given[name])) for name, header in named if header and given.get(name)}


def _none(_: Properties, __: Credentials) -> dict[str, str]:
    return {}


# Kind (an auth spec's ``type`` or ``name``, folded) -> the headers that it adds to every request.
AUTH: dict[str, Callable[[Properties, Credentials], dict[str, str]]] = {
    "oauth2refreshcode": _bearer,
    "basicauthentication": _basic,
    "keybased": _api_key,
    "apikeyauthentication": _api_key,
    "none": _none,
}


def _kind(auth_spec: Mapping[str, Any]) -> Callable[[Properties, Credentials], dict[str, str]]:
    names = (folded(str(auth_spec.get(key, ""))) for key in ("type", "name"))
    return next((AUTH[name] for name in names if name in AUTH), _bearer)


# -- one reading's credentials -----------------------------------------------------------------------------------


class Access:
    """The credentials of one reading: headers, ``${secret}`` values, renewal, redaction.

    renewed  is told the changed credentials after a renewal, and what they were, so that the caller can keep them
    """

    def __init__(
        self, auth_spec: Mapping[str, Any] | None, credentials: Credentials, renewed: Renewed | None = None
    ) -> None:
        self._auth_spec = auth_spec or {"type": "none"}
        self._credentials = dict(credentials)
        self._bound = bound_of(credentials)
        self._renewed = renewed
        self._former: list[tuple[str, str]] = []
        self._bare = False

    def __repr__(self) -> str:
        return f"Access({self._auth_spec.get('name', 'none')})"

    def bare(self) -> "Access":
        """The same words to hide, but no headers: for a request that carries credentials in its own way."""
        access = Access(self._auth_spec, self._credentials)
        access._bound = self._bound
        access._bare = True
        return access

    @property
    def is_bare(self) -> bool:
        """Whether the request carries credentials in its own way, and its answer too."""
        return self._bare

    @property
    def properties(self) -> Properties:
        """What the auth spec declares."""
        found: Properties = self._auth_spec.get("spec", {}).get("properties", {})
        return found

    def require_allowed(self, url: str, leads: Callable[[str, str], Leads]) -> None:
        """SourceHostRefused when the credentials were stored for other addresses, or for another authentication."""
        bound = self._bound
        if bound is None or not self._credentials:
            return
        name = str(self._auth_spec.get("name", ""))
        if bound.auth_spec != name:
            raise SourceHostRefused(
                f"The credentials were stored for the authentication {bound.auth_spec or '(none)'}; the connection now "
                f"has {name or '(none)'}. Send them again to the base connection."
            )
        if not bound.allows(url, leads):
            raise SourceHostRefused(
                f"The request goes to {shown(_address(url))}, and the connection's credentials were stored for "
                f"{', '.join(bound.origins) or 'no address'}. Send them again to the base connection to use them "
                "there; what a source connection chooses of a host must stand before a name that has one owner, else "
                "the base connection must give it."
            )

    def headers(self) -> dict[str, str]:
        """The headers that authenticate a request."""
        return {} if self._bare else _kind(self._auth_spec)(self.properties, self._credentials)

    def fill_query(self, text: str) -> str:
        """``text`` with each ``${secret}`` percent-encoded."""
        return self._fill(text, encode_query)

    def fill_header(self, text: str) -> str:
        """``text`` with each ``${secret}`` as it is."""
        return self._fill(text, plain)

    def fill_body(self, text: str) -> str:
        """JSON text with each ``${secret}`` escaped."""
        return self._fill(text, lambda value: msgspec.json.encode(value).decode()[1:-1])

    def redact(self, text: str) -> str:
        """``text`` without any secret value, in whatever encoding it was sent."""
        return hidden(text, self._secrets(), lambda _: MASK)

    def masked(self, page: bytes) -> Masked:
        """A page of the source without any secret that it repeats."""
        return masked(page, self._secrets())

    def masked_text(self, text: str) -> str:
        """A text of a page as it is in the masked page."""
        return masked_text(text, self._secrets())

    def cleaned(self, error: SourceFailure) -> SourceFailure:
        """The failure without any secret in its words; what it quotes of the source is cut when that is done."""
        quoted = error.facts.pop("quoted", None)
        message = self.redact(error.message if quoted is None else f"{error.message}: {quoted}")
        if quoted is not None:
            message = legible(message, _LONGEST_QUOTED + len(error.message))
        return error if message == error.message else type(error)(message, **error.facts)

    def named(self, text: str) -> str:
        """``text`` with each secret value as ``${name}``, in whatever encoding it was sent."""
        return hidden(text, self._secrets(), placeholder, keep=PLACEHOLDER.pattern)

    def without_secrets(self, request: Request) -> Request:
        """A request with each secret that stands in its address as ``${name}``: a source may repeat one in a link."""
        return msgspec.structs.replace(request, url=self.named(request.url), query=self.named(request.query))

    def _secrets(self) -> Iterator[tuple[str, str]]:
        """Names and values, those that a renewal replaced too; of user and password also the pair that Basic sends."""
        names = secret_names(self.properties) | set(self._bound.secrets if self._bound else ())
        now = [(name, str(self._credentials.get(name) or "")) for name in sorted(names)]
        yield from (*now, *self._former)
        user, password = self._credentials.get("username"), self._credentials.get("password")
        if user and password:
            yield "password", f"{user}:{password}"
        elif user:
            yield "username", encoded(f"{user}:")  # some keys go as a user without a password

    def renew(self, ask: Ask, tokens: RenewedTokens, keep_on: Callable[[], None]) -> bool:
        """Whether a new access token is at hand; SourceUnauthorized when the source refuses to give one.

        ``keep_on`` raises where whoever waits for another thread's renewal must end.
        """
        if self._bare or not self._credentials.get("refreshToken") or not self._token_url():
            return False
        origins = self._bound.origins if self._bound is not None else ()
        asker = Asker(self._credentials, self._token_url(), origins)
        fresh = tokens.renewed(asker, lambda: self._exchange(ask), keep_on)
        former = {name: self._credentials.get(name) for name in fresh}
        self._former += [(name, str(value)) for name, value in former.items() if value]
        self._credentials.update(fresh)
        if self._renewed is not None:
            self._renewed(fresh, former)
        return True

    def _token_url(self) -> str:
        for name in TOKEN_URLS:
            url = self._credentials.get(name) or self.properties.get(name, {}).get("default")
            if url:
                return str(url)
        return ""

    def _exchange(self, ask: Ask) -> dict[str, Any]:
        names = self._credentials.get("requestParameterOverride") or {}
        form = {
            "grant_type": "refresh_token",
            names.get("refreshTokenField", "refresh_token"): self._credentials["refreshToken"],
            names.get("clientId", "client_id"): self._credentials.get("clientId"),
            names.get("clientSecret", "client_secret"): self._credentials.get("clientSecret"),
        }
        request = _token_request(self._token_url(), urlencode({k: v for k, v in form.items() if v}), names)
        try:
            answer = msgspec.json.decode(ask(request), type=dict[str, Any])
        except _REFUSALS as error:
            raise _refused(error.message) from error
        except BROKEN as error:
            raise _refused(f"its answer cannot be read ({why_broken(error)}).") from error
        token = answer.get(names.get("accessTokenField", "access_token"))
        if not token:
            raise _refused("the answer holds no access token.")
        fresh = {"accessToken": token}
        rotated = answer.get(names.get("refreshTokenField", "refresh_token"))
        return fresh | ({"refreshToken": rotated} if rotated else {})

    def _fill(self, text: str, encode: Callable[[str], str]) -> str:
        def value(found: re.Match[str]) -> str:
            name = found[1].strip()
            if not self._credentials.get(name):
                raise ParamMissing(f"The credential {name} is missing; the source's requests need it.", field=name)
            return encode(str(self._credentials[name]))

        return PLACEHOLDER.sub(value, text) if "${" in text else text


def _token_request(url: str, form: str, names: Mapping[str, Any]) -> Request:
    if names.get("authenticationMethod") == "GET":
        return Request("GET", url, query=form)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return Request("POST", url, headers=headers, body=form)


def _refused(why: str) -> SourceUnauthorized:
    return SourceUnauthorized(
        f"The source did not renew the access token: {why} Authorise the connection again and update its credentials."
    )


def placeholder(name: str) -> str:
    """What stands where a secret is put in when a request is sent."""
    return "${" + name + "}"


def secret_names(properties: Properties) -> frozenset[str]:
    """The properties that are secrets: by their format, by their name, or since a header of their own carries them."""
    return frozenset(
        name
        for name, declared in properties.items()
        if declared.get("format") == "password"
        or is_secret_name(name)
        or (declared.get("restAttributes") or {}).get("headerParamName")
    )


def is_secret_name(name: str) -> bool:
    """Whether a parameter, or a header that carries one, is secret by its name, whatever a spec says of it."""
    return folded(name).endswith(_SECRETS)


def is_credential(name: str) -> bool:
    """Whether what a header, a parameter or a member of that name carries is a secret, and not a place in a list."""
    return is_secret_name(name) and not folded(name).endswith(_PLACES)


def _address(url: str) -> str:
    return url.partition("?")[0]
