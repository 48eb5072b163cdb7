"""The emulator's clock as it is read and moved over HTTP."""

from wire_server import Api

CLOCK = "/_emulator/clock"


def test_both_servers_call_the_clocks_reading_the_same(api: Api) -> None:
    moved = api.post(CLOCK, json={"now": "2022-08-10T05:00:00Z"}).json()
    assert moved["now"] == "2022-08-10T05:00:00Z" and moved["epochMs"] // 1000 == 1660107600
    assert set(api.get(CLOCK).json()) == {"now", "epochMs"}
