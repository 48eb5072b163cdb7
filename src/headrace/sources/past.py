"""The pages of a chain that came before one, as far as the chain must know them again."""

import hashlib
from collections.abc import Callable
from operator import eq

import msgspec

from headrace.errors import SourceUnreadable
from headrace.sources.paging import digest
from headrace.sources.reading import Request, Trail, shown
from headrace.sources.turns import Turn

_DIGEST = 8  # bytes
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

    def has_same_rows(self, turn: Turn) -> bool:
        """Whether a page has the rows of the page before, and some; whatever else stands beside them."""
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


def _digest(turn: Turn) -> str:
    named = [repr(value).encode() for value in turn.named]
    return digest(b"\n".join([*turn.cut.elements, *named]))


def _named(request: Request) -> bytes:
    return hashlib.blake2b(msgspec.msgpack.encode(request), digest_size=_DIGEST).digest()
