"""Whether an answer that came with a good status is an error all the same, and what it says of it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from headrace.errors import legible
from headrace.exact_json import spelled
from headrace.sources.auth import folded
from headrace.sources.recognising import AnswerValue, arrays, goes_along

MOST_SHOWN = 300

_FAILURES = ("error", "errors", "fault", "exception")
_ABOUT_FAILURES = re.compile(
    r"(error|fault|exception)(message|messages|msg|code|description|type|details?|string|text|summary|reason|info)"
)
_CODES = ("errorcode", "faultcode", "exceptioncode")
_SUCCESS = ("success", "ok", "succeeded", "issuccess", "successful")
_STATES = ("status", "stat", "result", "type", "state")
_FAILED = ("error", "failure", "failed", "fail", "nok", "ko", "denied", "unauthorized", "forbidden")
_STATUSES = ("status", "statuscode", "httpstatus", "httpcode", "httpstatuscode", "code", "responsecode", "resultcode")
_NOTICES = ("message", "messages", "msg", "reason", "detail", "note", "information", "statusmessage")
_REASONS = (*_NOTICES, "details", "description", "title")
_FINE = ("", "0", "200", "ok", "success", "successful", "succeeded", "true", "none", "null", "false")
# What stands beside a failure and is no data.
_OF_FAILURES = frozenset({
    *_REASONS, *_STATES, *_STATUSES, *_SUCCESS, "requestid", "traceid", "correlationid", "timestamp", "time", "path",
    "instance", "documentation", "documentationurl", "helpurl", "help", "moreinfo", "hint", "version", "method",
})  # fmt: skip
# Members in which an answer says of itself what others say outside.
_ENVELOPES = ("response", "result", "meta", "metadata", "status", "header", "head", "envelope", "responsestatus")


def failure_in(body: Any) -> str:
    """What an answer without records says that went wrong, as short JSON; empty where it says nothing of the kind."""
    if any(_holds_records(entry) for entry in arrays(body)):
        return ""
    for envelope in _envelopes(body):
        if shown := _failure(envelope):
            return legible(msgspec.json.encode(spelled(shown)).decode("utf-8", "replace"), MOST_SHOWN)
    return ""


def _holds_records(entry: AnswerValue) -> bool:
    if not entry.path and len(entry.value) == 1 and _errors(entry.value[0]):
        return False
    names = [folded(str(step)) for step in entry.path]
    return _has_data(entry.value) and not goes_along(entry) and not any(map(_is_about_failures, names))


def _is_about_failures(name: str) -> bool:
    return name in _FAILURES or bool(_ABOUT_FAILURES.fullmatch(name))


def _envelopes(body: Any) -> Iterator[Mapping[str, Any]]:
    """The objects in which an answer may say that it failed: itself, and what speaks for it where there is no data."""
    whole = body[0] if isinstance(body, list) and len(body) == 1 else body
    if not isinstance(whole, dict):
        return
    yield whole
    for name, value in whole.items():
        beside = {key: other for key, other in whole.items() if key != name}
        if folded(name) in _ENVELOPES and isinstance(value, dict) and not _has_data(_rest(beside)):
            yield value


def _failure(says: Mapping[str, Any]) -> dict[str, Any]:
    """The members by which an object says that something failed; none where it does not."""
    errors = _errors(says)
    if any(not isinstance(value, bool) for value in errors.values()):
        return errors
    plain = {name: value for name, value in says.items() if isinstance(value, str | int | float)}
    return plain if errors or _is_denied(says) or _is_notice(says) else {}


def _errors(says: Mapping[str, Any]) -> dict[str, Any]:
    """The members that are named as an error and hold one. Beside data a message alone is that of the one record."""
    errors = {name: value for name, value in says.items() if _is_error(folded(name), value)}
    named = any(folded(name) in _FAILURES for name in errors)
    others = {name: value for name, value in says.items() if not _is_about_failures(folded(name))}
    return errors if named or not _has_data(_rest(others)) else {}


def _is_error(name: str, value: Any) -> bool:
    if not _is_about_failures(name):
        return False
    if isinstance(value, int | float) and not isinstance(value, bool) and name not in _CODES:
        return False  # how many there were
    return _has_data(value) and (value is True or str(value).strip().lower() not in _FINE)


def _is_denied(says: Mapping[str, Any]) -> bool:
    names = _by_name(says)
    has_reason, is_bare = any(_has_data(names.get(name)) for name in _REASONS), not _has_data(_rest(says))
    flags = [names[name] for name in _SUCCESS if name in names]
    if any(flag is False or (has_reason and str(flag).strip().lower() in ("false", "0", "no")) for flag in flags):
        return True
    fails = any(str(names.get(name)).strip().lower() in _FAILED for name in _STATES)
    return fails and (is_bare or (has_reason and "id" not in names))


def _is_notice(says: Mapping[str, Any]) -> bool:
    """Whether an object gives a reason, and neither data nor a word that all is well."""
    names = _by_name(says)
    codes = [str(names[name]).strip().lower() for name in (*_STATUSES, *_STATES) if name in names]
    reasons = [names[name] for name in (_REASONS if codes else _NOTICES) if isinstance(names.get(name), str)]
    if not any(map(str.strip, reasons)) or _has_data(_rest(says)):
        return False
    if any(word in _FINE or re.fullmatch(r"2\d\d", word) for word in [*codes, *(each.lower() for each in reasons)]):
        return False
    return bool(codes) or not any(isinstance(value, dict | list) for value in says.values())


def _by_name(says: Mapping[str, Any]) -> dict[str, Any]:
    return {folded(name): value for name, value in says.items()}


def _rest(says: Mapping[str, Any]) -> list[Any]:
    """What could be data."""
    return [value for name, value in says.items() if folded(name) not in _OF_FAILURES]


def _has_data(value: Any) -> bool:
    """Whether there is anything in a value but empty texts, zeros, null, and arrays and objects of these."""
    if isinstance(value, dict):
        return any(map(_has_data, value.values()))
    if isinstance(value, list):
        return any(map(_has_data, value))
    return bool(value)
