"""Versions, and what is refused once a schema is in use."""

from typing import Any

import pytest

from headrace.catalog.datasets import of_schema
from headrace.errors import ChangeBreaks, InUse, NotFound, RevisionStale, StandardFixed
from headrace.registry import composed, rendering, resources
from headrace.registry.library import Library, Resource
from headrace.registry.types import DATA_TYPES, FIELD_GROUPS, SCHEMAS
from headrace.store import changes, documents

PROFILE = "https://ns.adobe.com/xdm/context/profile"
TIER = "/properties/_acme/properties/tier"


def made(library: Library) -> tuple[Resource, Resource, Resource]:
    """A data type, a field group with it, and a schema with that."""
    tier = {"title": "Tier", "properties": {"name": {"type": "string"}, "points": {"type": "integer"}}}
    kind = resources.create(library, DATA_TYPES, tier, 1)
    fields = {"_acme": {"type": "object", "properties": {"tier": {"$ref": kind.uri}}}}
    group = resources.create(
        library, FIELD_GROUPS, {"title": "G", "meta:intendedToExtend": [PROFILE], "properties": fields}, 1
    )
    body = {"title": "S", "allOf": [{"$ref": PROFILE}, {"$ref": group.uri}]}
    schema = resources.create(library, SCHEMAS, body, 1)
    changes.write(library.conn, library.caller, library.changes)
    return kind, group, schema


def use(library: Library, schema: Resource) -> None:
    body = {"name": "d", "schemaRef": {"id": schema.uri, "contentType": "application/vnd.adobe.xed+json;version=1"}}
    documents.create(library.conn, library.caller, "dataSets", "d1", body, 2)


def patch(library: Library, one: Resource, op: str, path: str, value: Any = None) -> Resource:
    library = Library(library.conn, library.caller, library.tenant)
    steps = [{"op": op, "path": path, "value": value}]
    patched = resources.patch(library, one.type, one.uri, steps, None, of_schema, 3)
    changes.write(library.conn, library.caller, library.changes)
    return patched


def test_each_change_counts_the_minor_version_up_and_no_change_does_not(library: Library) -> None:
    _, _, schema = made(library)
    assert schema.version == "1.0"
    assert patch(library, schema, "add", "/description", "a").version == "1.1"
    assert patch(library, schema, "add", "/description", "a").version == "1.1"
    found = composed(library.conn, library.caller, schema.uri, 1, "acme")
    assert (found.version, found.title, found.id) == ("1.1", "S", schema.uri)


def test_a_shared_type_may_break_until_a_dataset_uses_a_schema_that_reaches_it(library: Library) -> None:
    kind, _, schema = made(library)
    patch(library, kind, "remove", "/properties/points")
    use(library, schema)
    with pytest.raises(ChangeBreaks) as caught:
        patch(library, kind, "remove", "/properties/name")
    problems: Any = caught.value.facts["problems"]
    assert [one["path"] for one in problems] == ["/_acme/tier/name"]
    assert patch(library, kind, "add", "/properties/new", {"type": "string"}).version == "1.2"


def test_a_field_group_stays_in_a_schema_in_use(library: Library) -> None:
    _, _, schema = made(library)
    use(library, schema)
    with pytest.raises(ChangeBreaks, match="/_acme is removed"):
        patch(library, schema, "remove", "/allOf/1")


def test_the_union_is_entered_for_good(library: Library) -> None:
    _, group, schema = made(library)
    patch(library, schema, "add", "/meta:immutableTags", ["union"])
    with pytest.raises(ChangeBreaks, match="leaves the union"):
        patch(library, schema, "remove", "/meta:immutableTags")
    with pytest.raises(ChangeBreaks, match="is removed"):
        patch(library, group, "remove", TIER)


def test_what_others_need_is_not_deleted(library: Library) -> None:
    kind, group, schema = made(library)
    for one in (kind, group):
        with pytest.raises(InUse, match=schema.uri):
            resources.delete(library, one.type, one.uri, of_schema, 3)
    use(library, schema)
    with pytest.raises(InUse, match="dataset d1"):
        resources.delete(library, SCHEMAS, schema.uri, of_schema, 3)


def test_deletion_goes_from_the_top_down(library: Library) -> None:
    for one in reversed(made(library)):
        now = Library(library.conn, library.caller, "acme")
        resources.delete(now, one.type, one.uri, of_schema, 3)
        changes.write(now.conn, now.caller, now.changes)
    with pytest.raises(NotFound):
        composed(library.conn, library.caller, one.uri, 1, "acme")


def test_reading_and_putting_back_changes_nothing(library: Library) -> None:
    _, _, schema = made(library)
    read = rendering.whole(library, schema)
    assert resources.replace(library, SCHEMAS, schema.uri, read, None, of_schema, 3).version == "1.0"


@pytest.mark.parametrize("path", ["/meta:extends/-", "/refs/-", "/meta:registryMetadata/x", "/meta:class"])
def test_patches_of_what_the_registry_computes_do_nothing(library: Library, path: str) -> None:
    _, _, schema = made(library)
    assert patch(library, schema, "add", path, "x").version == "1.0"


def test_standard_resources_stay_as_they_are(library: Library) -> None:
    group = "https://ns.adobe.com/xdm/context/profile-person-details"
    with pytest.raises(StandardFixed):
        resources.delete(library, FIELD_GROUPS, group, of_schema, 1)


def test_a_stale_etag_is_refused(library: Library) -> None:
    _, _, schema = made(library)
    with pytest.raises(RevisionStale):
        resources.replace(library, SCHEMAS, schema.uri, {**schema.body, "title": "T"}, "stale", of_schema, 3)


@pytest.mark.parametrize(("id", "major"), [("https://ns.adobe.com/acme/schemas/none", 1), (PROFILE, 1)])
def test_composed_is_for_schemas_of_the_sandbox(library: Library, id: str, major: int) -> None:
    with pytest.raises(NotFound):
        composed(library.conn, library.caller, id, major, "acme")


def test_there_is_one_major_version(library: Library) -> None:
    _, _, schema = made(library)
    with pytest.raises(NotFound, match="version 2"):
        composed(library.conn, library.caller, schema.uri, 2, "acme")
