"""What ``sourceParams`` may look like, and that stored secrets never go to another host."""

import base64

import pytest

from headrace import sources
from headrace.errors import Invalid, ParamMissing
from headrace.flows import exploring
from headrace.flows.exploring import Asked

[LINKEDIN_SPEC] = [spec for spec in sources.shipped_specs() if spec["name"] == "linkedin-ads"]
AUTH = "OAuth2 Refresh Code"
STORED = {"host": "https://api.linkedin.com", "accessToken": "stored"}
PRINTED = "eyJob3N0IjogImh0dHBzOi8vYXBpLmxpbmtlZGluLmNvbSIsImFjY2Vzc1Rva2VuIjogIntMSU5LRURJTl9BRFNfQUNDRVNTX1RPS0VOfSJ9"
ODD = base64.b64encode(b'{"a": "\xc3\xbe\xc3\xbf>>?"}').decode()

READ = [
    (PRINTED, {"host": "https://api.linkedin.com", "accessToken": "{LINKEDIN_ADS_ACCESS_TOKEN}"}),
    ("e30", {}),
    ("e30=", {}),
    ("e30%3D", {}),
    (ODD.replace("+", " "), {"a": "þÿ>>?"}),
    (ODD.replace("+", "-").replace("/", "_"), {"a": "þÿ>>?"}),
    (base64.b64encode(b'{"a": 1}`').decode(), {"a": 1}),
]


@pytest.mark.parametrize(("text", "found"), READ)
def test_source_params_are_base64_of_an_object(text: str, found: dict[str, object]) -> None:
    assert exploring.decoded(text) == found


BROKEN = [b"[" * 9000, b'{"a": "\\ud800"}', b'{"\\ud800": 1}', b'{"a": NaN}']


@pytest.mark.parametrize(
    "text", ["%%%", "!", "W10=", "bm8=", "//8=", *(base64.b64encode(raw).decode() for raw in BROKEN)]
)
def test_other_source_params_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        exploring.decoded(text)
    assert caught.value.facts["code"] == "1389"


def test_decoded_keys_are_credentials_or_parameters() -> None:
    given = {"accessToken": "t", "pivot": "CAMPAIGN", "unknown": 1}
    auth, params = exploring._parted(LINKEDIN_SPEC, AUTH, given)
    assert auth == {"accessToken": "t"} and params == {"pivot": "CAMPAIGN", "unknown": 1}


@pytest.mark.parametrize(
    "given", [{"accessToken": "other"}, {"host": "https://elsewhere", "accessToken": "other"}, {"host": STORED["host"]}]
)
def test_given_credentials_stand_before_stored_ones(given: dict[str, str]) -> None:
    assert exploring._used(LINKEDIN_SPEC, AUTH, STORED, given) == {**STORED, **given}


def test_a_stored_secret_does_not_go_to_another_host() -> None:
    with pytest.raises(ParamMissing, match="accessToken"):
        exploring._used(LINKEDIN_SPEC, AUTH, STORED, {"host": "https://elsewhere"})


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Asked(None, "json", None, True), "1334"),
        (Asked("planet", "json", None, True), "1358"),
        (Asked("TABLE", "json", None, True), "1336"),
        (Asked("REST", "parquet", None, True), "1327"),
    ],
)
def test_only_rest_objects_of_json_are_explored(asked: Asked, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        exploring._check(asked)
    assert caught.value.facts["code"] == code


def test_columns_are_the_leaves_of_the_schema() -> None:
    leaf = {"type": "integer"}
    schema = {"properties": {"element": {"type": "object", "properties": {"clicks": leaf, "none": {}}}}}
    assert exploring.columns(schema) == [
        {"columnName": "element.clicks", "columnType": "integer"},
        {"columnName": "element.none", "columnType": "string"},
    ]
