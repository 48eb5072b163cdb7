"""How each service words an error: one row per error class, one body shape per service."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from headrace import errors

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """How one error class appears: HTTP status, the service's own number (text or None), title."""

    status: int
    code: str | None
    title: str


Shape = Callable[[errors.HeadraceError, Row, str], Body]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A service's error bodies: its shape, its rows, and what stands for classes without a row of their own."""

    shape: Shape
    rows: Mapping[type[errors.HeadraceError], Row]

    def row(self, error: errors.HeadraceError) -> Row:
        """The row of the error's class or of the nearest one above it."""
        for cls in type(error).__mro__:
            if cls in self.rows:
                return self.rows[cls]
            if cls in GENERAL:
                return GENERAL[cls]
        return GENERAL[errors.HeadraceError]

    def render(self, error: errors.HeadraceError, request_id: str) -> tuple[int, Body]:
        """Status and body for ``error``."""
        if isinstance(error, errors.ContentTypeInvalid):
            return 400, content_type_body(error)
        row = self.row(error)
        return row.status, self.shape(error, row, request_id)


GENERAL: dict[type[errors.HeadraceError], Row] = {
    errors.HeadraceError: Row(500, None, "Internal server error"),
    errors.Invalid: Row(400, None, "Bad request"),
    errors.NotFound: Row(404, None, "Resource not found"),
    errors.Conflict: Row(409, None, "Conflict"),
    errors.RevisionStale: Row(412, None, "Precondition failed"),
    errors.Refused: Row(403, None, "Forbidden"),
    errors.Unavailable: Row(503, None, "Service unavailable"),
    errors.SourceFailure: Row(400, None, "The source did not answer as needed"),
    errors.Broken: Row(500, None, "Internal server error"),
    errors.TooLarge: Row(413, None, "Payload too large"),
    errors.TooSlow: Row(408, None, "Request timeout"),
    errors.TooManyFailures: Row(429, None, "Too many requests"),
    errors.MediaUnsupported: Row(415, None, "Unsupported media type"),
    errors.RangeUnsatisfiable: Row(416, None, "Range not satisfiable"),
    errors.MethodNotAllowed: Row(405, None, "Method not allowed"),
}


# -- gateway (platform-apis.md 1.2) --------------------------------------------------------------------------


def gateway_shape(error: errors.HeadraceError, row: Row, request_id: str) -> Body:
    """``error_code`` and ``message`` as clients know them, plus what makes them understandable."""
    hint = error.facts.get("hint")
    literal = error.facts.get("literal", error.message)
    body: Body = {
        "error_code": row.code or str(row.status),
        "message": literal,
        "status": row.status,
        "title": row.title,
    }
    return body | {"detail": error.message, "request-id": request_id} | ({"hint": hint} if hint else {})


GATEWAY = Dialect(
    gateway_shape,
    {
        errors.TokenMissing: Row(403, "403010", "Forbidden"),
        errors.TokenInvalid: Row(401, "401013", "Unauthorized"),
        errors.ApiKeyMissing: Row(403, "403000", "Forbidden"),
        errors.ApiKeyInvalid: Row(403, "403003", "Forbidden"),
        errors.OrgMissing: Row(400, "400003", "Bad request"),
        errors.OrgRefused: Row(403, "403025", "Forbidden"),
    },
)


def content_type_body(error: errors.HeadraceError) -> Body:
    """The gateway's own answer to a body without a usable content type."""
    return {
        "type": "/placeholder/type/uri",
        "status": 400,
        "title": "BadRequestError",
        "detail": error.message,
    }


# -- Flow Service (flow-service.md 3.2, 3.3) -------------------------------------------------------------------


# What the shared filter and paging readers found, as Flow Service numbers it.
FLOW_REASONS = {"operator": "1450", "~": "1440", "empty": "1453", "several": "1443", "sign": "1432"}
FLOW_DEFAULTS = {404: "1439", 500: "1400"}


