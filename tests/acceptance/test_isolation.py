"""What one sandbox holds is nowhere else: nothing of it is found by others, and its secrets are shown to nobody."""

import base64
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
import zstandard

from headrace.query import local
from platform_server import PRINTED_HOST, Platform
from source_server import Asked, Reply, Source, handler, reply
from tutorial_flows import CATALOG, CONVERSION, EXPORT, FLOWS, REGISTRY, Flow, Tutorial
from wire_server import HEADERS, ORG, Api

pytestmark = pytest.mark.slow

IMPORT = "/data/foundation/import/batches"
OTHER_ORG = "BBBBBBBBBBBBBBBBBBBBBBBB@AdobeOrg"
OTHERS = {"another sandbox": {"sandbox": "dev"}, "another org": {"org": OTHER_ORG}}
OCTETS = {"Content-Type": "application/octet-stream"}
XED = {"Accept": "application/vnd.adobe.xed+json;version=1"}


@dataclass
class Owned:
    """One of everything, in one sandbox. ``requests``: method, path and body of all that names one of them."""

    platform: Platform
    flow: Flow
    ids: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)

    def named(self, path: str, *methods: str, body: Any = None) -> None:
        self.requests += [(method, path, body) for method in methods]


@pytest.fixture(scope="module")
def owned(prepared: Tutorial) -> Owned:
    flow = prepared.flow(days=200)
    run = flow.settled()
    mine = Owned(prepared.platform, flow)
    api, shown = prepared.platform.api, flow.shown()
    _flow_service(mine, shown, run["id"])
    _tables(mine, prepared, run)
    mapping = shown["transformations"][0]["params"]["mappingId"]
    (first, *_) = api.get(f"{CONVERSION}/mappingSets/{mapping}/mappings").json()
    mine.ids |= {"mapping set": mapping, "mapping": first["id"]}
    mine.named(f"{CONVERSION}/mappingSets/{mapping}", "GET", "DELETE")
    mine.named(f"{CONVERSION}/mappingSets/{mapping}/mappings", "GET")
    mine.named(f"{CONVERSION}/mappingSets/{mapping}/mappings/{first['id']}", "GET", "DELETE")
    mine.named(f"{CONVERSION}/mappingSets/{mapping}", "PUT", body={"xdmSchema": mine.ids["schema"], "mappings": []})
    return mine


def _flow_service(mine: Owned, shown: dict[str, Any], run: str) -> None:
    api = mine.platform.api
    spec = api.get(f"{FLOWS}/connectionSpecs").json()["items"][0]
    body = {key: value for key, value in spec.items() if key != "id"} | {"name": "mine alone"}
    mine.ids |= {
        "connection": mine.flow.connection,
        "source connection": mine.flow.source,
        "target connection": shown["targetConnectionIds"][0],
        "flow": mine.flow.id,
        "run": run,
        "connection spec": api.post(f"{FLOWS}/connectionSpecs", json=body).json()["id"],
    }
    patch = [{"op": "replace", "path": "/name", "value": "stolen"}]
    for kind in ("connection", "source connection", "target connection", "flow"):
        first, *rest = kind.split()
        path = f"{FLOWS}/{first}{''.join(map(str.title, rest))}s/{mine.ids[kind]}"
        mine.named(path, "GET", "DELETE")
        mine.named(path, "PATCH", body=patch)
        mine.named(f"{path}/action?op=disable", "POST")
    for way in ("test", "explore?objectType=rest", "configs?objectType=rest"):
        mine.named(f"{FLOWS}/connections/{mine.flow.connection}/{way}", "GET")
    mine.named(f"{FLOWS}/flows/{mine.flow.id}/runs", "GET")
    mine.named(f"{FLOWS}/runs/{run}", "GET")
    mine.named(f"{FLOWS}/runs/{run}/action?op=re-trigger", "POST")
    mine.named(f"{FLOWS}/runs/{run}/action?op=abort", "POST")
    mine.named(f"{FLOWS}/connectionSpecs/{mine.ids['connection spec']}", "GET")
    mine.named(f"{FLOWS}/connectionSpecs/{mine.ids['connection spec']}", "PUT", body=body)


