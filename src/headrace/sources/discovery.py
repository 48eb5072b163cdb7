"""What a source must be asked before a run: what may be read, its partitions, and what a rule lets stay."""

from collections.abc import Mapping
from typing import Any

import msgspec

from headrace.errors import SourceEmpty, SourceForbidden, SourceUnreadable, SpecInvalid
from headrace.exact_json import has_whole_characters
from headrace.sources.answers import Answer
from headrace.sources.auth import Access
from headrace.sources.chains import Chain, walk
from headrace.sources.extension import Listing, Readable, Rule
from headrace.sources.http import SourceHttp
from headrace.sources.params import coerced
from headrace.sources.paths import parse_path, pick
from headrace.sources.reading import Reading
from headrace.sources.request import aside
from headrace.sources.spec import Content, Extraction, extension, inputs
from headrace.sources.template import FILTERS, Values, as_text, split_list

_AT_ONCE = 50  # ids that one request can name without growing too long


def listed(view: Extraction, listing: Listing, values: Values, access: Access, http: SourceHttp) -> list[str]:
    """The ids that a listing holds, every page of it, each once."""
    content = Content(parse_path(listing.content_path), "")
    chain = Chain(listing.pagination_params, content, aside(view, values, listing), proves=True, merges=True)
    found: dict[str, None] = {}
    for page in walk(chain, access, http):
        for element in page.cut.elements:
            value = pick(element, parse_path(listing.value))
            if value is not None:
                found[listing.form.replace("{}", _sendable(as_text(value), page.answer, listing))] = None
    return list(found)


def _sendable(id: str, answer: Answer, listing: Listing) -> str:
    if not has_whole_characters(id):
        raise SourceUnreadable(f"{answer.url} lists half a character at {listing.value}, so it cannot be asked for.")
    return id


def partitions(view: Extraction, values: Values, access: Access, http: SourceHttp) -> list[str]:
    """The partitions to read; one empty name when the spec has none or other parameters say what to read."""
    rule = view.extension.partition
    if rule is None:
        return [""]
    given = _ids(values, rule.param)
    if given:
        return given
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


def require_readable(view: Extraction, values: Values, access: Access, http: SourceHttp) -> None:
    """SourceForbidden that names the given ids which these credentials may not read, by the spec's proofs."""
    for proof in view.extension.readable:
        missing = _unlisted(view, proof, values, access, http)
        if missing:
            raise SourceForbidden(
                f"{proof.param}: the source does not list {', '.join(missing)} among what these credentials may read, "
                "so their rows would be missing without a word. Check the ids, and the roles of whoever authorised "
                "the connection."
            )


def is_readable(reading: Reading) -> bool:
    """Whether the source has listed, before the run, what it asks for among what its credentials may read.

    Then an answer without rows says that there are none, not that they may not be read.
    """
    told = extension(reading.spec)
    given = coerced(inputs(reading.spec), reading.params)

    def names_any(param: str) -> bool:
        return bool(split_list(as_text(given.get(param))))

    if any(names_any(proof.param) for proof in told.readable):
        return True
    rule = told.partition
    return rule is not None and rule.listing is not None and not any(map(names_any, (rule.param, *rule.unless)))


def _unlisted(view: Extraction, proof: Readable, values: Values, access: Access, http: SourceHttp) -> list[str]:
    missing = _ids(values, proof.param)
    for place in _places(view, proof.listing, values, "", access, http) if missing else ():
        found: set[str] = set()
        for n in range(0, len(missing), _AT_ONCE):
            asked = {"partition": place, proof.param: ",".join(missing[n : n + _AT_ONCE])}
            found |= {
                id.rpartition(":")[2] for id in listed(view, proof.listing, with_given(values, asked), access, http)
            }
        missing = [id for id in missing if id not in found]
        if not missing:
            break
    return missing


def _places(
    view: Extraction, listing: Listing, values: Values, partition: str, access: Access, http: SourceHttp
) -> list[str]:
    """The partitions in which a listing must be asked; the one at hand where it is the same in all."""
    if partition or "${partition}" not in msgspec.json.encode(listing).decode():
        return [partition]
    rule = view.extension.partition
    return (_ids(values, rule.param) if rule else []) or _discovered(view, values, access, http)


def _ids(values: Values, param: str) -> list[str]:
    """The ids of a comma list; URNs are cut to their last part."""
    given = split_list(as_text(values.given.get(param)))
    return list(dict.fromkeys(item.rpartition(":")[2] for item in given))


def allowed(
    view: Extraction, values: Values, partition: str, access: Access, http: SourceHttp
) -> dict[str, tuple[str, ...]]:
    """Per rule that is switched on, the values that a record must have to stay."""
    return {
        # As they stand in the records: a secret among them is hidden there.
        rule.name: tuple(map(access.masked_text, _staying(view, rule, values, partition, access, http)))
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
    found: list[str] = []
    for place in _places(view, listing, values, partition, access, http):
        found += listed(view, listing, with_given(values, {"partition": place}), access, http)
    return list(dict.fromkeys(found))


def with_given(values: Values, more: Mapping[str, Any]) -> Values:
    """The values with some of them set."""
    return Values({**values.given, **more}, values.known, values.secrets)
