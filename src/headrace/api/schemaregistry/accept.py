"""The registry's Accept headers: a family, suffixes in any order, perhaps a version."""

import re
from dataclasses import dataclass

from headrace.api.operation import Answer
from headrace.api.request import JSON
from headrace.errors import AcceptInvalid, NotFound
from headrace.registry.views import View

FAMILIES = ("xed", "xdm")
OPTIONS = ("full", "id", "link", "notext", "desc", "deprecated", "deprecatefield", "flat", "v2")
# What a resource may be labelled with: any form that parse takes.
SHOWN = (Answer(200, (JSON, "application/vnd.adobe.*+json")),)
# Code of the refusal on lists and on lookups, of resources and of descriptors (platform-apis.md 2.3).
LIST, LOOKUP, DESCRIPTOR_LIST, DESCRIPTOR_LOOKUP = "1006", "1007", "1008", "1009"
_VENDOR = re.compile(r"application/vnd\.adobe\.(?P<family>[a-z]+)(?P<options>(?:-[a-z0-9]+)*)\+json")
_EXAMPLES = "application/vnd.adobe.xed-full+json; version=1, application/vnd.adobe.xed-id+json or application/json"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client asked for: a view, and the media type that the answer is labelled with."""

    view: View
    media: str


def parse(header: str, code: str) -> Accepted:
    """The first form in ``header`` that the registry gives; AcceptInvalid when there is none.

    Clients leave the version out of lookups and send it on lists; both are taken. A version that no resource has
    is NotFound.
    """
    for part in header.split(",") if header.strip() else [JSON]:
        media, *params = (piece.strip().lower() for piece in part.split(";"))
        if media in (JSON, "*/*", "application/*"):
            return Accepted(View(), JSON)
        view = _view(media)
        if view is not None:
            return Accepted(view, f"{media}{_version(params)}")
    raise AcceptInvalid(f"The registry does not answer with {header}; ask for {_EXAMPLES}.", code=code)


def _view(media: str) -> View | None:
    match = _VENDOR.fullmatch(media)
    if match is None or match["family"] not in FAMILIES:
        return None
    options = frozenset(filter(None, match["options"].split("-")))
    return View(match["family"], options) if options <= {*OPTIONS} else None


def _version(params: list[str]) -> str:
    sent = next((param.partition("=")[2].strip() for param in params if param.startswith("version")), None)
    if sent is None:
        return ""
    if sent.strip('"').partition(".")[0] != "1":
        raise NotFound(f"No resource has version {sent}; the one major version is 1.", kind="version", id=sent)
    return ";version=1"
