"""Adobe Analytics' event and product strings: one element for each product, null where it says nothing."""

import re
from collections.abc import Callable

from headrace.mapping.functions.declaring import function

ANALYTICS = "Analytics"
_EVENT = re.compile(r"(?P<name>[^=:]+)(?:=(?P<value>[^:]*))?(?::(?P<id>.*))?", re.DOTALL)
_CATEGORY, _NAME, _QUANTITY, _PRICE, _EVENTS, _EVARS = range(6)
_ONE_PRODUCT = ";Example product 1;1;3.50,Example category 2;Example product 2"
_EVENTFUL = ";Example product 1;1;4.20;event1=2.3|event2=5:1,;Example product 2;1;4.20;event1=3|event2=2:2"

Event = re.Match[str]


@function(
    ANALYTICS,
    "aa_get_event_id(EVENT_STRING, EVENT_NAME)",
    {
        'aa_get_event_id("event101=5:123456,scOpen", "event101")': "123456",
        'aa_get_event_id("event101=5,scOpen", "event101")': None,
    },
)
def aa_get_event_id(event_string: str, event_name: str) -> str | None:
    """The id behind the colon of an event; null when the event has none or is not there."""
    return _id(_found(event_string.split(","), event_name))


@function(
    ANALYTICS,
    "aa_get_event_value(EVENT_STRING, EVENT_NAME)",
    {
        'aa_get_event_value("event101=5:123456,scOpen", "event101")': "5",
        'aa_get_event_value("event101=5:123456,scOpen", "scOpen")': "1",
        'aa_get_event_value("scOpen", "event1")': None,
    },
)
def aa_get_event_value(event_string: str, event_name: str) -> str | None:
    """The value of an event: 1 when it is there without one, null when it is not there."""
    return _value(_found(event_string.split(","), event_name))


@function(
    ANALYTICS,
    "aa_get_product_categories(PRODUCTS_STRING)",
    {f'aa_get_product_categories("{_ONE_PRODUCT}")': [None, "Example category 2"]},
)
def aa_get_product_categories(products_string: str) -> list[object]:
    """The category of each product."""
    return _parts(products_string, _CATEGORY)


@function(
    ANALYTICS,
    "aa_get_product_names(PRODUCTS_STRING)",
    {f'aa_get_product_names("{_ONE_PRODUCT}")': ["Example product 1", "Example product 2"]},
)
def aa_get_product_names(products_string: str) -> list[object]:
    """The name of each product."""
    return _parts(products_string, _NAME)


@function(
    ANALYTICS,
    "aa_get_product_quantities(PRODUCTS_STRING)",
    {f'aa_get_product_quantities("{_ONE_PRODUCT}")': ["1", None]},
)
def aa_get_product_quantities(products_string: str) -> list[object]:
    """The quantity of each product, as it is written."""
    return _parts(products_string, _QUANTITY)


@function(
    ANALYTICS, "aa_get_product_prices(PRODUCTS_STRING)", {f'aa_get_product_prices("{_ONE_PRODUCT}")': ["3.50", None]}
)
def aa_get_product_prices(products_string: str) -> list[object]:
    """The price of each product, as it is written."""
    return _parts(products_string, _PRICE)


@function(
    ANALYTICS,
    "aa_get_product_event_values(PRODUCTS_STRING, EVENT_NAME)",
    {f'aa_get_product_event_values("{_EVENTFUL}", "event1")': ["2.3", "3"]},
)
def aa_get_product_event_values(products_string: str, event_name: str) -> list[object]:
    """The value that an event has in each product: 1 when it is there without one."""
    return _of_events(products_string, event_name, _value)


@function(
    ANALYTICS,
    "aa_get_product_event_ids(PRODUCTS_STRING, EVENT_NAME)",
    {
        f'aa_get_product_event_ids("{_EVENTFUL}", "event2")': ["1", "2"],
        f'aa_get_product_event_ids("{_EVENTFUL}", "event1")': [None, None],
    },
)
def aa_get_product_event_ids(products_string: str, event_name: str) -> list[object]:
    """The id that an event has in each product."""
    return _of_events(products_string, event_name, _id)


@function(
    ANALYTICS,
    "aa_get_product_events(PRODUCTS_STRING, EVENT_NAME)",
    {f'aa_get_product_events("{_EVENTFUL}", "event2")': [{"id": "1", "value": "5"}, {"id": "2", "value": "2"}]},
)
def aa_get_product_events(products_string: str, event_name: str) -> list[object]:
    """The id and the value that an event has in each product."""
    return _of_events(products_string, event_name, lambda event: event and {"id": _id(event), "value": _value(event)})


@function(
    ANALYTICS,
    "aa_get_product_evars(PRODUCTS_STRING, EVAR_NAME)",
    {'aa_get_product_evars(";Example product;1;6.69;;eVar1=Merchandising value", "eVar1")': ["Merchandising value"]},
)
def aa_get_product_evars(products_string: str, evar_name: str) -> list[object]:
    """The value that a merchandising variable has in each product."""
    return [_evar(part, evar_name) for part in _parts(products_string, _EVARS)]


def _parts(products: str, position: int) -> list[object]:
    found = (product.split(";") for product in products.split(","))
    return [(parts[position] or None) if position < len(parts) else None for parts in found]


def _of_events(products: str, name: str, of: Callable[[Event | None], object]) -> list[object]:
    return [of(_found(str(part or "").split("|"), name)) for part in _parts(products, _EVENTS)]


def _found(events: list[str], name: str) -> Event | None:
    matches = (_EVENT.fullmatch(event.strip()) for event in events)
    return next((event for event in matches if event and event["name"] == name), None)


def _value(event: Event | None) -> str | None:
    return event and (event["value"] or "1")


def _id(event: Event | None) -> str | None:
    return event and (event["id"] or None)


def _evar(part: object, name: str) -> str | None:
    pairs = (one.partition("=") for one in str(part or "").split("|"))
    return next((value or None for key, _, value in pairs if key.strip() == name), None)
