"""Authentications that nobody could use, refused by their place and the rule."""

from collections.abc import Sequence
from typing import Any

from headrace.sources.asking_rules import check_header_name
from headrace.sources.auth import folded
from headrace.sources.refusing import object_of, require_name, wrong


def check_authentications(authentications: Sequence[Any]) -> None:
    """SpecInvalid for an authentication without a name, or with that of another one, and for a header that none is."""
    names: dict[str, str] = {}
    for n, auth in enumerate(authentications):
        where = f"authSpec[{n}]"
        name = object_of(auth, where).get("name", "")
        require_name(name, f"{where}.name")
        if (plain := folded(name)) in names:
            raise wrong(
                f"{where}.name", f"is {name!r}, which stands for {names[plain]}, too; a connection picks by name"
            )
        names[plain] = where
        if auth.get("type") is not None:
            require_name(auth["type"], f"{where}.type")
        schema = object_of(auth.get("spec") or {}, f"{where}.spec")
        properties = object_of(schema.get("properties") or {}, f"{where}.spec.properties")
        for member, declared in properties.items():
            if not member.strip():
                raise wrong(f"{where}.spec.properties", "has a blank name")
            _check_header(declared, f"{where}.spec.properties.{member}")


def _check_header(declared: Any, where: str) -> None:
    attributes = object_of(declared, where).get("restAttributes")
    header = None if attributes is None else object_of(attributes, f"{where}.restAttributes").get("headerParamName")
    if header is not None:
        require_name(header, f"{where}.restAttributes.headerParamName")
        check_header_name(header, f"{where}.restAttributes.headerParamName")
