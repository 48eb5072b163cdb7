"""Secret values taken out of text, in every form in which a request carries one or an answer repeats it."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote, quote_plus

SHORTEST = 4  # a shorter value occurs by chance, and to take it out would shred the text


def _json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _ascii_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _in_lower_case(escaped: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda escape: escape[0].lower(), escaped)


def encoded(value: str) -> str:
    """A text as base64 of its UTF-8."""
    return base64.b64encode(value.encode()).decode()


# Where a request carries a secret, or an answer repeats it -> how it is written there.
FORMS: dict[str, Callable[[str], str]] = {
    "header": str,
    "query": lambda value: quote(value, safe=""),
    "query, as some servers repeat it": lambda value: _in_lower_case(quote(value, safe="")),
    "form": quote_plus,
    "JSON": _json,
    "JSON in ASCII": _ascii_json,
    "JSON with slashes escaped": lambda value: _ascii_json(value).replace("/", "\\/"),
    "JSON in a JSON text": lambda value: _json(_json(value)),
    "JSON in a JSON text in ASCII": lambda value: _ascii_json(_json(value)),
    "base64": lambda value: encoded(value),
    "base64 in a query": lambda value: quote(encoded(value), safe=""),
    "base64 in JSON with slashes escaped": lambda value: encoded(value).replace("/", "\\/"),
    "base64 in a URL": lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
}


class Hiding:
    """Takes the same secrets out of one text after the other, the longest first; what matches ``keep`` stays.

    secrets  names and values; those with fewer characters than ``shortest`` stay
    """

    def __init__(self, secrets: Iterable[tuple[str, str]], keep: str = "", shortest: int = SHORTEST) -> None:
        self._written = _written(secrets, shortest)
        longest_first = sorted(self._written, key=len, reverse=True)
        self._pattern = re.compile("|".join([*map(re.escape, longest_first), *([keep] if keep else [])]))

    def hidden(self, text: str, shown: Callable[[str], str]) -> str:
        """``text`` with ``shown(name)`` in the place of each secret."""
        if not self._written:
            return text
        written = self._written
        return self._pattern.sub(lambda form: shown(written[form[0]]) if form[0] in written else form[0], text)


def hidden(text: str, secrets: Iterable[tuple[str, str]], shown: Callable[[str], str], keep: str = "") -> str:
    """One text with ``shown(name)`` in the place of each secret, as ``Hiding`` does it."""
    return Hiding(secrets, keep).hidden(text, shown)


def _written(secrets: Iterable[tuple[str, str]], shortest: int) -> Mapping[str, str]:
    """Every form of every secret -> its name."""
    return {form(value): name for name, value in secrets if len(value) >= shortest for form in FORMS.values()}
