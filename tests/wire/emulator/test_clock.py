"""The emulator's clock as it is read and moved over HTTP."""

import pytest

from wire_server import Api

CLOCK = "/_emulator/clock"


def test_both_servers_call_the_clocks_reading_the_same(api: Api) -> None:
    moved = api.post(CLOCK, json={"now": "2022-08-10T05:00:00Z"}).json()
    assert moved["now"] == "2022-08-10T05:00:00Z" and moved["epochMs"] // 1000 == 1660107600
    assert set(api.get(CLOCK).json()) == {"now", "epochMs"}


@pytest.mark.parametrize("body", [{"advance": "P99999999D"}, {"advance": "P3000000D"}, {"now": "9999-12-31T00:00:00Z"}])
def test_the_clock_stays_where_dates_are(api: Api, body: dict[str, str]) -> None:
    answer = api.post(CLOCK, json=body)
    assert answer.status_code == 400 and "The clock cannot be moved" in answer.json()["detail"]
    assert api.get(CLOCK).status_code == 200


@pytest.mark.parametrize("wait", ["yes", 1, None])
def test_wait_is_a_boolean_or_the_clock_stays(api: Api, wait: object) -> None:
    before = api.get(CLOCK).json()["epochMs"]
    answer = api.post(CLOCK, json={"advance": "P1D", "wait": wait})
    assert answer.status_code == 400 and "wait must be true or false" in answer.json()["detail"]
    assert api.get(CLOCK).json()["epochMs"] - before < 3_600_000
