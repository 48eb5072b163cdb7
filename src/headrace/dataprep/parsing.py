"""Sample data as a client sends it: JSON as text (or as it is), read into records as a source's answer is."""

from typing import Any

import msgspec

from headrace import raw_json
from headrace.errors import Invalid
from headrace.exact_json import NotJson, read
from headrace.raw_json import Raw
from headrace.sources.inference import schema_of
from headrace.wire.storable import DEEPEST, require_storable

TYPES = ("json", "application/json")
MOST_RECORDS = 1000


def is_absent(value: object) -> bool:
    """Whether a body holds no sample: none, null or an empty text."""
    return value is None or (isinstance(value, Raw) and bytes(value) in (b"null", b'""'))


def sample_text(value: object, kind: object, field: str = "sampleData", kind_field: str = "sampleType") -> str:
    """The text of a sample that a body holds (Raw), or that a file was.

    Invalid for another type than JSON, and for what is neither text nor JSON of records.
    """
    if kind is not None and (not isinstance(kind, str) or kind.lower() not in TYPES):
        raise Invalid(f"{kind_field} must be JSON; no other kind of sample can be read.", field=kind_field)
    try:
        if isinstance(value, Raw) and raw_json.kind_of(value) in ("object", "array"):
            return bytes(value).decode()
        text = read(bytes(value)) if isinstance(value, Raw) else value
    except (NotJson, UnicodeDecodeError) as error:
        raise Invalid(f"{field} is no text in UTF-8.", field=field) from error
    if not isinstance(text, str):
        raise Invalid(f"Send in {field} a record, or an array of records, as JSON text.", field=field)
    return text


def records(text: str, field: str = "sampleData") -> list[dict[str, Any]]:
    """The records of a sample, at least one, read as those of a source are; Invalid says what the text is instead."""
    try:
        value: Any = read(text)
    except NotJson as error:
        raise Invalid(f"{field} cannot be read: {error.reason}.", field=field) from error
    listed = value if isinstance(value, list) else [value]
    if not listed or len(listed) > MOST_RECORDS or not all(isinstance(record, dict) for record in listed):
        raise Invalid(f"{field} must be one record, an object, or an array of 1 to {MOST_RECORDS}.", field=field)
    return listed


def schema(text: str, field: str = "sampleData") -> dict[str, Any]:
    """The JSON Schema that the records of a sample show, as it can be stored."""
    shown = schema_of(records(text, field))
    require_storable(shown, field, field)
    return shown


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
