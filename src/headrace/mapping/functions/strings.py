"""Text: cutting, joining, padding, comparing."""

from typing import Annotated

from headrace.mapping import vector_texts
from headrace.mapping.functions.declaring import as_text, function, joined, replaced, within
from headrace.mapping.regex_time import Regex, compiled
from headrace.mapping.values import LONGEST_TEXT

STRING = "String"
_Count = Annotated[int, within("number of characters", 0, None)]
_Padded = Annotated[int, within("number of characters", None, LONGEST_TEXT)]
# What Java's trim takes away: every character up to the blank.
_BLANKS = "".join(map(chr, range(33)))
_COMMA = compiled(",")


@function(
    STRING,
    "concat(STRING_1, STRING_2, ...)",
    {'concat("Hi, ", "there", "!")': "Hi, there!", 'concat("a", null, 5)': "a5"},
    columns=vector_texts.concat,
)
def concat(*strings: str | None) -> str:
    """Joins texts end to end; a null adds nothing."""
    return joined("", [text for text in strings if text is not None])


@function(
    STRING,
    "lower(INPUT)",
    {'lower("HeLLo")': "hello", 'lcase("HeLLo")': "hello"},
    aliases=["lcase"],
    columns=vector_texts.lower,
)
def lower(input: str) -> str:
    """Turns a text into lower case."""
    return input.lower()


@function(
    STRING,
    "upper(INPUT)",
    {'upper("HeLLo")': "HELLO", 'ucase("HeLLo")': "HELLO"},
    aliases=["ucase"],
    columns=vector_texts.upper,
)
def upper(input: str) -> str:
    """Turns a text into upper case."""
    return input.upper()


@function(
    STRING,
    "trim(STRING)",
    {'trim(" hello ")': "hello"},
    columns=vector_texts.of_text(lambda text: text.str.strip_chars(_BLANKS)),
)
def trim(string: str) -> str:
    """Takes blanks and control characters away from both ends."""
    return string.strip(_BLANKS)


@function(
    STRING,
    "ltrim(STRING)",
    {'ltrim(" hello")': "hello", 'ltrim(" hello ")': "hello "},
    columns=vector_texts.of_text(lambda text: text.str.strip_chars_start(_BLANKS)),
)
def ltrim(string: str) -> str:
    """Takes blanks and control characters away from the beginning."""
    return string.lstrip(_BLANKS)


@function(
    STRING,
    "rtrim(STRING)",
    {'rtrim("hello ")': "hello", 'rtrim(" hello ")': " hello"},
    columns=vector_texts.of_text(lambda text: text.str.strip_chars_end(_BLANKS)),
)
def rtrim(string: str) -> str:
    """Takes blanks and control characters away from the end."""
    return string.rstrip(_BLANKS)


@function(STRING, "left(STRING, COUNT)", {'left("abcde", 2)': "ab", 'left("ab", 5)': "ab"}, columns=vector_texts.left)
def left(string: str, count: _Count) -> str:
    """The first COUNT characters."""
    return string[:count]


@function(
    STRING,
    "right(STRING, COUNT)",
    {'right("abcde", 2)': "de", 'right("ab", 5)': "ab", 'right("ab", 0)': ""},
    columns=vector_texts.right,
)
def right(string: str, count: _Count) -> str:
    """The last COUNT characters."""
    return string[max(0, len(string) - count) :]


@function(
    STRING,
    "lpad(INPUT, COUNT, PADDING)",
    {'lpad("bat", 8, "yz")': "yzyzybat", 'lpad("bat", 4, null)': " bat"},
    columns=vector_texts.padded(lambda text, count, padding: text.str.pad_start(count, padding)),
)
def lpad(input: str, count: _Padded, padding: str | None) -> str:
    """Puts PADDING (a space where it is null or empty) in front of a text with fewer than COUNT characters."""
    return _padding(padding, count - len(input)) + input


@function(
    STRING,
    "rpad(INPUT, COUNT, PADDING)",
    {'rpad("bat", 8, "yz")': "batyzyzy", 'rpad("bat", 4, "")': "bat "},
    columns=vector_texts.padded(lambda text, count, padding: text.str.pad_end(count, padding)),
)
def rpad(input: str, count: _Padded, padding: str | None) -> str:
    """Puts PADDING (a space where it is null or empty) behind a text with fewer than COUNT characters."""
    return input + _padding(padding, count - len(input))


