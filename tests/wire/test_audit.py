"""Who changed what, when and from where is recorded, and shown to whoever operates the server."""

from collections.abc import Callable

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
    created, replaced = [line for line in reversed(audit("--id", id).splitlines()) if id in line]
    for line, action in ((created, "created"), (replaced, "replaced")):
        assert action in line and "127.0.0.1" in line and "emulator@techacct.adobe.com" in line and ORG in line


def test_it_can_be_narrowed(api: Api, audit: Audit) -> None:
    api.post(TYPES, json={"title": "Narrowed", "type": "object", "properties": {}})
    assert "datatypes" in audit("--kind", "datatypes", "--org", ORG, "--limit", "1")
    for narrowed in (("--kind", "none"), ("--org", "other@AdobeOrg"), ("--actor", "nobody"), ("--id", "none")):
        with pytest.raises(NotFound, match="Nothing of the kind happened"):
            audit(*narrowed)
