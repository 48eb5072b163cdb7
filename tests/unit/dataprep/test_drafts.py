"""Both envelopes, both styles of item, every spelling of sourceType; what is wrong is listed."""

import pytest

from headrace.dataprep import drafts
from headrace.dataprep.drafts import Schema
from headrace.errors import MappingSetInvalid

ID = "https://ns.adobe.com/extconndev/schemas/9005a845575fc7014a56f884c67892b7993f02df72df6f98"
MEDIA = "application/vnd.adobe.xed-full+json;version=1"
NEW = {"sourceType": "ATTRIBUTE", "source": "element.clicks", "destination": "_extconndev.clicks"}
OLD = {"sourceAttribute": "element.clicks", "destinationXdmPath": "_extconndev.clicks", "identity": True}


@pytest.mark.parametrize(
    ("envelope", "schema"),
    [
        ({"version": 0, "id": None, "xdmSchema": ID, "xdmVersion": "1.0"}, Schema(ID, "1.0", 1)),
        ({"xdmSchema": "_extconndev.schemas.9005"}, Schema("_extconndev.schemas.9005", MEDIA, 1)),
        ({"xdmSchema": ID, "xdmVersion": 2}, Schema(ID, "2", 2)),
        ({"outputSchema": {"schemaRef": {"id": ID, "contentType": MEDIA}}}, Schema(ID, MEDIA, 1)),
        ({"outputSchema": {"schemaRef": {"id": ID, "contentType": "1.0"}}}, Schema(ID, "1.0", 1)),
        ({"schemaRef": {"id": ID, "contentType": MEDIA.replace("1", "3.2")}}, Schema(ID, MEDIA.replace("1", "3.2"), 3)),
    ],
)
@pytest.mark.parametrize("item", [NEW, OLD, {**NEW, "sourceType": "text/x.schema-path"}])
def test_every_envelope_and_style_says_the_same(envelope: dict, schema: Schema, item: dict) -> None:
    draft = drafts.read({**envelope, "mappings": [item]})
    assert (draft.schema, draft.items) == (schema, [NEW])


@pytest.mark.parametrize(
    ("spelling", "sense"),
    [
        ("text/x.aep-xl", "EXPRESSION"),
        ("EXPRESSION", "EXPRESSION"),
        ("schema-path", "ATTRIBUTE"),
        (None, "ATTRIBUTE"),
        ("text/plain", "STATIC"),
        ("STATIC", "STATIC"),
    ],
)
def test_a_source_type_keeps_its_sense(spelling: str | None, sense: str) -> None:
    assert drafts.normalised({**NEW, "sourceType": spelling})["sourceType"] == sense


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"xdmSchema": None}, ["xdmSchema"]),
        ({"xdmSchema": 7}, ["xdmSchema"]),
        ({"xdmVersion": "latest"}, ["xdmVersion"]),
        ({"xdmVersion": "9" * 5000}, ["xdmVersion"]),
        ({"xdmVersion": "application/vnd.adobe.xed+json;version=" + "9" * 5000}, ["xdmVersion"]),
        ({"mappings": None}, ["mappings"]),
        ({"mappings": ["a", NEW]}, ["mappings[0]"]),
        ({"mappings": [{}]}, ["mappings[0].source", "mappings[0].destination"]),
        ({"mappings": [{**NEW, "sourceType": "GUESS"}]}, ["mappings[0].sourceType"]),
        ({"mappings": [{**NEW, "sourceType": [1]}]}, ["mappings[0].sourceType"]),
        ({"mappings": [NEW, {**NEW, "destination": " "}]}, ["mappings[1].destination"]),
        ({"mappings": [{**NEW, "identity": "yes"}]}, ["mappings[0].identity"]),
        ({"name": 5}, ["name"]),
    ],
)
def test_what_is_wrong_is_named(change: dict, fields: list[str]) -> None:
    with pytest.raises(MappingSetInvalid) as caught:
        drafts.read({"xdmSchema": ID, "xdmVersion": "1.0", "mappings": [NEW], **change})
    assert [problem["field"] for problem in caught.value.facts["problems"]] == fields


def test_a_static_text_may_be_blank() -> None:
    assert drafts.read({"xdmSchema": ID, "mappings": [{**NEW, "sourceType": "STATIC", "source": ""}]}).items