@function(
    STRING,
    "substr(INPUT, START_INDEX, LENGTH)",
    {'substr("This is a substring test", 7, 8)': " a subst", 'substr("abc", 2, 9)': "c", 'substr("abc", 1)': "bc"},
    columns=vector_texts.substr,
)
def substr(input: str, start_index: _Count, length: _Count = LONGEST_TEXT) -> str:
    """The part that begins at START_INDEX, counted from 0, and has LENGTH characters, or fewer at the end."""
    return input[start_index:][:length]


@function(
    STRING,
    "instr(INPUT, SUBSTRING[, START_POSITION[, OCCURRENCE]])",
    {'instr("adobe.com", "com")': 6, 'instr("adobe.com", "x")': -1, 'instr("a,b,c", ",", 2)': 3},
    columns=vector_texts.instr,
)
def instr(input: str, substring: str, start_position: _Count = 0, occurrence: int = 1) -> int:
    """Where SUBSTRING begins, counted from 0 like START_POSITION; -1 when it is not there."""
    found = start_position - 1
    for _ in range(min(max(1, occurrence), len(input) + 2)):
        found = input.find(substring, found + 1)
        if found < 0:
            return -1
    return found


@function(
    STRING,
    "replacestr(INPUT, TO_FIND, TO_REPLACE)",
    {'replacestr("This is a string re test", "re", "replace")': "This is a string replace test"},
    columns=vector_texts.replace,
)
def replacestr(input: str, to_find: str, to_replace: str) -> str:
    """Replaces every TO_FIND by TO_REPLACE."""
    return replaced(input, to_find, to_replace) if to_find else input


@function(
    STRING,
    "split(INPUT, SEPARATOR)",
    {'split("Hello world", " ")': ["Hello", "world"], 'split("a,;b", ";,")': ["a", "b"]},
)
def split(input: str, separator: str) -> list[object]:
    """Cuts a text at any of SEPARATOR's characters; empty pieces are left out."""
    pieces: list[object] = []
    start = 0
    for position, letter in enumerate([*input, None]):
        if letter is None or letter in separator:
            if position > start:
                pieces.append(input[start:position])
            start = position + 1
    return pieces


@function(
    STRING,
    "explode(STRING[, REGEX])",
    {
        'explode("Hi, there!", " ")': ["Hi,", "there!"],
        "explode('id1|id2', '\\\\|')": ["id1", "id2"],
        'explode("a,,b,")': ["a", "", "b", ""],
        'explode("a1b22c", "[0-9]++")': ["a", "b", "c"],
    },
)
def explode(string: str, regex: Regex = _COMMA) -> list[object]:
    """Cuts a text wherever the regular expression matches, at commas when there is none; empty pieces are kept."""
    return [*regex.pieces(string)]


@function(
    STRING,
    "join(SEPARATOR, OBJECTS)",
    {'join(" ", to_array(true, "Hello", "world"))': "Hello world", 'join("-", ["a", null, 1])': "a-1"},
    joins=True,
    columns=vector_texts.join,
)
def join(separator: str, objects: list[object]) -> str:
    """Joins an array's elements with SEPARATOR between them; nulls are left out."""
    return joined(separator, [as_text(one) for one in objects if one is not None])


@function(
    STRING,
    "equals(STRING_1, STRING_2)",
    {'equals("string1", "STRING1")': False, 'equals("a", "a")': True},
    columns=vector_texts.equals,
)
def equals(string_1: str, string_2: str) -> bool:
    """Whether two texts are the same."""
    return string_1 == string_2


@function(
    STRING,
    "equalsIgnoreCase(STRING_1, STRING_2)",
    {'equalsIgnoreCase("string1", "STRING1")': True},
    columns=vector_texts.equals_ignoring_case,
)
def equalsIgnoreCase(string_1: str, string_2: str) -> bool:
    """Whether two texts are the same but for upper and lower case."""
    return string_1.upper() == string_2.upper()


def _padding(padding: str | None, missing: int) -> str:
    padding = padding or " "
    if missing <= 0:
        return ""
    return (padding * (missing // len(padding) + 1))[:missing]