def flow_shape(error: errors.HeadraceError, row: Row, request_id: str) -> Body:
    """Both generations of Flow Service bodies at once."""
    kind, id = error.facts.get("kind"), error.facts.get("id")
    report: Body = {"detailed-message": error.message, "request-id": request_id}
    report |= {key: value for key, value in (("id", id), ("type", kind)) if value is not None}
    return {
        "type": f"https://ns.adobe.com/aep/errors/{_flow_code(error, row)}-{row.status}",
        "title": row.title,
        "status": row.status,
        "report": report,
        "errorMessage": error.message,
        "errorDetails": error.message,
    }


def _flow_code(error: errors.HeadraceError, row: Row) -> str:
    facts = error.facts
    reason = FLOW_REASONS.get(str(facts.get("operator"))) or FLOW_REASONS.get(str(facts.get("reason")))
    code = str(facts.get("code") or facts.get("rule") or reason or row.code or FLOW_DEFAULTS.get(row.status, "1000"))
    # Two catalogues share some numbers with different meanings: the providers' one has a name of its own.
    providers = code.startswith("13") or code == "1000" or facts.get("catalogue") == "sources"
    return f"{'SOURCES' if providers else 'FLOW'}-{code}"


FLOW = Dialect(
    flow_shape,
    {
        errors.HeadraceError: Row(500, "1400", "Internal server error"),
        errors.NotFound: Row(404, "1439", "Resource not found"),
        errors.PermissionMissing: Row(403, "2120", "Forbidden"),
        errors.RevisionMissing: Row(400, "1403", "If-Match header missing"),
        errors.RevisionStale: Row(412, "1404", "Precondition failed"),
        errors.EmptyBody: Row(400, "1405", "Request body missing"),
        errors.PatchUnsupported: Row(400, "1434", "Unsupported patch operation"),
        errors.PatchPathMissing: Row(400, "1455", "Patch path not found"),
        errors.Conflict: Row(400, "1422", "Not possible in this state"),
        errors.InUse: Row(400, "1447", "Still in use"),
        errors.AuthSpecUnknown: Row(400, "1415", "Unknown authentication"),
        errors.ParamMissing: Row(400, "1304", "Mandatory parameter missing"),
        errors.ParamInvalid: Row(400, "1312", "Parameter not valid"),
        errors.SpecInvalid: Row(400, "1312", "Spec not valid"),
        errors.SourceFailure: Row(400, "1308", "The source did not answer as needed"),
    },
)


# -- problem documents: Schema Registry, Catalog, Batch Ingestion, Data Access (platform-apis.md 1.3) ------------


def problem_shape(service: str, default: str) -> Shape:
    """Family 1 problem documents typed ``<service>-<number>-<status>``."""

    def shape(error: errors.HeadraceError, row: Row, request_id: str) -> Body:
        return {
            "type": f"http://ns.adobe.com/aep/errors/{service}-{row.code or default}-{row.status}",
            "title": row.title,
            "status": row.status,
            "report": {
                "registryRequestId": request_id,
                "timestamp": datetime.fromtimestamp(time.time(), UTC).strftime("%m-%d-%Y %H:%M:%S"),
                "detailed-message": error.message,
                "sub-errors": error.facts.get("problems", []),
            },
            "detail": error.message,
        }

    return shape


XDM_MISSING = {
    "classes": "1010",
    "fieldgroups": "1011",
    "schemas": "1012",
    "datatypes": "1013",
    "descriptors": "1014",
    "unions": "1015",
    "behaviors": "1016",
}
XDM_MISPLACED = {"classes": "1020", "fieldgroups": "1021", "schemas": "1022", "datatypes": "1023"}


def xdm_shape(error: errors.HeadraceError, row: Row, request_id: str) -> Body:
    """A problem document whose number may depend on the kind of resource (platform-apis.md 2.13)."""
    kind, code = str(error.facts.get("kind")), row.code
    if isinstance(error, errors.NotFound):
        code = XDM_MISSING.get(kind, "1017")
    elif isinstance(error, errors.FieldMisplaced):
        code = XDM_MISPLACED.get(kind, "1024")
    elif isinstance(error, errors.AcceptInvalid):
        code = str(error.facts["code"])
    return problem_shape("XDM", code or "4000")(error, Row(row.status, None, row.title), request_id)