def _tables(mine: Owned, prepared: Tutorial, run: dict[str, Any]) -> None:
    api, dataset = mine.platform.api, mine.flow.dataset
    (batch,) = mine.flow.batches()
    (file, *_) = api.get(f"{EXPORT}/batches/{batch['id']}/files").json()["data"]
    upload = api.post(IMPORT, json={"datasetId": dataset, "inputFormat": {"format": "json"}}).json()["id"]
    schema = prepared.values["SCHEMA_ID"]
    descriptor = api.post(
        f"{REGISTRY}/descriptors",
        json={
            "@type": "xdm:descriptorIdentity", "xdm:sourceSchema": schema, "xdm:sourceVersion": 1,
            "xdm:sourceProperty": "/_extconndev/pivotValue", "xdm:namespace": "Email", "xdm:property": "xdm:code",
            "xdm:isPrimary": False,
        },
    ).json()["@id"]  # fmt: skip
    held = api.get(f"{REGISTRY}/schemas/{schema.replace(':', '%3A').replace('/', '%2F')}", headers=XED).json()
    group = next(ref["$ref"] for ref in held["allOf"] if "/mixins/" in ref["$ref"])
    mine.ids |= {"data set": dataset, "batch": batch["id"], "file": file["dataSetFileId"], "upload": upload}
    mine.ids |= {"schema": schema, "field group": group, "descriptor": descriptor}
    mine.named(f"{CATALOG}/dataSets/{dataset}", "GET", "DELETE")
    mine.named(f"{CATALOG}/dataSets/{dataset}", "PATCH", "PUT", body={"name": "stolen"})
    mine.named(f"{CATALOG}/v2/dataSets/{dataset}", "PATCH", body={"name": "stolen"})
    for id in (batch["id"], upload):
        mine.named(f"{CATALOG}/batches/{id}", "GET")
        for action in ("COMPLETE", "ABORT", "FAIL", "REVERT"):
            mine.named(f"{IMPORT}/{id}?action={action}", "POST")
        mine.named(f"{IMPORT}/{id}/datasets/{dataset}/files/F1.json", "PUT", "HEAD")
        mine.named(f"{IMPORT}/{id}/datasets/{dataset}/files/F1.json?action=INITIALIZE", "POST")
        for path in ("meta", "meta?path=input_files", "meta?path=row_errors", "meta?path=row_error_samples.json"):
            mine.named(f"{EXPORT}/batches/{id}/{path}", "GET")
        mine.named(f"{EXPORT}/batches/{id}/files", "GET")
        mine.named(f"{EXPORT}/batches/{id}/failed", "GET")
    mine.named(f"{EXPORT}/files/{file['dataSetFileId']}", "GET", "HEAD")
    links = json.dumps(run).split('"')
    for link in {word for word in links if word.startswith(mine.platform.url)}:
        mine.named(link.removeprefix(mine.platform.url), "GET")
    mine.named(f"{EXPORT}/datasets/{dataset}/preview", "GET")
    for kind, id in (("schemas", schema), ("fieldgroups", group)):
        path = f"{REGISTRY}/{kind}/{id.replace(':', '%3A').replace('/', '%2F')}"
        mine.named(path, "GET", "DELETE")
        mine.named(path, "PATCH", body=[{"op": "replace", "path": "/title", "value": "stolen"}])
    mine.named(f"{REGISTRY}/descriptors/{descriptor}", "GET", "DELETE")


@pytest.fixture(scope="module", params=OTHERS)
def other(request: pytest.FixtureRequest, platform: Platform) -> Api:
    return platform.api.as_(**OTHERS[request.param])


def _asked(api: Api, method: str, path: str, body: Any) -> httpx2.Response:
    headers = dict(OCTETS) if method == "PUT" and body is None else {"If-Match": "*"}
    headers |= XED if "/schemaregistry/" in path else {}
    return api.request(method, path, headers=headers, **({"json": body} if body is not None else {}))


def test_whatever_is_named_is_not_found_by_others(owned: Owned, other: Api) -> None:
    answers = {(method, path): _asked(other, method, path, body) for method, path, body in owned.requests}
    strange = {key: (answer.status_code, answer.text[:200]) for key, answer in answers.items()}
    assert {key: told for key, told in strange.items() if told[0] != 404} == {}
    assert len(answers) > 60


