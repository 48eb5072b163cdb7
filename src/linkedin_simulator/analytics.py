"""``/rest/adAnalytics``: the finders analytics and statistics."""

from collections.abc import Callable
from datetime import date

from linkedin_simulator import errors, metrics
from linkedin_simulator.gateway import Call
from linkedin_simulator.parameters import Parameters
from linkedin_simulator.periods import GRANULARITIES, asked, months_before
from linkedin_simulator.report import PIVOT_VALUES, Element, Report, elements
from linkedin_simulator.worlds.model import Placement, World

CAP = 15_000  # an answer ends here without a word
MOST_PIVOTS = 4  # three are documented, four are in use
RESOURCE = "adAnalytics"
SCOPE = "r_ads_reporting"

FACETS = {
    "accounts": ("ACCOUNT", ("sponsoredAccount",)),
    "campaignGroups": ("CAMPAIGN_GROUP", ("sponsoredCampaignGroup",)),
    "campaigns": ("CAMPAIGN", ("sponsoredCampaign",)),
    "creatives": ("CREATIVE", ("sponsoredCreative",)),
    "shares": ("SHARE", ("share", "ugcPost")),
    "companies": ("COMPANY", ("organization",)),
}
STRUCTURAL = (
    *PIVOT_VALUES,
    *("CONVERSION", "SERVING_LOCATION", "PLACEMENT_NAME", "IMPRESSION_DEVICE_TYPE", "CARD_INDEX"),
    *("CONVERSATION_NODE", "CONVERSATION_NODE_OPTION_INDEX", "EVENT_STAGE"),
)
DEMOGRAPHIC = (
    *("MEMBER_COMPANY_SIZE", "MEMBER_INDUSTRY", "MEMBER_SENIORITY", "MEMBER_JOB_TITLE", "MEMBER_JOB_FUNCTION"),
    *("MEMBER_COUNTRY_V2", "MEMBER_REGION_V2", "MEMBER_COUNTY", "MEMBER_COMPANY", "MEMBER_DESIGNATED_MARKET_AREA"),
)
PIVOTS_SINCE = {"EVENT_STAGE": 202601, "MEMBER_DESIGNATED_MARKET_AREA": 202609}
CAMPAIGN_TYPES = ("TEXT_AD", "SPONSORED_UPDATES", "SPONSORED_INMAILS", "DYNAMIC")
OBJECTIVES = (
    *("BRAND_AWARENESS", "ENGAGEMENT", "JOB_APPLICANT", "LEAD_GENERATION", "TALENT_LEAD"),
    *("VIDEO_VIEW", "WEBSITE_CONVERSION", "WEBSITE_TRAFFIC", "WEBSITE_VISIT"),
)
SORTS = {
    "COST_IN_LOCAL_CURRENCY": "costInLocalCurrency",
    "IMPRESSIONS": "impressions",
    "CLICKS": "clicks",
    "ONE_CLICK_LEADS": "oneClickLeads",
    "OPENS": "opens",
    "SENDS": "sends",
    "EXTERNAL_WEBSITE_CONVERSIONS": "externalWebsiteConversions",
}
Filter = Callable[[Placement], bool]


def find(call: Call, world: World) -> dict[str, object]:
    """The answer of a finder. No access, like no activity, is an empty list."""
    if call.finder not in ("analytics", "statistics"):
        raise errors.not_found()
    call.require_scope(f"{RESOURCE}.FINDER-{call.finder}", SCOPE)
    parameters = Parameters(call.query)
    report, filters = _read(parameters, call, world)
    parameters.require_valid()
    placements = [place for place in world.placements(call.token.accounts) if all(keep(place) for keep in filters)]
    kept_from = months_before(call.now.date(), world.kept_months[report.granularity])
    first, last = max(report.period.start, kept_from), min(report.period.end, call.now.date())
    found = elements(report, world.activity(placements, first, last), world.audience, world.seed)
    return answer(found[:CAP])


