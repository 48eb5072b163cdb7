"""Lists: paging that needs nothing but ``start``, filters, order; both containers and both names of field groups."""

from typing import Any
from urllib.parse import quote_plus

import pytest

from wire_server import Api

R = "/data/foundation/schemaregistry"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
GROUPS = f"{R}/tenant/fieldgroups"
COUNT = 7


@pytest.fixture(scope="module", autouse=True)
def groups(api: Api) -> list[dict[str, Any]]:
    bodies = [{"title": f"Group {n}", "meta:intendedToExtend": [PROFILE] if n % 2 else []} for n in range(COUNT)]
    return [api.post(GROUPS, json={"type": "object", **body}).json() for body in bodies]


def titles(answer: dict[str, Any]) -> list[str]:
    return [one["title"] for one in answer["results"]]


def test_a_list_that_fits_has_no_next_page(api: Api) -> None:
    body = api.get(GROUPS).json()
    assert body["_page"] == {"orderby": "updated", "next": None, "count": COUNT}
    assert body["_links"]["next"] is None
    assert body["_links"]["global_fieldgroups"]["href"].endswith(f"{R}/global/fieldgroups")


@pytest.mark.parametrize("orderby", ["", "title", "-title", "created", "-updated,title"])
def test_pages_follow_on_start_alone(api: Api, orderby: str) -> None:
    first = f"?limit=3&orderby={orderby}" if orderby else "?limit=3"
    found, page = [], api.get(GROUPS + first).json()
    while page["_page"]["next"] is not None:
        found += titles(page)
        page = api.get(f"{GROUPS}?limit=3&start={page['_page']['next']}").json()
    assert sorted(found + titles(page)) == [f"Group {n}" for n in range(COUNT)]
    assert orderby != "-title" or found + titles(page) == [f"Group {n}" for n in reversed(range(COUNT))]


def test_the_link_to_the_next_page_works_as_it_is(api: Api) -> None:
    first = api.get(f"{GROUPS}?limit=5&orderby=title&property=title>Group 0").json()
    href = first["_links"]["next"]["href"]
    second = api.get(href[href.index("/data/") :]).json()
    assert titles(first) + titles(second) == [f"Group {n}" for n in range(1, COUNT)]


STARTS = [("title", "Group 4", ["Group 5", "Group 6"]), ("-title", "Group 2", ["Group 1", "Group 0"]),
          ("title", "Zzz", []), ("updated", "99999999999999", [])]  # fmt: skip


@pytest.mark.parametrize(("orderby", "start", "expected"), STARTS)
def test_start_may_be_a_value_of_the_first_attribute(api: Api, orderby: str, start: str, expected: list[str]) -> None:
    assert titles(api.get(GROUPS, params={"orderby": orderby, "start": start}).json()) == expected


FILTERS: list[tuple[list[str], int]] = [
    (["title==Group 1"], 1),
    (["title!=Group 1"], COUNT - 1),
    (["title>=Group 5"], 2),
    ([f"meta:intendedToExtend=={PROFILE}"], 3),
    ([f"meta:intendedToExtend!={PROFILE}"], 4),
    ([f"meta:intendedToExtend=={PROFILE}", "title>Group 2"], 2),
    ([f"meta:intendedToExtend=={PROFILE},title>Group 2"], 2),
    (["meta:extensible==true"], COUNT),
    (["version==1.0"], COUNT),
    (["meta:class"], 0),
    (["meta:altId,title==Group 3"], 1),
    (["meta:immutableTags==union"], 0),
]


@pytest.mark.parametrize(("properties", "count"), FILTERS)
def test_property_filters(api: Api, properties: list[str], count: int) -> None:
    assert len(api.get(GROUPS, params={"property": properties}).json()["results"]) == count