def test_its_owner_still_finds_everything_unchanged(owned: Owned, platform: Platform) -> None:
    gets = [(method, path, body) for method, path, body in owned.requests if method == "GET"]
    found = {path: _asked(platform.api, method, path, body).status_code for method, path, body in gets}
    assert {path: status for path, status in found.items() if status != 200} == {}
    assert owned.flow.shown()["name"] == "LinkedIn Ads dataflow" and owned.flow.rows().num_rows == 99


LISTS = (
    *(f"{FLOWS}/{kind}" for kind in (
        "connections", "sourceConnections", "targetConnections", "flows", "runs", "connectionSpecs", "flowSpecs"
    )),
    f"{CATALOG}/dataSets", f"{CATALOG}/batches", f"{CATALOG}/lastBatches", f"{CONVERSION}/mappingSets",
    f"{REGISTRY}/schemas", f"{REGISTRY}/fieldgroups", f"{REGISTRY}/descriptors", f"{REGISTRY}/unions",
)  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_no_list_names_what_is_anothers(owned: Owned, other: Api, path: str) -> None:
    headers = {"Accept": "application/vnd.adobe.xed-id+json"} if REGISTRY in path else {}
    if path.endswith("descriptors"):
        headers = {"Accept": "application/vnd.adobe.xdm+json"}
    mine, theirs = owned.platform.api.get(path, headers=headers), other.get(path, headers=headers)
    assert mine.status_code == theirs.status_code == 200, theirs.text
    assert [kind for kind, id in owned.ids.items() if id in theirs.text] == []


SEARCHES = ("flowId=={run}", "id=={flow}", "flowId=={flow}")


@pytest.mark.parametrize("question", SEARCHES)
def test_no_filter_reaches_across(owned: Owned, other: Api, question: str) -> None:
    asked = question.format(flow=owned.flow.id, run=owned.ids["run"])
    for kind in ("flows", "runs"):
        assert other.get(f"{FLOWS}/{kind}?property={asked}").json()["items"] == []
    assert other.get(f"{CATALOG}/batches?dataSet={owned.flow.dataset}").json() == {}
    assert other.get(f"{CATALOG}/batches?batch={owned.ids['batch']}").json() == {}
    assert owned.flow.dataset not in other.get(f"{CATALOG}/dataSets?id={owned.flow.dataset}").text


def test_nothing_of_anothers_can_be_built_upon(owned: Owned, other: Api) -> None:
    ids, api = owned.ids, owned.platform.api
    source = api.get(f"{FLOWS}/sourceConnections/{ids['source connection']}").json()["items"][0]
    flow = api.get(f"{FLOWS}/flows/{ids['flow']}").json()["items"][0]
    asked = {
        f"{FLOWS}/sourceConnections": {k: source[k] for k in ("name", "baseConnectionId", "connectionSpec", "params")},
        f"{FLOWS}/targetConnections": {
            "name": "t", "connectionSpec": {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"},
            "params": {"dataSetId": ids["data set"]},
        },
        f"{FLOWS}/flows": {k: flow[k] for k in (
            "name", "flowSpec", "sourceConnectionIds", "targetConnectionIds", "transformations", "scheduleParams"
        )},
        f"{FLOWS}/runs": {"flowId": ids["flow"]},
        f"{CATALOG}/dataSets": {"name": "d", "schemaRef": {"id": ids["schema"], "contentType": XED["Accept"]}},
        f"{CONVERSION}/mappingSets": {"xdmSchema": ids["schema"], "xdmVersion": "1.0", "mappings": []},
        f"{REGISTRY}/schemas": {"type": "object", "title": "stolen", "allOf": [
            {"$ref": "https://ns.adobe.com/xdm/context/profile"}, {"$ref": ids["field group"]}
        ]},
        IMPORT: {"datasetId": ids["data set"], "inputFormat": {"format": "json"}},
    }  # fmt: skip
    answers = {path: other.post(path, json=body) for path, body in asked.items()}
    assert {path: answer.status_code for path, answer in answers.items() if not 400 <= answer.status_code < 500} == {}


def test_sql_reads_the_tables_of_its_sandbox_only(owned: Owned) -> None:
    for who in OTHERS.values():
        assert owned.platform.api.as_(**who).get(f"{CATALOG}/dataSets").json() == {}
    directory = owned.platform.deployment.settings.data_dir
    sql = f'SELECT count(*) FROM "{owned.flow.dataset}"'
    assert local.rows(directory, ORG, "prod", sql) == [(99,)]
    for org, sandbox in ((ORG, "dev"), (OTHER_ORG, "prod")):
        with pytest.raises(Exception, match=owned.flow.dataset):
            local.rows(directory, org, sandbox, sql)


# -- secrets -----------------------------------------------------------------------------------------------------

SECRETS = {
    "accessToken": "AQ-access-5f2b7c1e9d",
    "refreshToken": "AQ-refresh-77aa01bc4e",
    "clientSecret": "client-secret-90ff3e21",
}
NEXT_TOKEN = "AQ-next-access-0c9be4d7a1"


@pytest.fixture
def telltale() -> Iterator[Source]:
    """A source that repeats every credential it is told, in its refusals and in the addresses that it leads to."""
    told = Source("", answer=_repeated)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(told)) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield told
        server.shutdown()


