"""Settings that are refused, each in a sentence that names the option."""

from pathlib import Path

import pytest

from headrace.errors import Invalid
from headrace.settings import Settings, check_settings

HERE = Path("data")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"emulator": True, "host": "0.0.0.0"}, "binds loopback only, not 0.0.0.0"),
        ({"host_aliases": {"https://a": "http://b"}}, "--host-alias is for --emulator only"),
        *[
            ({"emulator": True, "allowed_hosts": (name,)}, f"--allowed-host {name} is no name of a host")
            for name in ("http://a.example", "a.example:80", "*", "*.example", "", "a/b", "a..b", "[a]")
        ],
        ({"allowed_hosts": ("a.example",)}, "--allowed-host is for --emulator only"),
        ({"emulator_token": "x" * 16}, "--emulator-token is for --emulator only"),
        ({"emulator": True, "emulator_token": "x" * 15}, "at least 16 characters"),
        ({"public_url": "zork"}, "--public-url zork is no base of links"),
        ({"public_url": "ftp://a"}, "--public-url ftp://a is no base of links"),
        ({"public_url": "https://"}, "--public-url https:// is no base of links"),
    ],
)
def test_refused(given, told):
    with pytest.raises(Invalid) as raised:
        check_settings(Settings(HERE, **given))
    assert told in raised.value.message


@pytest.mark.parametrize("url", ["", "https://a.example", "http://127.0.0.1:8088/", "https://a.example/headrace"])
def test_taken(url):
    check_settings(Settings(HERE, public_url=url))


@pytest.mark.parametrize("name", ["a.example", "a", "127.0.0.2", "2001:db8::1", "[2001:db8::1]", "under_score.test"])
def test_names_of_hosts(name):
    check_settings(Settings(HERE, emulator=True, allowed_hosts=(name,)))


def test_an_emulator_with_a_token_binds_any_address():
    check_settings(Settings(HERE, emulator=True, host="0.0.0.0", emulator_token="x" * 16))


def test_the_emulators_token_is_shown_nowhere():
    assert "sesame" not in repr(Settings(HERE, emulator=True, emulator_token="open-sesame-open-sesame"))
    with pytest.raises(Invalid) as raised:
        check_settings(Settings(HERE, emulator=True, emulator_token="sesame"))
    assert "sesame" not in raised.value.message
