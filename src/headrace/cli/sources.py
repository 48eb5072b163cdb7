"""``headrace sources``: connection specs written from an answer, and tried, without a server."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from headrace.cli import json_files
from headrace.clock import WallClock, Window, epoch_ms, utc
from headrace.errors import Invalid, SourceFailure, SpecInvalid
from headrace.raw_json import BROKEN, why_broken

if TYPE_CHECKING:
    from headrace.cli.source_inputs import Typed
    from headrace.sources import SourceHttp
    from headrace.sources.http import Heard
    from headrace.sources.recording import Exchange, Recording
    from headrace.sources.walking import Walk

Json = dict[str, Any]

DAYS = 7
DAY_MS = 86_400_000
_NOT_BY_GET = (400, 404, 405, 415, 422, 501)
_BY_HAND = (
    "init asks by GET. If this source is asked by POST, its spec is written by hand: sourceSpec.attributes.urlParams."
    "method is POST, bodyParams beside it is what is sent; docs/how-to/add-a-source.md shows one."
)
_OBJECTS = (
    "urlParams", "headerParams", "bodyParams", "contentPath", "explodeEntityPath", "paginationParams", "scheduleParams",
    "x-headrace",
)  # fmt: skip

app = typer.Typer(no_args_is_help=True, help="Write a source's spec from an answer, and try it, without a server.")


@app.command()
def init(
    url: str = typer.Argument(..., metavar="URL", help="A request that works, with the parameters of one window."),
    headers: list[str] = typer.Option(
        [], help="Headers that it needs: name=value, a JSON object, its file, or - for input; may be repeated."
    ),
    name: str = typer.Option("", help="Name of the source (default: from the URL)."),
    folder: Path = typer.Option(Path(), metavar="DIRECTORY", help="Where to write NAME.json and NAME.md."),
    force: bool = typer.Option(False, help="Write over files that are there."),
    allow_private_hosts: bool = typer.Option(False, help="Let the source live at a private or loopback address."),
) -> None:
    """Ask a URL once and write a connection spec for it, and notes beside it: why it says what, and what to check."""
    from headrace.cli.source_notes import notes, options_of_test, shown
    from headrace.flows import specs
    from headrace.sources import SourceHttp
    from headrace.sources.address import address_of
    from headrace.sources.auth import Access
    from headrace.sources.proposing import name_of, proposal

    address = address_of(url, json_files.members(headers, "--headers"))
    name = name or name_of(address)
    target, beside = folder / f"{name}.json", folder / f"{name}.md"
    for path in (target, beside):
        if path.exists() and not force:
            raise Invalid(f"{path} is there already; give another --name, or --force to write over it.")
    access = Access(address.auth, address.credentials)
    with closing(SourceHttp(allow_private=allow_private_hosts).brisk()) as http:
        try:
            answer = http.send(address.request, access)
            proposed = proposal(address, answer, name)
        except SourceFailure as error:
            raise type(error)(_with_a_way_out(access.redact(error.message), error), **error.facts) from error
    options = options_of_test(address, allow_private_hosts)
    specs.checked(specs.CONNECTION_SPECS, proposed.spec)
    json_files.write(target, msgspec.json.format(msgspec.json.encode(proposed.spec)) + b"\n")
    json_files.write(beside, access.named(notes(address, answer, proposed, options)).encode())
    shown(proposed, target, beside, access, options)


@app.command()
def test(
    spec: str = typer.Argument(..., metavar="SPEC", help="File of a connection spec, or the name of one that ships."),
    params: list[str] = typer.Option(
        [], help="Credentials and parameters: name=value, a JSON object, its file, or - for input; may be repeated."
    ),
    auth: str = typer.Option("", help="Authentication to use (default: the first that the parameters suffice for)."),
    since: str = typer.Option("", metavar="DATE", help="First day to read, UTC (default: the sixth before the last)."),
    until: str = typer.Option("", metavar="DATE", help="Last day to read, UTC (default: today)."),
    pages: int = typer.Option(20, min=1, help="Pages to ask for at most."),
    record: Path = typer.Option(None, metavar="FILE", help="Write requests and answers here, without any secret."),
    recorded: Path = typer.Option(None, metavar="FILE", help="Take the answers from this recording; ask nobody."),
    allow_private_hosts: bool = typer.Option(False, help="Let the source live at a private or loopback address."),
) -> None:
    """Walk a source as a first run would, and say what came.

    It ends with 1 when no record could become a row, or when rows would be missed.
    """
    from headrace import sources
    from headrace.cli.sources_view import View
    from headrace.sources.recording import Recorder

    if record is not None and recorded is not None:
        raise Invalid("--record writes what a source answers, --recorded asks nobody: give one of them.")
    document, typed, days = _spec(spec), json_files.members(params, "--params"), (since, until)
    try:
        trial = _recorded(document, typed, days, recorded) if recorded else _live(document, typed, auth, days)
    except SpecInvalid as error:
        raise _placed(spec, error) from error
    document = sources.settled(document, trial.typed.params)
    recorder = Recorder(trial.typed.secrets(document))
    view = View(recorder)
    with closing(_http(trial, allow_private_hosts, view.heard)) as http:
        try:
            good = view.walked(trial.walk(document, http), trial.window, pages)
        except SpecInvalid as error:
            raise _placed(spec, error) from error
        finally:
            if record is not None:
                view.recorded(record, trial.recording(document, tuple(recorder.exchanges)))
    raise typer.Exit(0 if good else 1)


def _with_a_way_out(message: str, error: SourceFailure) -> str:
    if error.facts.get("status") not in _NOT_BY_GET:
        return message
    return f"{message}{'' if message.endswith(('.', '!', '?')) else '.'} {_BY_HAND}"


@dataclass(frozen=True, slots=True)
class Trial:
    """What a walk needs beside its spec. ``answers``: the recording that answers, with what stands for its secrets."""

    typed: "Typed"
    window: Window
    answers: "tuple[Recording, dict[str, str]] | None" = None

    def walk(self, document: Json, http: "SourceHttp") -> "Walk":
        """The walk, as the first run of a flow makes it."""
        from headrace.sources import Reading
        from headrace.sources.walking import Walk

        reading = Reading(document, self.typed.auth, self.typed.params, self.window, self.window.end, backfill=True)
        return Walk(reading, self.typed.credentials, http)

    def recording(self, document: Json, exchanges: "tuple[Exchange, ...]") -> "Recording":
        """What was asked and answered, without any secret."""
        from headrace.cli.source_inputs import public
        from headrace.sources.recording import Recording

        known = public(document, self.typed)
        name, start, end = str(document["name"]), utc(self.window.start), utc(self.window.end)
        return Recording(name, known.auth, known.credentials, known.params, start, end, exchanges)


def _live(document: Json, typed: Json, auth: str, days: tuple[str, str]) -> Trial:
    from headrace.cli.source_inputs import parted

    now = WallClock().now()
    return Trial(parted(document, auth, typed), _window(days, Window(_week_before(now), now)))


def _recorded(document: Json, typed: Json, days: tuple[str, str], path: Path) -> Trial:
    from headrace.cli.source_inputs import replayable
    from headrace.sources import recording

    try:
        held = recording.read(json_files.text_of(path).encode())
    except BROKEN as error:
        raise Invalid(f"{path} is no recording: {why_broken(error)}. --record makes one.") from error
    inputs, secrets = replayable(document, held, typed)
    return Trial(inputs, _window(days, Window(epoch_ms(held.start), epoch_ms(held.end))), (held, secrets))


def _window(days: tuple[str, str], otherwise: Window) -> Window:
    """The days that were asked for, both included; what was not asked for is as in the other window."""
    since, until = days
    end = _day("--until", until) + DAY_MS if until else otherwise.end
    start = _day("--since", since) if since else _week_before(end) if until else otherwise.start
    if start >= end:
        raise Invalid(f"--since {since} lies behind the last day; no day is left to read.")
    return Window(start, end)


def _week_before(end: int) -> int:
    last = end - 1
    return last - last % DAY_MS - (DAYS - 1) * DAY_MS


def _day(option: str, text: str) -> int:
    try:
        return epoch_ms(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC))
    except ValueError as error:
        raise Invalid(f"{option} {text} is no day; write it as 2026-01-31.") from error


def _http(trial: Trial, allow_private: bool, heard: "Heard") -> "SourceHttp":
    from headrace.sources import Patience, SourceHttp
    from headrace.sources.replayed import Replayed

    if trial.answers is None:
        return SourceHttp(allow_private=allow_private, heard=heard).brisk()
    once = Patience(attempts=1)
    return SourceHttp(patience=once, pause=lambda _: None, heard=heard, transport=Replayed(*trial.answers))


def _spec(text: str) -> Json:
    """The spec in a file, or one that ships, by its name; an error names the JSON path of what is wrong."""
    from headrace import sources
    from headrace.flows import specs

    shipped = {str(spec["name"]): spec for spec in sources.shipped_specs()}
    if text in shipped and not Path(text).exists():
        return shipped[text]
    if not Path(text).exists():
        raise Invalid(f"There is no file {text}, and no spec of that name ships; these do: {', '.join(shipped)}.")
    document = json_files.document(Path(text))
    if not isinstance(document, dict):
        raise Invalid(f"{text} holds no connection spec: it must be one JSON object.")
    try:
        return specs.checked(specs.CONNECTION_SPECS, document)
    except Invalid as error:
        raise _placed(text, error) from error


def _placed(where: str, error: Invalid) -> Invalid:
    field, path = str(error.facts.get("field") or ""), _path(error)
    if field and error.message.startswith(field):
        return Invalid(f"{where} at {path}{error.message[len(field) :]}")
    return Invalid(f"{where} at {path}: {error.message}")


def _path(error: Invalid) -> str:
    """The JSON path of what an error is about; its field is counted from the object that it lies in."""
    field = str(error.facts.get("field") or "")
    inside = field.partition(".")[0].partition("[")[0] in _OBJECTS
    return f"$.sourceSpec.attributes.{field}" if inside else f"$.{field}" if field else "$"
