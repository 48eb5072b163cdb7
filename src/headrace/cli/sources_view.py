"""What ``headrace sources test`` shows of a walk: requests with the heads of their answers, pages, ends, a summary."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.padding import Padding

from headrace.cli import json_files
from headrace.cli.source_fields import differences, nameless, table_of
from headrace.cli.terminal import Text
from headrace.clock import Window, utc
from headrace.errors import counted
from headrace.sources import Planned, recording
from headrace.sources.answers import Answer
from headrace.sources.auth import Access
from headrace.sources.declared import record_schema
from headrace.sources.fields import fields_of
from headrace.sources.reading import Request
from headrace.sources.recording import Recorder, Recording
from headrace.sources.scheduling import is_advanced
from headrace.sources.walking import Ended, Visited, Walk, rows_left

_AGAIN = (
    "with each later run read the same records again and append them once more: no request names the window "
    "(scheduleParams)"
)
_HEADS = ("retry-after", "link")
_PARTS = ("ratelimit", "rate-limit", "total", "page", "cursor", "next")


class View:
    """A walk on the console. What ``recorder`` keeps is what is shown, so that no secret is."""

    def __init__(self, recorder: Recorder) -> None:
        self._console = Console(highlight=False)
        self._recorder = recorder

    def heard(self, request: Request, answer: Answer, access: Access) -> None:
        """Shows one request and the head of its answer."""
        self._recorder(request, answer, access)
        if access.is_bare:
            self._say(f"{request.method} {request.url}: {answer.status}, for a new token", 0)
            return
        exchange = self._recorder.exchanges[-1]
        self._console.print(Text(f"{exchange.method} {exchange.url}", "bold"), soft_wrap=True)
        if exchange.sent:
            self._console.print(Text(exchange.sent), soft_wrap=True)
        kind = exchange.headers.get("content-type", "no content-type")
        self._say(f"{exchange.status}, {kind}, {len(answer.body):,} bytes", 4, "" if exchange.status < 300 else "red")
        for name, value in exchange.headers.items():
            if name in _HEADS or any(part in name for part in _PARTS):
                self._console.print(Text(f"    {name}: {value}", "dim"), soft_wrap=True)

    def walked(self, walk: Walk, window: Window, pages: int) -> bool:
        """Shows a walk while it is made; whether a record could become a row, and none is certain to be missed."""
        ends: list[Ended] = []
        planned = Planned((), window)
        for step in walk.steps(pages):
            if isinstance(step, Planned):
                planned = step
                self._say(_plan(step), 0)
            elif isinstance(step, Visited):
                odd = f", {step.unreadable} of them no object" if step.unreadable else ""
                self._say(f"page {step.n + 1}: {counted(step.records, 'record')}{odd}", 4, "green")
            else:
                ends.append(step)
                self._say(_end(step), 0, "yellow" if step.left else "")
        self._schema(walk)
        missed = any(end.more is not None and end.more.certain for end in ends)
        good = rows_left(walk.seen, walk.view) > 0 and not missed
        self._summary(walk, planned, ends)
        return good

    def recorded(self, path: Path, kept: Recording) -> None:
        """Writes a recording, and says where it is."""
        json_files.write(path, recording.written(kept))
        self._say(f"{counted(len(kept.exchanges), 'answer')} recorded in {path}, without secrets.", 0)

    def _schema(self, walk: Walk) -> None:
        seen = walk.seen
        if not seen.records:
            return
        self._console.print()
        of = f"{'the first ' if seen.read > len(seen.records) else ''}{counted(len(seen.records), 'record')}"
        self._say(f"The schema of {of}; a mapping takes these paths:", 0, "bold")
        fields = fields_of(seen.records)
        self._console.print(table_of(fields, self._without))
        for text in (*nameless(fields), *differences(record_schema(walk.spec, walk.view), seen.records)):
            self._say(text, 0, "yellow")

    def _without(self, text: str) -> str:
        return self._recorder.without(text)

    def _summary(self, walk: Walk, planned: Planned, ends: list[Ended]) -> None:
        self._console.print()
        self._say("What a first run would do:", 0, "bold")
        for text, style in first_run(walk, planned, ends):
            self._say(f"- {text}", 2, style)

    def _say(self, text: str, indent: int, style: str = "") -> None:
        self._console.print(Padding(Text(text, style, overflow="fold"), (0, 0, 0, indent), expand=False))


def first_run(walk: Walk, planned: Planned, ends: list[Ended]) -> Iterator[tuple[str, str]]:
    """What a first run over the same window would do, sentence by sentence, each with a style."""
    seen, extension = walk.seen, walk.view.extension
    more = len(ends) < len(planned.parts) or any(end.left for end in ends)
    yield (
        f"ask {counted(len(planned.parts), 'chain')} of requests{' for ' + _span(planned) if planned.parts else ''}",
        "",
    )
    yield f"read {counted(seen.read, 'record')}{' on these pages, and more behind them' if more else ''}", ""
    yield from _missed(ends)
    if not seen.read:
        yield f"find nothing: {seen.empty or 'nothing was asked'}", "red"
    if seen.unreadable:
        yield f"reject {counted(seen.unreadable, 'element')} that can be read as no object", "red"
    if seen.dropped:
        yield f"leave out {counted(seen.dropped, 'record')} by the spec's rules", ""
    yield from _days(walk)
    if seen.keyless:
        yield f"reject {counted(seen.keyless, 'record')} without a key or version", "red"
    if seen.superseded:
        yield f"drop {counted(seen.superseded, 'record')} that another one of the same key takes the place of", ""
    if seen.deleted:
        yield f"drop {counted(seen.deleted, 'deletion')}, and the rows of their keys", ""
    yield f"write {counted(rows_left(seen, walk.view), 'row')}, {_mode(walk)}", ""
    repeats = extension.frequencies != ("once",)
    if extension.write_mode == "append" and repeats and not _asks_for_a_window(walk):
        yield _AGAIN, "yellow"


def _missed(ends: list[Ended]) -> Iterator[tuple[str, str]]:
    """What the last pages say of rows that no request asks for."""
    for certain in (True, False):
        said = [end.more.why for end in ends if end.more is not None and end.more.certain is certain]
        of = f" on the last page of {counted(len(said), 'chain')}" if len(ends) > 1 else ""
        if said and certain:
            yield (
                f"MISS ROWS that follow: {said[0]}{of}, and the spec does not ask for them; complete its "
                "paginationParams",
                "red",
            )
        elif said:
            yield (
                f"perhaps miss rows: {said[0]}{of}; if that counts rows, complete the spec's paginationParams",
                "yellow",
            )


def _days(walk: Walk) -> Iterator[tuple[str, str]]:
    seen, day = walk.seen, walk.view.extension.day
    if day is None or not (seen.without_day or seen.outside):
        return
    verb = "reject" if walk.view.extension.write_mode == "replace-window" else "meet"
    path = day.date or f"{day.year}, {day.month}, {day.day}"
    if seen.without_day:
        yield f"{verb} {counted(seen.without_day, 'record')} without a readable day at {path}", "red"
    if seen.outside:
        yield f"{verb} {counted(seen.outside, 'record')} of days that were not asked for", "red"


def _mode(walk: Walk) -> str:
    key = ", ".join(walk.view.extension.key)
    modes = {
        "append": "appended",
        "replace-window": "in the place of what these days held",
        "merge": f"merged by {key}",
    }
    return modes[walk.view.extension.write_mode]


def _asks_for_a_window(walk: Walk) -> bool:
    schedule = walk.view.schedule
    return is_advanced(schedule) or any(
        schedule.get(name) for name in ("scheduleStartParamName", "scheduleEndParamName")
    )


def _plan(planned: Planned) -> str:
    clamps = "".join(f" {clamp}" for clamp in planned.clamps)
    return f"{_span(planned)}: {counted(len(planned.parts), 'chain')} of requests.{clamps}"


def _span(planned: Planned) -> str:
    days = [day for part in planned.parts for day in (part.first_day, part.last_day) if day is not None]
    if days:
        return f"{min(days)} to {max(days)} (UTC days)"
    return f"{utc(planned.window.start):%Y-%m-%d %H:%M} to {utc(planned.window.end):%Y-%m-%d %H:%M} (UTC)"


def _end(end: Ended) -> str:
    label = f" of {end.part.label}" if end.part.label else ""
    verb = "is left" if end.left else "ends"
    return f"The chain{label} {verb} after {counted(end.pages, 'page')}: {end.why}."
