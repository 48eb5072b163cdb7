"""Fills the generated blocks of the reference pages from the code: ``python docs/generate.py`` after a change.

A block stands between ``<!-- begin name -->`` and ``<!-- end name -->``; the text around it is written by hand.
"""

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import typer

import linkedin_simulator.main
from headrace import errors, main
from headrace.api import problems, services
from headrace.api.problems import Dialect
from headrace.api.routing import Route, Routes
from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.listing import functions_listing, operators_listing

DOCS = Path(__file__).parent
# What one error needs besides its class to be rendered.
FACTS: dict[type, dict[str, str]] = {errors.AcceptInvalid: {"code": "1000"}}
DIALECTS: dict[str, Dialect] = {
    "gateway": problems.GATEWAY,
    "Flow Service": problems.FLOW,
    "Schema Registry": problems.XDM,
    "Catalog": problems.CATALOG,
    "Batch Ingestion": problems.INGEST,
    "Data Access": problems.EXPORT,
    "Data Prep": problems.CONVERSION,
    "Identity": problems.IDENTITY,
    "Sandboxes": problems.SANDBOX,
}
NAMES = {
    "/data/foundation/audit": "Audit",
    "/data/foundation/import": "Batch Ingestion",
    "/data/foundation/catalog": "Catalog",
    "/data/foundation/conversion": "Data Prep",
    "/_emulator": "Emulator",
    "/data/foundation/export": "Data Access",
    "/data/foundation/flowservice": "Flow Service",
    "/health": "Health",
    "/data/core/idnamespace": "Identity namespaces",
    "/ims": "Tokens",
    "/openapi.json": "Description",
    "/data/foundation/sandbox-management": "Sandboxes",
    "/data/foundation/schemaregistry": "Schema Registry",
}

Lines = Iterator[str]


def table(*head: str) -> Lines:
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)


def row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


# -- commands -----------------------------------------------------------------------------------------------------


def commands() -> Lines:
    for name, command in every_command():
        yield from ("", f"### `{name}`", "", command.help, "")
        yield from table("option", "default", "meaning")
        yield from (_option(option) for option in command.params)


def every_command() -> Iterator[tuple[str, Any]]:
    """Each command by its whole name, those of a group one by one."""
    for program, app in (("headrace", main.app), ("linkedin-simulator", linkedin_simulator.main.app)):
        yield from _commands(program, typer.main.get_command(app))


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, inner in sorted(command.commands.items()):
        yield from _commands(f"{name} {word}", inner)


def _option(option: Any) -> str:
    name = option.opts[0] if option.param_type_name == "option" else option.opts[0].upper()
    default = {"": "", "None": "", "[]": "", "False": "off"}.get(str(option.default), f"`{option.default}`")
    return row(f"`{name}`", default, option.help)


# -- errors -------------------------------------------------------------------------------------------------------


def error_classes() -> list[type[errors.HeadraceError]]:
    return [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.HeadraceError)]


def error_table() -> Lines:
    yield from table("error", "below", "when", "HTTP", "codes of its own")
    for cls in error_classes():
        above = cls.__mro__[1].__name__ if cls is not errors.HeadraceError else ""
        answering = [problems.GATEWAY] if cls in problems.GATEWAY.rows else DIALECTS.values()
        statuses = ", ".join(str(status) for status in sorted({_status(dialect, cls) for dialect in answering}))
        message = (cls.__doc__ or "").strip().splitlines()[0]
        yield row(f"`{cls.__name__}`", above, message, statuses, ", ".join(_codes(cls)))


def _status(dialect: Dialect, cls: type[errors.HeadraceError]) -> int:
    return dialect.render(cls(**FACTS.get(cls, {})), "")[0]


