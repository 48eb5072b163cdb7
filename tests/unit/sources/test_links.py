"""Where a link to the next page may lead."""

import httpx2
import pytest

from headrace import errors, sources
from headrace.sources.links import Leads, following, leads
from headrace.sources.paths import dotted, parse_path, parse_value_path, written
from headrace.sources.reading import Request
from source_server import reading, reply, spec

WAYS = {
    ("http://a.test/x", "http://a.test/y?z"): Leads.HERE,
    ("http://a.test", "http://A.TEST:80/"): Leads.HERE,
    ("https://a.test:443/", "https://a.test/"): Leads.HERE,
    ("https://münchen.test/", "https://xn--mnchen-3ya.test/"): Leads.HERE,
    ("https://straße.test/", "https://xn--strae-oqa.test/"): Leads.HERE,
    ("https://straße.test/", "https://strasse.test/"): Leads.AWAY,
    ("https://a.test/", "https://a%2etest/"): Leads.AWAY,
    ("https://straße.test/", "https://stra%c3%9fe.test/"): Leads.AWAY,
    ("http://a.test:8080/", "http://a.test:8080/"): Leads.HERE,
    ("http://a.test/", "https://a.test/"): Leads.TO_TLS,
    ("http://a.test:80/", "https://a.test:443/"): Leads.TO_TLS,
    ("http://a.test:8080/", "https://a.test/"): Leads.AWAY,
    ("http://a.test/", "https://a.test:8443/"): Leads.AWAY,
    ("http://a.test/", "https://b.a.test/"): Leads.AWAY,
    ("https://a.test/", "http://a.test/"): Leads.OUT_OF_TLS,
    ("https://a.test/", "http://a.test:8080/"): Leads.OUT_OF_TLS,
    ("https://a.test/", "https://a.test:8443/"): Leads.AWAY,
    ("https://a.test/", "https://a.test@b.test/"): Leads.AWAY,
    ("https://a.test/", "https://a.test.b.test/"): Leads.AWAY,
    ("https://a.test/", "ftp://a.test/"): Leads.AWAY,
    ("https://a.test/", "https://a.test:port/"): Leads.AWAY,
}


@pytest.mark.parametrize(("asked", "onward"), WAYS)
def test_where_an_address_leads(asked, onward):
    assert leads(asked, onward) is WAYS[asked, onward]


LINKS = {
    "http://münchen.test:443/x": "http://xn--mnchen-3ya.test:443/x",
    "http://münchen.test:80/x": "http://xn--mnchen-3ya.test/x",
    "//stra%C3%9Fe.test/x": "https://xn--strae-oqa.test/x",
}


@pytest.mark.parametrize("link", LINKS)
def test_a_link_keeps_its_port(link):
    asked = Request("GET", "https://a.test/")
    assert following(asked, asked, link).url == LINKS[link]


@pytest.mark.parametrize("host", ["münchen.test", "straße.test", "ς.test", "xn--strae-oqa.test"])
def test_a_host_is_read_as_it_is_connected_to(host):
    connected = httpx2.URL(f"https://{host}/").raw_host.decode()
    assert leads(f"https://{host}/", f"https://{connected}/") is Leads.HERE


def fetched(source, client, host, link):
    """The pages of a chain at ``host`` whose first page links to ``link``; only the https name is at "localhost"."""
    twin = source.url.replace("127.0.0.1", "localhost")
    http = client(allow_private=True, aliases={"http://twin.test": source.url, "https://twin.test": twin})
    source.script = [reply({"rows": [1], "next": link}), reply({"rows": [2]})]
    told = reading(spec(paginationParams={"type": "POINTER", "pointerPath": "next"}))
    credentials = {"host": host, "accessToken": "t"}
    [part] = sources.plan(told, credentials, http).parts
    return list(sources.fetch(told, part, credentials, http))


def test_the_https_twin_is_followed_with_the_credentials(source, client):
    assert len(fetched(source, client, "http://twin.test", "https://twin.test/more")) == 2
    assert [one.headers["host"].partition(":")[0] for one in source.asked] == ["127.0.0.1", "localhost"]
    assert source.targets == ["/items", "/more"] and source.asked[1].headers["authorization"] == "Bearer t"


def test_the_way_out_of_https_is_refused_in_its_own_words(source, client):
    with pytest.raises(errors.SourceUnreadable, match=r"http://twin\.test/more, without https; .*in the clear"):
        fetched(source, client, "https://twin.test", "http://twin.test/more")
    assert source.targets == ["/items"]


PATHS = {
    "$": (),
    "$.a.b": ("a", "b"),
    "a[0].b": ("a", 0, "b"),
    "$['a.b'][\"c\"]": ("a.b", "c"),
    "$.@odata.nextLink": ("@odata.nextLink",),
    "$.value[0].@odata.etag": ("value", 0, "@odata.etag"),
    "$.Orders@odata.nextLink": ("Orders@odata.nextLink",),
    "$.a.Orders@odata.count": ("a", "Orders@odata.count"),
    "$.@timestamp.x": ("@timestamp", "x"),
    "mail@home": ("mail@home",),
    r"$.row.event\.id": ("row", "event.id"),
    r"a\[0\].\$b\\.c": ("a[0]", "$b\\", "c"),
    r"\.a": (".a",),
    r"a\b.c\ ": ("a\\b", "c\\"),
    r"a\.Orders@odata.count": ("a.Orders@odata.count",),
    """$['a\\.b']["c'd"]['e"f']""": ("a\\.b", "c'd", 'e"f'),
}


@pytest.mark.parametrize("text", PATHS)
def test_simple_paths(text):
    assert parse_path(text) == parse_value_path(text) == PATHS[text]


@pytest.mark.parametrize("text", PATHS)
def test_what_is_written_is_read_back(text):
    path = PATHS[text]
    assert parse_path(written(path)) == parse_path(dotted(path)) == path


@pytest.mark.parametrize("text", ["$..a", "$.a[*]", "$.a[?(@.b)]", "$.@", "$.a[1:2]", "$.a[", "$.a['b]", "*"])
def test_complex_paths_are_refused(text):
    for parse in (parse_path, parse_value_path):
        with pytest.raises(errors.SpecInvalid, match="not simple"):
            parse(text)


def test_only_paths_of_paging_count_from_the_end():
    assert parse_value_path("$.rows[-1].id") == ("rows", -1, "id")
    with pytest.raises(errors.SpecInvalid, match="counts from the end"):
        parse_path("$.rows[-1].id")