def _repeated(asked: Asked) -> Reply:
    words = f"I was told {asked.headers.get('authorization', '')} and {asked.body.decode()} by {asked.target}"
    if "/token" in asked.target:
        return reply({"access_token": NEXT_TOKEN, "expires_in": 60})
    if "/adAccounts" in asked.target and NEXT_TOKEN in words:
        return Reply(302, headers={"Location": f"/loop?token={NEXT_TOKEN}"})
    return reply({"message": words}, 401 if NEXT_TOKEN not in words else 400)


@pytest.fixture
def heard(platform: Platform, request: pytest.FixtureRequest) -> Iterator[tuple[Tutorial, list[str]]]:
    """A tutorial whose every answer, headers included, is kept."""
    answers: list[str] = []

    def keep(answer: httpx2.Response) -> None:
        answer.read()
        answers.append(f"{answer.request.url} {answer.headers} {answer.text}")

    with httpx2.Client(
        base_url=platform.url, headers=HEADERS, trust_env=False, timeout=60, event_hooks={"response": [keep]}
    ) as http:
        spoken = Platform(platform.url, Api(http), platform.deployment, platform.linkedin)
        tutorial = Tutorial(spoken)
        tutorial.values["SCHEMA_ID"] = tutorial.schema(title=f"Heard by {request.node.name}")
        yield tutorial, answers
        tutorial.clean_up()


def test_secrets_are_in_no_answer_no_log_and_no_file(
    heard: tuple[Tutorial, list[str]], telltale: Source, caplog: pytest.LogCaptureFixture
) -> None:
    tutorial, answers = heard
    caplog.set_level(logging.WARNING)
    host = {"host": telltale.url, "clientId": "known", "accessTokenUrl": f"{telltale.url}/token"}
    flow = tutorial.flow(host=telltale.url, token=SECRETS["accessToken"])
    api, path = flow.api, f"{FLOWS}/connections/{flow.connection}"
    assert flow.settled()["state"] == "failed"
    params = [{"op": "replace", "path": "/auth/params", "value": {**host, **SECRETS}}]
    assert api.patch(path, json=params, headers={"If-Match": _etag(api, path)}).status_code == 200
    wrong = [{"op": "replace", "path": "/auth/params", "value": {"accessToken": SECRETS["accessToken"], "host": 7}}]
    assert api.patch(path, json=wrong, headers={"If-Match": _etag(api, path)}).status_code == 400
    given = base64.b64encode(json.dumps({**host, **SECRETS}).encode()).decode()
    for way in ("test", "explore?objectType=rest", "explore?objectType=rest&sourceParams=x"):
        api.get(f"{path}/{way}")
    assert flow.settled("PT1H")["state"] == "failed"
    api.get(f"{FLOWS}/connections"), api.post(f"{FLOWS}/connections/search", json={}), flow.shown(), flow.batches()
    assert any(NEXT_TOKEN in f"{asked.headers}" for asked in telltale.asked), "the renewed token was never used"
    _nowhere(answers, caplog.text, tutorial.platform)
    api.get(f"{path}/explore?objectType=rest&sourceParams={given}")
    told = answers[-1].partition(" ")[2]
    _nowhere([told], caplog.text, tutorial.platform)
    assert given not in caplog.text


def _etag(api: Api, path: str) -> str:
    etag: str = api.get(path).json()["items"][0]["etag"]
    return etag


