"""How much room a value takes, and how much of it the expressions of a batch may make.

The unit is an element of an array, or so many characters of a text.
"""

from headrace.allowance import BATCH_ELEMENTS, allowance
from headrace.mapping.failure import Failure

CHARACTERS_PER_ELEMENT = 64
# Free of charge: small values, and what grows with the fields that the expression reads (a text cut into its letters).
_SMALL = 64
_GROWTH = CHARACTERS_PER_ELEMENT


def weight(value: object, most: int) -> int:
    """How many elements a value has, counted wherever it stands; looks not much further than ``most``."""
    if isinstance(value, str):
        return 1 + len(value) // CHARACTERS_PER_ELEMENT
    if not isinstance(value, list | dict):
        return 1
    found, waiting = 0, [value]
    while waiting and found <= most:
        one = waiting.pop()
        found += 1
        for inner in one.values() if isinstance(one, dict) else one:
            if isinstance(inner, list | dict):
                waiting.append(inner)
            else:
                found += 1 + (len(inner) // CHARACTERS_PER_ELEMENT if isinstance(inner, str) else 0)
    return found


def is_large(value: object, times: int) -> bool:
    """Whether a value that may stand in so many rows could take more room than a batch has."""
    return isinstance(value, str | list | dict) and weight(value, BATCH_ELEMENTS) * times > BATCH_ELEMENTS


def within_room(value: object, record: object) -> object:
    """``value``, which an expression has made of ``record``, or the Failure that the batch has no room left for it."""
    if not isinstance(value, str | list | dict):
        return value
    made = weight(value, BATCH_ELEMENTS)
    if made <= _SMALL:
        return value
    charged = made - _GROWTH * weight(record, made)
    if charged <= 0 or allowance().hold(charged):
        return value
    return Failure("all that the expressions of this batch make together grows too large", rejects=True)