def test_field_groups_and_mixins_are_the_same_things(api: Api, groups: list[dict[str, Any]]) -> None:
    assert titles(api.get(f"{R}/tenant/mixins").json()) == titles(api.get(GROUPS).json())
    assert api.get(f"{R}/tenant/mixins/{groups[0]['meta:altId']}").json()["$id"] == groups[0]["$id"]


ADDRESSES = ["meta:altId", "quoted", "plain"]


@pytest.mark.parametrize("form", ADDRESSES)
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_resource_answers_to_both_ids_however_they_are_written(
    api: Api, groups: list[dict[str, Any]], form: str, slash: str
) -> None:
    one = groups[0]
    id = {"meta:altId": one["meta:altId"], "quoted": quote_plus(one["$id"]), "plain": one["$id"]}[form]
    assert api.get(f"{GROUPS}/{id}{slash}").json()["title"] == "Group 0"


def test_the_tenants_container_finds_standard_resources_but_does_not_list_them(api: Api) -> None:
    id = quote_plus(PROFILE)
    assert api.get(f"{R}/tenant/classes/{id}").json()["meta:containerId"] == "global"
    assert api.get(f"{R}/tenant/classes").json()["results"] == []


def test_the_global_container_has_no_tenants_resources(api: Api, groups: list[dict[str, Any]]) -> None:
    assert api.get(f"{R}/global/fieldgroups/{groups[0]['meta:altId']}").status_code == 404


STANDARD = [
    ("behaviors", "https://ns.adobe.com/xdm/data/record"),
    ("behaviors", "https://ns.adobe.com/xdm/data/time-series"),
    ("behaviors", "https://ns.adobe.com/xdm/data/adhoc"),
    ("classes", PROFILE),
    ("classes", "https://ns.adobe.com/xdm/context/experienceevent"),
    ("fieldgroups", "https://ns.adobe.com/xdm/context/identitymap"),
    ("fieldgroups", "https://ns.adobe.com/xdm/mixins/profile/profile-loyalty-details"),
    ("fieldgroups", "https://ns.adobe.com/headrace/mixins/linkedin-ads-analytics"),
    ("datatypes", "https://ns.adobe.com/xdm/common/auditable"),
    ("datatypes", "http://schema.org/GeoCoordinates"),
]


@pytest.mark.parametrize(("kind", "id"), STANDARD)
def test_standard_resources_are_there(api: Api, kind: str, id: str) -> None:
    found = {one["$id"]: one for one in api.get(f"{R}/global/{kind}").json()["results"]}[id]
    for named in (quote_plus(id), found["meta:altId"]):
        assert api.get(f"{R}/global/{kind}/{named}").json()["$id"] == id


def test_money_in_the_linkedin_field_group_is_exact(api: Api) -> None:
    path = f"{R}/global/fieldgroups/_headrace.mixins.linkedin-ads-analytics"
    full = api.get(path, headers={"accept": "application/vnd.adobe.xed-full+json; version=1"}).json()
    field = full["properties"]["linkedInAds"]["properties"]["costInUsd"]
    assert (field["type"], field["meta:headraceType"]) == ("number", "decimal(38,18)")


def test_stats_tell_the_tenant_and_what_there_is(api: Api) -> None:
    body = api.get(f"{R}/stats/").json()
    assert body["tenantId"] == "extconndev" and body["counts"]["mixins"] == COUNT
    assert body["recentlyCreatedResources"][0]["meta:resourceType"] == "mixins"
    assert body["recentlyUpdatedResources"][0]["meta:updated"].endswith("GMT+0000 (UTC)")


def test_another_sandbox_and_another_org_see_none_of_it(api: Api, groups: list[dict[str, Any]]) -> None:
    for other in (api.as_(sandbox="dev"), api.as_(org="FFFFFFFFFFFFFFFFFFFFFFFF@AdobeOrg")):
        assert other.get(GROUPS).json()["results"] == []
        assert other.get(f"{GROUPS}/{groups[0]['meta:altId']}").status_code == 404
        assert other.get(f"{R}/stats").json()["counts"]["mixins"] == 0
