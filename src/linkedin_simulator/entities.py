"""Ad accounts, campaign groups, campaigns and creatives: search, lookup and batch lookup."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from linkedin_simulator import documents, errors
from linkedin_simulator.cursors import page
from linkedin_simulator.documents import Document
from linkedin_simulator.gateway import Call
from linkedin_simulator.parameters import Parameters
from linkedin_simulator.restli import Value
from linkedin_simulator.worlds.model import Account, World, placements

SCOPES = ("r_ads", "rw_ads")
ACCOUNTS = "adAccounts"
_FLAGS = ("true", "false")
_UNNESTED = "The ad account id must be part of the path: /rest/adAccounts/{{adAccountId}}/{}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One entity type. ``urn`` is the type in its URNs; ``keys`` are what a search may name besides ``test``."""

    name: str
    urn: str
    finder: str
    keys: tuple[str, ...] = ()


KINDS = {
    kind.name: kind
    for kind in (
        Kind(ACCOUNTS, "sponsoredAccount", "search", ("id", "name", "reference", "status", "type")),
        Kind("adCampaignGroups", "sponsoredCampaignGroup", "search", ("id", "name", "status")),
        Kind(
            "adCampaigns",
            "sponsoredCampaign",
            "search",
            ("associatedEntity", "campaignGroup", "id", "name", "status", "type"),
        ),
        Kind("creatives", "sponsoredCreative", "criteria"),
    )
}


def find(call: Call, world: World) -> Document:
    """The answer to a read below ``/rest/adAccounts``."""
    kind, account, key = _addressed(call, world)
    items = _listed(kind, account, call, world)
    if key is not None:
        call.require_scope(f"{kind.name}.GET", *SCOPES)
        _only_known(call, ())
        return _one(kind, items, key)
    if "ids" in call.query.values or "ids" in call.query.broken:
        call.require_scope(f"{kind.name}.BATCH_GET", *SCOPES)
        return _batch(kind, call, items)
    if call.finder != kind.finder:
        raise errors.not_found()
    call.require_scope(f"{kind.name}.FINDER-{kind.finder}", *SCOPES)
    parameters = Parameters(call.query)
    parameters.text("q")
    chosen = _criteria(parameters, items) if kind.finder == "criteria" else _searched(parameters, kind, items)
    return page(parameters, call, chosen)


def refuse_unnested(call: Call, world: World) -> Document:
    """These live below an ad account only."""
    raise errors.bad_request(_UNNESTED.format(call.segments[0]))


def _addressed(call: Call, world: World) -> tuple[Kind, Account | None, str | None]:
    """The entity type, its account and the key that a path names. Who may not see an account does not find it."""
    _, *rest = call.segments
    if len(rest) < 2:
        return KINDS[ACCOUNTS], None, rest[0] if rest else None
    owner = [account for account in _readable(call, world) if str(account.id) == rest[0]]
    if not owner or rest[1] not in KINDS or rest[1] == ACCOUNTS or len(rest) > 3:
        raise errors.not_found()
    return KINDS[rest[1]], owner[0], rest[2] if len(rest) == 3 else None


def _readable(call: Call, world: World) -> list[Account]:
    return [account for account in world.accounts if account.id in call.token.accounts]


def _listed(kind: Kind, account: Account | None, call: Call, world: World) -> list[Document]:
    day = call.now.date()
    if account is None:
        return [documents.account(item, day) for item in _readable(call, world)]
    return _LISTINGS[kind.name](account, day)


_LISTINGS: Mapping[str, Callable[[Account, date], list[Document]]] = {
    "adCampaignGroups": lambda account, day: [documents.group(account, group, day) for group in account.groups],
    "adCampaigns": lambda account, day: [
        documents.campaign(account, group, campaign, day) for group in account.groups for campaign in group.campaigns
    ],
    "creatives": lambda account, day: [documents.creative(place, day) for place in placements(account)],
}


def _only_known(call: Call, names: Sequence[str]) -> Parameters:
    parameters = Parameters(call.query)
    for name in names:
        parameters.items(name)
    parameters.require_valid()
    return parameters


def _one(kind: Kind, items: list[Document], key: str) -> Document:
    for item in items:
        if key == str(item["id"]):
            return item
    raise errors.not_found(f"{kind.name} {key} was not found")


def _batch(kind: Kind, call: Call, items: list[Document]) -> Document:
    wanted = [str(key) for key in _only_known(call, ("ids",)).items("ids") or []]
    results = {str(item["id"]): item for item in items if str(item["id"]) in wanted}
    missing = {key: errors.not_found(f"{kind.name} {key} was not found").body for key in wanted if key not in results}
    statuses = {**dict.fromkeys(results, 200), **dict.fromkeys(missing, 404)}
    return {"results": results, "statuses": statuses, "errors": missing}


def _searched(parameters: Parameters, kind: Kind, items: list[Document]) -> list[Document]:
    """``search=(status:(values:List(ACTIVE)),test:false)``: every named key must match one of its values."""
    search = parameters.record("search", (*kind.keys, "test")) or {}
    order = parameters.one_of("sortOrder", ("ASCENDING", "DESCENDING"))
    for key, condition in search.items():
        allowed = _test(parameters, condition) if key == "test" else _values(parameters, key, condition)
        items = [item for item in items if _shown(item[key], kind if key == "id" else None) & allowed]
    return items[::-1] if order == "DESCENDING" else items


def _values(parameters: Parameters, key: str, condition: Value) -> set[str]:
    values = condition.get("values") if isinstance(condition, dict) else None
    if not isinstance(values, list):
        parameters.wrong(f"search/{key}", errors.NOT_A_LIST, "FIELD_INVALID")
        return set()
    return {value for value in values if isinstance(value, str)}


def _test(parameters: Parameters, condition: Value) -> set[str]:
    if not isinstance(condition, str) or condition not in _FLAGS:
        parameters.wrong("search/test", errors.INVALID_SYNTAX)
        return set()
    return {condition}


def _shown(value: object, identified: Kind | None) -> set[str]:
    """The texts by which a search may name a value; an id also goes by its URN."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return {text, f"urn:li:{identified.urn}:{text}"} if identified else {text}


def _criteria(parameters: Parameters, items: list[Document]) -> list[Document]:
    """The flat parameters of the creatives' finder. No ad of any world collects leads."""
    for name, entities, value_of in _CREATIVE_FILTERS:
        urns = parameters.urns(name, *entities)
        if urns is not None:
            items = [item for item in items if value_of(item) in urns]
    statuses = parameters.items("intendedStatuses")
    if statuses is not None:
        items = [item for item in items if item["intendedStatus"] in statuses]
    if (
        parameters.items("leadgenCreativeCallToActionDestinations")
        or parameters.one_of("isTestAccount", _FLAGS) == "true"
    ):
        items = []
    parameters.one_of("isTotalIncluded", _FLAGS)
    order = parameters.one_of("sortOrder", ("ASCENDING", "DESCENDING"))
    return items[::-1] if order == "DESCENDING" else items


def _reference(item: Document) -> object:
    content = item["content"]
    return content["reference"] if isinstance(content, dict) else None


_CREATIVE_FILTERS: tuple[tuple[str, tuple[str, ...], Callable[[Document], object]], ...] = (
    ("campaigns", ("sponsoredCampaign",), lambda item: item["campaign"]),
    ("creatives", ("sponsoredCreative",), lambda item: item["id"]),
    ("contentReferences", ("share", "ugcPost"), _reference),
)
