"""Spec documents: what ships, which names resolve, which parameters they take, what cannot be read."""

import pytest

from headrace import errors, sources
from headrace.sources.spec import extraction
from source_server import spec

[LINKEDIN] = [spec for spec in sources.shipped_specs() if spec["name"] == "linkedin-ads"]
CANONICAL = "5f6b8d7c-3a0e-4a86-9d53-0c1a7d3f2b10"
GOOD = {"host": "https://api.linkedin.com", "accessToken": "t"}


@pytest.mark.parametrize("printed", ["59a4b493-a615-40f9-bd38-f823d0909a2b", "fd2c8ff3-1de0-4f6b-8fa8-4264784870eb"])
def test_the_printed_ids_resolve_to_linkedin(printed):
    assert sources.resolve_alias(printed) == CANONICAL == LINKEDIN["id"]


def test_other_ids_stay():
    assert sources.resolve_alias("elsewhere") == "elsewhere" and sources.resolve_alias(CANONICAL) == CANONICAL


def test_shipped_specs_are_fresh_copies():
    sources.shipped_specs()[0].clear()
    assert sources.shipped_specs()[0]["providerId"] == "0ed90a81-07f4-4586-8190-b40eccef1c5a"


@pytest.mark.parametrize(
    "name", ["OAuth2 Refresh Code", "oAuth2RefreshCode", "oAuth2-refresh-code", "OAuth 2 Refresh Code"]
)
def test_names_of_authentications_are_compared_without_punctuation(name):
    assert sources.auth_spec(LINKEDIN, name)["type"] == "OAuth2RefreshCode"


def test_an_unknown_authentication_names_what_there_is():
    with pytest.raises(errors.AuthSpecUnknown, match="OAuth2 Refresh Code"):
        sources.auth_spec(LINKEDIN, "Basic Authentication")


def test_secrets():
    secrets = sources.secret_params(LINKEDIN, "OAuth2 Refresh Code")
    assert secrets == {"accessToken", "refreshToken", "clientSecret"} and sources.secret_params(LINKEDIN, "") == set()


BAD_AUTH = {
    "another product": ({"username": "u", "password": "p", "securityToken": "s"}, errors.ParamMissing,
                        ["accessToken", "host"]),
    "no token": ({"host": "https://api.linkedin.com"}, errors.ParamMissing, ["accessToken"]),
    "empty token": ({**GOOD, "accessToken": ""}, errors.ParamInvalid, ["accessToken"]),
    "no scheme": ({**GOOD, "host": "api.linkedin.com"}, errors.ParamInvalid, ["host"]),
    "a path": ({**GOOD, "host": "https://api.linkedin.com/rest"}, errors.ParamInvalid, ["host"]),
    "a number": ({**GOOD, "accessToken": 12345}, errors.ParamInvalid, ["accessToken"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_AUTH)
def test_bad_credentials_are_named_and_not_shown(name):
    params, error, named = BAD_AUTH[name]
    with pytest.raises(error) as caught:
        sources.check_auth(LINKEDIN, "OAuth2 Refresh Code", params)
    assert caught.value.facts["params"] == named and all(one in caught.value.message for one in named)
    assert "12345" not in caught.value.message
    assert caught.value.facts["rule"] == (1304 if error is errors.ParamMissing else 1312)


def test_good_credentials():
    sources.check_auth(LINKEDIN, "OAuth2 Refresh Code", {**GOOD, "refreshToken": "r", "unknown": 1})


PARAMS = {
    "nothing": ({}, True),
    "all empty": ({"accountIds": "", "campaignGroupIds": "", "campaignIds": "", "pivot": ""}, True),
    "as printed": ({"accountIds": "507947502", "campaignGroupIds": "611138362",
                    "campaignIds": "1991010101,1992020202", "pivot": "CAMPAIGN GROUP"}, True),
    "urns": ({"accountIds": "urn:li:sponsoredAccount:1, 2"}, True),
    "a number": ({"accountIds": 507947502}, True),
    "a list": ({"campaignIds": ["1", 2]}, True),
    "pivot by any name": ({"pivot": "campaign-group"}, True),
    "activeOnly as text": ({"activeOnly": "TRUE"}, True),
    "unknown pivot": ({"pivot": "COMPANY"}, False),
    "names": ({"accountIds": "mine"}, False),
    "activeOnly": ({"activeOnly": "perhaps"}, False),
    "version": ({"apiVersion": "2022-08"}, False),
}  # fmt: skip


@pytest.mark.parametrize("name", PARAMS)
def test_parameters_of_linkedin(name):
    params, good = PARAMS[name]
    if good:
        sources.check_params(LINKEDIN, params)
    else:
        with pytest.raises(errors.ParamInvalid) as caught:
            sources.check_params(LINKEDIN, params)
        assert caught.value.facts["params"] == list(params)


@pytest.mark.parametrize(
    ("frequency", "interval", "good"),
    [("hour", 1, True), ("day", 24, True), ("minute", 15, False), ("once", None, False), ("hour", 0, False)],
)
def test_schedules_of_linkedin(frequency, interval, good):
    if good:
        sources.check_schedule(LINKEDIN, frequency, interval)
    else:
        with pytest.raises(errors.ParamInvalid):
            sources.check_schedule(LINKEDIN, frequency, interval)


@pytest.mark.parametrize(("text", "good"), [("7", True), (" -7 ", True), ("--7", False), ("9" * 5_000, False)])
def test_whole_numbers_come_as_text_too(text, good):
    document = spec({"type": "object", "properties": {"n": {"type": "integer"}}})
    if good:
        sources.check_params(document, {"n": text})
    else:
        with pytest.raises(errors.ParamInvalid):
            sources.check_params(document, {"n": text})


def test_a_source_without_frequencies_takes_any():
    sources.check_schedule(spec(), "once", None)
    with pytest.raises(errors.ParamInvalid):
        sources.check_schedule(spec(), "fortnight", 1)


def test_write_modes():
    assert sources.write_mode(LINKEDIN) == "replace-window" and sources.write_mode(spec()) == "append"


BAD_SPECS = {
    "no path": {"urlParams": {"host": "https://x.test"}},
    "no content path": {"contentPath": {}},
    "a complex content path": {"contentPath": {"path": "$.rows[?(@.a)]"}},
    "unknown addition": {"extension": {"sliceHours": 3}},
    "addition of a wrong type": {"extension": {"sliceDays": "many"}},
    "headers that are a list": {"headerParams": ["a"]},
}


@pytest.mark.parametrize("name", BAD_SPECS)
def test_specs_that_cannot_be_read(name):
    with pytest.raises(errors.SpecInvalid):
        extraction(spec(**BAD_SPECS[name]), {})


def test_a_broken_schema_of_inputs_is_the_spec_s_fault():
    with pytest.raises(errors.SpecInvalid):
        sources.check_params(spec({"type": 7}), {})


def test_inputs_may_stand_inside_the_attributes():
    document = spec()
    document["sourceSpec"]["attributes"]["spec"] = {"required": ["listId"]}
    del document["sourceSpec"]["spec"]
    with pytest.raises(errors.ParamMissing, match="listId"):
        sources.check_params(document, {})


def test_generic_sources_give_the_objects_themselves():
    document = spec({"properties": {"contentPath": {}, "urlParams": {}}})
    view = extraction(document, {"contentPath": "$.data", "urlParams": {"path": "/v1", "queryParams": "a=1&b=2"}})
    assert view.content.wrapper == "data" and view.url["path"] == "/v1" and view.query == {"a": "1", "b": "2"}
    assert extraction(document, {}).content.wrapper == "rows", "the author's stand where the user gives none"
