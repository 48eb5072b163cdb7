"""No route without its declaration; a reply goes out only as an answer that is declared."""

from collections.abc import Callable
from typing import Any, get_args

import pytest

from headrace.api.operation import CREATED, NEVER, NO_CONTENT, OCTETS, OK, READ, Answer, FromPath, Operation, Verb
from headrace.api.problems import CATALOG
from headrace.api.request import JSON, Reply
from headrace.api.routing import Register, Route, Routes
from headrace.api.services import ALL
from headrace.errors import Broken

ROUTES = [route for service in ALL for route in service.listed]
Declare = Callable[[Routes], Register]

INCOMPLETE: list[tuple[Declare, str]] = [
    (lambda routes: routes.get("/a"), "kind"),
    (lambda routes: routes.head("/a"), "kind"),
    (lambda routes: routes.put("/a"), "kind"),
    (lambda routes: routes.patch("/a"), "kind"),
    (lambda routes: routes.post("/a", kind="flows", answers=OK), "verb"),
    (lambda routes: routes.post("/a", verb=READ, answers=OK), "kind"),
    (lambda routes: routes.post("/a", verb=READ, kind="flows"), "answers"),
    (lambda routes: routes.delete("/a", answers=OK), "kind"),
    (lambda routes: routes.delete("/a", kind="flows"), "answers"),
]


@pytest.mark.parametrize(("declare", "missing"), INCOMPLETE)
def test_a_route_that_declares_too_little_is_not_registered(declare: Declare, missing: str) -> None:
    routes = Routes("/service", CATALOG)
    with pytest.raises(TypeError, match=f"missing .* '{missing}'"):
        declare(routes)
    assert routes.listed == []


def test_a_kind_that_the_path_does_not_name_is_not_registered() -> None:
    with pytest.raises(ValueError, match=r"GET /\{id\} has no parameter type"):
        Routes("/service", CATALOG).get("/{id}", kind=FromPath("type"))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} /{'/'.join(route.template)}")
def test_every_route_declares_what_it_does_to_what_and_how_it_answers(route: Route) -> None:
    params = {part.strip("{.}"): "schemas" for part in route.template if part.startswith("{")}
    verb, kind = route.operation.permission(params)
    assert verb in get_args(Verb) and kind
    statuses = [answer.status for answer in route.operation.answers]
    assert len(set(statuses)) == len(statuses)


def test_a_kind_comes_from_the_path_where_it_is_declared_so() -> None:
    operation = Operation(READ, FromPath("type"), OK)
    assert operation.permission({"container": "tenant", "type": "fieldgroups"}) == ("read", "fieldgroups")


FILE = (Answer(200, (JSON, OCTETS)), Answer(206, (OCTETS,)))
VENDOR = (Answer(200, (JSON, "application/vnd.adobe.*+json")),)

FITTING: list[tuple[tuple[Answer, ...], Reply, int]] = [
    (OK, Reply({}), 200),
    (CREATED, Reply({}), 201),
    (CREATED, Reply({}, status=201), 201),
    (NO_CONTENT, Reply(), 204),
    (OK + CREATED, Reply({}), 200),
    (OK + CREATED, Reply({}, status=201), 201),
    (FILE, Reply([]), 200),
    (FILE, Reply(b"a", media=OCTETS), 200),
    (FILE, Reply(b"a", media=OCTETS, status=206), 206),
    (VENDOR, Reply({}, media="application/vnd.adobe.xed-full+json;version=1"), 200),
]


@pytest.mark.parametrize(("answers", "reply", "status"), FITTING)
def test_a_reply_goes_out_as_the_first_answer_that_it_fits(answers: Any, reply: Reply, status: int) -> None:
    assert Operation(READ, "files", answers).status(reply) == status


UNDECLARED: list[tuple[tuple[Answer, ...], Reply, str]] = [
    (OK, Reply({}, status=202), "status 202 and application/json"),
    (OK, Reply(), "no body"),
    (NO_CONTENT, Reply({}), "application/json"),
    (OK, Reply(b"a", media=OCTETS), OCTETS),
    (FILE, Reply([], status=206), "status 206 and application/json"),
    (VENDOR, Reply({}, media="application/vnd.other+json"), "application/vnd.other"),
    (NEVER, Reply({}), "application/json"),
]


@pytest.mark.parametrize(("answers", "reply", "message"), UNDECLARED)
def test_a_reply_that_is_not_declared_is_a_fault(answers: Any, reply: Reply, message: str) -> None:
    with pytest.raises(Broken, match=message.replace("+", r"\+")):
        Operation(READ, "files", answers).status(reply)
