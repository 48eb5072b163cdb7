"""Texts that a careless reader looks at again and again: read in one pass, or these tests would take hours."""

from datetime import UTC

import pytest

from headrace import errors
from headrace.exact_json import depth_exceeds
from headrace.sources import encodings
from headrace.sources.auth import Access
from headrace.sources.links import next_of
from headrace.sources.paths import parse_path
from headrace.sources.template import Values, encode_author, encode_query, render, render_host, used_filters
from headrace.sources.time_reading import time_pattern
from source_server import BEARER

MANY = 500_000
LABEL = 'a/b; "' + ";" * MANY
NOTHING = Values({})


def no_placeholder(text):
    return lambda: render(text, NOTHING, encode_query, encode_author).count("$") == text.count("$")


ONE_PASS = {
    "placeholders that do not end": no_placeholder("/" + "${" * MANY),
    "filters that do not end": no_placeholder("/" + "${a|b" * MANY),
    "arguments that do not end": no_placeholder("/" + "${a|b:" * MANY),
    "filters of a spec": lambda: used_filters("${a|" * MANY) == [],
    "names of a host": lambda: len(render_host("{{ a " * MANY, NOTHING)) == 5 * MANY,
    "secrets that do not end": lambda: Access(None, {}).fill_header("${" * MANY) == "${" * MANY,
    "secrets to be hidden": lambda: Access(BEARER, {"accessToken": "secret"}).named("${" * MANY) == "${" * MANY,
    "a long path": lambda: len(parse_path("$" + ".a" * MANY)) == MANY,
    "a text in JSON that does not end": lambda: not depth_exceeds(b"[]," * 201 + b'"' + b'\\"' * MANY),
    "and ends in an escape": lambda: not depth_exceeds(b"[]," * 201 + b'"' + b'\\"' * MANY + b"\\"),
    "parameters of a content type": lambda: encodings.utf8(b"{}", {"content-type": LABEL}, "") == b"{}",
    "a day in one digit or two, often": lambda: time_pattern("yyyy" + "dH" * 60 + "x").read("1" * 180, UTC) is None,
    "a zone or none, often": lambda: time_pattern("yyyy" + "K%" * 60 + "x").read("2026" + "Z" * 30, UTC) is None,
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_PASS)
def test_a_text_is_read_once(name):
    assert ONE_PASS[name]()


def test_a_path_that_goes_wrong_at_its_end_is_refused():
    with pytest.raises(errors.SpecInvalid, match="not simple"):
        parse_path("$" + ".a" * MANY + "[")


def test_a_format_of_times_is_bounded():
    with pytest.raises(ValueError, match="100,000 characters, more than 200"):
        time_pattern("y" * 100_000)


LINKS = {
    '<a>; rel="next"': "a",
    "<a>;rel=next": "a",
    '<b>; rel=prev, <a>; title="x, \\"y\\"; z" ; rel = next': "a",
    '<a>; rel="first  Next"; x': "a",
    "<a>; rel=; rel=next": None,
    "<a>; rel=next; anchor=b": None,
    '<a>; rel=""': None,
    "<a>" + "; a= " * 10_000 + '; rel="next"': "a",
}


@pytest.mark.parametrize("header", LINKS)
def test_the_next_link_of_a_header(header):
    assert next_of(header) == LINKS[header]


UNREADABLE = {
    "parameters without values": "<a>" + "; a= " * 10_000 + '"',
    "blanks": "<a>" + " " * 50_000 + "x",
    "a text that does not end": "<a>" + '; a="' + '\\"' * 20_000,
    "one target": "<" * 50_000,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_header_that_is_no_list_of_links_is_refused(name):
    with pytest.raises(errors.SourceUnreadable, match="Link header cannot be read"):
        next_of(UNREADABLE[name])
