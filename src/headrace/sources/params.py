"""What users type, checked against a spec's JSON Schemas; an error names the parameters, never their values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import jsonschema_rs

from headrace.errors import ParamInvalid, ParamMissing
from headrace.sources.auth import folded
from headrace.sources.extension import Frequency
from headrace.sources.input_schemas import input_schema
from headrace.sources.spec import auth_spec, extension, inputs
from headrace.sources.template import as_text
from headrace.sources.url_rules import check_addresses

Schema = Mapping[str, Any]
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_MOST_LISTED = 30
_LONGEST_NAME = 100  # of a parameter that another one may be meant for
_EVERY: dict[Frequency, str] = {"once": "", "minute": "minutes", "hour": "hours", "day": "days", "week": "weeks"}


def check_auth(spec: Mapping[str, Any], name: str, params: Mapping[str, Any]) -> None:
    """The parameters of a base connection against the authentication that it names."""
    _check(auth_spec(spec, name).get("spec") or {}, params, "auth.params")
    check_addresses(params, "auth.params")


def check_params(spec: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    """The parameters of a source connection against the spec's inputs."""
    schema = inputs(spec)
    _check(schema, coerced(schema, params), "params")
    check_addresses(params, "params")


def check_schedule(spec: Mapping[str, Any], frequency: str, interval: int | None) -> None:
    """Whether the source can be read that often."""
    allowed = extension(spec).frequencies or tuple(_EVERY)
    if frequency not in allowed:
        raise ParamInvalid(
            f"The source {spec.get('name')} cannot be scheduled by {frequency}; its frequency is one of: "
            f"{', '.join(allowed)}.",
            field="scheduleParams.frequency",
            rule=1397,
        )
    if frequency != "once" and (interval is None or interval < 1):
        raise ParamInvalid("The interval must be 1 or more.", field="scheduleParams.interval", rule=1362)


def coerced(schema: Schema, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the schema's defaults, numbers as text where text is due, and enum values in its spelling."""
    declared: Mapping[str, Any] = schema.get("properties") or {}
    given = {name: one["default"] for name, one in declared.items() if "default" in one}
    given.update({name: value for name, value in params.items() if not _blank(value, declared.get(name, {}))})
    return {name: _as_declared(value, declared.get(name, {})) for name, value in given.items()}


def _blank(value: Any, declared: Schema) -> bool:
    """An empty value gives way to the default."""
    return value is None or (value == "" and "default" in declared)


def _as_declared(value: Any, declared: Schema) -> Any:
    kind = declared.get("type")
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind == "integer" and isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if kind == "string" and isinstance(value, int | float | list) and not isinstance(value, bool):
        value = as_text(value)
    if isinstance(value, str) and "enum" in declared:
        plain = folded(value)
        return next((choice for choice in declared["enum"] if folded(str(choice)) == plain), value)
    return value


def _check(schema: Schema, params: Mapping[str, Any], where: str) -> None:
    problems = input_schema(schema, f"The connection spec's JSON Schema of {where}", where).problems(params)
    missing = sorted({name for problem in problems for name in _missing(problem)})
    if missing:
        raise ParamMissing(
            f"Mandatory parameters are missing in {where}: {_listed(missing)}. Add them.",
            rule=1304, field=f"{where}.{missing[0]}", params=missing,
        )  # fmt: skip
    if problems:
        wrong = dict(one for problem in problems for one in _wrong(problem, schema))
        each = _listed([f"{name} {rule}" for name, rule in wrong.items()], "; ")
        raise ParamInvalid(
            f"Parameters in {where} are not valid: {each}.",
            rule=1312, field=f"{where}.{next(iter(wrong))}", params=sorted(wrong),
        )  # fmt: skip


def _missing(problem: jsonschema_rs.ValidationError) -> Iterator[str]:
    if isinstance(problem.kind, jsonschema_rs.ValidationErrorKind.Required):
        yield problem.kind.property


def _wrong(problem: jsonschema_rs.ValidationError, schema: Schema) -> Iterator[tuple[str, str]]:
    """The parameters that one problem is about, each with what is wrong with it."""
    above = "".join(f"{step}." for step in problem.instance_path)
    if isinstance(problem.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        known = list(schema.get("properties") or {}) if not above else []
        yield from ((f"{above}{name}", _unknown(name, known)) for name in sorted(problem.kind.unexpected))
    else:
        yield above.rstrip(".") or "(the whole object)", _rule(problem)


def _unknown(name: str, known: list[str]) -> str:
    short = [other for other in known if len(other) <= _LONGEST_NAME]  # what is compared takes its length squared
    close = get_close_matches(name, short, n=1) if len(name) <= _LONGEST_NAME else []
    meant = f"did you mean {close[0]}?" if close else f"known: {_listed(known) or 'none'}"
    return f"is not a parameter here ({meant})"


def _rule(problem: jsonschema_rs.ValidationError) -> str:
    """What the schema asks for, in words that do not repeat the value."""
    told = {"type": "must be of type", "enum": "must be one of", "pattern": "must match the pattern"}
    keyword = str(problem.schema_path[-1]) if problem.schema_path else ""
    if keyword in told:
        return f"{told[keyword]} {_asked(problem, keyword)}"
    return f"breaks the rule {keyword!r} of the spec"


def _asked(problem: jsonschema_rs.ValidationError, keyword: str) -> str:
    kind: Any = problem.kind
    names = {"type": "types", "enum": "options", "pattern": "pattern"}
    asked = getattr(kind, names[keyword], "")
    return _listed([*map(str, asked)]) if isinstance(asked, list | tuple) else str(asked)


def _listed(texts: Sequence[str], comma: str = ", ") -> str:
    more = len(texts) - _MOST_LISTED
    return comma.join(texts[:_MOST_LISTED]) + (f" and {more:,} more" if more > 0 else "")
