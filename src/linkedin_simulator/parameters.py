"""Typed parameters read from a decoded query; everything that is wrong with them is collected, then refused at once."""

import re
from collections.abc import Collection
from datetime import date

from linkedin_simulator.errors import INVALID_SYNTAX, NOT_A_LIST, InputError, invalid
from linkedin_simulator.restli import Query, Value

_MISSING = "Parameter {} is required"


class Parameters:
    """One query, read by name. A name that nobody asks for is not allowed."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._asked: set[str] = set()
        self._problems: dict[str, InputError] = {}

    def wrong(self, name: str, description: str, code: str = "PARAM_INVALID") -> None:
        """Notes what is wrong with a parameter; the first reason counts, what follows from it is noise."""
        self._problems.setdefault(name, InputError(code, name, description))

    def missing(self, name: str) -> None:
        """Notes that a required parameter is missing."""
        self.wrong(name, _MISSING.format(name), "PARAM_MISSING")

    def require_valid(self) -> None:
        """Refuses the request when anything was wrong."""
        names = [*self._query.values, *self._query.broken]
        for name in dict.fromkeys(names):
            if name not in self._asked:
                self.wrong(name, f"Query parameter {name} is not allowed", "QUERY_PARAM_NOT_ALLOWED")
        if self._problems:
            raise invalid([*self._problems.values()])

    def text(self, name: str) -> str | None:
        """A plain string."""
        value = self._take(name)
        if value is not None and not isinstance(value, str):
            self.wrong(name, INVALID_SYNTAX)
            return None
        return value

    def number(self, name: str, default: int) -> int:
        """A whole number, not negative."""
        text = self.text(name)
        if text is None:
            return default
        if not _is_number(text):
            self.wrong(name, INVALID_SYNTAX)
            return default
        return int(text)

    def one_of(self, name: str, allowed: Collection[str], required: bool = False) -> str | None:
        """An enum, written ``X`` or ``(value:X)``."""
        value = self._take(name)
        if value is None:
            if required:
                self.missing(name)
            return None
        return self._enum(name, value, allowed)

    def some_of(self, name: str, allowed: Collection[str]) -> list[str] | None:
        """A list of enums."""
        items = self.items(name)
        if items is None:
            return None
        read = [self._enum(name, item, allowed) for item in items]
        return [item for item in read if item is not None]

    def items(self, name: str) -> list[Value] | None:
        """A list of anything."""
        value = self._take(name)
        if value is not None and not isinstance(value, list):
            self.wrong(name, NOT_A_LIST, "FIELD_INVALID")
            return None
        return value

    def urns(self, name: str, *entities: str) -> list[str] | None:
        """A list of URNs of the given entity types."""
        items = self.items(name)
        if items is None:
            return None
        form = re.compile(rf"urn:li:(?:{'|'.join(entities)}):\d+")
        found = [item for item in items if isinstance(item, str) and form.fullmatch(item)]
        for item in items:
            if item not in found:
                self.wrong(name, f"{item!r} is not a URN of type {' or '.join(entities)}", "FIELD_INVALID")
        return found

    def record(self, name: str, keys: Collection[str]) -> dict[str, Value] | None:
        """A record with some of these keys."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.wrong(name, INVALID_SYNTAX)
            return None
        for key in value:
            if key not in keys:
                self.wrong(f"{name}/{key}", f"unrecognized field {key}", "FIELD_INVALID")
        return {key: item for key, item in value.items() if key in keys}

    def date_range(self, name: str) -> tuple[date, date | None] | None:
        """``(start:(year,month,day)[,end:(…)])``; both days are inclusive."""
        value = self.record(name, ("start", "end"))
        if value is None or "start" not in value:
            self.missing(name if value is None else f"{name}/start")
            return None
        start = self._date(f"{name}/start", value["start"])
        end = self._date(f"{name}/end", value["end"]) if "end" in value else None
        if start and end and end < start:
            self.wrong(name, "end is before start", "FIELD_INVALID")
        return (start, end) if start else None

    def field_names(self, default: Collection[str]) -> list[str]:
        """The projection: a comma list, doubles count once."""
        text = self.text("fields")
        if text is None:
            return list(default)
        return list(dict.fromkeys(text.split(",")))

    def _take(self, name: str) -> Value | None:
        self._asked.add(name)
        if name in self._query.broken:
            self.wrong(name, INVALID_SYNTAX)
            return None
        return self._query.values.get(name)

    def _enum(self, name: str, value: Value, allowed: Collection[str]) -> str | None:
        named = value.get("value") if isinstance(value, dict) and set(value) == {"value"} else value
        if isinstance(named, str) and named in allowed:
            return named
        self.wrong(name, f"{named!r} is not an enum symbol of {name}", "FIELD_INVALID")
        return None

    def _date(self, name: str, value: Value) -> date | None:
        parts = [value.get(part) for part in ("year", "month", "day")] if isinstance(value, dict) else []
        try:
            year, month, day = (int(part) for part in parts if isinstance(part, str) and _is_number(part))
            return date(year, month, day)
        except (ValueError, OverflowError):
            self.wrong(name, f"{value!r} is not a date of year, month and day", "FIELD_INVALID")
            return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
