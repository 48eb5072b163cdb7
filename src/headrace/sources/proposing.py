"""A connection spec proposed from one answer, with what was not certain about it."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from headrace.errors import SourceRejected, counted
from headrace.sources import going_on, recognising
from headrace.sources.address import Address
from headrace.sources.answer_reading import body_of
from headrace.sources.answers import Answer
from headrace.sources.failures import failure_in
from headrace.sources.fields import Field, fields_of
from headrace.sources.inference import schema_of
from headrace.sources.paging_proposed import kept, paging
from headrace.sources.paths import Path, dotted, written
from headrace.sources.window_params import WindowParam, window_params

Json = dict[str, Any]

PROVIDER = "0ed90a81-07f4-4586-8190-b40eccef1c5a"
SLICE_DAYS = 31


@dataclass(slots=True)
class Proposal:
    """A spec proposed.

    records  those of the answer
    reasons  what each part of the spec was read from
    checks   what a person must look at
    """

    spec: Json
    records: list[Any]
    reasons: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)


def proposal(address: Address, answer: Answer, name: str) -> Proposal:
    """What the answer to ``address`` proposes; SourceUnreadable where it is no JSON, SourceRejected for an error."""
    body, left_out = body_of(answer)
    if failure := failure_in(body):
        raise SourceRejected(
            f"{answer.url} answered {answer.status}, but with an error in place of records: {failure}. Correct the "
            "URL, its parameters or the headers; no spec is written from it."
        )
    rest = dict(address.query)
    attributes: Json = {}
    draft = Proposal({}, [])
    if left_out:
        draft.checks.append(
            f"{counted(len(left_out), 'element')} of the answer cannot be read; of the first: {left_out[0]}. A run "
            "rejects such records."
        )
    path = _content(attributes, body, draft)
    _paging(attributes, answer, body, path, rest, draft)
    start, end = window_params(rest)
    _schedule(attributes, start, end, rest, draft)
    attributes = {
        "urlParams": {"host": address.host, "path": address.path, "method": "GET", "queryParams": rest},
        **({"headerParams": dict(address.headers)} if address.headers else {}),
        **attributes,
    }
    wrapper = attributes["contentPath"].get("overrideWrapperAttribute", "")
    extension = {
        **_additions(draft, wrapper, start, end),
        **kept(attributes["paginationParams"], answer, body, address),
    }
    if extension:
        attributes["x-headrace"] = extension
    draft.spec = {
        "name": name,
        "providerId": PROVIDER,
        "version": "1.0",
        "type": "generic-rest",
        "description": f"Records of {address.host}{address.path}.",
        "attributes": {"isSource": True, "isDraftModeSupported": True},
        "authSpec": [address.auth],
        "sourceSpec": {
            "attributes": attributes,
            "spec": {"type": "object", "additionalProperties": False, "properties": {}},
            "schema": schema_of([body]),
        },
    }
    return draft


def name_of(address: Address) -> str:
    """A name for the source: its host's own name and the last word of its path."""
    labels = [label for label in (urlsplit(address.host).hostname or "").split(".") if label not in ("api", "www")]
    host = labels[-2] if len(labels) > 1 and not labels[-1].isdecimal() else "-".join(labels)
    words = [word for word in address.path.split("/") if word.replace("-", "").replace("_", "").isalpha()]
    return "-".join([host, *words[-1:]]).lower().replace("_", "-")


# -- records ---------------------------------------------------------------------------------------------------------


def _content(attributes: Json, body: Any, draft: Proposal) -> Path:
    """Where the records are; the empty path for a page that is the array, or one record."""
    able = recognising.arrays(body)
    path: Path = able[0].path if able else ()
    draft.records = able[0].value if able else [body] if isinstance(body, dict) else []
    content: Json = {"path": written(path)}
    names = [step for step in path if isinstance(step, str)]
    if names:
        content["overrideWrapperAttribute"] = _singular(names[-1])
    beside = recognising.beside_of(body, path) if names and isinstance(path[-1], str) else []
    if beside:
        content["skipAttributes"] = beside
    attributes["contentPath"] = content
    where = f"contentPath {content['path']}"
    if able and draft.records:
        others = ", ".join(entry.written for entry in able[1:4] if entry.value)
        draft.reasons.append(
            f"{where}: an array of {counted(len(draft.records), 'object')}." + (f" Others: {others}." if others else "")
        )
    elif draft.records:
        draft.reasons.append(f"{where}: the answer has no array of objects, so it is one record.")
    else:
        draft.checks.append(f"{where} is a guess: the answer holds no objects. Ask for days or ids that have some.")
    if able and draft.records and recognising.goes_along(able[0]):
        draft.checks.append(f"{where} is a guess: an array of that name goes along with records as a rule.")
    if not (able and draft.records) and recognising.rows_without_names(body):
        draft.checks.append("The rows are arrays without names; a record must be an object, so they cannot be read.")
    return path


