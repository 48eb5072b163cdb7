"""Seeded numbers: the plausible total of a day, and its exact split over creatives."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random

MICRO = Decimal("1E-14")


def day_total(random: Random, scale: int) -> dict[str, int]:
    """The metrics of one account on one day, around ``scale`` impressions."""
    impressions = random.randint(scale // 2, scale * 3 // 2)
    clicks = impressions * random.randint(60, 110) // 10_000
    social = {
        "likes": random.randint(0, 9),
        "comments": random.randint(0, 2),
        "shares": random.randint(0, 2),
        "follows": random.randint(0, 5),
    }
    return {
        "impressions": impressions,
        "clicks": clicks,
        "landingPageClicks": clicks * random.randint(28, 45) // 100,
        "externalWebsiteConversions": random.randint(0, 3),
        "totalEngagements": clicks + sum(social.values()),
        **social,
    }


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Whole shares proportional to the weights that add up to the total: the largest remainders get the rest."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


def split_all(totals: Mapping[str, int], weights: Sequence[int]) -> list[dict[str, int]]:
    """Every metric split over the weights; one dict per weight."""
    columns = {name: split(total, weights) for name, total in totals.items()}
    return [{name: shares[i] for name, shares in columns.items()} for i in range(len(weights))]


def cost_of(random: Random, metrics: Mapping[str, int]) -> Decimal:
    """What the clicks and impressions cost, to fourteen decimals as LinkedIn's over-delivery credit leaves them."""
    per_click = Decimal(random.randint(180, 420)) / 100
    credit = Decimal(random.randint(0, 9_999)) * MICRO
    return per_click * metrics["clicks"] + Decimal(metrics["impressions"]) / 500 - credit
