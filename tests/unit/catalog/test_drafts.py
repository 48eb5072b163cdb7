"""What a dataset's body must hold: schema references in every spelling, names for SQL, members that clients echo."""

import pytest

from headrace.catalog import drafts
from headrace.errors import Invalid

ID = "https://ns.adobe.com/t/schemas/1"
LABELS = [
    ("application/vnd.adobe.xed+json;version=1", 1),
    ("application/vnd.adobe.xed-full+json; version=12", 12),
    ("application/vnd.adobe.xed+json; version=3.4", 3),
    ("application/vnd.adobe.xdm+json;version=2;charset=utf-8", 2),
    ("application/vnd.adobe.xed+json", 1),
]


@pytest.mark.parametrize(("label", "major"), LABELS)
def test_the_major_version_is_in_the_content_type(label: str, major: int) -> None:
    reference = drafts.schema_ref({"schemaRef": {"id": ID, "contentType": label}})
    assert (reference.id, reference.major) == (ID, major)


def test_a_reference_without_content_type_is_version_one() -> None:
    assert drafts.schema_ref({"schemaRef": {"id": ID}}).major == 1


WRONG = [None, [], {}, {"id": ""}, {"id": 7}, {"id": ID, "contentType": 1}, {"id": ID, "contentType": "a/b;version=1"}]


@pytest.mark.parametrize("reference", WRONG)
def test_a_reference_that_cannot_be_read_is_refused(reference: object) -> None:
    with pytest.raises(Invalid, match="schemaRef"):
        drafts.schema_ref({"schemaRef": reference})


SLUGS = [
    ("LinkedIn Ads Dataset", "linkedin_ads_dataset"),
    ("  A--b  ", "a_b"),
    ("2024 costs", "_2024_costs"),
    ("日本", "dataset"),
    ("x" * 300, "x" * 100),
]


@pytest.mark.parametrize(("name", "slug"), SLUGS)
def test_slugs(name: str, slug: str) -> None:
    assert drafts.slug(name) == slug


def test_members_that_answers_derive_are_not_the_clients() -> None:
    lake_house = {"metrics": {"rowCount": 9}, "tableHealthMetrics": {}, "rowExpiration": {"ttlValue": "P3M"}}
    sent = {
        "name": "a",
        "schemaRef": {"id": ID},
        "version": "1.0.9",
        "created": 1,
        "viewId": "other",
        "description": None,
        "extensions": {"adobe_lakeHouse": lake_house},
    }
    kept = {"adobe_lakeHouse": {"rowExpiration": {"ttlValue": "P3M"}}}
    assert drafts.read(sent) == {"name": "a", "schemaRef": {"id": ID}, "extensions": kept}
