"""Text for a terminal: whatever a source or a person sent, no character of it steers the terminal."""

from typing import Any

import rich.text

from headrace.errors import visible


class Text(rich.text.Text):
    """Rich's text, with each control character as its escape."""

    def __init__(self, text: str = "", style: Any = "", **more: Any) -> None:
        super().__init__(visible(text), style, **more)


def in_a_line(text: str) -> str:
    """The text without line breaks, control characters as escapes."""
    return visible(text).replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
