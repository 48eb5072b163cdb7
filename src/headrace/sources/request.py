"""A request made of a spec, the user's values and a span of time; secrets stay ``${name}`` in it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from headrace.errors import ParamInvalid, SpecInvalid
from headrace.sources import scheduling
from headrace.sources.extension import Listing, Probe
from headrace.sources.params import coerced
from headrace.sources.reading import Credentials, Request
from headrace.sources.spec import Extraction, auth_spec, inputs, secret_params
from headrace.sources.stored import bound_of
from headrace.sources.template import (
    Values,
    as_text,
    encode_author,
    encode_query,
    inserted,
    render,
    render_host,
    render_json,
)


def values_for(spec: Mapping[str, Any], auth_name: str, params: Mapping[str, Any], credentials: Credentials) -> Values:
    """What placeholders stand for: the connection's parameters and the source's; secrets are left for later.

    ParamInvalid where the source's say otherwise than the connection's: neither may win without a word.
    """
    bound = bound_of(credentials)
    secrets = secret_params(spec, auth_name) | set(bound.secrets if bound else ())
    declared: dict[str, Any] = auth_spec(spec, auth_name).get("spec", {}).get("properties", {}) if auth_name else {}
    public = {name: value for name, value in credentials.items() if name not in secrets}
    known = frozenset(declared) | frozenset(inputs(spec).get("properties", {}))
    for name in sorted(params.keys() & public.keys()):
        if params[name] not in (None, public[name]):
            raise ParamInvalid(
                f"The parameter {name} stands in the base connection with another value, which holds; leave it out, or "
                "change it there.",
                field=f"params.{name}",
            )
    return Values({**coerced(inputs(spec), params), **public}, known, secrets)


def build(view: Extraction, values: Values, span: scheduling.Span) -> Request:
    """The first request of a chain, before paging."""
    literal = scheduling.writer(view.schedule, span)
    method = str(view.url.get("method") or "GET").upper()
    if method not in ("GET", "POST"):
        raise SpecInvalid(f"The spec's method {method} is not supported; use GET or POST.", field="urlParams.method")

    headers = {name: render(as_text(text), values, inserted, literal) for name, text in view.headers.items()}
    body = None
    if method == "POST":
        body = msgspec.json.encode(render_json(view.body or {}, values, literal)).decode()
        headers = {"Content-Type": "application/json", **headers}
    request = Request(
        method,
        _url(view.url.get("host"), view.url["path"], values),
        _query(view.query, values, literal, view.extension.omit_when_empty),
        headers,
        body,
    )
    for name, moment in scheduling.named(view.schedule, span).items():
        request = placed(request, name, moment)
    return request


def aside(view: Extraction, values: Values, wanted: Listing | Probe) -> Request:
    """A request beside the main one: a listing of ids or a probe, with the same host and headers."""
    headers = {name: render(as_text(text), values, inserted) for name, text in view.headers.items()}
    query = _query(wanted.query_params, values, str, frozenset())
    return Request("GET", _url(view.url.get("host"), wanted.path, values), query, headers)


def placed(request: Request, name: str, value: str | int) -> Request:
    """The request with one more parameter: in the JSON body of a POST, else in the query."""
    if request.method == "POST" and request.body is not None:
        body = {**msgspec.json.decode(request.body, type=dict[str, Any]), name: value}
        return msgspec.structs.replace(request, body=msgspec.json.encode(body).decode())
    return queried(request, name, value)


def queried(request: Request, name: str, value: str | int) -> Request:
    """The request with one more parameter in its query."""
    return request.with_query(encode_author(name), encode_query(str(value)))


def base_url(host: Any, values: Values) -> str:
    """The host of a spec, or the connection's, as a URL; https where it names no scheme. ParamInvalid with a query."""
    base = render_host(as_text(host or "${host}"), values).strip().rstrip("/")
    if "?" in base or "#" in base:
        raise ParamInvalid(
            "The host goes on behind its path, with ? or #, where the source's own path would be lost; leave it out.",
            field="host",
        )
    return base if "://" in base else f"https://{base}"


def _url(host: Any, path: Any, values: Values) -> str:
    return f"{base_url(host, values)}/{render(as_text(path), values, encode_query, encode_author).lstrip('/')}"


def _query(pairs: Mapping[str, Any], values: Values, literal: Callable[[str], str], omit: frozenset[str]) -> str:
    written = (
        (name, render(as_text(text), values, encode_query, lambda part: encode_author(literal(part))))
        for name, text in pairs.items()
    )
    named = (
        (render(name, values, encode_query, encode_author), value)
        for name, value in written
        if value or name not in omit
    )
    return "&".join(f"{name}={value}" for name, value in named)
