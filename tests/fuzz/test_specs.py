"""A spec of which one part is hostile: either it is refused, or all that it is used for is answered."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from fuzz.test_hostile import JSON, VALUES, none, variants, wrong
from fuzz.world import FLOW, World
from source_server import API_KEY, BASIC, BEARER

pytestmark = pytest.mark.slow

NOWHERE = "http://127.0.0.1:1"
TEXT = {"type": "string", "minLength": 0, "default": "d", "description": "what it is"}
SPEC: dict[str, Any] = {
    "name": "hostile",
    "providerId": "p",
    "version": "1.0",
    "authSpec": [
        {**auth, "spec": {**auth["spec"], "properties": {**auth["spec"]["properties"], "k": TEXT}}}
        for auth in (BEARER, BASIC, API_KEY)
    ],
    "sourceSpec": {
        "attributes": {
            "urlParams": {"host": NOWHERE, "path": "/${team}", "method": "POST", "queryParams": {"team": "${team}"}},
            "headerParams": {"X-Team": "${team}"},
            "bodyParams": {"team": ["${team}"]},
            "contentPath": {"path": "$.rows", "skipAttributes": ["a"], "overrideWrapperAttribute": "row"},
            "paginationParams": {"type": "PAGE", "pageParamName": "p", "limitName": "n", "limitValue": 10},
            "scheduleParams": {
                "scheduleStartParamName": "from", "scheduleEndParamName": "to",
                "scheduleStartParamFormat": "yyyy-MM-dd", "scheduleEndParamFormat": "yyyy-MM-dd",
            },
        },
        "spec": {"type": "object", "properties": {"team": TEXT}, "required": []},
    },
}  # fmt: skip

CREDENTIALS = {
    "OAuth2 Refresh Code": {"host": NOWHERE, "accessToken": "tttttt", "k": "v"},
    "API Key Authentication": {"authKey1": "kkkkkk", "k": "v"},
}


def post(world: World, path: str, body: Any) -> httpx2.Response:
    return world.api.post(path, content=json.dumps(body), headers=JSON)


def used(world: World, id: str) -> Iterator[httpx2.Response]:
    """What one does with a spec, as far as it goes."""
    named = {"connectionSpec": {"id": id, "version": "1.0"}, "name": "c"}
    for auth, params in CREDENTIALS.items():
        made = post(world, f"{FLOW}/connections", {**named, "auth": {"specName": auth, "params": params}})
        yield made
        if made.status_code == 201:
            base = made.json()["id"]
            body = {**named, "baseConnectionId": base, "data": {"format": "json"}, "params": {"team": "blue"}}
            yield post(world, f"{FLOW}/sourceConnections", body)
    if made.status_code == 201:
        yield world.api.get(f"{FLOW}/connections/{base}/explore?objectType=rest&object=json&fileType=json&preview=true")
    yield world.api.get(f"{FLOW}/connectionSpecs/{id}")


@pytest.mark.parametrize("turn", range(4))
def test_a_hostile_spec_is_refused_or_used(world: World, turn: int) -> None:
    found = []
    for changed in [*variants(SPEC)][turn::4]:
        posted = post(world, f"{FLOW}/connectionSpecs", changed)
        answers = [posted, *(used(world, posted.json()["id"]) if posted.status_code == 201 else ())]
        found += [problem for answer in answers for problem in wrong(f"{answer.request.url} {changed!a}", answer)]
    none(found)


@pytest.mark.parametrize("name", ["host", "accessToken", "k", "team", "urlParams"])
def test_hostile_source_params(world: World, name: str) -> None:
    spec = post(world, f"{FLOW}/connectionSpecs", SPEC).json()["id"]
    auth = {"specName": "OAuth2 Refresh Code", "params": CREDENTIALS["OAuth2 Refresh Code"]}
    body = {"name": "c", "connectionSpec": {"id": spec, "version": "1.0"}, "auth": auth}
    base = post(world, f"{FLOW}/connections", body).json()["id"]
    found = []
    for value in VALUES:
        text = b64encode(json.dumps({**auth["params"], name: value}).encode()).decode()
        path = f"{FLOW}/connections/{base}/explore"
        asked = {
            "objectType": "rest",
            "object": "json",
            "fileType": "json",
            "preview": "true",
            "sourceParams": text[:60_000],
        }
        found += wrong(f"{name} {ascii(value)[:100]}", world.api.get(path, params=asked))
    none(found)
