"""Identity flags of mappings that have no effect: only a descriptor on the schema makes a field an identity."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from headrace.dataprep import drafts
from headrace.dataprep.drafts import Item, Problem, Schema
from headrace.errors import MappingSyntax
from headrace.identity import namespaces
from headrace.mapping.paths import parse_path
from headrace.registry import descriptors
from headrace.registry.library import Library
from headrace.store.scope import Caller

DESCRIPTORS_PATH = "/data/foundation/schemaregistry/tenant/descriptors"
SOME_CODE = "<code of a namespace>"


@dataclass(frozen=True, slots=True)
class Target:
    """The schema that flags are held to: its identity descriptors by path, and the codes that the org knows."""

    uri: str
    identities: Mapping[str, list[Mapping[str, Any]]]
    codes: Mapping[str, str]


def unmet(
    conn: sa.Connection, caller: Caller, schema: Schema, items: Sequence[Item], tenant: str
) -> dict[int, list[Problem]]:
    """What to warn of, by the place of the item: each flag that no descriptor of the schema bears out."""
    marked = {n: one for n, one in enumerate(items) if any(one.get(name) for name in drafts.FLAGS)}
    target = _target(Library(conn, caller, tenant), schema) if marked else None
    if target is None:
        return {}
    told = {n: list(_warnings(target, one)) for n, one in marked.items()}
    return {n: ones for n, ones in told.items() if ones}


def _target(library: Library, schema: Schema) -> Target | None:
    found = library.find(schema.id)
    if found is None:
        return None
    known = {one["code"].lower(): one["code"] for one in namespaces.listed(library.conn, library.caller)}
    parts = {found.uri, *library.extends(found.body)}
    by_path: dict[str, list[Mapping[str, Any]]] = {}
    for one in descriptors.listed(library):
        if one["@type"] == descriptors.IDENTITY and one["xdm:sourceSchema"] in parts:
            by_path.setdefault(one[descriptors.PROPERTY], []).append(one)
    return Target(found.uri, by_path, known)


def _warnings(target: Target, one: Item) -> Iterator[Problem]:
    destination = drafts.normalised(one)["destination"]
    path, primary = _descriptor_path(destination), bool(one.get("primaryIdentity"))
    field, kind = ("primaryIdentity", "the primary identity") if primary else ("identity", "an identity")
    present = target.identities.get(path, [])
    if not present:
        lead = f"{destination} is marked as {kind}, but the schema has no identity descriptor on {path}"
        yield drafts.problem(field, f"{lead}. {_advice(target, one, path, primary)}")
    elif primary and not any(found["xdm:isPrimary"] for found in present):
        id = present[0]["@id"]
        lead = f"{destination} is marked as {kind}, but descriptor {id} makes {path} an identity that is not primary"
        yield drafts.problem(field, f"{lead}. Set its xdm:isPrimary with PUT {DESCRIPTORS_PATH}/{id}.")


def _advice(target: Target, one: Item, path: str, primary: bool) -> str:
    named = one.get("namespaceCode") or one.get("identityGroup") or ""
    code = target.codes.get(named.lower())
    body = {
        "@type": descriptors.IDENTITY,
        "xdm:sourceSchema": target.uri,
        "xdm:sourceProperty": path,
        "xdm:namespace": code or SOME_CODE,
        "xdm:isPrimary": primary,
    }
    sent = msgspec.json.encode(body).decode()
    told = f"Create one with POST {DESCRIPTORS_PATH} {sent}; until then the flag has no effect."
    if code:
        return told
    unknown = f"There is no identity namespace {named} in this org: " if named else ""
    return f"{told} {unknown}GET {descriptors.NAMESPACES_PATH} lists the namespaces."


def _descriptor_path(destination: str) -> str:
    """A destination as descriptors spell it: ``a.b[0].c`` is ``/a/b[*]/c``."""
    try:
        steps = parse_path(destination)
    except MappingSyntax:
        return destination
    return "".join(f"/{step}" if isinstance(step, str) else "[*]" for step in steps)
