"""Values that identify: drawn, or derived by an algorithm of the operator's own."""

from collections.abc import Callable
from importlib import import_module

from headrace.errors import Invalid
from headrace.ids import new_uuid
from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import as_text, function

SPECIAL = "Special operations"
Derive = Callable[[str], str]
_derived_by: list[Derive] = []


@function(
    SPECIAL, "uuid()", {'matches_regex(uuid(), "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")': True}, aliases=["guid"]
)
def uuid() -> str:
    """A random UUID, another one for each row."""
    return new_uuid()


@function(SPECIAL, "fpid_to_ecid(STRING)", {"fpid_to_ecid(null)": None})
def fpid_to_ecid(string: str) -> str:
    """The ECID of a first-party device id, by the derivation that `--fpid-to-ecid` names.

    The algorithm of Experience Platform is not published, so none is built in: without the setting the function fails.
    """
    if not _derived_by:
        raise Failed("fpid_to_ecid needs a derivation: start the server with --fpid-to-ecid MODULE:FUNCTION")
    try:
        return as_text(_derived_by[0](string))
    except Exception as error:
        # It is the operator's own, so it may raise anything.
        raise Failed("the derivation that --fpid-to-ecid names failed on this id") from error


def derive_ecids(name: str) -> None:
    """Lets ``fpid_to_ecid`` call the function that ``module:function`` names; empty: none."""
    _derived_by[:] = [_imported(name)] if name else []


def _imported(name: str) -> Derive:
    module, _, attribute = name.partition(":")
    try:
        found: object = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise Invalid(
            f"--fpid-to-ecid {name} must be MODULE:FUNCTION that can be imported: {error}.", field="fpid-to-ecid"
        ) from error
    if not callable(found):
        raise Invalid(f"--fpid-to-ecid {name} names no function.", field="fpid-to-ecid")
    return found
