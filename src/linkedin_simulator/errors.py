"""What LinkedIn answers when it refuses: statuses, codes and bodies in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

INVALID_SYNTAX = "Invalid value for param; wrong type or other syntax error"
NOT_A_LIST = "ERROR :: /value :: array type is not backed by a DataList"
_DETAILS = "Please see errorDetails for more information."
_THROTTLES = {
    "DAY": "Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls to this resource is reached.",
    "MINUTE": "Resource level throttle APPLICATION_AND_MEMBER MINUTE limit for calls to this resource is reached.",
    "SECOND": "Resource level throttle APPLICATION_AND_MEMBER SECOND limit for calls to this resource is reached.",
    "VOLUME": "The data request limit of 45 million metric values per 5 minutes is reached.",
}
THROTTLES = tuple(_THROTTLES)
_REASONS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


@dataclass(frozen=True, slots=True)
class InputError:
    """One thing that is wrong with one parameter."""

    code: str  # PARAM_INVALID, FIELD_INVALID, QUERY_PARAM_NOT_ALLOWED, PARAM_MISSING
    field: str
    description: str

    def body(self) -> dict[str, object]:
        """As it stands in ``errorDetails.inputErrors``."""
        return {
            "code": self.code,
            "description": self.description,
            "input": {"inputPath": {"fieldPath": self.field}},
        }


class Refusal(Exception):
    """A request that LinkedIn refuses: the status and the body of its answer."""

    def __init__(self, status: int, body: Mapping[str, object]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def refusal(status: int, message: str, code: str = "", service_code: int | None = None) -> Refusal:
    """The plain form of a refusal; ``code`` and ``serviceErrorCode`` may be missing."""
    body: dict[str, object] = {"status": status}
    if service_code is not None:
        body["serviceErrorCode"] = service_code
    if code:
        body["code"] = code
    return Refusal(status, {**body, "message": message})


def invalid(problems: Sequence[InputError]) -> Refusal:
    """400 with every problem of the parameters."""
    head = "Invalid param." if len(problems) == 1 else "Multiple errors occurred during param validation."
    body = {
        "status": 400,
        "message": f"{head} {_DETAILS}",
        "errorDetailType": "com.linkedin.common.error.BadRequest",
        "errorDetails": {"inputErrors": [problem.body() for problem in problems]},
    }
    return Refusal(400, body)


def bad_request(message: str) -> Refusal:
    """400 for a request whose form is wrong."""
    return refusal(400, message, "ILLEGAL_ARGUMENT")


def version_missing() -> Refusal:
    """400: the versioned API needs a version."""
    text = "A version must be present. Please specify a version by adding the Linkedin-Version header."
    return refusal(400, text, "VERSION_MISSING")


def version_dead(version: str) -> Refusal:
    """426: the version is sunset, not yet released or none at all."""
    echoed = f"{version[:6]}01" if version[:6].isdigit() else version
    return refusal(426, f"Requested version {echoed} is not active", "NONEXISTENT_VERSION")


def empty_token() -> Refusal:
    """401: no bearer token."""
    return refusal(401, "Empty oauth2 access token", "EMPTY_ACCESS_TOKEN")


def invalid_token() -> Refusal:
    """401: a token nobody issued."""
    return refusal(401, "Invalid access token", "INVALID_ACCESS_TOKEN", 65600)


def revoked_token() -> Refusal:
    """401: the member took the token back, or it is seconds old."""
    return refusal(401, "The token used in the request has been revoked by the user", "REVOKED_ACCESS_TOKEN", 65601)


def expired_token() -> Refusal:
    """401: the token's 60 days are over."""
    return refusal(401, "The token used in the request has expired", "EXPIRED_ACCESS_TOKEN", 65602)


def denied(resource: str) -> Refusal:
    """403: the token's scopes do not cover the resource."""
    return refusal(403, f"Not enough permissions to access: {resource}", "ACCESS_DENIED", 100)


def not_found(message: str = "No virtual resource found") -> Refusal:
    """404: wrong path, wrong finder, or an entity the member may not see."""
    return refusal(404, message, "RESOURCE_NOT_FOUND")


def throttled(limit: str = "DAY") -> Refusal:
    """429 in one of LinkedIn's wordings: a day, minute or second limit, or the volume of values."""
    return refusal(429, _THROTTLES[limit], "TOO_MANY_REQUESTS", 101)


def server_error(status: int) -> Refusal:
    """5xx with a JSON body."""
    return refusal(status, _REASONS.get(status, "Server Error"), "SERVER_ERROR")
