"""Which parameters of a query name a window, and how they write their times."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from headrace.sources.auth import folded

_START_WORDS = ("start", "from", "since", "begin", "after", "gte", "gt", "min")
_END_WORDS = ("end", "to", "until", "till", "before", "lte", "lt", "max", "thru", "through")
_FORMATS = (
    (r"\d{4}-\d{2}-\d{2}", "yyyy-MM-dd"),
    (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", "yyyy-MM-ddTHH:mm:ssK"),
    (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", "yyyy-MM-ddTHH:mm:ss.fffK"),
    (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}", "yyyy-MM-ddTHH:mm:sszzz"),
    (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", "yyyy-MM-ddTHH:mm:ss"),
    (r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", "yyyy-MM-dd HH:mm:ss"),
    (r"(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])", "yyyyMMdd"),
    (r"(0[1-9]|1[0-2])/([0-2]\d|3[01])/\d{4}", "MM/dd/yyyy"),
    (r"\d{10}", "epochSeconds"),
    (r"\d{13}", "epochMilliseconds"),
)


@dataclass(frozen=True, slots=True)
class WindowParam:
    """A parameter that holds one end of a window, and the format of its times."""

    name: str
    format: str

    @property
    def whole_days(self) -> bool:
        """Whether the format names days, not times."""
        return "H" not in self.format and "epoch" not in self.format


def window_params(query: Mapping[str, str]) -> tuple[WindowParam | None, WindowParam | None]:
    """The start and the end of the window among the parameters."""
    times = {name: pattern for name, value in query.items() if (pattern := _format(value)) is not None}
    return _first(times, _START_WORDS), _first(times, _END_WORDS)


def _format(value: str) -> str | None:
    return next((pattern for written, pattern in _FORMATS if re.fullmatch(written, value)), None)


def _first(times: Mapping[str, str], words: tuple[str, ...]) -> WindowParam | None:
    for name, pattern in times.items():
        parts = re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
        if any(word in parts or folded(name).startswith(word) or folded(name).endswith(word) for word in words):
            return WindowParam(name, pattern)
    return None
