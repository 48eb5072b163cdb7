"""What a user's value may make of a host."""

from contextlib import suppress

import pytest

from headrace.errors import ParamInvalid
from headrace.sources.template import FILTERS, Values, encode_query, render, render_host

WHOLE = ["${host}", "{host}", " {{HOST}} "]
PARTS = ["https://${host}.example.com", "https://{{HOST}}/v1", "https://eu-{host}.example.com"]
BAD_ANYWHERE = [
    "a/${accessToken}", "${accessToken}", "https://a.example?x=", "a.example#x", "https://u:p@a.example", "a@b",
    "a\\b", "a b", "a\nb", "a\x00b",
]  # fmt: skip


def rendered(template: str, value: str) -> str:
    return render_host(template, Values({"host": value}, secrets=frozenset({"accessToken"})))


@pytest.mark.parametrize("value", ["a.example", "https://a.example:8443/base/v2", " http://127.0.0.1:80 "])
@pytest.mark.parametrize("template", WHOLE)
def test_a_whole_address_may_have_a_scheme_and_a_path(template: str, value: str) -> None:
    assert rendered(template, value).strip() == value.strip()


@pytest.mark.parametrize(("value", "url"), [("us1", "https://us1.example.com"), (" us-1 ", "https://us-1.example.com")])
def test_a_part_of_a_host_stands_where_its_author_put_it(value: str, url: str) -> None:
    assert rendered(PARTS[0], value) == url


@pytest.mark.parametrize("value", BAD_ANYWHERE)
@pytest.mark.parametrize("template", [*WHOLE, *PARTS])
def test_no_value_makes_a_secret_part_of_an_address_nor_another_one_of_it(template: str, value: str) -> None:
    with pytest.raises(ParamInvalid, match="must not contain"):
        rendered(template, value)


@pytest.mark.parametrize("template", PARTS)
def test_a_part_of_a_host_is_no_path(template: str) -> None:
    with pytest.raises(ParamInvalid, match="a part of a host must not contain '/'"):
        rendered(template, "evil.example/x")


@pytest.mark.parametrize("written", FILTERS)
def test_a_filter_leads_round_nothing(written: str) -> None:
    """Whatever it makes of a value: no structure of an address or a query, and no secret to be filled in."""
    values = Values({"q": "a/${accessToken}?x=&y#u@b\\"}, secrets=frozenset({"accessToken", "ACCESSTOKEN"}))
    template = f"${{q|{written}:kind}}"
    assert not set("/?#@\\&${}") & set(render(template, values, encode_query))
    with suppress(ParamInvalid):
        host = render_host(f"https://{template}.example.com", values).removeprefix("https://")
        assert not set("/?#@\\$") & set(host)
