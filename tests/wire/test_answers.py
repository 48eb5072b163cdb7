"""What a route does not declare as its answer never reaches a client."""

import errno

import pytest

from headrace.api.batch_ingestion import FILE_ACTIONS
from headrace.api.operation import OCTETS
from headrace.api.request import Reply, Request
from headrace.store.outages import RETRY_SECONDS
from wire_server import Api

FILE = "/data/foundation/import/batches/b/datasets/d/files/f.json"


@pytest.mark.parametrize("reply", [Reply({}, status=202), Reply(), Reply(b"a", media=OCTETS)])
def test_an_undeclared_answer_is_a_fault_in_the_services_body(
    api: Api, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setitem(FILE_ACTIONS, "COMPLETE", lambda _: reply)
    answer = api.post(FILE, params={"action": "COMPLETE"})
    assert (answer.status_code, answer.json()["status"]) == (500, 500)
    assert "No answer is declared for status" in answer.text


def test_a_declared_answer_goes_out_with_its_status(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILE_ACTIONS, "COMPLETE", lambda _: Reply({"name": "f.json"}, status=201))
    answer = api.post(FILE, params={"action": "COMPLETE"})
    assert (answer.status_code, answer.json()) == (201, {"name": "f.json"})


def test_a_full_disk_is_an_answer_to_ask_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Request) -> Reply:
        raise OSError(errno.ENOSPC, "No space left on device", "/srv/private")

    monkeypatch.setitem(FILE_ACTIONS, "COMPLETE", full)
    answer = api.post(FILE, params={"action": "COMPLETE"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(RETRY_SECONDS))
    assert "the disk is full" in answer.text and "/srv" not in answer.text
