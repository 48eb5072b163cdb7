"""Cursor paging: opaque tokens that are bound to their query."""

import base64
import binascii
import hashlib
from collections.abc import Sequence

from linkedin_simulator.gateway import Call
from linkedin_simulator.parameters import Parameters

PAGE = 100
MOST = 1000


def page(parameters: Parameters, call: Call, items: Sequence[dict[str, object]]) -> dict[str, object]:
    """One page of the items; ``metadata.nextPageToken`` is there until the last one."""
    size = min(parameters.number("pageSize", PAGE), MOST + 1)
    token = parameters.text("pageToken")
    if not 1 <= size <= MOST:
        problem = f"Specified count is larger than {MOST}" if size else "Specified count must be positive"
        parameters.wrong("pageSize", problem)
    offset = _offset(token, call)
    if offset is None:
        parameters.wrong("pageToken", "The page token does not belong to this query")
    parameters.require_valid()
    start = offset or 0
    answer: dict[str, object] = {"paging": {"start": 0, "count": size, "links": []}, "elements": items[start:][:size]}
    if start + size < len(items):
        answer["metadata"] = {"nextPageToken": _token(start + size, call)}
    return answer


def _token(offset: int, call: Call) -> str:
    return base64.urlsafe_b64encode(f"{offset}.{_bound(call)}".encode()).decode()


def _offset(token: str | None, call: Call) -> int | None:
    if token is None:
        return 0
    try:
        offset, _, bound = base64.urlsafe_b64decode(token.encode()).decode().partition(".")
    except (binascii.Error, UnicodeError):
        return None
    return int(offset) if bound == _bound(call) and offset.isdigit() else None


def _bound(call: Call) -> str:
    values = sorted((name, repr(value)) for name, value in call.query.values.items() if name != "pageToken")
    return hashlib.sha256(repr((call.segments, call.token.accounts, values)).encode()).hexdigest()[:17]
