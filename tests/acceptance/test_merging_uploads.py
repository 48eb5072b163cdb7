"""Uploads into schemas with a primary key: the highest version of a key holds, in the whole dataset."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from acceptance.test_uploads import Uploads, counted
from headrace.lake import TableRef
from headrace.runs.verification import verify
from platform_server import Platform
from tutorial_flows import EXPORT, REGISTRY, Json
from wire_dataset import VENDOR, dataset, schema
from wire_server import ORG

pytestmark = pytest.mark.slow

LISTED = {"accept": "application/vnd.adobe.xdm+json"}
RELATIONAL = {
    "title": "Campaigns",
    "type": "object",
    "meta:behaviorType": "record",
    "definitions": {
        "customFields": {
            "type": "object",
            "required": ["id", "day", "modified", "clicks"],
            "properties": {
                "id": {"type": "string"},
                "day": {"type": "string", "format": "date"},
                "clicks": {"type": "integer"},
                "modified": {"type": "string", "format": "date-time"},
            },
        }
    },
    "allOf": [{"$ref": "#/definitions/customFields"}],
    "meta:extends": ["https://ns.adobe.com/xdm/data/adhoc-v2"],
}


def describe(platform: Platform, schema_id: str, kind: str, *paths: str) -> Any:
    body = {"@type": f"xdm:descriptor{kind}", "xdm:sourceSchema": schema_id, "xdm:sourceVersion": 1}
    sent = {**body, "xdm:sourceProperty": list(paths) if len(paths) > 1 else paths[0]}
    return platform.api.post(f"{REGISTRY}/descriptors", json=sent)


@pytest.fixture(scope="module")
def relational(platform: Platform) -> str:
    answer = platform.api.post(f"{REGISTRY}/schemas", json=RELATIONAL, headers=VENDOR)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["$id"]
    assert describe(platform, id, "PrimaryKey", "/id", "/day").status_code == 201
    assert describe(platform, id, "Version", "/modified").status_code == 201
    return id


@pytest.fixture
def uploads(platform: Platform, relational: str) -> Iterator[Uploads]:
    yield Uploads(platform, dataset(platform.api, relational))


def row(id: Any, clicks: Any, at: str = "2024-03-01T00:00:00Z", day: str = "2024-03-01", **more: Any) -> Json:
    return {"id": id, "day": day, "clicks": clicks, "modified": at, **more}


def gone(id: Any, at: str, kind: str = "d") -> Json:
    return {"id": id, "day": "2024-03-01", "modified": at, "_change_request_type": kind}


def ended(uploads: Uploads, *rows: Json, **members: Any) -> Json:
    return uploads.ended(json.dumps(rows).encode(), enableErrorDiagnostics=True, **members)


def held(uploads: Uploads) -> Json:
    rows = uploads.platform.deployment.lake.scan(TableRef(ORG, "prod", uploads.dataset))
    assert "_change_request_type" not in rows.column_names
    clicks = {row["_headrace"]["key"]: row["clicks"] for row in rows.to_pylist()}
    assert len(clicks) == rows.num_rows
    return clicks


def merged(batch: Json) -> Json:
    """What a batch's document says of its merge, and of its being taken back."""
    names = ("replacedRecordCount", "deletedRecordCount", "revertedRecordCount", "alreadyGoneRecordCount")
    told = {name.removesuffix("RecordCount"): batch["metrics"][name] for name in names if name in batch["metrics"]}
    return told | {each["rule"]: each["recordCount"] for each in batch["metrics"].get("skippedInfo", ())}


def taken_back(uploads: Uploads, batch: Json) -> Json:
    answer = uploads.act(batch["id"], "REVERT")
    assert answer.status_code == 200 and answer.json()["metrics"] == uploads.shown(batch["id"])["metrics"]
    return merged(answer.json())


def whole(uploads: Uploads) -> None:
    deployment = uploads.platform.deployment
    assert verify(deployment.store, deployment.lake, lambda *_: None).findings == []


def test_the_last_version_of_a_key_holds_in_the_dataset(uploads: Uploads) -> None:
    later, latest = "2024-03-02T00:00:00Z", "2024-03-03T02:00:00+02:00"
    first = ended(uploads, row("a", 1), row("b", 1), row("7", 1), row(7, 2, later), row("a", 1, day="2024-03-02"))
    assert (first["status"], counted(first), merged(first)) == ("success", (5, 4, 0), {"superseded": 1})
    assert held(uploads) == {
        '["a","2024-03-01"]': 1, '["b","2024-03-01"]': 1, '["7","2024-03-01"]': 2, '["a","2024-03-02"]': 1
    }  # fmt: skip
    upserted = [row("a", 3, latest), row("c", 4, _change_request_type="u")]
    deletions = [gone("b", later), gone("z", later, "D"), gone("a", later)]
    bad = [{"id": "x", "day": "2024-03-01", "clicks": 5}, row(None, 6), gone("c", later, "x")]
    second = ended(uploads, *upserted, *deletions, *bad)
    assert (second["status"], counted(second)) == ("success", (8, 2, 3))
    figures = {"replaced": 1, "deleted": 1, "superseded": 1, "deletion": 2}
    assert merged(second) == figures
    assert held(uploads) == {
        '["a","2024-03-01"]': 3, '["7","2024-03-01"]': 2, '["a","2024-03-02"]': 1, '["c","2024-03-01"]': 4
    }  # fmt: skip
    late = ended(uploads, row("b", 9, "2024-03-01T12:00:00Z"), row("a", 9, later))
    assert (counted(late), merged(late), len(held(uploads))) == ((2, 0, 0), {"superseded": 2}, 4)
    for _ in range(2):  # it is safe to repeat
        assert taken_back(uploads, second) == figures | {"reverted": 2, "alreadyGone": 0}
    assert held(uploads) == {'["7","2024-03-01"]': 2, '["a","2024-03-02"]': 1}
    again = ended(uploads, row("b", 9, "2024-03-01T12:00:00Z"))
    assert counted(again) == (1, 1, 0) and held(uploads)['["b","2024-03-01"]'] == 9
    assert taken_back(uploads, first) == {"superseded": 1, "reverted": 2, "alreadyGone": 2}
    assert taken_back(uploads, late) == {"superseded": 2, "reverted": 0, "alreadyGone": 0}
    whole(uploads)


