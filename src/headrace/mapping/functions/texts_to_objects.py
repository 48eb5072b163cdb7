"""Texts and arrays taken apart into objects."""

from headrace.exact_json import NotJson, read
from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import Context, as_text, function
from headrace.mapping.values import as_double, as_exact

OBJECTS = "Hierarchies - Objects"
JSON = "JSON"


@function(
    OBJECTS,
    "str_to_object(STRING[, VALUE_DELIMITER[, FIELD_DELIMITER]])",
    {
        'str_to_object("firstName - John ; lastName - ; phone - 123", "-", ";").get("firstName")': "John",
        'str_to_object("a:1,b:2")': {"a": "1", "b": "2"},
    },
)
def str_to_object(
    string: str, value_delimiter: str | None = ":", field_delimiter: str | None = ","
) -> dict[str, object]:
    """An object of the keys and values that a text lists; both are trimmed."""
    return _pairs_in(string, value_delimiter, field_delimiter)


@function(
    OBJECTS,
    "get_values(STRING, KEY, VALUE_DELIMITER[, FIELD_DELIMITER])",
    {'get_values("firstName - John , lastName - Cena , phone - 555 420 8692", "firstName", "-", ",")': "John"},
)
def get_values(string: str, key: str, value_delimiter: str | None = ":", field_delimiter: str | None = ",") -> object:
    """The value of one of the keys that a text lists."""
    return _pairs_in(string, value_delimiter, field_delimiter).get(key)


@function(
    OBJECTS,
    "arrays_to_object(KEY_1, ARRAY_1, KEY_2, ARRAY_2, ...)",
    {
        "arrays_to_objects('sku', ['id1', 'id2'], 'price', [22.5, 14.35])": [
            {"sku": "id1", "price": 22.5},
            {"sku": "id2", "price": 14.35},
        ]
    },
    aliases=["arrays_to_objects"],
)
def arrays_to_object(*pairs: object) -> list[object]:
    """An array of objects, the n-th with the n-th element of each array under its key."""
    if len(pairs) % 2:
        raise Failed("a key has no array; give keys and arrays in turn")
    keys = [as_text(key) for key in pairs[::2]]
    arrays = [array if isinstance(array, list) else [] for array in pairs[1::2]]
    longest = max((len(array) for array in arrays), default=0)
    return [{key: array[n] for key, array in zip(keys, arrays, strict=True) if n < len(array)} for n in range(longest)]


@function(
    JSON,
    "json_to_object(STRING)",
    {
        """json_to_object('{"info":{"firstName":"John","lastName": "Doe"}}')""": {
            "info": {"firstName": "John", "lastName": "Doe"}
        },
        "json_to_object('[1, 2.5]')": [1, 2.5],
    },
    contextual=True,
)
def json_to_object(context: Context, string: str) -> object:
    """What a JSON text holds: an object, an array or a value."""
    try:
        value = read(string)
    except NotJson as error:
        raise Failed(f"the text cannot be read: {error.reason}") from error
    return as_exact(value) if context.exact else as_double(value)


def _pairs_in(text: str, between: str | None, behind: str | None) -> dict[str, object]:
    pairs = (field.partition(between or ":") for field in text.split(behind or ","))
    return {key.strip(): value.strip() for key, found, value in pairs if found}
