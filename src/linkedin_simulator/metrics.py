"""The registry of metrics: their types, the versions that know them, the pivots that lack them."""

from collections.abc import Collection, Iterable
from typing import Literal

Kind = Literal["long", "money", "double"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Registry of moniker li-lms-2026-06. "money" is LinkedIn's BigDecimal: a JSON string with an exact decimal.
LONG = _names(
    """actionClicks adUnitClicks appointmentsScheduled approximateMemberReach averageDwellTime cardClicks
    cardImpressions clicks commentLikes comments companyPageClicks documentCompletions
    documentFirstQuartileCompletions documentMidpointCompletions documentThirdQuartileCompletions downloadClicks
    eventViews eventViewsOver15Seconds eventViewsOver2Minutes eventViewsOver30Seconds eventWatchTime
    externalWebsiteConversions externalWebsitePostClickConversions externalWebsitePostViewConversions follows
    fullScreenPlays headlineClicks headlineImpressions impressions landingPageClicks
    leadGenerationMailContactInfoShares leadGenerationMailInterestedClicks likes oneClickLeadFormOpens oneClickLeads
    opens otherEngagements qualifiedLeads reactions sends shares subscriptionClicks talentLeads textUrlClicks
    totalEngagements validWorkEmailLeads videoCompletions videoFirstQuartileCompletions videoMidpointCompletions
    videoStarts videoThirdQuartileCompletions videoViews videoWatchTime viralCardClicks viralCardImpressions
    viralClicks viralCommentLikes viralComments viralCompanyPageClicks viralDocumentCompletions
    viralDocumentFirstQuartileCompletions viralDocumentMidpointCompletions viralDocumentThirdQuartileCompletions
    viralDownloadClicks viralExternalWebsiteConversions viralExternalWebsitePostClickConversions
    viralExternalWebsitePostViewConversions viralFollows viralFullScreenPlays viralImpressions
    viralLandingPageClicks viralLikes viralOneClickLeadFormOpens viralOneClickLeads viralOtherEngagements
    viralReactions viralShares viralSubscriptionClicks viralTotalEngagements viralVideoCompletions
    viralVideoFirstQuartileCompletions viralVideoMidpointCompletions viralVideoStarts
    viralVideoThirdQuartileCompletions viralVideoViews"""
)
JOBS = _names(
    """jobApplications jobApplyClicks postClickJobApplications postClickJobApplyClicks postClickRegistrations
    postViewJobApplications postViewJobApplyClicks postViewRegistrations registrations"""
)
VIRAL_JOBS = _names(
    """viralJobApplications viralJobApplyClicks viralPostClickJobApplications viralPostClickJobApplyClicks
    viralPostClickRegistrations viralPostViewJobApplications viralPostViewJobApplyClicks viralPostViewRegistrations
    viralRegistrations"""
)
MONEY = (
    JOBS | VIRAL_JOBS | {"conversionValueInLocalCurrency", "costInLocalCurrency", "costInUsd", "costPerQualifiedLead"}
)
EVENT_RATES = _names(
    """averageEventWatchTime averageEventWatchTimeOver15Seconds averageEventWatchTimeOver30Seconds
    averageEventWatchTimeOver2Minutes costPerEventView costPerEventViewOver15Seconds costPerEventViewOver30Seconds
    costPerEventViewOver2Minutes"""
)
DOUBLE = EVENT_RATES | {"audiencePenetration", "averageVideoWatchTime"}
ALL = LONG | MONEY | DOUBLE

REACH = frozenset({"approximateMemberReach", "audiencePenetration"})
REACH_DAYS = 92
KEYS = ("dateRange", "pivotValues")
DEFAULT = ("impressions", "clicks")
MOST_FIELDS = 20

_RETIRED = {"approximateUniqueImpressions": 202401}
_SINCE = {
    "approximateMemberReach": 202401,
    "averageDwellTime": 202411,
    "audiencePenetration": 202411,
    "appointmentsScheduled": 202605,
    **dict.fromkeys(EVENT_RATES, 202601),
    **dict.fromkeys((name for name in LONG if name.startswith("event")), 202601),
}
_CARDS = frozenset({"cardClicks", "cardImpressions", "viralCardClicks", "viralCardImpressions"})
_NOT_FOR_MEMBERS = REACH | _CARDS | JOBS | {"conversionValueInLocalCurrency"}
_NOT_FOR_DEVICES = (
    REACH
    | JOBS
    | {"conversionValueInLocalCurrency", "talentLeads"}
    | {"externalWebsitePostClickConversions", "externalWebsitePostViewConversions"}
)
_PENETRATION_PIVOTS = frozenset({"ACCOUNT", "CAMPAIGN_GROUP", "CAMPAIGN"})


def kind(name: str) -> Kind:
    """The type of a metric."""
    if name in MONEY:
        return "money"
    return "double" if name in DOUBLE else "long"


def is_known(name: str, version: int) -> bool:
    """Whether a version of the API has the metric."""
    if name in _RETIRED:
        return version < _RETIRED[name]
    return name in ALL and version >= _SINCE.get(name, 0)


def is_given(name: str, pivots: Collection[str], days: int) -> bool:
    """Whether a row of these pivots over so many days has the metric; otherwise the element leaves it out."""
    if name in REACH and days > REACH_DAYS:
        return False
    if name == "audiencePenetration" and not _PENETRATION_PIVOTS.issuperset(pivots):
        return False
    return not any(name in _lacking(pivot) for pivot in pivots)


def unknown(names: Iterable[str], version: int) -> list[str]:
    """Those of the requested fields that this version does not have."""
    return [name for name in names if name not in KEYS and not is_known(name, version)]


def _lacking(pivot: str) -> frozenset[str]:
    if pivot.startswith("MEMBER_"):
        return _NOT_FOR_MEMBERS
    return _NOT_FOR_DEVICES if pivot == "IMPRESSION_DEVICE_TYPE" else frozenset()
