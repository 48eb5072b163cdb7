"""Every error that Headrace raises on purpose: one tree, named by what was wrong, without HTTP.

The first line of a class's docstring is its default message. ``facts`` carry the details that a service's own
body shape needs (``api/problems.py`` renders them); a message names the thing, what was wrong and what to do. Whatever
a message quotes, it is ``legible``: an error can always be recorded.

    HeadraceError
    |-- Invalid            the caller's input is wrong
    |-- NotFound           no such thing in the caller's org and sandbox
    |-- Conflict           the thing's state forbids it
    |-- Refused            the caller may not do this
    |-- Unavailable        this server cannot do it now; nothing is wrong with the request
    |-- SourceFailure      a source did not give what a run needs
    `-- Broken             Headrace's own state is not what it must be; nothing was guessed
"""

import re

LONGEST_MESSAGE = 10_000
# But for line breaks and tabs: they steer a terminal, turn the direction of what follows, or break a line unseen.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|\r(?!\n)")


def legible(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """A stranger's text as every column, answer and console takes it.

    Beyond ``longest`` characters it ends with an ellipsis; half a character and controls stand as their escapes.
    """
    return visible(text if len(text) <= longest else f"{text[: longest - 1]}…")


def counted(number: int, noun: str) -> str:
    """A number of things, as a sentence has it: ``1 row``, ``2,000 rows``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def visible(text: str) -> str:
    """The text with each control character, and half a character, as its escape; line breaks and tabs stay."""
    plain = _CONTROLS.sub(lambda control: control[0].encode("unicode_escape").decode(), text)
    return plain.encode("utf-8", "backslashreplace").decode()


class HeadraceError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None, **facts: object) -> None:
        self.message = legible(message or (type(self).__doc__ or "").strip().splitlines()[0])
        self.facts = facts
        super().__init__(self.message)


class Invalid(HeadraceError):
    """The request is not valid."""


class NotFound(HeadraceError):
    """No such resource in this org and sandbox."""


class Conflict(HeadraceError):
    """The resource's state does not allow this."""


class Refused(HeadraceError):
    """The caller is not allowed to do this."""


class Unavailable(HeadraceError):
    """This server cannot do this now; ask again later."""


class SourceFailure(HeadraceError):
    """The source did not answer as needed."""


class Broken(HeadraceError):
    """Headrace's own state is not what it must be."""


# -- documents ---------------------------------------------------------------------------------------------


class MalformedJson(Invalid):
    """The body is not valid JSON."""


class EmptyBody(Invalid):
    """The body is empty; send a JSON body."""


class RevisionMissing(Invalid):
    """The If-Match header is missing; send the etag of the version you read."""


class RevisionStale(Conflict):
    """The If-Match value does not match the current version; read the resource again."""


class PatchUnsupported(Invalid):
    """The patch operation is not supported; use add, replace or remove."""


class PatchPathMissing(Invalid):
    """The patch instruction's path does not exist in the document."""


class FilterInvalid(Invalid):
    """The property filter cannot be read."""


class InUse(Conflict):
    """The resource is still used by others; delete those first."""


# -- the HTTP edge -------------------------------------------------------------------------------------------


class TokenMissing(Refused):
    """Oauth token is missing."""


class TokenInvalid(Refused):
    """Oauth token is not valid"""


class TooManyFailures(Refused):
    """Too many attempts to sign in have failed; wait before the next one."""


class ApiKeyMissing(Refused):
    """Api Key is required"""


class ApiKeyInvalid(Refused):
    """Api Key is invalid"""


class OrgMissing(Invalid):
    """Missing header"""


class OrgRefused(Refused):
    """Profile is not valid"""


class PermissionMissing(Refused):
    """The caller has no permission to do this."""


class ContentTypeInvalid(Invalid):
    """A valid content-type must be specified"""


class TooLarge(Invalid):
    """The body is larger than this operation takes."""


class TooMuch(Invalid):
    """A request asks for more work than one may have."""


class TooSlow(Invalid):
    """A request's body does not come in time."""


class MediaUnsupported(Invalid):
    """The body's media type is not one that this operation takes."""


class RangeUnsatisfiable(Invalid):
    """The range of bytes lies outside the file."""


class MethodNotAllowed(Invalid):
    """This path does not take that method."""


# -- sources -------------------------------------------------------------------------------------------------


class AuthSpecUnknown(Invalid):
    """The connection spec has no authentication of this name."""


class ParamMissing(Invalid):
    """A mandatory parameter is missing."""


class ParamInvalid(Invalid):
    """A parameter's value is not valid."""


class SpecInvalid(Invalid):
    """The connection spec cannot be read."""


class SourceHostRefused(SourceFailure):
    """The source's host is not allowed: it is a private, loopback or link-local address."""


class SourceUnreachable(SourceFailure):
    """No connection to the source's host."""


class SourceTimeout(SourceFailure):
    """The source did not answer in time."""


class SourceUnauthorized(SourceFailure):
    """The source does not accept the credentials; renew the connection's credentials."""


class SourceForbidden(SourceFailure):
    """The credentials do not allow this request at the source."""


class SourceMissing(SourceFailure):
    """The source does not know this path."""


class SourceRejected(SourceFailure):
    """The source refuses the request as it is."""


class SourceThrottled(SourceFailure):
    """The source's quota is used up."""


class SourceAsksToWait(SourceThrottled):
    """The source asks to wait longer than a request can; ``until`` (epoch ms, business clock) says when it answers."""


class SourceTroubled(SourceFailure):
    """The source keeps answering with server errors."""


class SourceUnreadable(SourceFailure):
    """The source's answer is not the JSON that its spec declares."""


class SourceBrokeOff(SourceUnreadable):
    """The connection broke before the source's answer was whole."""


class SourceTooLarge(SourceFailure):
    """The source's answer is larger than the limit."""


class SourceTruncated(SourceFailure):
    """The source cut its answer; a run that accepted it would lose rows."""


class SourceEmpty(SourceFailure):
    """The source has nothing that these credentials may read."""


# -- xdm -----------------------------------------------------------------------------------------------------


class ReferenceMissing(Invalid):
    """A $ref leads to no resource of this sandbox; create it first, or correct the $ref."""


class SchemaConflict(Invalid):
    """Two parts of the schema give one field different types."""


class SchemaTooLarge(Invalid):
    """The schema has too many fields once its references are resolved."""


class SchemaUnstorable(Invalid):
    """A field of the schema cannot be stored in a table."""


class SchemaUncheckable(Invalid):
    """A rule of the schema cannot be read."""


# -- schema registry -----------------------------------------------------------------------------------------


class AcceptInvalid(Invalid):
    """The Accept header is not one that the registry knows."""


class FieldMisplaced(Invalid):
    """A field of the org's own is not below the tenant's namespace."""


class ChangeBreaks(Invalid):
    """The change would break data that was or may be written; only additions are possible now."""


class ImportFailed(Invalid):
    """The resources cannot be imported."""


class ResourceInvalid(Invalid):
    """The resource is not valid."""


class StandardFixed(Refused):
    """Standard resources cannot be changed; create a resource of your own in the tenant container."""


class TitleTaken(Invalid):
    """Another resource has this title already; titles are unique across all kinds of a sandbox."""


# -- lake ----------------------------------------------------------------------------------------------------


class FileTaken(Conflict):
    """A file of this name exists already; files are never overwritten, use the name of a new attempt."""


class FileDamaged(Broken):
    """A file of the lake is missing or does not hold the bytes that were recorded for it."""


class KeyLost(Broken):
    """A secret is sealed with a key that nobody gives any more."""


class LakeMoved(Broken):
    """The data directory is not where its tables were made; move it back, or make a symbolic link there."""


class TableMissing(NotFound):
    """The dataset has no table; restore it, or create another dataset."""


class SchemaIncompatible(Invalid):
    """A column cannot take the type that the schema gives it now; only additions and int to long are possible."""


class WindowSuperseded(Conflict):
    """The table holds rows of this window that were read later; they are not replaced by older ones."""


class BatchUnproven(Broken):
    """Whether the batch was committed cannot be told from the table's history; nothing was changed."""


class CommitContended(Conflict):
    """Other writers kept changing the table; try the commit again."""


# -- mapping -------------------------------------------------------------------------------------------------


class MappingSyntax(Invalid):
    """The expression or path cannot be read."""


class MappingInvalid(Invalid):
    """A mapping does not fit the target schema."""


# -- data prep -----------------------------------------------------------------------------------------------


class MappingSetInvalid(Invalid):
    """The mapping set is not valid."""


# -- query ---------------------------------------------------------------------------------------------------


class QueryInvalid(Invalid):
    """The query cannot be run."""


class TableUnknown(QueryInvalid):
    """The query names a table that this sandbox does not have."""
