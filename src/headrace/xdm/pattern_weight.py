"""How large a regular expression becomes once its counted repeats are written out: what compiling it would take."""

import re

MOST_PARTS = 20_000
DEEPEST = 40
LONGEST = 10_000
_TOKEN = re.compile(
    r"\\[pP]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]|\{(?P<least>[0-9]+)(?:,[0-9]*)?\}|\((?:\?[^)]?)?|.", re.DOTALL
)
_REPEATS = frozenset("*+?|")


def why_too_large(pattern: str) -> str:
    """Why a pattern must not be compiled; empty where it may be.

    A part that must occur n times is written out n times by engines that backtrack, and parts lie in parts.
    """
    if len(pattern) > LONGEST:
        return f"it has {len(pattern):,} characters, more than {LONGEST:,}"
    weights, last = [0], 0
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        if text.startswith("("):
            weights.append(0)
            if len(weights) > DEEPEST:
                return f"its groups lie more than {DEEPEST} deep"
        elif text == ")" and len(weights) > 1:
            last = weights.pop() + 1
            weights[-1] += last
        elif token["least"] is not None:
            copies = max(int(token["least"][:9]), 1) - 1
            weights[-1] += last * copies
            last += last * copies
        elif text not in _REPEATS:
            last = 1
            weights[-1] += 1
        if weights[-1] > MOST_PARTS:
            return f"its repetitions come to more than {MOST_PARTS:,} parts"
    return ""