def _codes(cls: type[errors.HeadraceError]) -> Iterator[str]:
    for dialect in DIALECTS.values() if cls is not errors.ContentTypeInvalid else ():
        if cls in dialect.rows:
            _, body = dialect.render(cls(**FACTS.get(cls, {})), "")
            code = body.get("error_code") or str(body["type"]).rpartition("/")[2]
            shown = body["report"]["code"] if dialect is problems.IDENTITY else code
            yield f"`{shown}`" if cls is not errors.AcceptInvalid else "`XDM-…-400`, by form"


# -- operations ---------------------------------------------------------------------------------------------------


def operations() -> Lines:
    for routes in sorted(services.ALL, key=lambda one: NAMES[one.base]):
        yield from ("", f"## {NAMES[routes.base]}", "", f"Below `{routes.base}`; served by `{_module(routes)}`.", "")
        yield from table("operation", "permission", "answers", "what it does")
        yield from (_operation_row(routes, route) for route in routes.listed)


def _operation_row(routes: Routes, route: Route) -> str:
    statuses = ", ".join(str(answer.status) for answer in route.operation.answers)
    return row(operation(routes, route), _permission(route), statuses, _said(route))


def operation(routes: Routes, route: Route) -> str:
    """``GET /flows/{id}``, below the service's base."""
    path = "/" + "/".join(route.template)
    return f"`{route.method} {path.removeprefix(routes.base) or '/'}`"


def _permission(route: Route) -> str:
    # A kind that the path names stands as its parameter.
    params = {part.strip("{.}"): part for part in route.template if part.startswith("{")}
    return "" if route.operation.open else " ".join(route.operation.permission(params))


def _module(routes: Routes) -> str:
    # Of a service with one module per resource, the package.
    modules = sorted({_function(route).__module__.removeprefix("headrace.") for route in routes.listed})
    found = modules[0] if len(modules) == 1 else modules[0].rpartition(".")[0]
    return found.replace(".", "/") + (".py" if len(modules) == 1 else "/")


def _function(route: Route) -> Callable[..., object]:
    return route.handler.func if isinstance(route.handler, partial) else route.handler


def _said(route: Route) -> str:
    said = (_function(route).__doc__ or "").strip().splitlines()[0].replace("``", "`")
    if not isinstance(route.handler, partial):
        return said
    word = str(route.handler.args[0]).removesuffix("Connections")
    return said.replace("source or target", word)


# -- mapping functions --------------------------------------------------------------------------------------------


def mapping_functions() -> Lines:
    listed = functions_listing()
    for category in sorted({str(one["category"]) for one in listed}):
        yield from ("", f"### {category}", "")
        yield from table("function", "what it gives", "example", "result")
        for one in listed:
            if one["category"] == category:
                syntax = FUNCTIONS[str(one["function"])].syntax
                name = str(one["function"]) + syntax[syntax.find("(") :]
                yield row(f"`{name}`", one["description"], f"`{one['example']}`", f"`{one['result']}`")


def operators() -> Lines:
    yield from table("operator", "what it gives", "example")
    for one in operators_listing():
        yield row(f"`{one['operatorSymbol']}`", one["description"], f"`{one['example']}`")


# -- pages --------------------------------------------------------------------------------------------------------

BLOCKS: dict[str, Callable[[], Lines]] = {
    "commands": commands,
    "errors": error_table,
    "mapping-functions": mapping_functions,
    "operations": operations,
    "operators": operators,
}
_BLOCK = re.compile(r"(<!-- begin ([a-z-]+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def filled(text: str) -> str:
    """A page with its blocks as the code has them now."""
    return _BLOCK.sub(lambda found: found[1] + "\n".join(BLOCKS[found[2]]()).strip() + "\n" + found[3], text)


def pages() -> list[Path]:
    """The pages that have blocks."""
    return [path for path in sorted(DOCS.rglob("*.md")) if _BLOCK.search(path.read_text())]


if __name__ == "__main__":
    for page in pages():
        before = page.read_text()
        after = filled(before)
        if after != before:
            page.write_text(after)
            sys.stdout.write(f"{page.relative_to(DOCS)}\n")
