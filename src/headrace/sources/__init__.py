"""A source is a spec: spec + parameters + window -> pages of rows."""

from headrace.sources.auth import Renewed
from headrace.sources.binding import bind
from headrace.sources.checking import check_given, check_spec
from headrace.sources.declared import is_declared, record_schema
from headrace.sources.decoding import Decoder, decoder
from headrace.sources.discovery import is_readable
from headrace.sources.exploring import explore
from headrace.sources.fetching import fetch
from headrace.sources.http import Patience, SourceHttp
from headrace.sources.input_schemas import InputSchema
from headrace.sources.keys import Keying, keying
from headrace.sources.limits import (
    asks_for_days_again,
    can_replace,
    lookback_days,
    may_be_empty,
    retention_ms,
    write_mode,
)
from headrace.sources.params import check_auth, check_params, check_schedule
from headrace.sources.planning import plan
from headrace.sources.reading import Explored, Page, Part, Planned, Reading, Request, Slice, Trail
from headrace.sources.spec import (
    auth_spec,
    extraction,
    resolve_alias,
    secret_params,
    settled,
    shipped_spec,
    shipped_specs,
)
from headrace.sources.stored import Bound, StoredCredentials
from headrace.sources.testing import test_connection
from headrace.sources.url_rules import check_addresses

__all__ = [
    "Bound",
    "Decoder",
    "Explored",
    "InputSchema",
    "Keying",
    "Page",
    "Part",
    "Patience",
    "Planned",
    "Reading",
    "Renewed",
    "Request",
    "Slice",
    "SourceHttp",
    "StoredCredentials",
    "Trail",
    "asks_for_days_again",
    "auth_spec",
    "bind",
    "can_replace",
    "check_addresses",
    "check_auth",
    "check_given",
    "check_params",
    "check_schedule",
    "check_spec",
    "decoder",
    "explore",
    "extraction",
    "fetch",
    "is_declared",
    "is_readable",
    "keying",
    "lookback_days",
    "may_be_empty",
    "plan",
    "record_schema",
    "resolve_alias",
    "retention_ms",
    "secret_params",
    "settled",
    "shipped_spec",
    "shipped_specs",
    "test_connection",
    "write_mode",
]
