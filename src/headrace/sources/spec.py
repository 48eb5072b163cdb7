"""The connection specs that ship with Headrace, and a spec document seen as the parts that an interpreter needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from headrace.errors import AuthSpecUnknown, SpecInvalid
from headrace.sources.auth import folded, is_secret_name, secret_names
from headrace.sources.block_reading import read_block
from headrace.sources.extension import BLOCK, Extension
from headrace.sources.paths import Path, parse_path
from headrace.sources.template import used_names

Json = dict[str, Any]


# -- shipped specs ---------------------------------------------------------------------------------------------


def shipped_specs() -> list[Json]:
    """The spec documents in ``specs/``, fresh copies, in the order of their file names."""
    return [msgspec.json.decode(text) for text in _texts().values()]


def shipped_spec(id: str) -> Json | None:
    """A fresh copy of the shipped spec document of this id, or None."""
    text = _texts().get(id)
    return None if text is None else msgspec.json.decode(text)


@cache
def _texts() -> Mapping[str, bytes]:
    """The files by the ids of their specs: to read them all for one of them would take most of a request's time."""
    folder = resources.files("headrace.sources").joinpath("specs")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    texts = [file.read_bytes() for file in files]
    return {msgspec.json.decode(text)["id"]: text for text in texts}


@cache
def _aliases() -> Mapping[str, str]:
    return {alias: spec["id"] for spec in shipped_specs() for alias in extension(spec).aliases}


def resolve_alias(spec_id: str) -> str:
    """The id of the shipped spec that also goes by ``spec_id``; any other id is unchanged."""
    return _aliases().get(spec_id, spec_id)


# -- authentication ----------------------------------------------------------------------------------------------


def auth_spec(spec: Mapping[str, Any], name: str) -> Json:
    """The authentication called ``name``; case, blanks and punctuation do not count."""
    offered: list[Json] = spec.get("authSpec") or []
    for member in ("name", "type"):
        for auth in offered:
            if folded(name) == folded(str(auth.get(member, ""))):
                return auth
    names = ", ".join(str(one.get("name")) for one in offered) or "none"
    raise AuthSpecUnknown(
        f"The connection spec {spec.get('name', spec.get('id'))} has no authentication {name!r}; it offers: {names}.",
        field="auth.specName",
        rule=1415,
    )


def secret_params(spec: Mapping[str, Any], name: str) -> frozenset[str]:
    """The parameters of that authentication which must be stored sealed and shown masked."""
    if not name:
        return frozenset()
    properties: Mapping[str, Any] = auth_spec(spec, name).get("spec", {}).get("properties", {})
    return secret_names(properties) | (_carried_as_secrets(spec) & properties.keys())


def _carried_as_secrets(spec: Mapping[str, Any]) -> frozenset[str]:
    """The parameters that stand in a header, a parameter or a member of the body which is secret by its name."""
    found = carriers((spec.get("sourceSpec") or {}).get("attributes") or {})
    return frozenset(name for _, _, carrier, text in found if is_secret_name(carrier) for name in used_names(str(text)))