def _nowhere(answers: list[str], logged: str, platform: Platform) -> None:
    words = [*SECRETS.values(), NEXT_TOKEN, platform.linkedin.token]
    words += [base64.b64encode(word.encode()).decode().rstrip("=") for word in words]
    assert [word for word in words for answer in answers if word in answer] == []
    assert [word for word in words if word in logged] == []
    assert [(word, name) for name, content in _files(platform) for word in words if word.encode() in content] == []


def _files(platform: Platform) -> Iterator[tuple[str, bytes]]:
    """Every file of the data directory, packed ones unpacked; the write-ahead logs are brought in first."""
    with platform.deployment.store.write() as conn:
        conn.execute(sa.text("SELECT 1"))
    root: Path = platform.deployment.settings.data_dir
    for path in sorted(root.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            unpacked = zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True)
            yield str(path), unpacked.read() if path.name.endswith(".zst") else content


def _echoed(asked: Asked) -> Reply:
    """Rows, good and bad ones, that repeat the token, beside the way in which it would be sent again."""
    if "/adAccounts" in asked.target:
        return reply({"elements": [{"id": 507947502}]})
    sent = asked.headers["authorization"]
    day = {"year": 2022, "month": 8, "day": 9}
    row = {"dateRange": {"start": day, "end": day}, "pivotValues": [sent], "costInLocalCurrency": "1.10"}
    rows = [{**row, "clicks": 7}, {**row, "clicks": f"none, {sent}"}, [sent]]
    return reply({"paging": {"links": [{"href": f"/x?token={SECRETS['accessToken']}"}]}, "elements": rows})


def test_a_token_that_a_source_repeats_in_its_rows_is_kept_nowhere(
    heard: tuple[Tutorial, list[str]], telltale: Source, caplog: pytest.LogCaptureFixture
) -> None:
    tutorial, answers = heard
    telltale.answer = _echoed
    mappings = [
        {"sourceType": "ATTRIBUTE", "source": f"element.{name}", "destination": f"_extconndev.{name}"}
        for name in ("clicks", "pivotValue")
    ]
    flow = tutorial.flow(host=telltale.url, token=SECRETS["accessToken"], days=1, mappings=mappings)
    run, api = flow.settled(), flow.api
    (row,) = flow.rows()["_extconndev"].to_pylist()
    assert (row["clicks"], row["pivotValue"]) == (7, "Bearer •••")
    hidden = {"rule": "hiddenSecret", "path": "accessToken", "valueCount": 5}
    assert hidden in run["metrics"]["recordSummary"]["warningInfo"]
    assert {"runId": run["id"], **hidden} in flow.shown()["warnings"]
    (batch,) = flow.batches()
    for path in ("meta", "meta?path=row_errors", "meta?path=row_error_samples.json", "meta?path=row_warnings.json"):
        assert api.get(f"{EXPORT}/batches/{batch['id']}/{path}").status_code == 200
    errors = api.get(f"{EXPORT}/batches/{batch['id']}/meta?path=row_error_samples.json").text
    assert "none, Bearer •••" in errors
    inputs = api.get(f"{EXPORT}/batches/{batch['id']}/meta?path=input_files").json()["data"]
    pages = [api.get(each["_links"]["self"]["href"].removeprefix(tutorial.platform.url)).text for each in inputs]
    assert any('"hidden":{"accessToken":5}' in page for page in pages) and any("/x?token=•••" in page for page in pages)
    assert api.get(f"{EXPORT}/datasets/{flow.dataset}/preview").status_code == 200
    _nowhere(answers, caplog.text, tutorial.platform)


def test_the_real_token_is_in_no_file_after_a_good_run(owned: Owned) -> None:
    token = owned.platform.linkedin.token.encode()
    files = dict(_files(owned.platform))
    assert [name for name, content in files.items() if token in content] == []
    assert any(name.endswith(".zst") for name in files) and any(name.endswith(".db") for name in files)
    assert PRINTED_HOST.encode() in b"".join(content for name, content in files.items() if "headrace.db" in name)


def test_the_outbox_names_what_changed_without_its_content(owned: Owned) -> None:
    with owned.platform.deployment.store.read() as conn:
        rows = [str(tuple(row)) for row in conn.execute(sa.text("SELECT * FROM events"))]
    assert any(owned.flow.connection in row for row in rows)
    assert not any(owned.platform.linkedin.token in row or "accessToken" in row for row in rows)
