"""Credentials that everybody would be shown: written into a spec, or given where nothing is sealed."""

from collections.abc import Iterator, Mapping

from headrace.sources.auth import is_credential
from headrace.sources.refusing import Json, wrong
from headrace.sources.spec import carriers, inputs
from headrace.sources.template import used_names


def check_written(objects: Json, places: Mapping[str, str]) -> None:
    """SpecInvalid for a credential that stands as it is in a header, a query or a body."""
    for place, text in _credentials(objects, places):
        if text.strip() and not used_names(text):
            raise wrong(
                place,
                "holds a credential, which everybody would be shown; write ${name} there, and let an authentication "
                "declare the name",
            )


def check_taken(spec: Json, objects: Json, places: Mapping[str, str]) -> None:
    """SpecInvalid for a credential that a source connection would give, where nothing is sealed."""
    own = inputs(spec).get("properties") or {}
    open_names = own.keys() - _of_authentications(spec)
    for name in sorted(open_names):
        if own[name].get("format") == "password":
            raise wrong(f"sourceSpec.spec.properties.{name}", _BELONGS)
    for place, text in _credentials(objects, places):
        for name in used_names(text):
            if name in open_names:
                raise wrong(place, f"sends {name} of the source connection as a credential. {name} {_BELONGS}")


_BELONGS = "is a secret, which the source connection would show; let an authentication declare it"


def _of_authentications(spec: Json) -> frozenset[str]:
    schemas = (auth.get("spec") or {} for auth in spec.get("authSpec") or ())
    return frozenset(name for schema in schemas for name in schema.get("properties") or {})


def _credentials(objects: Json, places: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The texts of members that carry a credential by their names, with their places."""
    for member, path, name, text in carriers(objects):
        if is_credential(name) and isinstance(text, str):
            yield f"{places.get(member, member)}.{path}", text
