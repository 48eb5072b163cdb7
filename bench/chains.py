"""Chains of pages of 1,000 rows, one page named by the one before it, and the spec that reads them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from bench import analytics

PATH = "/chains"
ROWS = 1_000  # of a page
VARIANTS = 16  # pages whose rows differ; a longer chain begins again with the first
NARROW, WIDE = "narrow", "wide"
_COUNTRIES = ("DE", "FR", "US", "GB", "JP")


def paths(kind: str, rows: int) -> Iterator[str]:
    """Every request of a chain."""
    pages = -(-rows // ROWS)
    yield f"{PATH}?kind={kind}&pages={pages}"
    for n in range(1, pages):
        yield f"{PATH}?kind={kind}&pages={pages}&page={n}"


def answer(query: str) -> bytes:
    """One page of a chain; the last one names none that follows."""
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    page = int(asked.get("page", 0))
    following = json.dumps({"next": str(page + 1)} if page + 1 < int(asked["pages"]) else {})
    return b'{"paging": %b, "elements": %b}' % (following.encode(), _elements(asked["kind"], page % VARIANTS))


@cache
def _elements(kind: str, variant: int) -> bytes:
    day = analytics.FIRST_DAY + timedelta(days=11 * variant)
    wide = _wide if kind == WIDE else lambda n: {}
    first = variant * ROWS
    return json.dumps([analytics.element(n, day) | wide(n) for n in range(first, first + ROWS)]).encode()


def _wide(n: int) -> analytics.Element:
    """A list of texts, a list of objects, and an object that is copied whole."""
    return {
        "labels": [f"label-{(n + k) % 97}" for k in range(n % 4)],
        "actions": [{"kind": f"action-{k}", "value": n % 1009 * (k + 1), "window": "7d"} for k in range(n % 3 + 1)],
        "targeting": {
            "country": _COUNTRIES[n % 5],
            "age": {"from": 18 + n % 20, "to": 40 + n % 25},
            "placements": ["feed", "story"][: n % 3],
        },
    }


# -- what Headrace is asked with ----------------------------------------------------------------------------------

SPEC: dict[str, Any] = {
    "name": "bench-chains",
    "providerId": "0ed90a81-07f4-4586-8190-b40eccef1c5a",
    "version": "1.0",
    "type": "generic-rest",
    "attributes": {"isSource": True},
    "authSpec": [
        {
            "name": "Key",
            "type": "KeyBased",
            "spec": {
                "type": "object",
                "required": ["host", "key"],
                "properties": {
                    "host": {"type": "string"},
                    "key": {"type": "string", "format": "password", "restAttributes": {"headerParamName": "x-key"}},
                },
            },
        }
    ],
    "sourceSpec": {
        "attributes": {
            "urlParams": {
                "host": "${host}",
                "path": PATH,
                "method": "GET",
                "queryParams": {"kind": "${kind}", "pages": "${pages}"},
            },
            "contentPath": {
                "path": "$.elements",
                "skipAttributes": ["paging"],
                "overrideWrapperAttribute": "element",
            },
            "paginationParams": {
                "type": "CONTINUATION_TOKEN",
                "continuationTokenPath": "$.paging.next",
                "parameterType": "QUERYPARAM",
                "parameterName": "page",
            },
            "x-headrace": {
                "writeMode": "append",
                "rename": {"pivotValue": "pivotValues[0]"},
                "day": {name: f"element.dateRange.start.{name}" for name in ("year", "month", "day")},
            },
        },
        "spec": {
            "type": "object",
            "required": ["kind", "pages"],
            "properties": {"kind": {"type": "string"}, "pages": {"type": "string"}},
        },
    },
}

TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
WIDE_FIELDS: dict[str, Any] = {
    "labels": {"type": "array", "items": TEXT},
    "actions": {
        "type": "array",
        "items": {"type": "object", "properties": {"kind": TEXT, "value": WHOLE, "window": TEXT}},
    },
    "targeting": {
        "type": "object",
        "properties": {
            "country": TEXT,
            "age": {"type": "object", "properties": {"from": WHOLE, "to": WHOLE}},
            "placements": {"type": "array", "items": TEXT},
        },
    },
}
