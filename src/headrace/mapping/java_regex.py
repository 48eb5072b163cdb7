r"""Java's regular expressions written as the regex library reads them, with Java's meaning.

Read as Java's ``Pattern`` reads them and written out with nothing left to the library's own reading: what Java
refuses is refused, and what only the library has (recursion, fuzzy matching) cannot be reached. As in Java 19 and
later, ``\b`` takes the same letters for a word as ``\w``.
"""

import unicodedata
from dataclasses import dataclass

from headrace.mapping.java_classes import letter_set, property_set, word_set
from headrace.mapping.pattern_text import PatternText

# The library writes out as many copies of a part as it must at least occur: what that comes to has to be small.
MOST_PARTS = 20_000
DEEPEST = 40
_MOST_TIMES = 2**31 - 1
_ENDS = r"\n\r\x85\u2028\u2029"
_CONTROLS = {"t": 9, "n": 10, "r": 13, "f": 12, "a": 7, "e": 27}
_FLAGS = frozenset("idmsuxU")
_NEVER = "(?!)"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the pattern that is written out, and how many single pieces it comes to."""

    text: str
    weight: int = 1


def translated(pattern: str) -> str:
    """``pattern`` for the regex library; RegexInvalid says what Java would not take."""
    reader = _Reader(pattern)
    part = reader.choice()
    if not reader.at_end:
        raise reader.error("a closing ) has no opening one")
    if part.weight > MOST_PARTS:
        raise reader.error(f"the repetitions make the pattern longer than {MOST_PARTS} parts", 0)
    return f"(?V1){part.text}"


class _Reader(PatternText):
    """Reads one pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self.depth = 0
        self.groups = 0
        self.open: list[int] = []
        self.names: dict[str, int] = {}

    # Alternatives, sequences, repetition

    def choice(self) -> Part:
        """Alternatives up to the end of the group; flags set among them end with it."""
        around, branches = self.flags, [self._sequence()]
        while not self.at_end and self.take("|"):
            branches.append(self._sequence())
        self.flags = around
        return Part("|".join(one.text for one in branches), sum(one.weight for one in branches))

    def _sequence(self) -> Part:
        texts: list[str] = []
        weight = 1
        while not self.at_end and self.peek() not in "|)":
            atom = self._atom()
            if atom is not None:
                part = self._repeated(atom)
                texts.append(part.text)
                weight += part.weight
        return Part("".join(texts), weight)

    def _repeated(self, atom: Part) -> Part:
        self.skip_comments()
        start, least, written = self.at, 1, ""
        if self.peek() and self.peek() in "?*+":
            written = self.next()
        elif self.take("{"):
            least, most = self._times(start)
            written = f"{{{least},{'' if most is None else most}}}"
        if not written:
            return atom
        if self.peek() and self.peek() in "?+":
            written += self.next()
        weight = atom.weight * max(least, 1)
        if weight > MOST_PARTS:
            raise self.error(f"the repetition makes the pattern longer than {MOST_PARTS} parts", start)
        return Part(f"{atom.text}{written}", weight)

    def _times(self, start: int) -> tuple[int, int | None]:
        least = self.digits("0123456789", 10)
        if not least:
            raise self.error("{ begins no repetition such as {2,3}; write \\{ for the brace itself", start)
        most: str | None = least
        if self.take(","):
            most = self.digits("0123456789", 10) or None
        if not self.take("}"):
            raise self.error("the repetition has no closing }", start)
        if int(most or least) < int(least) or int(most or least) > _MOST_TIMES:
            raise self.error("the repetition has no possible number of times", start)
        return int(least), None if most is None else int(most)

    def _atom(self) -> Part | None:
        start, letter = self.at, self.next()
        if letter == "(":
            return self._group(start)
        if letter == "[":
            return Part(self._unicode_case(self._class(start)))
        if letter == "\\":
            return self._escape(start)
        if letter in "*+?":
            raise self.error(f"{letter} has nothing to repeat", start)
        if letter == "{":
            # Java repeats the empty text here.
            self.at = start
            return Part("(?:)")
        return Part(self._anchor(letter) or self._literal(ord(letter)))

    def _anchor(self, letter: str) -> str:
        several, unix = "m" in self.flags, "d" in self.flags
        if letter == ".":
            return "(?s:.)" if "s" in self.flags else r"[^\n]" if unix else f"[^{_ENDS}]"
        if letter == "^":
            line = r"(?<=\n)" if unix else r"(?:(?<=[\n\x85\u2028\u2029])|(?<=\r)(?!\n))"
            return rf"(?:\A|{line}(?!\Z))" if several else r"(?:\A)"
        return _end(unix, several) if letter == "$" else ""

    # Groups

    def _group(self, start: int) -> Part | None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"groups are nested more than {DEEPEST} deep", start)
        opening = self._opening(start)
        if opening is None:
            self.depth -= 1
            return None
        around, number = self.flags, self.groups if opening == "(" or opening.startswith("(?P<") else None
        if number is not None:
            self.open.append(number)
        flags = opening.removeprefix("flags ")
        if flags != opening:
            self.flags, opening = frozenset(flags), "(?:"
        inside = self.choice()
        if self.at_end or not self.take(")"):
            raise self.error("the group has no closing )", start)
        if number is not None:
            self.open.remove(number)
        self.flags = around
        self.depth -= 1
        look = opening in ("(?=", "(?!", "(?<=", "(?<!")
        return Part(f"(?:{opening}{inside.text}))" if look else f"{opening}{inside.text})", inside.weight)

    def _opening(self, start: int) -> str | None:
        """How the group begins; None when it only sets flags for what follows."""
        if not self.take("?"):
            self.groups += 1
            return "("
        for opening in (":", "=", "!", ">", "<=", "<!"):
            if self.take(opening):
                return f"(?{opening}"
        if self.take("<"):
            return f"(?P<{self._name_group(start)}>"
        return self._flag_group(start)

    def _name_group(self, start: int) -> str:
        name = self.until(">", "the group's name")
        if not (name.isascii() and name.isalnum() and name[0].isalpha()):
            raise self.error(f"{name} is no name of a group; it takes letters and digits", start)
        if name in self.names:
            raise self.error(f"there are two groups {name}", start)
        self.groups += 1
        self.names[name] = self.groups
        return name

    def _flag_group(self, start: int) -> str | None:
        flags, off = set(self.flags), False
        while (letter := self.next()) not in ":)":
            if letter == "-" and not off:
                off = True
            elif letter not in _FLAGS:
                raise self.error(f"(?{letter} begins no group that Java has", start)
            elif off:
                flags.discard(letter)
            else:
                flags.update("uU" if letter == "U" else letter)
        if letter == ":":
            return "flags " + "".join(sorted(flags))
        self.flags = frozenset(flags)
        return None

    # Escapes

    @property
    def _everywhere(self) -> bool:
        return "U" in self.flags

    def _escape(self, start: int) -> Part | None:
        letter = self.peek()
        if letter and letter in "123456789":
            return Part(self._numbered(start))
        if self.take("k"):
            return Part(self._named(start))
        if self.take("Q"):
            return self._quoted()
        if letter and letter in "AGbBzZRX":
            self.at += 1
            return Part(self._special(letter))
        found = self._character(start)
        return Part(found) if isinstance(found, str) else Part(self._literal(found))

    def _special(self, letter: str) -> str:
        word = word_set(self._everywhere)
        return {
            "A": r"(?:\A)",
            "G": r"(?:\G)",
            "z": r"(?:\Z)",
            "Z": _end("d" in self.flags, several=False),
            "R": r"(?:\r\n|[\n-\r\x85\u2028\u2029])",
            "X": r"(?:\X)",
            "b": f"(?:(?<!{word})(?={word})|(?<={word})(?!{word}))",
            "B": f"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))",
        }[letter]

    def _quoted(self) -> Part | None:
        end = self.pattern.find("\\E", self.at)
        text = self.pattern[self.at : end if end >= 0 else None]
        self.at = len(self.pattern) if end < 0 else end + 2
        # What repeats it takes the last character only.
        parts = [self._literal(ord(letter)) for letter in text]
        if len(parts) < 2:
            return Part(parts[0]) if parts else None
        last = self._repeated(Part(parts[-1]))
        return Part(f"(?:{''.join(parts[:-1])}{last.text})", len(parts) + last.weight)

    def _numbered(self, start: int) -> str:
        number = int(self.next())
        while self.peek() and self.peek() in "0123456789" and number * 10 + int(self.peek()) <= self.groups:
            number = number * 10 + int(self.next())
        return self._reference(number, start)

    def _named(self, start: int) -> str:
        if not self.take("<"):
            raise self.error("\\k needs the name of a group, such as \\k<name>", start)
        name = self.until(">", "the group's name")
        if name not in self.names:
            raise self.error(f"there is no group {name} before this", start)
        return self._reference(self.names[name], start)

    def _reference(self, number: int, start: int) -> str:
        if number in self.open:
            raise self.error(f"group {number} refers to itself, which is not supported", start)
        if number > self.pattern.count("("):
            return _NEVER
        # A group that comes later or never has matched nothing yet.
        if number > self.groups:
            return _NEVER
        return rf"(?i-f:\g<{number}>)" if "i" in self.flags else rf"(?:\g<{number}>)"

    def _character(self, start: int) -> str | int:
        """A character after a backslash: its code, or the set that it stands for."""
        letter = self.next()
        if letter in "dDhHsSvVwW":
            return letter_set(letter, self._everywhere)
        if letter in "pP":
            return self._property(letter == "P", start)
        if letter in "0xucN":
            return self._coded(letter, start)
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter.isascii() and letter.isalpha():
            raise self.error(f"\\{letter} has no meaning", start)
        return ord(letter)

    def _coded(self, letter: str, start: int) -> int:
        if letter == "c":
            return ord(self.next()) ^ 64
        if letter == "0":
            digits = self.digits("01234567", 3 if self.peek() in tuple("0123") else 2)
            return self._code(digits, 8, start)
        if letter == "N":
            return self._by_name(start)
        if letter == "x" and self.take("{"):
            return self._code(self.until("}", "the code"), 16, start)
        size = 2 if letter == "x" else 4
        digits = self.digits("0123456789abcdefABCDEF", size)
        code = self._code(digits if len(digits) == size else "", 16, start)
        if letter == "u" and 0xD800 <= code < 0xDC00 and self.take("\\u"):
            low = self._code(self.digits("0123456789abcdefABCDEF", 4), 16, start)
            return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
        return code

    def _code(self, digits: str, base: int, start: int) -> int:
        try:
            code = int(digits, base)
        except ValueError:
            raise self.error("the character's code is missing or wrong", start) from None
        if not 0 <= code <= 0x10FFFF:
            raise self.error(f"{digits} is the code of no character", start)
        return code

    def _by_name(self, start: int) -> int:
        name = self.until("}", "the character's name") if self.take("{") else ""
        try:
            return ord(unicodedata.lookup(name))
        except (KeyError, TypeError):
            raise self.error(f"there is no character named {name}", start) from None

    def _property(self, negated: bool, start: int) -> str:
        name = self.until("}", "the name of the class") if self.take("{") else self.next()
        found = property_set(name, negated, self._everywhere)
        if found is None:
            raise self.error(f"there is no character class {name}", start)
        return found

    # Characters and classes

    @property
    def _ascii_case(self) -> bool:
        return "i" in self.flags and "u" not in self.flags

    def _unicode_case(self, text: str) -> str:
        return f"(?i-f:{text})" if {"i", "u"} <= self.flags else text

    def _literal(self, code: int) -> str:
        if self._ascii_case and chr(code).isascii() and chr(code).isalpha():
            return f"[{chr(code).lower()}{chr(code).upper()}]"
        return self._unicode_case(_written(code))

    def _class(self, start: int) -> str:
        """A class after its opening bracket: unions between ``&&``."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"classes are nested more than {DEEPEST} deep", start)
        opening = "[^" if self.take("^") else "["
        unions: list[str] = []
        items: list[str] = []
        while not self.at_end:
            at = self.at
            if self.take("&&"):
                if not items:
                    raise self.error("&& has nothing before it", at)
                unions.append("".join(items))
                items = []
            elif (items or unions) and self.take("]"):
                self.depth -= 1
                sets = [*unions, "".join(items)] if items else unions
                return f"{opening}{sets[0] if len(sets) == 1 else '&&'.join(f'[{one}]' for one in sets)}]"
            elif self.take("["):
                items.append(self._class(at))
            else:
                items.append(self._range())
        raise self.error("the character class has no closing ]", start)

    def _range(self) -> str:
        first = self._member()
        self.skip_comments()
        if isinstance(first, str) or self.peek() != "-" or self.peek(1) in ("", "[", "]"):
            return first if isinstance(first, str) else self._span(first, first)
        start = self.at
        self.at += 1
        last = self._member()
        if isinstance(last, str) or last < first:
            raise self.error("the range ends before it begins", start)
        return self._span(first, last)

    def _member(self) -> str | int:
        start, letter = self.at, self.next()
        if letter != "\\":
            return ord(letter)
        if self.take("Q"):
            return "".join(self._span(ord(one), ord(one)) for one in self.until("\\E", "\\Q")) or _written(ord("Q"))
        return self._character(start)

    def _span(self, first: int, last: int) -> str:
        spans = [(first, last)]
        if self._ascii_case:
            for low, high, other in ((65, 90, 32), (97, 122, -32)):
                if max(first, low) <= min(last, high):
                    spans.append((max(first, low) + other, min(last, high) + other))
        return "".join(_written(a) if a == b else f"{_written(a)}-{_written(b)}" for a, b in spans)


def _written(code: int) -> str:
    letter = chr(code)
    return letter if letter.isascii() and letter.isalnum() else f"\\U{code:08x}"


def _end(unix: bool, several: bool) -> str:
    """The end of the text or before the line end that closes it; ``several``: of any line."""
    if unix:
        return r"(?=\n|\Z)" if several else r"(?=\n?\Z)"
    if several:
        return r"(?=\r\n|(?<!\r)\n|[\r\x85\u2028\u2029]|\Z)"
    return r"(?=(?:\r\n|(?<!\r)\n|[\r\x85\u2028\u2029])?\Z)"
