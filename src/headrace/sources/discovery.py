"""What a source itself must be asked before a run: the partitions that may be read, and what a rule lets stay."""

from collections.abc import Mapping
from typing import Any

import msgspec

from headrace.errors import SourceEmpty, SpecInvalid
from headrace.sources.auth import Access
from headrace.sources.content import array_of
from headrace.sources.extension import Listing, Rule
from headrace.sources.fetching import chain
from headrace.sources.http import SourceHttp
from headrace.sources.paths import parse_path, pick
from headrace.sources.request import aside
from headrace.sources.spec import Content, Extraction
from headrace.sources.template import FILTERS, Values, as_text, split_list


def listed(view: Extraction, listing: Listing, values: Values, access: Access, http: SourceHttp) -> list[str]:
    """The ids that a listing holds, every page of it, each once."""
    content = Content(parse_path(listing.content_path), "")
    request = aside(view, values, listing)
    found: dict[str, None] = {}
    for _, answer, _ in chain(listing.pagination_params, content, request, access, http, strict=True):
        for element in array_of(answer.body, content) or ():
            value = pick(element, parse_path(listing.value))
            if value is not None:
                found[listing.form.replace("{}", as_text(value))] = None
    return list(found)


def partitions(view: Extraction, values: Values, access: Access, http: SourceHttp) -> list[str]:
    """The partitions to read; one empty name when the spec has none or other parameters say what to read."""
    rule = view.extension.partition
    if rule is None:
        return [""]
    given = split_list(as_text(values.given.get(rule.param)))
    if given:
        return [item.rpartition(":")[2] for item in given]
    if rule.listing is None or any(split_list(as_text(values.given.get(name))) for name in rule.unless):
        return [""]
    return _discovered(view, values, access, http)


def _discovered(view: Extraction, values: Values, access: Access, http: SourceHttp) -> list[str]:
    rule = view.extension.partition
    found = listed(view, rule.listing, values, access, http) if rule and rule.listing else []
    if not found:
        raise SourceEmpty(
            "The source lists nothing that these credentials may read; check the roles of whoever authorised them."
        )
    return found


def allowed(
    view: Extraction, values: Values, partition: str, access: Access, http: SourceHttp
) -> Mapping[str, tuple[str, ...]]:
    """Per rule that is switched on, the values that a record must have to stay."""
    return {
        rule.name: tuple(_staying(view, rule, values, partition, access, http))
        for rule in view.extension.rules
        if values.given.get(rule.param) is True
    }


def _staying(
    view: Extraction, rule: Rule, values: Values, partition: str, access: Access, http: SourceHttp
) -> list[str]:
    by = FILTERS["enum"](values.text(rule.by), "")
    listing = rule.listings.get(by)
    if listing is None:
        raise SpecInvalid(f"The spec's rule {rule.name} has no listing for {rule.by} {by}.", field="x-headrace.rules")
    places = [partition] if partition or "${partition}" not in msgspec.json.encode(listing).decode() else None
    found: list[str] = []
    for place in places or _discovered(view, values, access, http):
        found += listed(view, listing, with_given(values, {"partition": place}), access, http)
    return list(dict.fromkeys(found))


def with_given(values: Values, more: Mapping[str, Any]) -> Values:
    """The values with some of them set."""
    return Values({**values.given, **more}, values.known, values.secrets)
