"""The text of a regular expression, read character by character."""


class RegexInvalid(Exception):
    """A pattern that is no Java regular expression; ``position`` counts its characters from 1."""

    def __init__(self, what: str, position: int) -> None:
        self.what, self.position = what, position
        super().__init__(f"{what}, at character {position} of the regular expression")


class PatternText:
    """Where the reading of one pattern stands, and the flags that are set there."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0
        self.flags: frozenset[str] = frozenset()

    @property
    def at_end(self) -> bool:
        """Whether nothing but comments is left."""
        self.skip_comments()
        return self.at >= len(self.pattern)

    def error(self, what: str, at: int | None = None) -> RegexInvalid:
        """The error that names this place, or the one at ``at``."""
        return RegexInvalid(what, (self.at if at is None else at) + 1)

    def peek(self, ahead: int = 0) -> str:
        """The character here, or further on; empty behind the end."""
        return self.pattern[self.at + ahead : self.at + ahead + 1]

    def take(self, text: str) -> bool:
        """Whether ``text`` stands here; then it is read."""
        if not text or not self.pattern.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def next(self) -> str:
        """The character here, which is read."""
        if self.at >= len(self.pattern):
            raise self.error("the pattern ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    def until(self, end: str, what: str) -> str:
        """What stands before ``end``, which must come; both are read."""
        found = self.pattern.find(end, self.at)
        if found < 0:
            raise self.error(f"{what} has no closing {end}")
        text, self.at = self.pattern[self.at : found], found + len(end)
        return text

    def digits(self, digits: str, most: int) -> str:
        """At most ``most`` characters of ``digits``, which are read."""
        start = self.at
        while self.at - start < most and self.peek() and self.peek() in digits:
            self.at += 1
        return self.pattern[start : self.at]

    def skip_comments(self) -> None:
        """With the flag x, blanks and comments mean nothing."""
        while "x" in self.flags and self.peek() and (self.peek() in " \t\n\x0b\f\r" or self.peek() == "#"):
            if self.next() == "#":
                while self.peek() and self.peek() not in "\n\r\x85\u2028\u2029":
                    self.at += 1
