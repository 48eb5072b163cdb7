"""States of a document and the actions that lead from one to the next."""

from typing import Any

from headrace.errors import Conflict, Invalid
from headrace.flows.members import folded

Json = dict[str, Any]

DRAFT, ENABLED, DISABLED, INITIALIZING = "draft", "enabled", "disabled", "initializing"
PROVIDERS_OWN = ("finalize", "finalizeupdate")
STEPS = {"publish": (DRAFT, ENABLED), "enable": (DISABLED, ENABLED), "disable": (ENABLED, DISABLED)}


def after(action: str | None, state: str, allowed: tuple[str, ...], sub_actions: list[str]) -> str:
    """The state after ``action``; an error with Platform's code when it does not apply."""
    if not action:
        raise Invalid("The query parameter op is missing; name the action.", code="1359", field="op")
    name = folded(action)
    if name in PROVIDERS_OWN:
        raise Invalid(f"Action {action} is reserved to flow providers.", code="1402", field="op")
    if name not in allowed:
        raise Invalid(f"Action {action} does not exist here; use {' or '.join(allowed)}.", code="1398", field="op")
    if any(folded(sub) == "progress" for sub in sub_actions):
        raise Invalid(f"subOp PROGRESS does not go with {action}.", code="1436", field="subOp")
    before, then = STEPS[name]
    if state != before:
        raise Conflict(f"Action {action} does not apply in state {state}; it needs state {before}.", code="1422")
    return then


def new(mode: str | None) -> str:
    """The state of what is created with ``?mode=``."""
    if mode is None:
        return ENABLED
    if mode.lower() != DRAFT:
        raise Invalid(f"mode={mode} is not known; the only mode is draft.", code="1452", field="mode")
    return DRAFT


def require_no_draft(what: str, body: Json) -> None:
    """Conflict (1422) when the thing underneath is still a draft."""
    if body.get("state") == DRAFT:
        raise Conflict(f"The {what} is still a draft; publish it first.", code="1422")