def carriers(objects: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    """What requests carry: in which object, at which path below it, under which name, the value as it is written."""
    url = objects.get("urlParams")
    query = pairs(url.get("queryParams")) if isinstance(url, Mapping) else {}
    yield from (("headerParams", name, name, value) for name, value in pairs(objects.get("headerParams")).items())
    yield from (("urlParams", f"queryParams.{name}", name, value) for name, value in query.items())
    body = objects.get("bodyParams")
    yield from _members(pairs(body) if isinstance(body, str) else body, "")


def _members(node: Any, above: str) -> Iterator[tuple[str, str, str, Any]]:
    for name, value in node.items() if isinstance(node, Mapping) else ():
        yield "bodyParams", f"{above}{name}", name, value
        yield from _members(value, f"{above}{name}.")
    for n, value in enumerate(node) if isinstance(node, list) else ():
        yield from _members(value, f"{above}{n}.")


# -- the source spec -----------------------------------------------------------------------------------------------


def inputs(spec: Mapping[str, Any]) -> Json:
    """The JSON Schema of what a source connection takes; older specs keep it inside ``attributes``."""
    source = spec.get("sourceSpec") or {}
    found: Json = source.get("spec") or (source.get("attributes") or {}).get("spec") or {}
    return found


def extension(spec: Mapping[str, Any]) -> Extension:
    """Our own additions to the language, from the spec's ``x-headrace`` block; SpecInvalid by their place."""
    block = ((spec.get("sourceSpec") or {}).get("attributes") or {}).get(BLOCK, {})
    return read_block(block)


def settled(spec: Mapping[str, Any], params: Mapping[str, Any]) -> Json:
    """The spec with the ``x-headrace`` block that a source connection brings, where its inputs have one."""
    block = params.get(BLOCK)
    if not block or BLOCK not in (inputs(spec).get("properties") or {}):
        return dict(spec)
    source = spec["sourceSpec"]
    attributes = {**(source.get("attributes") or {}), BLOCK: block}
    return {**spec, "sourceSpec": {**source, "attributes": attributes}}


@dataclass(frozen=True, slots=True)
class Content:
    """Where the records of a page are. ``wrapper`` is empty when the array has no name."""

    path: Path
    wrapper: str
    skip: frozenset[str] = frozenset()
    keep: frozenset[str] | None = None

    def keeps(self, name: str) -> bool:
        """Whether the attribute goes into the record."""
        return name not in self.skip and (self.keep is None or name in self.keep)


@dataclass(frozen=True, slots=True)
class Extraction:
    """How one source connection is read: the objects of the spec, or the user's where the spec lets them be given."""

    url: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: Mapping[str, Any] | None
    content: Content
    explode: Content | None
    pagination: Mapping[str, Any]
    schedule: Mapping[str, Any]
    extension: Extension


def extraction(spec: Mapping[str, Any], params: Mapping[str, Any]) -> Extraction:
    """The spec as it applies to these parameters; SpecInvalid (rules 1313 to 1317) when a part cannot be read."""
    url = _object(spec, params, "urlParams")
    if not url.get("path"):
        raise SpecInvalid("The spec's urlParams have no path.", field="urlParams.path", rule=1313)
    body = _object(spec, params, "bodyParams")
    return Extraction(
        url=url,
        query=pairs(url.get("queryParams")),
        headers=pairs(_object(spec, params, "headerParams")),
        body=body or None,
        content=content_of(_found(spec, params, "contentPath"), "contentPath"),
        explode=_explode(_found(spec, params, "explodeEntityPath")),
        pagination=_object(spec, params, "paginationParams"),
        schedule=_object(spec, params, "scheduleParams"),
        extension=extension(spec),
    )


def _found(spec: Mapping[str, Any], params: Mapping[str, Any], name: str) -> Any:
    """The user's object where the spec declares it as an input, else the author's."""
    if name in inputs(spec).get("properties", {}) and params.get(name):
        return params[name]
    return ((spec.get("sourceSpec") or {}).get("attributes") or {}).get(name)


def _object(spec: Mapping[str, Any], params: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = _found(spec, params, name)
    if isinstance(found, str):
        return pairs(found)
    if found is not None and not isinstance(found, Mapping):
        raise SpecInvalid(f"The spec's {name} must be an object.", field=name, rule=1312)
    return found or {}


def pairs(params: Any) -> Mapping[str, Any]:
    """Names and values; older specs write one string, joined by ``&`` or ``,``."""
    if isinstance(params, str):
        separator = "&" if "&" in params else ","
        parted = (pair.partition("=") for pair in params.split(separator) if pair.strip())
        return {name.strip(): value for name, _, value in parted}
    return params or {}


def content_of(path_or_object: Any, name: str) -> Content:
    """A content path, as an object or (older) as a bare path."""
    members: Mapping[str, Any] = {"path": path_or_object} if isinstance(path_or_object, str) else path_or_object or {}
    if not members.get("path"):
        raise SpecInvalid(f"The spec's {name} has no path; it must point at an array.", field=f"{name}.path", rule=1313)
    path = parse_path(members["path"])
    last = next((step for step in reversed(path) if isinstance(step, str)), "")
    keep = members.get("keepAttributes")
    return Content(
        path=path,
        wrapper=members.get("overrideWrapperAttribute") or last,
        skip=frozenset(members.get("skipAttributes") or ()),
        keep=frozenset(keep) if keep else None,
    )


def _explode(explode: Any) -> Content | None:
    return content_of(explode, "explodeEntityPath") if explode else None
