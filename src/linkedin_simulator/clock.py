"""The virtual clock: it stands still until it is told to move."""

import re
from datetime import UTC, date, datetime, timedelta

_DURATION = re.compile(
    r"(-)?P(?=\d|T\d)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,6})?)S)?)?"
)


class VirtualClock:
    """The instant at which the simulated LinkedIn believes to be."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """The current instant, UTC."""
        return self._now

    def today(self) -> date:
        """The current UTC day."""
        return self._now.date()

    def advance(self, duration: str) -> datetime:
        """Moves by an ISO 8601 duration of weeks, days, hours, minutes and seconds."""
        try:
            self._now += parse_duration(duration)
        except OverflowError:
            raise ValueError(f"{duration} leads out of the calendar") from None
        return self._now

    def set(self, instant: str) -> datetime:
        """Moves to an ISO 8601 instant, forwards or back."""
        self._now = parse_instant(instant)
        return self._now


def parse_duration(text: str) -> timedelta:
    """``PT1H``, ``P1D``, ``P2W``; months and years have no fixed length and are refused."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration; write P1D, PT1H, PT90S or P2W")
    sign, weeks, days, hours, minutes, seconds = match.groups(default="0")
    length = timedelta(int(days), float(seconds), 0, 0, int(minutes), int(hours), int(weeks))
    return -length if sign == "-" else length


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant; without an offset it is UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no instant; write 2022-08-10T05:00:00Z") from None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def iso(instant: datetime) -> str:
    """An instant as text, with milliseconds only when it has some."""
    kind = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).isoformat(timespec=kind).replace("+00:00", "Z")


def epoch_ms(instant: datetime) -> int:
    """An instant as epoch milliseconds."""
    return round(instant.timestamp() * 1000)
