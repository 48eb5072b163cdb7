"""Accounts, campaign groups, campaigns and creatives as LinkedIn writes them on a given day."""

from datetime import UTC, date, datetime

from linkedin_simulator.clock import epoch_ms
from linkedin_simulator.worlds.model import Account, Campaign, CampaignGroup, Creative, Placement, Status

Document = dict[str, object]


def account(item: Account, day: date) -> Document:
    """An ad account."""
    return {
        "id": item.id,
        "name": item.name,
        "currency": item.currency,
        "status": item.status.on(day),
        "type": "BUSINESS",
        "test": False,
        "servingStatuses": ["RUNNABLE"],
        "reference": f"urn:li:organization:{item.organization}",
        "notifiedOnCreativeApproval": False,
        "notifiedOnCreativeRejection": False,
        "notifiedOnEndOfCampaign": False,
        "notifiedOnCampaignOptimization": False,
        "notifiedOnNewFeaturesEnabled": False,
        "version": {"versionTag": "3"},
        "changeAuditStamps": _stamps(item.opened, item.status, day),
    }


def group(owner: Account, item: CampaignGroup, day: date) -> Document:
    """A campaign group."""
    return {
        "id": item.id,
        "name": item.name,
        "account": f"urn:li:sponsoredAccount:{owner.id}",
        "status": item.status.on(day),
        "test": False,
        "backfilled": False,
        "runSchedule": _schedule(item.start, item.status, day),
        "servingStatuses": _serving(item.status, day, "CAMPAIGN_GROUP_STATUS_HOLD"),
        "changeAuditStamps": _stamps(item.start, item.status, day),
    }


def campaign(owner: Account, above: CampaignGroup, item: Campaign, day: date) -> Document:
    """A campaign."""
    return {
        "id": item.id,
        "name": item.name,
        "account": f"urn:li:sponsoredAccount:{owner.id}",
        "campaignGroup": f"urn:li:sponsoredCampaignGroup:{above.id}",
        "associatedEntity": f"urn:li:organization:{owner.organization}",
        "status": item.status.on(day),
        "type": item.type,
        "costType": "CPC",
        "objectiveType": item.objective,
        "format": "STANDARD_UPDATE",
        "locale": {"country": "US", "language": "en"},
        "runSchedule": _schedule(item.start, item.status, day),
        "dailyBudget": {"amount": "100.00", "currencyCode": owner.currency},
        "unitCost": {"amount": "2.50", "currencyCode": owner.currency},
        "pacingStrategy": "LIFETIME",
        "creativeSelection": "OPTIMIZED",
        "optimizationTargetType": "NONE",
        "audienceExpansionEnabled": False,
        "offsiteDeliveryEnabled": False,
        "storyDeliveryEnabled": False,
        "connectedTelevisionOnly": False,
        "servingStatuses": _serving(item.status, day, "STOPPED"),
        "test": False,
        "version": {"versionTag": "7"},
        "changeAuditStamps": _stamps(item.start, item.status, day),
    }


def creative(place: Placement, day: date) -> Document:
    """A creative: its id is a URN, its stamps stand at the top level."""
    item = place.creative
    return {
        "id": creative_urn(item),
        "name": item.name,
        "account": f"urn:li:sponsoredAccount:{place.account.id}",
        "campaign": f"urn:li:sponsoredCampaign:{place.campaign.id}",
        "intendedStatus": item.status.on(day),
        "isServing": _runs(item.status, day) and _runs(place.campaign.status, day),
        "isTest": False,
        "servingHoldReasons": [] if _runs(place.campaign.status, day) else ["CAMPAIGN_STOPPED"],
        "review": {"status": "APPROVED"},
        "content": {"reference": f"urn:li:share:{item.share}"},
        "createdAt": _midnight(place.campaign.start),
        "createdBy": "urn:li:person:headwaters",
        "lastModifiedAt": _changed(place.campaign.start, item.status, day),
        "lastModifiedBy": "urn:li:person:headwaters",
    }


def creative_urn(item: Creative) -> str:
    """The identity of a creative."""
    return f"urn:li:sponsoredCreative:{item.id}"


def _runs(status: Status, day: date) -> bool:
    return status.on(day) == "ACTIVE"


def _serving(status: Status, day: date, hold: str) -> list[str]:
    return ["RUNNABLE"] if _runs(status, day) else [hold]


def _schedule(start: date, status: Status, day: date) -> Document:
    schedule: Document = {"start": _midnight(start)}
    if day > status.until:
        schedule["end"] = _midnight(status.until)
    return schedule


def _stamps(start: date, status: Status, day: date) -> Document:
    return {"created": {"time": _midnight(start)}, "lastModified": {"time": _changed(start, status, day)}}


def _changed(start: date, status: Status, day: date) -> int:
    return _midnight(status.until if day > status.until else start)


def _midnight(day: date) -> int:
    return epoch_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))
