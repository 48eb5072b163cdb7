"""One request and one reply as a handler sees them: decoded path, multi-valued query, JSON whatever its label."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import IO, TYPE_CHECKING, Any

import msgspec

from headrace import raw_json
from headrace.errors import Broken, ContentTypeInvalid, EmptyBody, Invalid, MalformedJson, Unavailable
from headrace.wire.pages import whole_number
from headrace.wire.storable import DEEPEST, require_storable

if TYPE_CHECKING:
    from headrace.api.sign_ins import SignIns
    from headrace.clock import Clock, Timer
    from headrace.lake import Lake
    from headrace.mapping.derivations import Derivations
    from headrace.runs.deployment import Deployment
    from headrace.runs.dispatch import Dispatch
    from headrace.runs.replaying import Replaying
    from headrace.runs.settling import Settling
    from headrace.settings import Settings
    from headrace.sources import SourceHttp
    from headrace.store.engine import Store
    from headrace.store.keyring import Keyring
    from headrace.store.scope import Caller

TRUE = ("true", "1", "yes")
FALSE = ("false", "0", "no")
JSON = "application/json"
LABELS_OF_JSON = (JSON, "application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class Query:
    """Query parameters in order, repeated ones kept; an empty value counts as absent."""

    pairs: tuple[tuple[str, str], ...]

    def one(self, name: str, default: str | None = None) -> str | None:
        """The first value of ``name``."""
        return next((value for key, value in self.pairs if key == name and value != ""), default)

    def folded(self, name: str) -> str | None:
        """The first value of ``name``, whatever the case of the parameter's name."""
        return next((value for key, value in self.pairs if key.lower() == name.lower() and value != ""), None)

    def all(self, name: str) -> list[str]:
        """Every value of ``name``."""
        return [value for key, value in self.pairs if key == name and value != ""]

    def names(self) -> set[str]:
        """The names that hold a value."""
        return {key for key, value in self.pairs if value != ""}

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean in any case (clients send ``False``); Invalid for anything else."""
        text = self.one(name)
        if text is None:
            return default
        if text.lower() not in TRUE + FALSE:
            raise Invalid(f"Query parameter {name}={text} must be true or false.", field=name)
        return text.lower() in TRUE

    def number(self, name: str, default: int | None = None, least: int = 0, most: int | None = None) -> int | None:
        """A whole number within [least, most]; Invalid otherwise."""
        text = self.one(name)
        return default if text is None else whole_number(name, text, least, most)


class AsksSource(Exception):
    """A handler has come to a question to a source, for which it must begin again among those that wait for one."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that passed the gateway. ``headers`` have lower-case names, ``path`` is the raw path.

    ``address`` is the client's, or empty. ``left``, of what may ask a source, is set when the client is gone. It
    may ask one where it ``waits`` among those that do.

    A handler hands down the part of the deployment that is needed, never the whole.
    """

    method: str
    path: str
    path_params: Mapping[str, str]
    query: Query
    headers: Mapping[str, str]
    upload: IO[bytes]
    caller: Caller
    deployment: Deployment
    id: str
    address: str
    sign_ins: SignIns
    left: threading.Event | None = None
    waits: bool = False

    @property
    def settings(self) -> Settings:
        return self.deployment.settings

    @property
    def store(self) -> Store:
        return self.deployment.store

    @property
    def clock(self) -> Clock:
        return self.deployment.clock

    @property
    def keyring(self) -> Keyring:
        return self.deployment.keyring

    @property
    def lake(self) -> Lake:
        return self.deployment.lake

    @property
    def dispatch(self) -> Dispatch:
        return self.deployment.dispatch

    @property
    def replaying(self) -> Replaying:
        return self.deployment.replaying

    @property
    def settling(self) -> Settling:
        return self.deployment.settling

    @property
    def timer(self) -> Timer:
        return self.deployment.timer

    @property
    def derivations(self) -> Derivations:
        return self.deployment.derivations

    @property
    def source_http(self) -> SourceHttp:
        """What asks sources for as long as the client waits for it; AsksSource at the first question elsewhere."""
        if self.left is None:
            raise Broken(f"{self.method} {self.path} asks a source, and does not declare it.")
        return self.deployment.http.obeying(self._require_client)

    def _require_client(self) -> None:
        if not self.waits:
            raise AsksSource
        if self.left is not None and self.left.is_set():
            raise Unavailable("The client has left.")

    @property
    def body(self) -> bytes:
        """The whole body. Handlers of large uploads read ``upload``, a file on disk, instead."""
        self.upload.seek(0)
        return self.upload.read()

    def json(self) -> Any:
        """The body as JSON. EmptyBody, MalformedJson, or ContentTypeInvalid for a label that is not JSON's.

        PATCH is read whatever its label: curl labels the tutorial's patches as forms.
        """
        return _decoded(self._labelled())

    def json_object(self, sample: str = "") -> dict[str, Any]:
        """The body as a JSON object; Invalid when it is something else.

        What the member ``sample`` holds, a source's records, stays JSON text (Raw): it is not read like what clients
        write, but like what sources send.
        """
        raw = self._labelled()
        fields = raw_json.members(raw) if sample else None
        records = None if fields is None else fields.pop(sample, None)
        body = _decoded(raw if fields is None or records is None else bytes(raw_json.assembled(fields)))
        if not isinstance(body, dict):
            raise Invalid("The body must be a JSON object.", field="body")
        return body if records is None else {**body, sample: records}

    def _labelled(self) -> bytes:
        raw = self.body
        if not raw.strip():
            raise EmptyBody()
        label = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self.method != "PATCH" and label not in LABELS_OF_JSON and not label.endswith("+json"):
            raise ContentTypeInvalid()
        return raw

    @property
    def if_match(self) -> str | None:
        """The etag of If-Match without quotes or weakness; Postman's ``?if-match=`` stands in for the header."""
        value = self.headers.get("if-match") or self.query.folded("if-match")
        return bare_etag(value) if value else None


def _decoded(raw: bytes) -> Any:
    try:
        value = msgspec.json.decode(raw)
    except RecursionError as error:
        raise MalformedJson(f"The body is nested more than {DEEPEST} levels deep; send flatter JSON.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedJson(f"The body is not valid JSON: {error}") from error
    # Looked at first as bytes: hardly any body is worth a walk.
    if raw.count(b"{") + raw.count(b"[") > DEEPEST or rb"\u0000" in raw:
        require_storable(value)
    return value


def bare_etag(value: str) -> str:
    """An etag without its ``W/`` prefix and its quotes, as it is compared."""
    return value.strip().removeprefix("W/").strip('"')


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers. A body is empty (None), bytes or an iterator that go out as they are, or JSON.

    ``status`` only where the operation declares several: None is the first that has such a body.
    """

    body: object | bytes | Iterator[bytes] | None = None
    _: KW_ONLY
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = JSON
    status: int | None = None
