"""The Accept matrix: families, suffixes in any order, versions, refusals."""

from typing import Any
from urllib.parse import quote_plus

import pytest

from wire_server import Api

R = "/data/foundation/schemaregistry"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
CLASS = f"{R}/global/classes/{quote_plus(PROFILE)}"
PERSON = f"{R}/global/datatypes/_xdm.context.person"


def vendor(form: str, version: str = "; version=1") -> dict[str, str]:
    return {"accept": f"application/vnd.adobe.{form}+json{version}"}


# form, whether it has: allOf, resolved properties, title, a data name (personID), an XDM name
FORMS = [
    ("xed", True, False, True, False, False),
    ("xdm", True, False, True, False, False),
    ("xed-notext", True, False, False, False, False),
    ("xed-full", False, True, True, True, False),
    ("xdm-full", False, True, True, False, True),
    ("xed-full-notext", False, True, False, True, False),
    ("xed-full-desc", False, True, True, True, False),
    ("xed-full-desc-deprecated", False, True, True, True, False),
]


@pytest.mark.parametrize(("form", "parts", "fields", "title", "data_name", "xdm_name"), FORMS)
def test_lookup_forms(
    api: Api, form: str, parts: bool, fields: bool, title: bool, data_name: bool, xdm_name: bool
) -> None:
    answer = api.get(CLASS, headers=vendor(form))
    body = answer.json()
    shown = body.get("properties", {})
    assert ("allOf" in body, "properties" in body, "title" in body) == (parts, fields, title)
    assert ("personID" in shown, "xdm:personID" in shown) == (data_name, xdm_name)
    assert answer.headers["content-type"] == f"application/vnd.adobe.{form}+json;version=1"


def test_the_raw_xed_form_renames_within_definitions_and_the_xdm_form_does_not(api: Api) -> None:
    fields = [
        api.get(CLASS, headers=vendor(form)).json()["definitions"]["profile"]["properties"] for form in ("xed", "xdm")
    ]
    assert [list(one) for one in fields] == [["personID"], ["xdm:personID"]]


@pytest.mark.parametrize(("form", "there"), [("xed-full", False), ("xed-full-deprecatefield", True),
                                             ("xed-full-deprecated", True)])  # fmt: skip
def test_deprecated_fields_are_shown_when_asked_for(api: Api, form: str, there: bool) -> None:
    assert ("taxId" in api.get(PERSON, headers=vendor(form)).json()["properties"]) is there


def test_the_desc_form_lists_descriptors(api: Api) -> None:
    assert api.get(CLASS, headers=vendor("xed-full-desc")).json()["meta:descriptors"] == []


LENIENT: list[dict[str, str]] = [
    {"accept": "application/json"},
    {"accept": "*/*"},
    {"accept": ""},
    vendor("xed", ""),
    vendor("xed", "; version=1.0"),
    vendor("xed", ";version=1"),
    {"accept": "text/html, application/vnd.adobe.xed+json"},
]


@pytest.mark.parametrize("headers", LENIENT)
@pytest.mark.parametrize("path", [CLASS, f"{R}/global/descriptors"])
def test_what_real_clients_send_is_taken(api: Api, path: str, headers: dict[str, str]) -> None:
    assert api.get(path, headers=headers).status_code == 200


REFUSED = [
    (f"{R}/global/classes", "1006"),
    (CLASS, "1007"),
    (f"{R}/tenant/descriptors", "1008"),
    (f"{R}/tenant/descriptors/none", "1009"),
]


@pytest.mark.parametrize(("path", "code"), REFUSED)
@pytest.mark.parametrize(
    "accept", ["application/vnd.adobe.other+json", "text/html", "application/vnd.adobe.xed-x+json"]
)
def test_an_unknown_form_is_refused_with_the_ones_there_are(api: Api, path: str, code: str, accept: str) -> None:
    answer = api.get(path, headers={"accept": accept})
    body = answer.json()
    assert answer.status_code == 400 and body["type"] == f"http://ns.adobe.com/aep/errors/XDM-{code}-400"
    assert body["title"] == "Accept header invalid" and "xed-id+json" in body["detail"]


def test_a_version_that_nothing_has_is_not_found(api: Api) -> None:
    assert api.get(CLASS, headers=vendor("xed", "; version=2")).status_code == 404


SUMMARIES: list[tuple[str, Any]] = [("xed-id", True), ("xdm-id", True), ("xed", False), ("xdm", False)]


@pytest.mark.parametrize(("form", "short"), SUMMARIES)
def test_list_forms(api: Api, form: str, short: bool) -> None:
    one = api.get(f"{R}/global/classes", headers=vendor(form, "")).json()["results"][0]
    assert ({*one} == {"$id", "meta:altId", "version", "title"}) is short and ("allOf" in one) is not short
