"""The specs that connections and flows instantiate: those that ship with Headrace and a sandbox's own."""

from functools import cache
from importlib import resources

import msgspec
import sqlalchemy as sa

from headrace import ids, sources
from headrace.errors import Invalid, NotFound, RevisionStale, SpecInvalid
from headrace.flows.members import Json, at, list_at, object_at, optional_text, text_at
from headrace.flows.rendering import without_metadata
from headrace.store import documents
from headrace.store.documents import Document
from headrace.store.engine import Store
from headrace.store.scope import Caller

CONNECTION_SPECS, FLOW_SPECS = "connectionSpecs", "flowSpecs"
GENERIC = "generic-rest"
DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
# The tutorial prints this id for the data lake too, beside its use for the source.
TARGET_ALIASES = {"fd2c8ff3-1de0-4f6b-8fa8-4264784870eb": DATA_LAKE}
# Bodies say transformationSpec, answers transformationSpecs, the OpenAPI file transformationSpecDTOS.
TRANSFORMATIONS = ("transformationSpecs", "transformationSpec", "transformationSpecDTOS")


# -- what ships ------------------------------------------------------------------------------------------------


def shipped(conn: sa.Connection, caller: Caller, kind: str) -> dict[str, Json]:
    """The specs of a kind that ship with Headrace, by id, as the caller's sandbox has them."""
    if kind == FLOW_SPECS:
        flow_spec = _file("rest-storage-to-aep.json")
        flow_spec["sourceConnectionSpecIds"] = _generic(conn, caller)
        return {flow_spec["id"]: flow_spec}
    return {spec["id"]: spec for spec in (*sources.shipped_specs(), _file("data-lake.json"))}


def _generic(conn: sa.Connection, caller: Caller) -> list[str]:
    """The ids of the sources that need nothing but their spec: those that ship, then the sandbox's own."""
    own = documents.select(conn, caller, CONNECTION_SPECS)
    posted = (document.id for document in reversed(own) if document.body.get("type") == GENERIC)
    return list(dict.fromkeys([*(spec["id"] for spec in sources.shipped_specs()), *posted]))


def _file(name: str) -> Json:
    spec: Json = msgspec.json.decode(_bytes(name))
    return spec


@cache
def _bytes(name: str) -> bytes:
    return resources.files("headrace.flows").joinpath("shipped", name).read_bytes()


# -- reading -----------------------------------------------------------------------------------------------------


def find(conn: sa.Connection, caller: Caller, kind: str, id: str) -> Document | Json | None:
    """A sandbox's own spec (a document), else the shipped one (its JSON), else None."""
    resolved = canonical_id(id) if kind == CONNECTION_SPECS else id
    return documents.find(conn, caller, kind, resolved) or _shipped(conn, caller, kind, resolved)


def _shipped(conn: sa.Connection, caller: Caller, kind: str, id: str) -> Json | None:
    if kind == CONNECTION_SPECS:
        return _file("data-lake.json") if id == DATA_LAKE else sources.shipped_spec(id)
    return shipped(conn, caller, kind).get(id)


def canonical_id(id: str) -> str:
    """The id of the connection spec that ``id`` means, which may be one that the tutorial prints."""
    return sources.resolve_alias(id)


def get(conn: sa.Connection, caller: Caller, kind: str, id: str) -> Document | Json:
    """As ``find``; NotFound when there is none."""
    found = find(conn, caller, kind, id)
    if found is None:
        raise NotFound(f"{kind} not found with id = [{id}].", kind=kind, id=id)
    return found


def listed(conn: sa.Connection, caller: Caller, kind: str) -> list[Document | Json]:
    """A sandbox's own specs, newest first, then the shipped ones that it did not replace."""
    own = documents.select(conn, caller, kind)
    taken = {document.id for document in own}
    return [*own, *(spec for id, spec in shipped(conn, caller, kind).items() if id not in taken)]


def spec_json(found: Document | Json) -> Json:
    """The spec itself, with its id."""
    return {**found.body, "id": found.id} if isinstance(found, Document) else found


