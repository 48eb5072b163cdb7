"""Percent encoding of texts."""

from urllib.parse import quote, unquote

from headrace.mapping.functions.declaring import function

URLS = "URL"


@function(URLS, "get_url_encoded(URL)", {'get_url_encoded("https://a.b/c d~*")': "https%3A%2F%2Fa.b%2Fc%20d%7E%2A"})
def get_url_encoded(url: str) -> str:
    """The text with every special character as a percent code."""
    return quote(url, safe="").replace("~", "%7E")


@function(URLS, "get_url_decoded(URL)", {'get_url_decoded("https%3A%2F%2Fa.b%2Fc%20d")': "https://a.b/c d"})
def get_url_decoded(url: str) -> str:
    """The text with every percent code as the character that it stands for."""
    return unquote(url, errors="strict")
