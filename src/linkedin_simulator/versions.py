"""Which monthly versions of the API are alive on a given day."""

import re
from datetime import date

NEWEST = 202609  # the version a current connector sends; alive at any clock, so that a world may stand in the past
FIRST = 202206
SUNSET_DAY = 15
_SUNSETS = {202511: date(2026, 11, 16)}
_FORM = re.compile(r"(\d{6})(?:\.\d{2})?")


def read(header: str) -> int | None:
    """The version a header names (``202609`` or ``202609.01``), or None."""
    match = _FORM.fullmatch(header.strip())
    return int(match.group(1)) if match else None


def is_alive(version: int, today: date) -> bool:
    """A version lives from its month until the middle of the same month a year later."""
    year, month = divmod(version, 100)
    if version == NEWEST:
        return True
    if version < FIRST or not 1 <= month <= 12 or year >= 9999:
        return False
    sunset = _SUNSETS.get(version, date(year + 1, month, SUNSET_DAY))
    return date(year, month, 1) <= today < sunset