def _singular(name: str) -> str:
    """The name of one element of an array, as a word that paths can have."""
    name = re.sub(r"[^\w\-]+", "_", name).strip("_") or "record"
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") and len(name) > 2 else name


# -- pages -----------------------------------------------------------------------------------------------------------


def _paging(attributes: Json, answer: Answer, body: Any, path: Path, rest: dict[str, str], draft: Proposal) -> None:
    way = paging(answer, body, path, rest)
    pages = attributes["paginationParams"] = way.pages
    for name in (
        pages.get("limitName"),
        pages.get("offSetName"),
        pages.get("pageParamName"),
        pages.get("parameterName"),
    ):
        rest.pop(str(name), None)
    draft.reasons.append(f"paginationParams {pages['type']}: {way.why}.")
    draft.checks.extend(way.checks)
    if pages["type"] == "NONE":
        draft.checks.append(
            _unfinished(going_on.behind(body, path, len(draft.records), answer.headers), len(draft.records))
        )
    elif pages["type"] in ("OFFSET", "PAGE") and not pages.get("endConditionName") and not pages.get("endPageIndex"):
        draft.checks.append("No end is declared, so an empty page ends the chain: see that the source gives one.")


def _unfinished(more: going_on.Behind | None, records: int) -> str:
    if more is not None and not more.certain:
        return (
            f"More rows may follow ({more.why}): if that counts rows, find out in the source's documentation how it "
            "goes on, and complete paginationParams by hand."
        )
    if more is not None:
        return (
            f"MORE ROWS FOLLOW ({more.why}), and the spec does not ask for them: nothing names the next page. "
            "Find out in the source's documentation how it goes on, and complete paginationParams by hand."
        )
    return (
        f"Nothing in the answer says how it goes on, so it is asked once. It holds {counted(records, 'record')}: if "
        "there may be more, declare paging."
    )


# -- the window, days and keys ---------------------------------------------------------------------------------------


def _schedule(
    attributes: Json, start: WindowParam | None, end: WindowParam | None, rest: dict[str, str], draft: Proposal
) -> None:
    schedule: Json = {}
    for kind, param in (("Start", start), ("End", end)):
        if param is not None:
            schedule |= {f"schedule{kind}ParamName": param.name, f"schedule{kind}ParamFormat": param.format}
            del rest[param.name]
    if schedule:
        attributes["scheduleParams"] = schedule
        names = " and ".join(f"{param.name} ({param.format})" for param in (start, end) if param)
        draft.reasons.append(f"scheduleParams: {names} {'name' if start and end else 'names'} the window.")
    else:
        draft.checks.append(
            "No parameter of the URL names a window, so each run reads everything again. If the source takes one, ask "
            "init for a URL that has it, such as …?from=2026-01-01&to=2026-01-31."
        )


def _additions(draft: Proposal, wrapper: str, start: WindowParam | None, end: WindowParam | None) -> Json:
    fields, many = fields_of(draft.records, values=200), len(draft.records)
    days, keys = recognising.days_among(fields, many), recognising.keys_among(fields, many)
    extension: Json = {}
    if days and start and end and start.whole_days:
        extension |= {"writeMode": "replace-window", "sliceDays": SLICE_DAYS, "day": _day(days[0], wrapper)}
        draft.reasons.append(f"day {extension['day']['date']}: {_example(days[0])}. {_others(days)}".rstrip())
        draft.checks.append(
            "A run replaces the days that it asked for. See that the source counts the last day in, and that it "
            f"answers for {SLICE_DAYS} days at once (sliceDays)."
        )
    elif days:
        draft.reasons.append(f"A day could be read from {_inside(days[0], wrapper)}: {_example(days[0])}.")
    if keys:
        key = _inside(keys[0], wrapper)
        where = "in the one record" if many == 1 else f"different in each of the {many:,} records"
        draft.reasons.append(f"Key: {key}, {where}. {_others(keys)}".rstrip())
        if not extension:
            extension |= {"writeMode": "merge", "key": [key], **_version(draft, fields, wrapper)}
            draft.checks.append(f"Rows are merged by {key}: see that it names the same record for ever.")
    if not extension:
        draft.checks.append(
            "Rows are appended: what is read again comes twice, since neither a key nor a day was found."
        )
    return extension


def _version(draft: Proposal, fields: list[Field], wrapper: str) -> Json:
    """The field whose highest value holds, where there is one."""
    versions = recognising.versions_among(fields, len(draft.records))
    if not versions:
        return {}
    draft.reasons.append(f"version {_inside(versions[0], wrapper)}: {_example(versions[0])}.")
    return {"version": _inside(versions[0], wrapper)}


def _day(field: Field, wrapper: str) -> Json:
    return {"date": _inside(field, wrapper)}


def _inside(field: Field, wrapper: str) -> str:
    return dotted((*((wrapper,) if wrapper else ()), *field.names))


def _example(field: Field) -> str:
    return f"for instance {field.example}"


def _others(fields: list[Field]) -> str:
    names = ", ".join(dotted(field.names) for field in fields[1:4])
    return f"Others: {names}." if names else ""
