"""What both sides of the mapping bench read and fill: pages of analytics with a bad row in each thousand, 25 fields."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import analytics
from headrace.cli.tutorial import fill, load_bodies

BAD_EVERY = 1000
NOW = int(analytics.NOW.timestamp() * 1000)
DAY = "concat(element.dateRange.{0}.year, '-', element.dateRange.{0}.month, '-', element.dateRange.{0}.day)"
# Destination, source, XDM type of each calculated field.
CALCULATED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("label", "concat(element.pivotValue, '-', element.clicks)", {"type": "string"}),
    ("firstDay", f"date({DAY.format('start')}, 'yyyy-M-d')", {"type": "string", "format": "date"}),
    ("lastDay", f"date({DAY.format('end')}, 'yyyy-M-d')", {"type": "string", "format": "date"}),
    ("reach", "iif(element.impressions > 5000, 'wide', 'narrow')", {"type": "string"}),
    ("creative", "upper(element.pivotValue)", {"type": "string"}),
    (
        "creativeId",
        "to_integer(element.pivotValue.replaceAll('[^0-9]+', ''))",
        {"type": "integer"},
    ),
    ("cost", "to_decimal(element.costInLocalCurrency)", {"type": "number", "meta:headraceType": "decimal(18,4)"}),
    ("rate", "iif(element.impressions > 0, element.clicks * 1.0 / element.impressions, null)", {"type": "number"}),
)


def items() -> list[dict[str, Any]]:
    """The tutorial's 17 mappings and the calculated fields."""
    printed = fill(load_bodies()["mappingSet"]["mappings"], {})
    copied = [{name: one[name] for name in ("sourceType", "source", "destination")} for one in printed]
    return copied + [
        {"sourceType": "EXPRESSION", "source": source, "destination": f"_extconndev.{name}"}
        for name, source, _ in CALCULATED
    ]


def schema() -> dict[str, Any]:
    """The target as a composed schema: the tutorial's fields, those that are calculated, and what is checked."""
    tree: dict[str, Any] = {}
    for one in items()[: -len(CALCULATED)]:
        *above, name = one["destination"].split(".")
        inner = tree
        for step in above:
            inner = inner.setdefault(step, {"type": "object", "properties": {}})["properties"]
        inner[name] = {"type": "string"} if name == "pivotValue" else {"type": "integer", "minimum": 0}
    tree["_extconndev"]["properties"].update({name: kind for name, _, kind in CALCULATED})
    return {"type": "object", "properties": tree}


def render(directory: Path, rows: int) -> None:
    """Writes the pages as files."""
    for n, question in enumerate(_questions(rows)):
        page = json.loads(analytics.page(question))
        for row, element in enumerate(page["elements"]):
            element["costInLocalCurrency"] = f"{row % 997}.{row % 89:02d}"
            if row % BAD_EVERY == BAD_EVERY // 2:
                element["clicks"] = "n/a"
        (directory / f"{n:04d}.json").write_bytes(json.dumps(page).encode())


def pages(directory: Path) -> Iterator[bytes]:
    """The pages, one after the other."""
    for path in sorted(directory.glob("*.json")):
        yield path.read_bytes()


def _questions(rows: int) -> list[analytics.Question]:
    return analytics.questions(analytics.accounts(rows))
