"""Lists over the wire: filters, sorting, pages that aepp can follow, counting, projection, searches, refusals."""

from base64 import urlsafe_b64encode as b64encode
from typing import Any

import msgspec
import pytest

from wire_flows import Flows, code


@pytest.fixture(scope="module")
def named(flows: Flows) -> dict[str, str]:
    """Five base connections by name, the last the newest."""
    return {name: flows.connection(name=name)["id"] for name in ("alpha", "bravo", "charlie", "delta", "echo")}


@pytest.fixture
def ours(named: dict[str, str]) -> str:
    return f"id=={','.join(named.values())}"


def names(flows: Flows, *pairs: tuple[str, Any]) -> list[str]:
    answer = flows.get("/connections", params=list(pairs))
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


FILTERS = [
    ("name==alpha", {"alpha"}),
    ("name=alpha", {"alpha"}),
    ('name=="alpha","echo"', {"alpha", "echo"}),
    ("name!=alpha,bravo,charlie", {"delta", "echo"}),
    ("name>charlie", {"delta", "echo"}),
    ("state==ENABLED", {"alpha", "bravo", "charlie", "delta", "echo"}),
    ("state!=enabled", set()),
    ("auth.params.host==nowhere", set()),
    ("createdAt>=1000", {"alpha", "bravo", "charlie", "delta", "echo"}),
]


@pytest.mark.parametrize(("condition", "expected"), FILTERS)
def test_filters(flows: Flows, ours: str, condition: str, expected: set[str]) -> None:
    assert set(names(flows, ("property", ours), ("property", condition))) == expected


def test_newest_first_or_as_asked(flows: Flows, ours: str) -> None:
    forward = ["alpha", "bravo", "charlie", "delta", "echo"]
    assert names(flows, ("property", ours)) == forward[::-1]
    for order, expected in (("name", forward), ("+name", forward), ("-name", forward[::-1])):
        assert names(flows, ("property", ours), ("orderby", order)) == expected


@pytest.mark.parametrize("resend", [True, False])
def test_pages_by_the_link_alone_or_with_everything_again(flows: Flows, ours: str, resend: bool) -> None:
    asked = {"property": ours, "limit": "2", "orderby": "name"}
    seen, href = [], "/connections"
    while href:
        answer = flows.get(href, params=asked if resend or not seen else None).json()
        seen += [item["name"] for item in answer["items"]]
        href = answer["_links"].get("next", {}).get("href", "")
        assert href.count("=") in (0, 1) and len(answer["items"]) <= 2
        if resend and href:
            asked["continuationToken"], href = href.split("=")[1], "/connections"
    assert seen == ["alpha", "bravo", "charlie", "delta", "echo"]


def test_counting(flows: Flows, ours: str) -> None:
    assert flows.get("/connections", params={"property": ours, "count": "true"}).json() == {"count": 5}
    assert len(names(flows, ("property", ours), ("count", "False"), ("limit", 3))) == 3
    assert code(flows.get("/connections?count=True&limit=3")) == "FLOW-1401-400"


def test_empty_parameters_count_as_absent(flows: Flows) -> None:
    answer = flows.get("/connections?property=&limit=&orderby=&continuationToken=&count=false")
    assert answer.status_code == 200 and answer.json()["items"]


def test_a_property_without_operator_is_a_projection(flows: Flows, ours: str) -> None:
    params = {"property": [ours, "state,connectionSpec"]}
    items = flows.get("/connections", params=params).json()["items"]
    assert all(set(item) == {"id", "name", "state", "connectionSpec"} for item in items)


def forged(position: int = 1, limit: int = 5) -> str:
    """A continuation token that no list gives."""
    place = b64encode(msgspec.json.encode(("gone", position))).decode().rstrip("=")
    return b64encode(msgspec.json.encode((place, limit, "", ()))).decode().rstrip("=")


REFUSED = [
    ("start=5", "FLOW-1451-400"),
    ("property=name~a", "FLOW-1440-400"),
    ("property=name!>a", "FLOW-1450-400"),
    ("property=name<=a,b", "FLOW-1443-400"),
    ("property=id>=a", "FLOW-1448-400"),
    ("property=colour==red", "FLOW-1449-400"),
    ("property=zz", "FLOW-1449-400"),
    ("property=state,zz", "FLOW-1449-400"),
    ("property=createdAt==1,2", "FLOW-1452-400"),
    ("property=createdAt==yesterday", "FLOW-1452-400"),
    ("property=createdAt==", "FLOW-1453-400"),
    ("orderby=*name", "FLOW-1432-400"),
    ("orderby=colour", "FLOW-1433-400"),
    ("limit=0", "SOURCES-1000-400"),
    ("limit=many", "SOURCES-1000-400"),
    ("count=perhaps", "SOURCES-1000-400"),
    ("continuationToken=%21", "FLOW-1452-400"),
    ("continuationToken=e30", "FLOW-1452-400"),
    (f"continuationToken=eyJ4Ijpb{'W1tb' * 1_000}", "FLOW-1452-400"),
    (f"continuationToken={forged(limit=0)}", "FLOW-1452-400"),
    (f"continuationToken={forged(limit=10**6)}", "FLOW-1452-400"),
    (f"continuationToken={forged(position=-1)}", "SOURCES-1000-400"),
    (f"continuationToken={forged(position=2**64)}", "SOURCES-1000-400"),
]


@pytest.mark.parametrize(("query", "expected"), REFUSED)
@pytest.mark.parametrize("kind", ["connections", "runs"])
def test_a_question_that_cannot_be_read_gets_its_code(flows: Flows, kind: str, query: str, expected: str) -> None:
    assert code(flows.get(f"/{kind}?{query}")) == expected


def test_arrays_are_stepped_into(flows: Flows) -> None:
    body = flows.flow_body()
    id = flows.made("flows", body)["id"]
    [source] = body["sourceConnectionIds"]
    mapping = body["transformations"][0]["params"]["mappingId"]
    params = [
        ("property", f"sourceConnectionIds[]=={source},other"),
        ("property", f"transformations[].params.mappingId=={mapping}"),
        ("property", "inheritedAttributes.properties.isSourceFlow==true"),
    ]
    assert [item["id"] for item in flows.get("/flows", params=params).json()["items"]] == [id]
    none = flows.get("/flows?property=inheritedAttributes.properties.isDestinationFlow==true").json()
    assert none == {"items": [], "_links": {}}


def test_searches_take_the_question_in_a_body(flows: Flows, ours: str) -> None:
    body = {"queryString": f"property={ours}", "limit": 2, "orderby": "-name"}
    first = flows.post("/connections/search", body).json()
    assert [item["name"] for item in first["items"]] == ["echo", "delta"]
    second = flows.post(first["_links"]["next"]["href"], {}).json()
    assert [item["name"] for item in second["items"]] == ["charlie", "bravo"]
    assert flows.post("/connections/search", {"queryString": f"property={ours}", "count": True}).json() == {"count": 5}
    assert code(flows.post("/connections/search", {"queryString": 5})) == "SOURCES-1312-400"
    for kind in ("flows", "sourceConnections", "targetConnections"):
        assert "items" in flows.post(f"/{kind}/search", {}).json()


def test_trailing_slashes_change_nothing(flows: Flows, named: dict[str, str]) -> None:
    assert flows.get(f"/connections/{named['alpha']}/").status_code == 200
