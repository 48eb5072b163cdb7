"""Values that identify: drawn, or derived by an algorithm of the operator's own."""

from headrace.ids import new_uuid
from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import Context, as_text, function

SPECIAL = "Special operations"


@function(
    SPECIAL,
    "uuid()",
    {'matches_regex(uuid(), "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")': True},
    aliases=["guid"],
    draws=True,
)
def uuid() -> str:
    """A random UUID, another one for each row."""
    return new_uuid()


@function(SPECIAL, "fpid_to_ecid(STRING)", {"fpid_to_ecid(null)": None}, contextual=True, derived=True)
def fpid_to_ecid(context: Context, string: str) -> str:
    """The ECID of a first-party device id, by the derivation that `--fpid-to-ecid` names.

    The algorithm of Experience Platform is not published, so none is built in: without the setting the function fails.
    """
    derive = context.derivations.ecid
    if derive is None:
        raise Failed("fpid_to_ecid needs a derivation: start the server with --fpid-to-ecid MODULE:FUNCTION")
    try:
        return as_text(derive(string))
    except Exception as error:
        # It is the operator's own, so it may raise anything.
        raise Failed("the derivation that --fpid-to-ecid names failed on this id") from error
