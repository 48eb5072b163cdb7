"""Test of a connection: one real request that proves host and credentials."""

from typing import Any

from headrace.clock import Window
from headrace.errors import SourceMissing, SourceRejected
from headrace.sources.auth import Access, Renewed
from headrace.sources.exploring import sample
from headrace.sources.fetching import access_of
from headrace.sources.http import SourceHttp
from headrace.sources.params import coerced
from headrace.sources.reading import Credentials, Reading, Request
from headrace.sources.request import aside, base_url, values_for
from headrace.sources.spec import extension, extraction, inputs
from headrace.sources.template import Values

_DAY_MS = 86_400_000


def test_connection(
    spec: dict[str, Any],
    auth_spec_name: str,
    credentials: Credentials,
    now: int,
    http: SourceHttp,
    renewed: Renewed | None = None,
) -> bool:
    """True when the source accepts the credentials; a SourceFailure says why not. ``renewed`` is told a new token."""
    http = http.brisk()
    params = coerced(inputs(spec), {})
    reading = Reading(spec, auth_spec_name, params, Window(now - _DAY_MS, now), now)
    access = access_of(reading, credentials, renewed)
    values = values_for(spec, auth_spec_name, params, credentials)
    probe = extension(spec).probe
    if credentials.get("authorizationTestUrl"):
        http.send(Request("GET", str(credentials["authorizationTestUrl"])), access)
    elif probe is not None:
        http.send(aside(extraction(spec, params), values, probe), access)
    elif inputs(spec).get("required"):
        _knock(spec, values, access, http)
    else:
        sample(reading, credentials, http, renewed)
    return True


def _knock(spec: dict[str, Any], values: Values, access: Access, http: SourceHttp) -> None:
    """Without parameters nothing can be read, so the host alone is asked; any answer but a refusal will do."""
    attributes = (spec.get("sourceSpec") or {}).get("attributes") or {}
    host = (attributes.get("urlParams") or {}).get("host")
    try:
        http.send(Request("GET", base_url(host, values)), access)
    except (SourceMissing, SourceRejected):
        return
