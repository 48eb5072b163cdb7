"""The pages of a chain that came before one, as far as the chain must know them again."""

import hashlib
from collections.abc import Callable
from operator import eq

import msgspec

from headrace.errors import SourceUnreadable, counted
from headrace.sources.paging import digest
from headrace.sources.reading import Request, Trail, shown
from headrace.sources.turns import Turn

_DIGEST = 8  # bytes
# Pages without rows in a row before one, of those that are all the same, and of any.
_MOST_ALIKE, _MOST_BARREN = 99, 999
_HELD = 4 * 1024 * 1024  # bytes of a page that is held until the next one has come


class Past:
    """What came of a chain before a page, as far as the chain must know it again."""

    def __init__(self, at: Trail, linked: bool) -> None:
        self._linked = linked
        self._turn: Turn | None = None
        self._rows = at.before if isinstance(at.before, str) else at.before[1]
        self._seen = [at.seen[n : n + _DIGEST] for n in range(0, len(at.seen), _DIGEST)]
        self._known = set(self._seen)

    def take(self, turn: Turn) -> None:
        """Remembers a page, of a large one the digest of its rows alone."""
        large = len(turn.answer.body) > _HELD
        self._turn = turn if turn.count and not large else None
        self._rows = _digest(turn) if turn.count and large else ""
        if self._linked:
            self._seen.append(_named(turn.at.request))
            self._known.add(self._seen[-1])

    def require_other_rows(self, turn: Turn) -> None:
        """SourceUnreadable for a page with the rows of the page before, and some; whatever else stands beside them."""
        if self._has_same_rows(turn):
            raise SourceUnreadable(
                f"{turn.answer.url}: the source answered the same page again, with {counted(turn.count, 'row')}, so it "
                "does not page as the spec says. Correct the spec's paginationParams; where two pages may be alike, "
                "name what tells their rows apart beside the array (in key, day or keepAttributes), or "
                "allow it by mayRepeat."
            )

    def _has_same_rows(self, turn: Turn) -> bool:
        if self._turn is None:
            return self._rows != "" and turn.count > 0 and self._rows == _digest(turn)
        alike = self._turn.count == turn.count and self._turn.named == turn.named
        return alike and all(map(eq, self._turn.cut.elements, turn.cut.elements))

    def require_unseen(self, turn: Turn, request: Request) -> None:
        """SourceUnreadable for a request that was made before: the chain goes round."""
        if _named(request) in self._known:
            raise SourceUnreadable(
                f"{turn.answer.url} leads to a page that came before ({shown(request.target)}), so the chain of "
                "pages goes round; correct the spec's paginationParams."
            )

    def behind(self, following: Trail) -> Callable[[], Trail]:
        """Makes the trail of the page that was taken last; a digest of its rows is made only for whoever wants it."""
        turn, rows, count = self._turn, self._rows, len(self._seen)

        def trail() -> Trail:
            before = rows if turn is None else _digest(turn)
            return msgspec.structs.replace(following, before=before, seen=b"".join(self._seen[:count]))

        return trail


def require_moved_on(turn: Turn, merges: bool) -> None:
    """SourceUnreadable where a page begins before the end of the one before it, whose last row it gives again.

    merges  a row that comes twice stands once, so that a cursor may count its row in
    """
    if not (turn.at.short or (turn.at.named_by and not merges)):
        return
    digests = {digest(element) for element in turn.cut.elements}
    if turn.at.named_by in digests and not merges:
        raise SourceUnreadable(
            f"{turn.answer.url} gives the row again that named this page, so the source counts the cursor's row in, "
            "and each would land twice. Take another cursor, merge the rows by key (writeMode merge), or allow it by "
            "mayRepeat."
        )
    if turn.at.short in digests:
        raise SourceUnreadable(
            f"{turn.answer.url} gives the last row of the page before again. That page was short, so this one was "
            "asked for by the number of rows that came, but the source counts others. Use another way of paging, or a "
            "limitValue that the source grants."
        )


def standstill(turn: Turn) -> tuple[str, int]:
    """Of a page without rows its digest, and how many before it were the same; SourceUnreadable for too many."""
    if turn.count:
        return "", 0
    empty = digest(turn.answer.body)
    alike = turn.at.alike + 1 if empty == turn.at.empty else 0
    if alike >= _MOST_ALIKE:
        which = f"the same page without rows for the {_MOST_ALIKE + 1}th time in a row"
    elif turn.at.barren >= _MOST_BARREN:
        which = f"the {_MOST_BARREN + 1:,}th page without rows in a row"
    else:
        return empty, alike
    raise SourceUnreadable(
        f"{turn.answer.url} is {which}, and says that more follow, so nobody knows whether they ever come. Correct the "
        "spec's paginationParams; where so many pages may be empty, allow it by mayRepeat."
    )


def _digest(turn: Turn) -> str:
    named = [repr(value).encode() for value in turn.named]
    return digest(b"\n".join([*turn.cut.elements, *named]))


def _named(request: Request) -> bytes:
    return hashlib.blake2b(msgspec.msgpack.encode(request), digest_size=_DIGEST).digest()
