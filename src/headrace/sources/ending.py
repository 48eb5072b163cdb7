"""Why a chain of requests ended, in words: which part of its paging said so."""

from collections.abc import Callable, Mapping
from typing import Any

Params = Mapping[str, Any]


def why_ended(params: Params, count: int) -> str:
    """A sentence about the last answer of a chain, with ``count`` elements in it."""
    kind = str(params.get("type") or "NONE").upper()
    return _WHY[kind](params, count)


def _once(params: Params, _: int) -> str:
    return "paging NONE asks once" if params.get("type") else "no paging is declared, so it asks once"


def _counted(params: Params, count: int) -> str:
    if count == 0:
        return "the page is empty"
    if params.get("endConditionName"):
        return f"{params['endConditionName']} is {params.get('endConditionValue') or 'NonExist'}"
    if params.get("endPageIndex"):
        return f"endPageIndex {params['endPageIndex']} is reached"
    return f"the page holds {count} of {params.get('limitValue')} elements"


def _linked(params: Params, _: int) -> str:
    return f"there is no link at {params.get('pointerPath') or params.get('pointerName')}"


def _by_token(params: Params, _: int) -> str:
    return f"there is no new token at {params.get('continuationTokenPath')}"


_WHY: dict[str, Callable[[Params, int], str]] = {
    "NONE": _once,
    "OFFSET": _counted,
    "POINTER": _linked,
    "URL": _linked,
    "CONTINUATION_TOKEN": _by_token,
    "PAGE": _counted,
}
