"""Lists of Flow Service: property filters, projection, sorting, pages, counting; the same for searches."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec

from headrace.api.app import parse_query
from headrace.api.flowservice.service import require_known
from headrace.api.request import Query, Reply, Request
from headrace.errors import FilterInvalid, Invalid
from headrace.wire.filters import Condition, Predicate, all_of, parse_condition, values_at
from headrace.wire.pages import Page, SortKey, page_after, parse_orderby, sort_items

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
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    orderby: str
    properties: tuple[str, ...]


_TOKEN = msgspec.json.Decoder(Token)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A list request. ``limit`` 0: everything on one page."""

    conditions: tuple[Condition, ...]
    fields: frozenset[str]
    order: tuple[SortKey, ...]
    limit: int
    count: bool
    token: Token | None
    orderby: str
    properties: tuple[str, ...]

    @property
    def place(self) -> str | None:
        """The token of ``wire.pages`` that the page follows; None for the first page."""
        return self.token.place if self.token else None

    @property
    def in_known_fields(self) -> bool:
        """Whether it names only fields that can be asked for whatever the items hold."""
        conditions = (condition.path for condition in self.conditions)
        named = (*self.fields, *conditions, *(key.field for key in self.order))
        return all(_top(path) in OPTIONAL for path in named)


def list_query(request: Request) -> ListQuery:
    """What a list request asks for; Invalid and FilterInvalid name what cannot be read."""
    require_known(request, *NAMES)
    return _read(request.query)


def listing(request: Request, path: str, items: Sequence[Json]) -> Reply:
    """The answer to a list request over ``items``, which come newest first."""
    return answered(list_query(request), path, items)


def whole(request: Request, items: Sequence[Json], resolve: Callable[[str], str]) -> Reply:
    """As ``listing``, without pages unless a limit is given: specs, which ``resolve`` knows by other ids too."""
    require_known(request, *NAMES)
    query = _read(request.query, default=0)
    resolved = tuple(_resolved(condition, resolve) for condition in query.conditions)
    return answered(replace(query, conditions=resolved), "", items)


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
    return answered(_read(Query(tuple(pairs))), path, items)


def only_value(request: Request, path: str) -> str | None:
    """The one value that the filters let ``path`` have, None when they allow others."""
    conditions = [condition for text in request.query.all("property") if (condition := parse_condition(text))]
    values = [one.values for one in conditions if one.path == path and one.op == "=="]
    return values[0][0] if values and len(values[0]) == 1 else None


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- reading the question ----------------------------------------------------------------------------------------


def _read(sent: Query, default: int = DEFAULT_LIMIT) -> ListQuery:
    limit, count = sent.number("limit", None, least=1, most=MOST), sent.flag("count")
    if count and limit is not None:
        raise Invalid("limit and count do not go together; leave one out.", code="1401", field="count")
    token = _token(sent.folded("continuationToken"))
    properties = tuple(sent.all("property")) or (token.properties if token else ())
    orderby = sent.folded("orderby") or (token.orderby if token else "")
    parsed = [(text, parse_condition(text)) for text in properties]
    return ListQuery(
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
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise Invalid(
            f"continuationToken {text} cannot be read; take it from _links.next.",
            code="1452",
            field="continuationToken",
        ) from error


# -- answering -----------------------------------------------------------------------------------------------------


def answered(query: ListQuery, path: str, items: Sequence[Json]) -> Reply:
    """The answer over ``items``, which come newest first: what is asked for of them."""
    known = OPTIONAL.union(*items) if items else OPTIONAL
    matches = require_readable(query, known)
    matching = [item for item in items if matches(item)]
    if query.count:
        return counted(len(matching))
    for key in query.order:
        _require_field(key.field, known, "1433", f"orderby={query.orderby}")
    ordered = sort_items(matching, query.order) if query.order else matching
    return shown(query, path, page_after(ordered, query.limit or max(len(ordered), 1), query.place))


def require_readable(query: ListQuery, known: frozenset[str] = OPTIONAL) -> Predicate:
    """What items must meet; FilterInvalid for a field that is not ``known``, or takes no such condition."""
    for name in sorted(query.fields):
        _require_field(name, known, "1449", f"property={name}")
    return all_of([_predicate(condition, known) for condition in query.conditions])


def counted(count: int) -> Reply:
    """The answer to who asked for the count alone."""
    return Reply({"count": count})


def shown(query: ListQuery, path: str, page: Page) -> Reply:
    """The answer that shows a page, with the link to the next."""
    items = [_projected(item, query.fields) for item in page.items]
    return Reply({"items": items, "_links": _links(query, path, page.next_token)})


def _links(query: ListQuery, path: str, place: str | None) -> Json:
    # aepp takes the token from behind the only equals sign, and puts the address together from base and href.
    if place is None:
        return {}
    raw = msgspec.json.encode(Token(place, query.limit, query.orderby, query.properties))
    token = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return {"next": {"href": f"{path}?continuationToken={token}"}}


def _projected(item: Json, fields: frozenset[str]) -> Json:
    # id and name stay whatever is asked for: clients read both of every item.
    return {name: value for name, value in item.items() if not fields or name in fields or name in ("id", "name")}


def _require_field(path: str, known: frozenset[str], code: str, where: str) -> None:
    if _top(path) not in known:
        raise FilterInvalid(f"There is no field {path} to use in {where}.", code=code, field=path)


def _top(path: str) -> str:
    return path.partition(".")[0].removesuffix("[]")


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
