"""The rows of the uploads in the old directory."""

from typing import Any

ROWS = 10  # of a file
BAD = {"_extconndev": {"pivotValue": "bad", "clicks": "n/a"}}


def rows_of(upload: str, count: int = ROWS, first: int = 0) -> list[dict[str, Any]]:
    """Rows that are told apart by their ``pivotValue``: ``{upload}/{n}``."""
    return [{"_extconndev": {"pivotValue": f"{upload}/{n}", "clicks": n}} for n in range(first, first + count)]