def connection_spec(conn: sa.Connection, caller: Caller, id: str) -> Json:
    """The connection spec that ``id`` means for sources; Invalid (1413) for an unknown id."""
    return _instantiated(conn, caller, CONNECTION_SPECS, id)


def flow_spec(conn: sa.Connection, caller: Caller, id: str) -> Json:
    """The flow spec with this id; Invalid (1413) for an unknown id."""
    return _instantiated(conn, caller, FLOW_SPECS, id)


def _instantiated(conn: sa.Connection, caller: Caller, kind: str, id: str) -> Json:
    found = find(conn, caller, kind, id)
    if found is None:
        raise Invalid(f"No {kind} has the id {id}; GET /{kind} lists those that exist.", code="1413", id=id)
    return spec_json(found)


def target_spec_id(id: str) -> str:
    """The id that ``id`` means when it names a target."""
    return TARGET_ALIASES.get(id, id)


def takes_drafts(spec: Json) -> bool:
    """Whether what instantiates the spec may start as a draft."""
    return at(spec, "attributes.isDraftModeSupported") is True


# -- writing -----------------------------------------------------------------------------------------------------


def create(store: Store, caller: Caller, kind: str, body: Json, now: int) -> Document:
    """A new spec of the caller's sandbox."""
    spec = checked(kind, body)
    with store.write() as conn:
        return documents.create(conn, caller, kind, ids.new_uuid(), spec, now)


def replace(store: Store, caller: Caller, kind: str, id: str, body: Json, if_match: str | None, now: int) -> Document:
    """Replaces a spec whole. A shipped spec is replaced for the caller's sandbox only."""
    spec = checked(kind, body)
    with store.write() as conn:
        return _replaced(conn, caller, kind, get(conn, caller, kind, id), spec, if_match, now)


def _replaced(
    conn: sa.Connection, caller: Caller, kind: str, found: Document | Json, spec: Json, if_match: str | None, now: int
) -> Document:
    if isinstance(found, Document):
        if if_match is not None and if_match != found.etag.strip('"'):
            raise RevisionStale(kind=kind, id=found.id)
        return documents.replace_body(conn, caller, found, spec, now)
    return documents.create(conn, caller, kind, found["id"], spec, now)


def checked(kind: str, body: Json) -> Json:
    """The spec as it is stored; SpecInvalid or Invalid, naming the member, for one that cannot work."""
    for name in ("name", "providerId"):
        text_at(body, name)
    object_at(body, "attributes")
    optional_text(body, "description")
    if body.get("type") is not None:
        text_at(body, "type")
    version = "1.0" if body.get("version") is None else text_at(body, "version")
    spec = {**without_metadata(body), "version": version}
    return _flow_spec(spec) if kind == FLOW_SPECS else _connection_spec(spec)


def _flow_spec(spec: Json) -> Json:
    given = next((list_at(spec, name) for name in TRANSFORMATIONS if name in spec), [])
    for name in ("sourceConnectionSpecIds", "targetConnectionSpecIds"):
        if not all(isinstance(id, str) for id in list_at(spec, name)):
            raise SpecInvalid(f"{name} must be an array of ids.", rule=1312, field=name)
    kept = {name: value for name, value in spec.items() if name not in TRANSFORMATIONS}
    return {**kept, "transformationSpecs": given}


def _connection_spec(spec: Json) -> Json:
    for n, auth in enumerate(list_at(spec, "authSpec")):
        if not isinstance(auth, dict):
            raise SpecInvalid(f"authSpec[{n}] must be an object with a name.", rule=1312, field=f"authSpec[{n}]")
        _check_schema(auth, "spec", f"authSpec[{n}].spec")
    object_at(spec, "sourceSpec.attributes")
    for path in ("sourceSpec.spec", "sourceSpec.attributes.spec"):  # older specs keep their inputs in the attributes
        _check_schema(spec, path, path)
    sources.check_spec(spec)
    return spec


def _check_schema(owner: Json, path: str, where: str) -> None:
    schema = object_at(owner, path)
    object_at(schema, "properties")
    sources.InputSchema(schema, where, where)
