"""What a person types for a source: parted into credentials and parameters, checked, and the secrets among it known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from headrace import sources
from headrace.errors import Invalid
from headrace.sources.auth import PLACEHOLDER, folded, placeholder, secret_names
from headrace.sources.hiding import SHORTEST, hidden
from headrace.sources.recording import Recording
from headrace.sources.spec import inputs

Json = dict[str, Any]
_SECRET_ENDINGS = ("token", "secret", "password", "apikey", "authkey", "accesskey", "authorization")


@dataclass(frozen=True, slots=True)
class Typed:
    """The inputs of one source. ``auth`` is the name of its authentication, empty for none."""

    auth: str
    credentials: Json
    params: Json

    def secrets(self, spec: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Names and values of what is secret among the parameters: by the spec's word, or by their names."""
        declared = secret_names(inputs(spec).get("properties", {}))
        return list(_secrets(self.params, declared))


def parted(spec: Json, auth: str, typed: Json) -> Typed:
    """What is credentials and what is parameters, valid for the spec; Invalid for a name that neither knows."""
    name = _auth_name(spec, auth, typed)
    ours = _names(inputs(spec))
    theirs = _names(sources.auth_spec(spec, name).get("spec") or {}) | {"host"} if name else {"host"}
    for member in typed:
        if member not in ours and member not in theirs and not _is_open(spec):
            close = get_close_matches(member, ours | theirs, n=1)
            meant = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(ours | theirs))}"
            raise Invalid(f"{member} is neither a credential nor a parameter of this spec ({meant}).")
    credentials = {member: value for member, value in typed.items() if member not in ours and member in theirs}
    params = {member: value for member, value in typed.items() if member not in credentials}
    if name:
        sources.check_auth(spec, name, credentials)
    sources.check_params(spec, params)
    sources.check_given(spec, params)
    return Typed(name, credentials, params)


def _is_open(spec: Json) -> bool:
    return bool(inputs(spec).get("additionalProperties"))


def _names(schema: Mapping[str, Any]) -> set[str]:
    return {*schema.get("properties", {}), *schema.get("required", ())}


def _auth_name(spec: Json, auth: str, typed: Json) -> str:
    """The authentication that was asked for, else the first one whose required members are all there."""
    offered = [str(kind["name"]) for kind in spec.get("authSpec") or ()]
    if auth:
        return str(sources.auth_spec(spec, auth)["name"])
    for name in offered:
        required = sources.auth_spec(spec, name).get("spec", {}).get("required", ())
        if set(required) <= set(typed):
            return name
    return offered[0] if offered else ""


def _secrets(value: Any, declared: frozenset[str], name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for member, below in value.items():
            yield from _secrets(below, declared, str(member))
    elif isinstance(value, list):
        for below in value:
            yield from _secrets(below, declared, name)
    elif _is_secret(name, declared) and len(str(value)) >= SHORTEST and not PLACEHOLDER.search(str(value)):
        yield name, str(value)


def _is_secret(name: str, declared: frozenset[str]) -> bool:
    return name in declared or folded(name).endswith(_SECRET_ENDINGS) or folded(name) == "key"


# -- recordings ----------------------------------------------------------------------------------------------------


def public(spec: Json, typed: Typed) -> Typed:
    """The inputs as a recording keeps them: no secret credentials, and ``${name}`` for what else is secret."""
    secret = sources.secret_params(spec, typed.auth)
    also = typed.secrets(spec)
    credentials = {name: value for name, value in typed.credentials.items() if name not in secret}
    return Typed(typed.auth, credentials, _without(typed.params, also))


def _without(value: Any, secrets: list[tuple[str, str]]) -> Any:
    if isinstance(value, Mapping):
        return {name: _without(below, secrets) for name, below in value.items()}
    if isinstance(value, list):
        return [_without(below, secrets) for below in value]
    return hidden(value, secrets, placeholder) if isinstance(value, str) else value


def replayable(spec: Json, recording: Recording, typed: Json) -> tuple[Typed, dict[str, str]]:
    """The inputs of a recording, what was typed put over them, and what stands for the secrets that it leaves out."""
    required = sources.secret_params(spec, recording.auth) if recording.auth else frozenset()
    names = {*required, *PLACEHOLDER.findall(str(recording.params))}
    secrets = {name: f"recorded-{name}" for name in sorted(names)}
    # A credential that the parameters refer to is put in when a request is sent.
    inside = {name: value for name, value in secrets.items() if name not in required}
    known = {**{name: secrets[name] for name in required}, **recording.credentials, **_filled(recording.params, inside)}
    return parted(spec, recording.auth, {**known, **typed}), secrets


def _filled(value: Any, secrets: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(below, secrets) for name, below in value.items()}
    if isinstance(value, list):
        return [_filled(below, secrets) for below in value]
    if not isinstance(value, str):
        return value
    return PLACEHOLDER.sub(lambda match: secrets.get(match[1], match[0]), value)
