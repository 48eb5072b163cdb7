"""Whether a request is let in, who sends it, what answers it: asked of its head, and again once its body is there."""

from dataclasses import replace

from starlette.requests import Request as HttpRequest

from headrace import errors
from headrace.api import gateway, hosts
from headrace.api.routing import Match, Route
from headrace.runs.deployment import Deployment
from headrace.store.scope import Caller
from headrace.wire.storable import REMOVE_NUL

NOBODY = Caller("", "", "", "", "")


class Refused(Exception):
    """What the gateway refuses, which is worded by the gateway, whichever service the path belongs to."""

    def __init__(self, reason: errors.HeadraceError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def admitted(
    deployment: Deployment, http: HttpRequest, raw_path: str, match: Match, address: str
) -> tuple[Caller, Route]:
    """Who calls from ``address`` (NOBODY where nobody is asked) and what answers. Raises Refused, and what
    belongs to the service."""
    hosts.require_own(deployment.settings, http.headers)
    if match.dialect is None:
        raise errors.NotFound(f"No service answers at {raw_path}.", kind="path", id=raw_path)
    _refuse_nul(raw_path, query_text(http))
    if match.open:
        return NOBODY, _route(match, http.method, raw_path)
    try:
        caller = gateway.admit(deployment.settings, deployment.store, deployment.clock, http.headers)
    except errors.HeadraceError as error:
        raise Refused(error) from error
    route = _route(match, http.method, raw_path)
    _require_permission(caller, *route.operation.permission(match.params))
    return replace(caller, address=address), route


def query_text(http: HttpRequest) -> str:
    """The raw query string."""
    text: bytes = http.scope["query_string"]
    return text.decode("latin-1")


def _require_permission(caller: Caller, verb: str, kind: str) -> None:
    """The one place where a policy is asked."""
    if not caller.may(verb, kind):
        where, role = caller.standing(verb, kind)
        raise errors.PermissionMissing(
            f"{caller.user} has no permission to {verb} {kind} in {where}, where it is {role or 'nothing'}; ask who "
            "manages it."
        )


def _refuse_nul(*encoded: str) -> None:
    if any("%00" in text for text in encoded):
        raise errors.Invalid(f"The URL holds a NUL character (%00); {REMOVE_NUL}", field="url")


def _route(match: Match, method: str, raw_path: str) -> Route:
    if match.route is not None:
        return match.route
    if match.methods:
        accepted = ", ".join(match.methods)
        raise errors.MethodNotAllowed(f"{raw_path} takes {accepted}, not {method}.", methods=match.methods)
    raise errors.NotFound(f"This service has no resource at {raw_path}.", kind="path", id=raw_path)
