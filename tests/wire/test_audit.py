"""Who changed what, when and from where is recorded, and shown to whoever operates the server."""

from collections.abc import Callable

import httpx2
import pytest
from typer.testing import CliRunner

from headrace import main
from headrace.errors import NotFound
from headrace.runs.deployment import Deployment
from wire_server import ORG, Api

Audit = Callable[..., str]
TYPES = "/data/foundation/schemaregistry/tenant/datatypes"


@pytest.fixture
def audit(deployment: Deployment) -> Audit:
    where = ["--data-dir", str(deployment.settings.data_dir), "--database-url", deployment.settings.database_url]

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(main.app, ["audit", *arguments, *where], env={"COLUMNS": "300"})
        if done.exception is not None:
            raise done.exception
        return done.output

    return run


def test_a_change_is_shown_with_who_made_it_and_from_where(api: Api, audit: Audit) -> None:
    body = {"title": "Audited", "type": "object", "properties": {"a": {"type": "string"}}}
    id = api.post(TYPES, json=body).json()["$id"]
    api.patch(f"{TYPES}/{id.replace('/', '%2F')}", json=[{"op": "add", "path": "/description", "value": "b"}])
    lines = audit("--id", id).splitlines()
    assert [line.split("  ")[1:] for line in lines[::3]] == [
        ["replaced", f"datatypes {id}"],
        ["created", f"datatypes {id}"],
    ]
    assert lines[1::3] == ["    by emulator@techacct.adobe.com from 127.0.0.1"] * 2
    assert lines[2::3] == [f"    in {ORG}, sandbox prod"] * 2


def test_it_can_be_narrowed(api: Api, audit: Audit) -> None:
    api.post(TYPES, json={"title": "Narrowed", "type": "object", "properties": {}})
    assert "datatypes" in audit("--kind", "datatypes", "--org", ORG, "--limit", "1")
    for narrowed in (("--kind", "none"), ("--org", "other@AdobeOrg"), ("--actor", "nobody"), ("--id", "none")):
        with pytest.raises(NotFound, match="Nothing of the kind happened"):
            audit(*narrowed)


EVENTS = "/data/foundation/audit/events"


def test_the_org_is_told_page_by_page(api: Api) -> None:
    ids = [
        api.post(TYPES, json={"title": f"Paged {n}", "type": "object", "properties": {}}).json()["$id"]
        for n in range(3)
    ]
    first = api.get(EVENTS, params={"assetType": "datatypes", "action": "created", "limit": 2}).json()
    newest, older = first["_embedded"]["events"]
    assert (newest["assetId"], older["assetId"]) == (ids[2], ids[1])
    assert (newest["clientAddress"], newest["userId"]) == ("127.0.0.1", "emulator@techacct.adobe.com")
    following = httpx2.URL(first["_links"]["next"]["href"])
    second = api.get(f"{EVENTS}?{following.query.decode()}").json()
    assert second["_embedded"]["events"][0]["assetId"] == ids[0] and second["page"]["start"] == 2


def test_another_org_is_told_nothing_of_it(api: Api) -> None:
    api.post(TYPES, json={"title": "Not theirs", "type": "object", "properties": {}})
    theirs = api.as_("OTHER@AdobeOrg").get(EVENTS, params={"assetType": "datatypes"}).json()
    assert theirs["_embedded"]["events"] == [] and "next" not in theirs["_links"]
