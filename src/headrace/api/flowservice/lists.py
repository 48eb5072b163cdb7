"""Lists of Flow Service: property filters, projection, sorting, pages, counting; the same for searches."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from headrace.api.app import parse_query
from headrace.api.flowservice.service import require_known
from headrace.api.request import Query, Reply, Request
from headrace.errors import FilterInvalid, Invalid
from headrace.wire.filters import Condition, Predicate, all_of, parse_condition, values_at
from headrace.wire.pages import SortKey, page_after, parse_orderby, sort_items

Json = dict[str, Any]

DEFAULT_LIMIT, MOST = 100, 1000
NAMES = ("property", "limit", "orderby", "continuationtoken", "count")
# Fields that an item may lack and that can be asked for nevertheless.
OPTIONAL = frozenset({
    "id", "name", "description", "state", "version", "etag", "createdAt", "updatedAt", "createdBy", "updatedBy",
    "createdClient", "updatedClient", "sandboxId", "sandboxName", "imsOrgId", "labels", "policy", "providerRefId",
    "tagIds", "parentFolderId", "auth", "connectionSpec", "data", "params", "baseConnectionId",
    "inheritedAttributes", "flowSpec", "sourceConnectionIds", "targetConnectionIds", "transformations",
    "scheduleParams", "options", "lastRunDetails", "lastOperation", "runs", "flowId", "metrics", "activities",
    "providerId", "type", "attributes", "sourceConnectionSpecIds", "targetConnectionSpecIds", "authSpec",
    "sourceSpec", "targetSpec",
})  # fmt: skip
ORDERED = ("<", "<=", ">", ">=")


class Token(msgspec.Struct, array_like=True):
    """A continuation token: the place, and the question, for clients that follow the link alone."""

    place: str
    limit: int
    orderby: str
    properties: tuple[str, ...]


_TOKEN = msgspec.json.Decoder(Token)


@dataclass(frozen=True, slots=True)
class Asked:
    """A list request. ``limit`` 0: everything on one page."""

    conditions: tuple[Condition, ...]
    fields: frozenset[str]
    order: tuple[SortKey, ...]
    limit: int
    count: bool
    token: Token | None
    orderby: str
    properties: tuple[str, ...]


def listing(request: Request, path: str, items: Sequence[Json]) -> Reply:
    """The answer to a list request over ``items``, which come newest first."""
    require_known(request, *NAMES)
    return _answer(_asked(request.query), path, items)


def whole(request: Request, items: Sequence[Json], resolve: Callable[[str], str]) -> Reply:
    """As ``listing``, without pages unless a limit is given: specs, which ``resolve`` knows by other ids too."""
    require_known(request, *NAMES)
    asked = _asked(request.query, default=0)
    return _answer(replace(asked, conditions=tuple(_resolved(one, resolve) for one in asked.conditions)), "", items)


def _resolved(condition: Condition, resolve: Callable[[str], str]) -> Condition:
    values = map(resolve, condition.values) if condition.path == "id" else condition.values
    return replace(condition, values=tuple(values))


def searched(request: Request, path: str, items: Sequence[Json]) -> Reply:
    """The answer to a search: the query string of a list, moved into a body."""
    require_known(request, "continuationtoken")
    body = request.json_object()
    text = body.get("queryString") or ""
    if not isinstance(text, str):
        raise Invalid("queryString must be text, as it stands behind the ? of a list.", code="1312")
    pairs = [*parse_query(text.removeprefix("?")).pairs, *request.query.pairs]
    pairs += [(name, _as_text(body[name])) for name in ("limit", "orderby", "count") if body.get(name) is not None]
    if isinstance(fields := body.get("projectionFields"), str):
        pairs.append(("property", fields))
    return _answer(_asked(Query(tuple(pairs))), path, items)


def only_value(request: Request, path: str) -> str | None:
    """The one value that the filters let ``path`` have, None when they allow others."""
    conditions = [condition for text in request.query.all("property") if (condition := parse_condition(text))]
    values = [one.values for one in conditions if one.path == path and one.op == "=="]
    return values[0][0] if values and len(values[0]) == 1 else None


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- reading the question ----------------------------------------------------------------------------------------


def _asked(query: Query, default: int = DEFAULT_LIMIT) -> Asked:
    limit, count = query.number("limit", None, least=1, most=MOST), query.flag("count")
    if count and limit is not None:
        raise Invalid("limit and count do not go together; leave one out.", code="1401", field="count")
    token = _token(query.folded("continuationToken"))
    properties = tuple(query.all("property")) or (token.properties if token else ())
    orderby = query.folded("orderby") or (token.orderby if token else "")
    parsed = [(text, parse_condition(text)) for text in properties]
    return Asked(
        conditions=tuple(condition for _, condition in parsed if condition is not None),
        fields=frozenset(name.strip() for text, found in parsed if found is None for name in text.split(",")),
        order=parse_orderby(orderby) if orderby else (),
        limit=limit or (token.limit if token else default),
        count=count,
        token=token,
        orderby=orderby,
        properties=properties,
    )


def _token(text: str | None) -> Token | None:
    if text is None:
        return None
    try:
        return _TOKEN.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, msgspec.MsgspecError) as error:
        raise Invalid(
            f"continuationToken {text} cannot be read; take it from _links.next.",
            code="1452",
            field="continuationToken",
        ) from error


# -- answering -----------------------------------------------------------------------------------------------------


def _answer(question: Asked, path: str, items: Sequence[Json]) -> Reply:
    known = OPTIONAL.union(*items) if items else OPTIONAL
    for name in sorted(question.fields):
        _require_field(name, known, "1449", f"property={name}")
    keep = all_of(_predicate(condition, known) for condition in question.conditions)
    matching = [item for item in items if keep(item)]
    if question.count:
        return Reply({"count": len(matching)})
    for key in question.order:
        _require_field(key.field, known, "1433", f"orderby={question.orderby}")
    matching = sort_items(matching, question.order) if question.order else matching
    page = page_after(
        matching, question.limit or max(len(matching), 1), question.token.place if question.token else None
    )
    shown = [_projected(item, question.fields) for item in page.items]
    return Reply({"items": shown, "_links": _links(question, path, page.next_token)})


def _links(asked: Asked, path: str, place: str | None) -> Json:
    # aepp takes the token from behind the only equals sign, and puts the address together from base and href.
    if place is None:
        return {}
    raw = msgspec.json.encode(Token(place, asked.limit, asked.orderby, asked.properties))
    token = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return {"next": {"href": f"{path}?continuationToken={token}"}}


def _projected(item: Json, fields: frozenset[str]) -> Json:
    # id and name stay whatever is asked for: clients read both of every item.
    return {name: value for name, value in item.items() if not fields or name in fields or name in ("id", "name")}


def _require_field(path: str, known: frozenset[str], code: str, where: str) -> None:
    if path.partition(".")[0].removesuffix("[]") not in known:
        raise FilterInvalid(f"There is no field {path} to use in {where}.", code=code, field=path)


def _predicate(condition: Condition, known: frozenset[str]) -> Predicate:
    path, op = condition.path, condition.op
    _require_field(path, known, "1449", f"property={path}{op}")
    if path == "id" and op in ORDERED:
        raise FilterInvalid(f"Operator {op} is not supported for the field id.", code="1448", field=path)
    if path in ("createdAt", "updatedAt") and not (len(condition.values) == 1 and condition.values[0].isdecimal()):
        raise FilterInvalid(f"{path} takes one value, in epoch milliseconds.", code="1452", field=path)
    if path.rpartition(".")[2] in ("state", "status") and op in ("==", "!="):
        return _in_any_case(condition)
    return condition


def _in_any_case(condition: Condition) -> Predicate:
    wanted = {value.casefold() for value in condition.values}

    def matches(item: Any) -> bool:
        found = any(str(value).casefold() in wanted for value in values_at(item, condition.path))
        return found == (condition.op == "==")

    return matches
