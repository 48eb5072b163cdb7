"""What cannot work in a spec, or in what a source connection brings for it, refused by its place and the rule."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from headrace.errors import SpecInvalid
from headrace.sources.asking_rules import check_body, check_headers, check_url, require_declared
from headrace.sources.auth_rules import check_authentications
from headrace.sources.block_reading import PLACE
from headrace.sources.block_rules import check_block
from headrace.sources.contradictions import check_together
from headrace.sources.declaring import credentials_take_more, declared_names, takes_more
from headrace.sources.extension import BLOCK
from headrace.sources.keys import keying
from headrace.sources.paging_rules import check_paging
from headrace.sources.paths import parse_path
from headrace.sources.refusing import ABSENT, COMPLEX, Json, object_of, path_of, require_name, require_spelt, wrong
from headrace.sources.schedule_rules import check_schedule
from headrace.sources.secret_rules import check_taken, check_written
from headrace.sources.spec import extension, extraction, inputs, settled
from headrace.sources.together import Together
from headrace.sources.url_rules import check_texts

_ATTRIBUTES = "sourceSpec.attributes"
_SPEC = ("name", "providerId", "version", "type", "description", "attributes", "authSpec", "sourceSpec", "exploreSpec")
_OF_SPECS = ("aliases", "probe")  # members of the block that are used without a source connection


def check_spec(spec: Json) -> None:
    """SpecInvalid for a spec that cannot work. What it leaves out may be added later, or come with the params."""
    attributes = _attributes(spec)
    declared = inputs(spec).get("properties") or {}
    own = {name: attributes.get(name) for name in OBJECTS if attributes.get(name) or name not in declared}
    _check_objects(own, _ATTRIBUTES)
    _check_names(spec)
    check_authentications(spec.get("authSpec") or ())
    _check_inputs(spec)
    block = extension(spec)
    check_block(block)
    keying(spec)
    check_texts(spec)
    check_written(_present(own), _places(own))
    check_taken(spec, _present(own), _places(own))
    check_together(Together(_present(own), _places(own), [name for name in OBJECTS if name in declared], block))
    if not takes_more(spec) and not credentials_take_more(spec):
        names = declared_names(spec)
        _require_declared(_present(own), _places(own), names)
        _require_declared_in_block(attributes.get(BLOCK) or {}, names)


def check_given(spec: Json, params: Json) -> None:
    """SpecInvalid where the objects of the language that a source connection brings cannot work, or one is missing."""
    whole = settled(spec, params)
    if whole == spec:
        _check_given(spec, params)
        return
    try:
        _check_block_given(whole, params)
        _check_given(whole, params)
    except SpecInvalid as error:
        raise _moved(error) from error


def _check_block_given(whole: Json, params: Json) -> None:
    object_of(params[BLOCK], PLACE)
    for name in (name for name in _OF_SPECS if name in params[BLOCK]):
        raise wrong(f"{PLACE}.{name}", "is about a spec, not about what a source connection reads; leave it out")
    check_block(extension(whole))
    keying(whole)
    if not credentials_take_more(whole):
        _require_declared_in_block(params[BLOCK], declared_names(whole) | params.keys())


def _moved(error: SpecInvalid) -> SpecInvalid:
    """The refusal of a block by its place among the params."""
    there = f"params.{BLOCK}"
    facts = {**error.facts, "field": str(error.facts.get("field", "")).replace(PLACE, there)}
    return SpecInvalid(error.message.replace(PLACE, there), **facts)


def _check_given(spec: Json, params: Json) -> None:
    declared = inputs(spec).get("properties") or {}
    brought = {name: params[name] for name in OBJECTS if name in declared and params.get(name) is not None}
    if brought.get("scheduleParams") == {}:
        del brought["scheduleParams"]  # a schema that demands it leaves no other way to say that there is none
    _check_objects(brought, "params")
    own = {name: value for name, value in _attributes(spec).items() if name in OBJECTS}
    places = {**_places(own), **_places(_present(brought), "params")}
    objects = {**_present(own), **_present(brought)}
    check_written(_present(brought), places)
    check_taken(spec, objects, places)
    check_together(Together(objects, places, (), extension(spec)))
    if not credentials_take_more(spec):
        _require_declared(objects, places, declared_names(spec) | params.keys())
    extraction(spec, params)


def _check_names(spec: Json) -> None:
    """What is misspelt, or stands in another place than where it is read, would be taken for absent."""
    source = spec.get("sourceSpec") or {}
    require_spelt(spec, _SPEC, "")
    for here, where in ((spec, ""), (source, "sourceSpec.")):
        for name in (name for name in _READ if here.get(name)):
            raise wrong(f"{where}{name}", f"is not read there; it belongs into {_ATTRIBUTES}")
    require_spelt(source, ("attributes", "spec", "schema"), "sourceSpec")
    require_spelt(_attributes(spec), _READ, _ATTRIBUTES)


def _check_inputs(spec: Json) -> None:
    """One schema says what a source connection takes, and no input is without a name."""
    older = _attributes(spec).get("spec")
    if older and (spec.get("sourceSpec") or {}).get("spec"):
        raise wrong(f"{_ATTRIBUTES}.spec", "stands beside sourceSpec.spec, which says the same; keep one of them")
    where = f"{_ATTRIBUTES}.spec" if older else "sourceSpec.spec"
    for name, declared in (inputs(spec).get("properties") or {}).items():
        if not name.strip():
            raise wrong(f"{where}.properties", "has a blank name")
        object_of(declared, f"{where}.properties.{name}")


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


def _require_declared(objects: Json, places: Mapping[str, str], names: Collection[str]) -> None:
    """SpecInvalid where a request uses the value of a name that nobody declares."""
    for name in ("host", "path", "queryParams"):
        require_declared(objects.get("urlParams", {}).get(name), f"{places.get('urlParams')}.{name}", names)
    for name in ("headerParams", "bodyParams"):
        require_declared(objects.get(name), f"{places.get(name)}", names)


def _require_declared_in_block(block: Json, names: Collection[str]) -> None:
    require_declared({name: value for name, value in block.items() if name != "explore"}, PLACE, names)


# -- where the records are -------------------------------------------------------------------------------------------


def _check_content(given: Any, where: str) -> None:
    content = {"path": given} if isinstance(given, str) else object_of(given, where)
    if not isinstance(content.get("path"), str) or not content["path"].strip():
        raise wrong(f"{where}.path", "is missing; it must point at an array", ABSENT)
    require_spelt(content, ("path", "skipAttributes", "keepAttributes", "overrideWrapperAttribute"), where)
    path_of(content["path"], f"{where}.path", parse_path)
    for name in ("skipAttributes", "keepAttributes"):
        listed = content.get(name) or []
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise wrong(f"{where}.{name}", "must be an array of names")
    for name in content.get("skipAttributes") or ():
        if name in (content.get("keepAttributes") or ()):
            raise wrong(f"{where}.skipAttributes", f"has {name}, as keepAttributes has; say one of the two")
    if wrapper := content.get("overrideWrapperAttribute"):
        require_name(wrapper, f"{where}.overrideWrapperAttribute")


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
    "urlParams": check_url,
    "headerParams": check_headers,
    "bodyParams": check_body,
    "contentPath": _check_content,
    "explodeEntityPath": _check_explode,
    "paginationParams": check_paging,
    "scheduleParams": check_schedule,
}
_READ = (*OBJECTS, BLOCK)
