"""What ``headrace sources init`` says of a proposed spec: in the notes beside it, and on the console."""

from pathlib import Path

from rich.console import Console
from rich.padding import Padding

from headrace.cli.source_fields import mapped, nameless
from headrace.cli.terminal import Text, in_a_line
from headrace.errors import counted
from headrace.sources.address import Address
from headrace.sources.answers import Answer
from headrace.sources.auth import Access
from headrace.sources.fields import fields_of
from headrace.sources.proposing import Proposal


def options_of_test(address: Address, allow_private_hosts: bool) -> str:
    """What ``sources test`` must be called with for the same source: its secrets, and that it may be private."""
    return (" --params secrets.json" if address.credentials else "") + (
        " --allow-private-hosts" if allow_private_hosts else ""
    )


def notes(address: Address, answer: Answer, proposed: Proposal, options: str) -> str:
    """The notes, in Markdown. ``options`` of ``sources test``."""
    spec, request = proposed.spec, address.request
    wrapper = spec["sourceSpec"]["attributes"]["contentPath"].get("overrideWrapperAttribute", "")
    kind = answer.headers.get("content-type", "no content-type")
    lines = [
        f"# Notes on {spec['name']}",
        "",
        f"`headrace sources init` wrote `{spec['name']}.json` from one answer:",
        "",
        f"    GET {request.target}",
        f"    {answer.status}, {kind}, {len(answer.body):,} bytes, {counted(len(proposed.records), 'record')}",
        "",
        "## What the spec says, and why",
        "",
        *(f"- {in_a_line(reason)}" for reason in [_signed(address), *proposed.reasons]),
        "",
        "## What to look at",
        "",
        *(f"- {in_a_line(check)}" for check in proposed.checks or ["Nothing was uncertain; try it all the same."]),
        "",
        "## The fields, by the paths that a mapping takes",
        "",
        "| path | type | records |",
        "| --- | --- | --- |",
    ]
    fields = fields_of(proposed.records)
    for field in fields:
        if path := mapped((*((wrapper,) if wrapper else ()), *field.steps)):
            lines.append(f"| {_code(path)} | {', '.join(field.types) or 'null'} | {field.records:,} |")
    lines += ["", *nameless(fields)] if nameless(fields) else []
    return "\n".join([*lines, "", "## Next", "", *(f"    {command}" for command in _next(proposed, options)), ""])


def shown(proposed: Proposal, target: Path, beside: Path, access: Access, options: str) -> None:
    """Says on the console what was proposed. ``options`` of ``sources test``."""
    console = Console(highlight=False)

    def say(text: str, indent: int = 0, style: str = "") -> None:
        console.print(Padding(Text(access.named(text), style, overflow="fold"), (0, 0, 0, indent), expand=False))

    say(f"{target} is written, and notes beside it in {beside}.", style="bold")
    for reason in proposed.reasons:
        say(f"- {in_a_line(reason)}", 2)
    if proposed.checks:
        say("Look at this:", style="bold")
    for check in proposed.checks:
        say(f"- {in_a_line(check)}", 2, "yellow")
    say("Then try it:", style="bold")
    console.print(Text(f"  headrace sources test {target}{options}"), soft_wrap=True)


def _signed(address: Address) -> str:
    if not address.credentials:
        return "authSpec: no credentials were needed."
    names = ", ".join(address.credentials)
    return f"authSpec: {names}, typed by whoever makes a connection; their values are not in the spec."


def _code(text: str) -> str:
    """Code in a cell of a Markdown table, whatever its letters."""
    cell = text.replace("|", "\\|")
    return f"`` {cell} ``" if "`" in cell else f"`{cell}`"


def _next(proposed: Proposal, options: str) -> list[str]:
    name = proposed.spec["name"]
    return [
        f"headrace sources test {name}.json{options}",
        f"headrace sources test {name}.json{options} --record {name}.recorded.json",
        f"headrace sources test {name}.json --recorded {name}.recorded.json",
    ]
