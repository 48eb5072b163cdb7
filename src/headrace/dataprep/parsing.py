"""Sample data as a client sends it: JSON as text (or as it is), read into records."""

from typing import Any

import msgspec

from headrace.errors import Invalid
from headrace.wire.storable import DEEPEST, require_storable

TYPES = ("json", "application/json")
MOST_RECORDS = 1000


def sample_text(value: object, kind: object, field: str = "sampleData", kind_field: str = "sampleType") -> str:
    """The text of a sample; Invalid for another type than JSON, and for what is neither text nor JSON of records."""
    if kind is not None and (not isinstance(kind, str) or kind.lower() not in TYPES):
        raise Invalid(f"{kind_field} must be JSON; no other kind of sample can be read.", field=kind_field)
    if not isinstance(value, str | dict | list):
        raise Invalid(f"Send in {field} a record, or an array of records, as JSON text.", field=field)
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def records(text: str, field: str = "sampleData") -> list[dict[str, Any]]:
    """The records of a sample: at least one. Invalid says what the text is instead."""
    value = json_value(text, field)
    found = value if isinstance(value, list) else [value]
    if not found or len(found) > MOST_RECORDS or not all(isinstance(one, dict) for one in found):
        raise Invalid(f"{field} must be one record, an object, or an array of 1 to {MOST_RECORDS}.", field=field)
    return found


def json_value(text: str | bytes, field: str) -> Any:
    """A text as JSON that can be stored and walked."""
    try:
        value = msgspec.json.decode(text)
    except RecursionError as error:
        raise Invalid(f"{field} is nested more than {DEEPEST} levels deep; send flatter JSON.", field=field) from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Invalid(f"{field} is not valid JSON: {error}", field=field) from error
    require_storable(value, field, field)
    return value
