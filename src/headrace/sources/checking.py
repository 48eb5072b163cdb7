"""What cannot work in a spec, or in what a source connection brings for it, refused by its place and the rule."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from headrace.sources.block_rules import check_block
from headrace.sources.contradictions import Together, check_together
from headrace.sources.keys import keying
from headrace.sources.paging_rules import check_paging
from headrace.sources.paths import parse_path
from headrace.sources.refusing import ABSENT, COMPLEX, Json, object_of, path_of, wrong
from headrace.sources.schedule_rules import check_schedule
from headrace.sources.spec import extension, extraction, inputs
from headrace.sources.template import FILTERS, used_filters

_ATTRIBUTES = "sourceSpec.attributes"


def check_spec(spec: Json) -> None:
    """SpecInvalid for a spec that cannot work. What it leaves out may be added later, or come with the params."""
    attributes = _attributes(spec)
    declared = inputs(spec).get("properties") or {}
    own = {name: attributes.get(name) for name in OBJECTS if attributes.get(name) or name not in declared}
    _check_objects(own, _ATTRIBUTES)
    block = extension(spec)
    check_block(block)
    keying(spec)
    check_together(Together(_present(own), _places(own), [name for name in OBJECTS if name in declared], block))


def check_given(spec: Json, params: Json) -> None:
    """SpecInvalid where the objects of the language that a source connection brings cannot work, or one is missing."""
    declared = inputs(spec).get("properties") or {}
    brought = {name: params[name] for name in OBJECTS if name in declared and params.get(name) is not None}
    if brought.get("scheduleParams") == {}:
        del brought["scheduleParams"]  # a schema that demands it leaves no other way to say that there is none
    _check_objects(brought, "params")
    own = {name: value for name, value in _attributes(spec).items() if name in OBJECTS}
    places = {**_places(own), **_places(_present(brought), "params")}
    check_together(Together({**_present(own), **_present(brought)}, places, (), extension(spec)))
    extraction(spec, params)


def _attributes(spec: Json) -> Json:
    return (spec.get("sourceSpec") or {}).get("attributes") or {}


def _present(objects: Json) -> Json:
    return {name: value for name, value in objects.items() if value}


def _places(objects: Json, above: str = _ATTRIBUTES) -> Mapping[str, str]:
    return {name: f"{above}.{name}" for name in objects}


def _check_objects(objects: Json, where: str) -> None:
    for name, check in OBJECTS.items():
        if objects.get(name) is not None:
            check(objects[name], f"{where}.{name}")


# -- what is asked ---------------------------------------------------------------------------------------------------


def _check_url(given: Any, where: str) -> None:
    url = object_of(given, where)
    if not isinstance(url.get("path"), str) or not url["path"].strip():
        raise wrong(f"{where}.path", "is missing; it is the path of the source's resource", ABSENT)
    if not isinstance(url.get("host", ""), str):
        raise wrong(f"{where}.host", "must be text")
    if str(url.get("method") or "GET").upper() not in ("GET", "POST"):
        raise wrong(f"{where}.method", f"{url['method']} is not supported; use GET or POST")
    _check_pairs(url.get("queryParams") or {}, f"{where}.queryParams")
    _check_filters(url, where)


def _check_pairs(given: Any, where: str) -> None:
    """Names and values, as an object or (older) one text."""
    if isinstance(given, str):
        return
    for name, value in object_of(given, where).items():
        if isinstance(value, dict | list):
            raise wrong(f"{where}.{name}", "must be text, a number or a boolean")
    _check_filters(given, where)


def _check_body(given: Any, where: str) -> None:
    if not isinstance(given, str):
        _check_filters(object_of(given, where), where)


def _check_filters(node: Any, where: str) -> None:
    if isinstance(node, str):
        for name in used_filters(node):
            if name not in FILTERS:
                raise wrong(where, f"uses the filter {name}, which is none; there are {', '.join(sorted(FILTERS))}")
    below: Iterator[tuple[str, Any]] = iter(())
    if isinstance(node, Mapping):
        below = ((f".{name}", value) for name, value in node.items())
    elif isinstance(node, list):
        below = ((f"[{n}]", value) for n, value in enumerate(node))
    for step, value in below:
        _check_filters(value, f"{where}{step}")


# -- where the records are -------------------------------------------------------------------------------------------


def _check_content(given: Any, where: str) -> None:
    content = {"path": given} if isinstance(given, str) else object_of(given, where)
    if not isinstance(content.get("path"), str) or not content["path"].strip():
        raise wrong(f"{where}.path", "is missing; it must point at an array", ABSENT)
    path_of(content["path"], f"{where}.path", parse_path)
    for name in ("skipAttributes", "keepAttributes"):
        listed = content.get(name) or []
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise wrong(f"{where}.{name}", "must be an array of names")
    if not isinstance(content.get("overrideWrapperAttribute") or "", str):
        raise wrong(f"{where}.overrideWrapperAttribute", "must be text")


def _check_explode(given: Any, where: str) -> None:
    if not given:
        return
    _check_content(given, where)
    text = given if isinstance(given, str) else given["path"]
    path = parse_path(text)
    if not path or not all(isinstance(step, str) for step in path):
        raise wrong(f"{where}.path", f"{text} must lead to an array inside the record, by names alone", COMPLEX)


# The objects of the language -> what each must be.
OBJECTS: dict[str, Callable[[Any, str], None]] = {
    "urlParams": _check_url,
    "headerParams": _check_pairs,
    "bodyParams": _check_body,
    "contentPath": _check_content,
    "explodeEntityPath": _check_explode,
    "paginationParams": check_paging,
    "scheduleParams": check_schedule,
}