XDM = Dialect(
    xdm_shape,
    {
        errors.NotFound: Row(404, None, "Resource not found"),
        errors.AcceptInvalid: Row(400, None, "Accept header invalid"),
        errors.FieldMisplaced: Row(400, None, "Namespace validation error"),
        errors.SchemaConflict: Row(400, "1413", "Merge Schema Error"),
        errors.ImportFailed: Row(400, "3005", "Import Resource Failed"),
        errors.TitleTaken: Row(400, "1521", "Title not unique"),
        errors.StandardFixed: Row(403, "2010", "Permission management access denied"),
        errors.PermissionMissing: Row(403, "2010", "Permission management access denied"),
        errors.Invalid: Row(400, "4000", "Validation error"),
        errors.InUse: Row(400, "4000", "Resource in use"),
        errors.ContentTypeInvalid: Row(400, "4000", "Bad request"),
        errors.TooLarge: Row(413, "4000", "Payload too large"),
        errors.MethodNotAllowed: Row(405, "4000", "Method not allowed"),
    },
)
CATALOG = Dialect(
    problem_shape("CATALOG", "1000"),
    {errors.NotFound: Row(404, "1404", "Object not found"), errors.InUse: Row(409, "1409", "Object in use")},
)
INGEST = Dialect(
    problem_shape("INGEST", "1000"),
    {errors.NotFound: Row(404, "1404", "Batch or dataset not found"), errors.Conflict: Row(409, "1409", "Wrong state")},
)
EXPORT = Dialect(problem_shape("EXPORT", "1000"), {errors.NotFound: Row(404, "1404", "Batch or file not found")})


# -- Data Prep (data-prep.md 1) --------------------------------------------------------------------------------


def conversion_shape(error: errors.HeadraceError, row: Row, request_id: str) -> Body:
    """Problem details with ``errorMessage``, which aepp prints."""
    body: Body = {
        "type": f"http://ns.adobe.com/aep/errors/DPMAP-{row.code or '1000'}-{row.status}",
        "status": row.status,
    }
    body |= {
        "title": row.title,
        "detail": error.message,
        "errorMessage": error.message,
        "request-id": request_id,
    }
    return body | ({"errors": error.facts["problems"]} if "problems" in error.facts else {})


CONVERSION = Dialect(conversion_shape, {})


# -- Identity namespaces (platform-apis.md 1.3, family 2) ------------------------------------------------------


def identity_shape(error: errors.HeadraceError, row: Row, request_id: str) -> Body:
    """The namespace service's body."""
    return {
        "timestamp": datetime.fromtimestamp(time.time(), UTC).isoformat(),
        "type": "http://ns.adobe.com/adobecloud/problem/namespacevalidation",
        "status": row.status,
        "title": row.title,
        "description": error.message,
        "report": {"message": error.message, "code": row.code or row.title, "request-id": request_id},
    }


IDENTITY = Dialect(
    identity_shape,
    {
        errors.NotFound: Row(404, "NAMESPACE_NOT_FOUND", "NAMESPACE_NOT_FOUND"),
        errors.Invalid: Row(400, "INVALID_REQUEST_PARAMS", "INVALID_REQUEST_PARAMS"),
        errors.Conflict: Row(409, "INTEGRATION_CODE_EXISTS", "NAMESPACE_CODE_CONFLICT"),
    },
)


# -- Sandbox management -----------------------------------------------------------------------------------------


def sandbox_shape(error: errors.HeadraceError, row: Row, request_id: str) -> Body:
    """``{status, title, type}`` with an ``SMS`` type, and the detail that the original leaves out."""
    kind = f"http://ns.adobe.com/aep/errors/SMS-{row.code or '2000'}-{row.status}"
    return {
        "status": row.status,
        "title": row.title,
        "type": kind,
        "detail": error.message,
        "request-id": request_id,
    }


SANDBOX = Dialect(sandbox_shape, {})