def answer(found: list[Element]) -> dict[str, object]:
    """Elements as they are answered; ``paging`` is decoration and says ten whatever there is."""
    return {"paging": {"start": 0, "count": 10, "links": []}, "elements": found}


def _read(parameters: Parameters, call: Call, world: World) -> tuple[Report, list[Filter]]:
    for ignored in ("q", "start", "count"):
        parameters.text(ignored)
    today = call.now.date()
    pivots = _pivots(parameters, call)
    granularity = parameters.one_of("timeGranularity", GRANULARITIES, required=True) or "ALL"
    start, end = parameters.date_range("dateRange") or (today, None)
    daily_kept_from = months_before(today, world.kept_months["DAILY"])
    period = asked(granularity, start, _last(start, end, today), daily_kept_from)
    fields = _fields(parameters, call.version)
    report = Report(period, granularity, pivots, tuple(fields), _sort(parameters))
    return report, _filters(parameters, call)


def _last(start: date, end: date | None, today: date) -> date:
    return max(start, today) if end is None else max(start, end)


def _pivots(parameters: Parameters, call: Call) -> tuple[str, ...]:
    if call.finder == "analytics":
        alive = [pivot for pivot in (*STRUCTURAL, *DEMOGRAPHIC) if call.version >= PIVOTS_SINCE.get(pivot, 0)]
        pivot = parameters.one_of("pivot", alive, required=True)
        return (pivot,) if pivot else ()
    alive = [pivot for pivot in STRUCTURAL if call.version >= PIVOTS_SINCE.get(pivot, 0)]
    pivots = parameters.some_of("pivots", alive)
    if pivots is None:
        parameters.missing("pivots")
    if pivots is not None and not 1 <= len(pivots) <= MOST_PIVOTS:
        parameters.wrong("pivots", f"between 1 and {MOST_PIVOTS} pivots are possible", "FIELD_INVALID")
    return tuple(pivots or ())


def _fields(parameters: Parameters, version: int) -> list[str]:
    fields = parameters.field_names(metrics.DEFAULT)
    strange = metrics.unknown(fields, version)
    if strange:
        parameters.wrong("fields", f"Invalid value for fields parameter. Unknown fields: {', '.join(strange)}")
    if len(fields) > metrics.MOST_FIELDS:
        parameters.wrong("fields", f"{len(fields)} fields are requested, at most {metrics.MOST_FIELDS} are possible")
    return fields


def _sort(parameters: Parameters) -> tuple[str, bool] | None:
    value = parameters.record("sortBy", ("field", "order"))
    if value is None:
        return None
    metric, order = str(value.get("field")), str(value.get("order"))
    if metric not in SORTS or order not in ("ASCENDING", "DESCENDING"):
        parameters.wrong("sortBy", "needs a field and an order", "FIELD_INVALID")
        return None
    return SORTS[metric], order == "DESCENDING"


def _filters(parameters: Parameters, call: Call) -> list[Filter]:
    """Facets of one kind are alternatives; different kinds must all hold."""
    facets = [_facet(parameters, name) for name in FACETS]
    filters = [facet for facet in facets if facet is not None]
    if not filters and not any(name in (*call.query.values, *call.query.broken) for name in FACETS):
        parameters.wrong("accounts", f"At least one of the facets {', '.join(FACETS)} is required", "PARAM_MISSING")
    kind = parameters.one_of("campaignType", CAMPAIGN_TYPES)
    if kind:
        filters.append(lambda place: place.campaign.type == kind)
    objectives = parameters.some_of("objectiveType", OBJECTIVES) if call.finder == "statistics" else None
    if objectives:
        filters.append(lambda place: place.campaign.objective in objectives)
    return filters


def _facet(parameters: Parameters, name: str) -> Filter | None:
    pivot, entities = FACETS[name]
    urns = parameters.urns(name, *entities)
    if urns is None:
        return None
    if not urns:
        parameters.wrong(name, "the list is empty", "FIELD_INVALID")
    wanted = frozenset(urns)
    value_of = PIVOT_VALUES[pivot]
    return lambda place: value_of(place) in wanted
