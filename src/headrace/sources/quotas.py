"""When a source wants to be asked again: what the headers of a refusal say."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from headrace.clock import epoch_ms

MONTH = 31 * 86_400.0
_REMAINING = ("x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining")
_RESETS = ("x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset")
_EPOCH = 1_000_000_000  # what is larger is a point in time, not a span; seconds, or milliseconds from 1,000 times it on


def seconds_to_wait(status: int, headers: Mapping[str, str], now: int) -> float | None:
    """The seconds that a refusal asks to wait, at most a month; None where it asks for nothing, or for none.

    ``now`` (epoch ms) stands for the source's clock where the answer has no Date. 429 may say it in any of the
    headers; 403 too, where it is about a rate. Any other status has Retry-After alone.
    """
    since = _date(headers.get("date", "")) or now
    seconds = _after(headers.get("retry-after", ""), since)
    if seconds is None and (status == 429 or (status == 403 and is_about_rate(headers))):
        seconds = next((s for s in (_number(headers.get(name, ""), since) for name in _RESETS) if s is not None), None)
    return min(seconds, MONTH) if seconds is not None and seconds > 0 else None


def is_about_rate(headers: Mapping[str, str]) -> bool:
    """Whether a 403 is about too many requests, not about rights.

    It says when to ask again, were it at once, or that nothing of a quota is left.
    """
    if headers.get("retry-after", "").strip():
        return True
    left = [number for name in _REMAINING if (number := _float(headers.get(name, ""))) is not None]
    if left:
        return not any(left)
    return any(_float(headers.get(name, "")) is not None for name in _RESETS)


def _after(text: str, since: int) -> float | None:
    seconds = _number(text, since)
    moment = _date(text)
    return seconds if moment is None else (moment - since) / 1000


def _number(text: str, since: int) -> float | None:
    """Seconds, given as a span or as a point in time."""
    value = _float(text)
    if value is None or value < _EPOCH:
        return value
    return value - since / 1000 if value < _EPOCH * 1000 else (value - since) / 1000


def _float(text: str) -> float | None:
    plain = text.strip()
    return float(plain) if plain.replace(".", "", 1).isdecimal() and plain.isascii() else None


def _date(text: str) -> int | None:
    """An HTTP date as epoch milliseconds."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return epoch_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
