"""Which flows use a document, whatever drafts hold in the places where flows name it."""

from dataclasses import replace
from typing import Any

import pytest

from headrace.flows import usage
from headrace.store import documents

ID = "0a1b"
STEP = {"name": "Mapping", "params": {"mappingId": ID, "mappingVersion": "0"}}
JUNK: list[Any] = [None, 5, "", {}, [], {"params": None}, {"params": 5}, {"params": {"mappingId": 5}}]

MAPPED = [
    ({"transformations": [STEP]}, True),
    ({"transformations": [*JUNK, STEP]}, True),
    ({"transformations": [{**STEP, "params": {**STEP["params"], "mappingId": f" {ID} "}}]}, True),
    ({"transformations": [{"params": {"mappingId": "other"}}, *JUNK]}, False),
    ({"transformations": None}, False),
    ({}, False),
]

WRITTEN = [
    ({"params": {"dataSetId": ID}}, ["t"], True),
    ({"params": {"dataSetId": ID}}, [*JUNK, "t"], True),
    ({"params": {"dataSetId": f"{ID} "}}, ["t"], True),
    ({"params": {"dataSetId": ID}}, JUNK, False),
    ({"params": {"dataSetId": ID}}, None, False),
    ({"params": {"dataSetId": "other"}}, ["t"], False),
    ({"params": {"dataSetId": [ID]}}, ["t"], False),
    ({"params": None}, ["t"], False),
    ({}, ["t"], False),
]


@pytest.mark.parametrize(("flow", "used"), MAPPED)
def test_flows_that_map_with_a_set(world: Any, caller: Any, now: int, flow: dict[str, Any], used: bool) -> None:
    with world.store.write() as conn:
        documents.create(conn, caller, "flows", "f", flow, now)
        assert usage.flows_mapping_with(conn, caller, ID) == ["f"] * used


@pytest.mark.parametrize(("target", "targets", "used"), WRITTEN)
def test_flows_that_write_to_a_dataset(
    world: Any, caller: Any, now: int, target: dict[str, Any], targets: Any, used: bool
) -> None:
    with world.store.write() as conn:
        documents.create(conn, caller, "targetConnections", "t", target, now)
        documents.create(conn, caller, "flows", "f", {"targetConnectionIds": targets}, now)
        assert usage.flows_into(conn, caller, ID) == ["f"] * used


def test_flows_of_another_sandbox_use_nothing_here(world: Any, caller: Any, now: int) -> None:
    with world.store.write() as conn:
        documents.create(conn, replace(caller, sandbox="dev"), "flows", "f", {"transformations": [STEP]}, now)
        assert usage.flows_mapping_with(conn, caller, ID) == []