def test_the_kind_of_a_change_is_no_unknown_field(uploads: Uploads) -> None:
    batch = ended(uploads, row("a", 1, _change_request_type="u", other=1), gone("b", "2024-03-01"))
    told = uploads.api.get(f"{EXPORT}/batches/{batch['id']}/meta?path=row_warnings.json").json()
    assert told == [{"rule": "unknownField", "path": "other", "recordCount": 1}]


def test_an_upload_replaces_another_and_merges_with_the_rest(uploads: Uploads) -> None:
    first, other = ended(uploads, row("a", 1), row("b", 1)), ended(uploads, row("c", 1))
    replacing = ended(uploads, row("a", 2), row("c", 0, "2024-02-01T00:00:00Z"),
                      replay={"predecessors": [first["id"]], "reason": "replace"})  # fmt: skip
    assert counted(replacing) == (2, 1, 0)
    assert held(uploads) == {'["a","2024-03-01"]': 2, '["c","2024-03-01"]': 1}
    assert [uploads.shown(batch["id"])["status"] for batch in (first, other)] == ["inactive", "success"]
    whole(uploads)


def test_uploads_at_once_leave_the_highest_version(uploads: Uploads) -> None:
    def one(n: int) -> str:
        id = uploads.open(enableErrorDiagnostics=True)
        rows = [row("a", n, f"2024-03-01T00:00:{n:02}Z"), row(f"own{n}", n)]
        assert uploads.put(id, json.dumps(rows).encode()).status_code == 200
        assert uploads.act(id, "COMPLETE").status_code == 200
        return id

    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(one, range(8)))
    uploads.platform.wait()
    assert {uploads.shown(id)["status"] for id in ids} == {"success"}
    assert held(uploads) == {'["a","2024-03-01"]': 7} | {f'["own{n}","2024-03-01"]': n for n in range(8)}
    whole(uploads)


def test_a_schema_of_a_class_takes_a_primary_key_too(platform: Platform) -> None:
    id = schema(platform.api)
    assert describe(platform, id, "PrimaryKey", "/_extconndev/name").status_code == 201
    uploads = Uploads(platform, dataset(platform.api, id))
    rows = [{"_extconndev": {"name": name, "clicks": n}} for n, name in enumerate("aba")]
    assert counted(ended(uploads, *rows)) == (3, 2, 0)
    found = platform.deployment.lake.scan(TableRef(ORG, "prod", uploads.dataset))["_extconndev"].to_pylist()
    assert sorted((each["name"], each["clicks"]) for each in found) == [("a", 2), ("b", 1)]


REFUSED = [  # the descriptor's kind, its paths, words of the answer
    ("PrimaryKey", ("/id",), "already"),
    ("Version", ("/modified", "/day"), "one field"),
    ("Version", ("/id",), "must be a number"),
]


def test_what_rows_are_told_apart_by_stays_while_there_are_rows(platform: Platform, relational: str) -> None:
    uploads = Uploads(platform, dataset(platform.api, relational))
    id = ended(uploads, row("a", 1))["id"]
    listed = f"{REGISTRY}/descriptors"
    told = platform.api.get(f"{listed}?property=xdm:sourceSchema=={relational}", headers=LISTED).json()
    paths = {f"xdm:descriptor{kind}": other for kind, other in (("PrimaryKey", ["/id"]), ("Version", "/clicks"))}
    for kind, other in paths.items():
        (found,) = told[kind]
        path = f"{listed}/{found['@id']}"
        assert platform.api.put(path, json=found).status_code == 200  # says the same
        for answer in (platform.api.put(path, json={**found, "xdm:sourceProperty": other}), platform.api.delete(path)):
            assert answer.status_code == 400 and answer.json()["type"].endswith("XDM-4000-400")
            assert uploads.dataset in answer.json()["detail"]
    assert counted(ended(uploads, row("a", 2, "2024-03-02T00:00:00Z"))) == (1, 1, 0)
    assert held(uploads) == {'["a","2024-03-01"]': 2}
    assert uploads.shown(id)["status"] == "success"


@pytest.mark.parametrize(("kind", "paths", "words"), REFUSED)
def test_a_descriptor_that_cannot_tell_rows_apart_is_refused(
    platform: Platform, relational: str, kind: str, paths: tuple[str, ...], words: str
) -> None:
    answer = describe(platform, relational, kind, *paths)
    assert answer.status_code == 400 and words in answer.text
