"""Regular expressions as Java knows them."""

from headrace.mapping import vector_regexes
from headrace.mapping.functions.declaring import function
from headrace.mapping.regex_time import Regex

REGEXES = "Regular expression"


@function(
    REGEXES,
    "extract_regex(STRING, REGEX)",
    {
        'extract_regex("E259,E259B_009,1_1", "([^,]+),[^,]*,([^,]+)")': ["E259,E259B_009,1_1", "E259", "1_1"],
        'extract_regex("order 66 of 99", "(?<=order )(\\\\d+)(x)?")': ["66", "66", None],
        'extract_regex("none", "\\\\d+")': [],
    },
    element=vector_regexes.group,
)
def extract_regex(string: str, regex: Regex) -> list[object]:
    """The first match in a text, then each of its groups, null where one took no part; empty when nothing matches."""
    return regex.first(string) or []


@function(
    REGEXES,
    "matches_regex(STRING, REGEX)",
    {
        'matches_regex("E259,E259B_009,1_1", "([^,]+),[^,]*,([^,]+)")': True,
        'matches_regex("abcabc", "(?<half>.+)\\\\k<half>")': True,
        'matches_regex("abc", "b")': False,
    },
    columns=vector_regexes.matched,
)
def matches_regex(string: str, regex: Regex) -> bool:
    """Whether the whole text matches."""
    return regex.matches(string)
