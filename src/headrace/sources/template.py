"""Substitution of ``${name}`` in a spec: values are encoded for where they go, the text of the author is not."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from headrace.errors import ParamInvalid, ParamMissing

# No part holds a brace, so that what is read from one `${` is never read again from the next.
_PLACEHOLDER = re.compile(r"\$\{(?P<name>[^{}|]++)(?:\|(?P<filter>[^{}:]++)(?::(?P<argument>[^{}]*+))?+)?+\}")
# What would make a credential part of an address, or something else of it than its author meant.
_NEVER_IN_ADDRESSES = re.compile(r"\$\{|[?#@\\\s\x00-\x1f\x7f]")
_NEVER_IN_HOSTS = re.compile(r"\$\{|[/?#@\\\s\x00-\x1f\x7f]")
_BARE = re.compile(r"(?<!\$)\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
# What an author may write in a query as it is; the rest is percent-encoded. `%` stays: it may start an escape.
_AUTHOR = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"#<>&+')
# What a browser leaves of a link. `{` is no such character, so that no link can name a secret to be filled in.
_LINK = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"<>`{}')


@dataclass(frozen=True, slots=True)
class Values:
    """What placeholders stand for.

    given    values by name
    known    names that a spec declares: without a value they are empty; any other name is an error
    secrets  names that stay as they are, to be filled in when the request is sent
    """

    given: Mapping[str, Any]
    known: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()

    def text(self, name: str) -> str:
        """The value as text; ParamMissing for a name nobody declares."""
        if name not in self.given and name not in self.known:
            raise ParamMissing(f"The parameter {name} is missing; the source's requests need it.", field=name)
        return as_text(self.given.get(name))


def as_text(value: Any) -> str:
    """A parameter's value as it is written into a request; lists become comma lists."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(as_text(item) for item in value)
    return str(value)


def split_list(text: str) -> list[str]:
    """The items of a comma list, trimmed, empty ones left out, each once, in order."""
    return list(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))


def _urns(value: str, kind: str) -> str:
    items = [quote(f"urn:li:{kind}:{item.rpartition(':')[2]}", safe="") for item in split_list(value)]
    return f"List({','.join(items)})" if items else ""


def _restli_list(value: str, _: str) -> str:
    items = [quote(item, safe="") for item in split_list(value)]
    return f"List({','.join(items)})" if items else ""


def _enumeration(value: str, _: str) -> str:
    return quote(re.sub(r"[\s\-]+", "_", value.strip()).upper(), safe="")


# ${name|filter:argument}. A filter answers text that is ready for a query.
FILTERS: dict[str, Callable[[str, str], str]] = {
    "urns": _urns,
    "list": _restli_list,
    "enum": _enumeration,
    "upper": lambda value, _: quote(value.upper(), safe=""),
    "lower": lambda value, _: quote(value.lower(), safe=""),
    "singular": lambda value, _: quote(value.removesuffix("s"), safe=""),
}

Encode = Callable[[str], str]


def encode_query(value: str) -> str:
    """A value inside a query or a path: everything but unreserved characters is percent-encoded."""
    return quote(value, safe="")


def encode_author(text: str) -> str:
    """An author's literal text inside a query: structure stays, what would break the URL is encoded."""
    return quote(text, safe=_AUTHOR)


def encode_link(text: str) -> str:
    """A source's link, encoded as a browser would: escapes and structure stay, the rest goes out as escaped UTF-8."""
    return quote(re.sub(r"[\t\r\n]", "", text).strip(), safe=_LINK)


def plain(value: str) -> str:
    """A value inside a header or a JSON body, as it is; line breaks are refused."""
    if "\r" in value or "\n" in value:
        raise ParamInvalid("A parameter that goes into a request must not contain line breaks.")
    return value


def inserted(value: str) -> str:
    """A value inside a header or a JSON body that is not the author's: it must not name a secret to be filled in."""
    if "${" in value:
        raise ParamInvalid("A parameter that goes into a header or a body of a request must not contain ${.")
    return plain(value)


def render(text: str, values: Values, encode: Encode, author: Encode = str) -> str:
    """``text`` with every placeholder replaced. ``encode`` is for values, ``author`` for the text between them."""
    pieces: list[str] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        pieces.append(author(text[end : found.start()]))
        pieces.append(_fill(found, values, encode))
        end = found.end()
    return "".join([*pieces, author(text[end:])])


def _fill(found: re.Match[str], values: Values, encode: Encode) -> str:
    name = found["name"].strip()
    if name in values.secrets:
        return found[0]
    value = values.text(name)
    if found["filter"] is None:
        return encode(value)
    if found["filter"] not in FILTERS:
        raise ParamInvalid(f"The spec uses an unknown filter {found['filter']} in {found[0]}.", field=name)
    return FILTERS[found["filter"]](value, found["argument"] or "")


def render_host(text: str, values: Values) -> str:
    """A host template; older specs write ``{name}`` and ``{{NAME}}`` there too."""
    unified = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda m: "${" + _folded(m[1], values) + "}", text)
    named = _BARE.sub(r"${\g<name>}", unified)
    whole = _PLACEHOLDER.fullmatch(named.strip()) is not None
    return _PLACEHOLDER.sub(lambda found: _into_host(found, values, whole), named)


def _into_host(found: re.Match[str], values: Values, whole: bool) -> str:
    """A value that is the whole address, or one inside a host, which leaves the rest of it to the author."""
    text = _fill(found, values, str).strip()
    if found["name"].strip() in values.secrets:
        return text
    never, what = (_NEVER_IN_ADDRESSES, "an address of a source") if whole else (_NEVER_IN_HOSTS, "a part of a host")
    if wrong := never.search(text):
        raise ParamInvalid(f"A parameter that is {what} must not contain {wrong[0]!r}.", field="host")
    return text


def _folded(name: str, values: Values) -> str:
    return next((known for known in (*values.given, *values.known) if known.lower() == name.lower()), name)


def render_json(value: Any, values: Values, literal: Encode = str) -> Any:
    """A JSON value with every string in it rendered."""
    if isinstance(value, str):
        return render(value, values, inserted, literal)
    if isinstance(value, Mapping):
        return {key: render_json(item, values, literal) for key, item in value.items()}
    if isinstance(value, list):
        return [render_json(item, values, literal) for item in value]
    return value


def used_filters(text: str) -> list[str]:
    """The filters that ``text`` puts values through."""
    return [found["filter"] for found in _PLACEHOLDER.finditer(text) if found["filter"] is not None]


def used_names(text: str) -> list[str]:
    """The names of the values that ``text`` needs."""
    return [found["name"].strip() for found in _PLACEHOLDER.finditer(text)]
