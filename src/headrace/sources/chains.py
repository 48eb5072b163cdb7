"""A chain of requests walked page by page, to the end that its spec declares and no other."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec

from headrace.errors import SourceTruncated, SourceUnreadable
from headrace.sources import paging
from headrace.sources.answers import Answer, whole_json
from headrace.sources.auth import Access
from headrace.sources.cutting import Cut, cut
from headrace.sources.http import SourceHttp
from headrace.sources.links import Leads
from headrace.sources.paging import digest
from headrace.sources.reading import Request, Trail, shown
from headrace.sources.spec import Content
from headrace.sources.turns import Params, Turn, paths, promise

_SHOWN = 200
_DIGEST = 8
_HELD = 4 * 1024 * 1024  # bytes of a page that is held until the next one has come
# How sources answer who asks for rows beyond the last one, beside a page without any.
_BEYOND = frozenset((204, 400, 404, 410, 416, 422))
_MOST_ALIKE = 99  # pages without rows that are the one before


@dataclass(frozen=True, slots=True)
class Chain:
    """What a chain asks, and what may end it.

    pagination     the spec's paging, or a listing's
    content        where the rows of a page are
    request        the first request, before paging
    ends_at        statuses that end the chain behind its first page
    may_be_absent  an answer without the array has no rows, the first one too
    may_repeat     a page may come twice
    keep_query     names of the first query that links get back
    total          where an answer says how many rows the chain has
    proves         rows are removed on the strength of the answers, so that one without content proves nothing
    lenient        what fails a chain ends it instead
    """

    pagination: Params
    content: Content
    request: Request
    ends_at: frozenset[int] = frozenset()
    may_be_absent: bool = False
    may_repeat: bool = False
    keep_query: tuple[str, ...] = ()
    total: str = ""
    proves: bool = False
    lenient: bool = False

    def ends(self, at: Trail) -> frozenset[int]:
        """The statuses that end the chain instead of this page."""
        beyond = _BEYOND if at.is_beyond else frozenset[int]()
        return beyond | (self.ends_at if at.pages or self.may_be_absent or self.lenient else frozenset())


@dataclass(frozen=True, slots=True)
class Answered:
    """A page of a chain, and how the chain goes on behind it.

    behind  makes the trail; None: the chain has ended
    ended   why it has, as the end of a sentence
    """

    n: int
    answer: Answer
    cut: Cut
    behind: Callable[[], Trail] | None
    ended: str


def walk(chain: Chain, access: Access, http: SourceHttp, trail: Trail | None = None) -> Iterator[Answered]:
    """Every page of a chain, or of what ``trail`` leaves of it. SourceFailure where rows may be missing or doubled."""
    at = trail or paging.paginator(chain.pagination).first(chain.pagination, chain.request)
    past = _Past(at, paging.paginator(chain.pagination).linked)
    while True:
        readable = _Readable(chain, at, access)
        answer = http.send(at.request, access, readable, chain.ends(at))
        turn = Turn(chain.request, at, answer, readable.cut, chain.keep_query, chain.content.path, chain.total)
        following: Trail | str = readable.ended
        if not following:
            try:
                following = _following(chain, turn, past, access, http)
            except (SourceUnreadable, SourceTruncated) as error:
                if not chain.lenient:
                    raise
                following = error.message
        if isinstance(following, str):
            last = replace(answer, body=b"") if readable.ended else answer
            yield Answered(at.pages, last, turn.cut, None, following)
            return
        past.take(turn)
        yield Answered(at.pages, answer, turn.cut, past.behind(following), "")
        at = following
        del answer, turn, readable  # a page may be large; the next one does not need it
        if rest := paging.delay_seconds(chain.pagination):
            http.rest(rest)


def _following(chain: Chain, turn: Turn, past: "_Past", access: Access, http: SourceHttp) -> Trail | str:
    """Where the chain goes on behind a page, or why it ends."""
    pages = paging.paginator(chain.pagination)
    if not chain.may_repeat:
        paging.require_moved_on(turn)
        if past.is_same_page(turn):
            raise _repeated(turn)
    following = pages.following(chain.pagination, turn)
    if isinstance(following, str):
        return following
    counted = following.last_index is not None or chain.may_repeat
    empty, alike = ("", 0) if counted else _standstill(turn)
    said = promise(chain.pagination, turn, following, chain.content.path)
    if pages.linked:
        request = access.without_secrets(following.request)
        _require_safe(turn.at.request, request, http)
        if request == turn.at.request:
            if past.has_same_rows(turn) and not chain.may_repeat:
                raise _repeated(turn)
            if said:
                raise SourceUnreadable(
                    f"{turn.answer.url} says by {said} that more rows follow, but names itself as the next page."
                )
            return "the page names itself as the next one"
        past.require_unseen(turn, request)
        following = msgspec.structs.replace(following, request=request)
    paging.require_within(chain.pagination, turn.at.pages + 2, chain.request)
    bare = not chain.content.path and (turn.at.bare or _is_array(turn.answer))
    return msgspec.structs.replace(
        following, pages=turn.at.pages + 1, bare=bare, promised=said, empty=empty, alike=alike
    )


def _standstill(turn: Turn) -> tuple[str, int]:
    """Of a page without rows its digest, and how many before it were the same; SourceUnreadable for too many."""
    if turn.count:
        return "", 0
    empty = digest(turn.answer.body)
    alike = turn.at.alike + 1 if empty == turn.at.empty else 0
    if alike >= _MOST_ALIKE:
        raise SourceUnreadable(
            f"{turn.answer.url} is the same page without rows for the {_MOST_ALIKE + 1}th time in a row, and says that "
            "more follow, so nobody knows whether they ever come. Correct the spec's paginationParams; where so many "
            "pages may be empty, allow it by mayRepeat."
        )
    return empty, alike


def _is_array(answer: Answer) -> bool:
    return answer.body.lstrip()[:1] == b"["


def _repeated(turn: Turn) -> SourceUnreadable:
    return SourceUnreadable(
        f"{turn.answer.url}: the source answered the same page again, with {turn.count:,} rows, so it does not page as "
        "the spec says. Correct the spec's paginationParams; where pages may be alike, allow it by mayRepeat."
    )


def _require_safe(asked: Request, onward: Request, http: SourceHttp) -> None:
    where = http.leads(asked.url, onward.url)
    if where is Leads.OUT_OF_TLS:
        raise SourceUnreadable(
            f"{shown(asked.url)} says that its next page is at {shown(onward.url)}, without https; credentials are not "
            "sent in the clear."
        )
    if where is Leads.AWAY:
        raise SourceUnreadable(
            f"{shown(asked.url)} says that its next page is at another host ({shown(onward.url)}); credentials are not "
            "sent there."
        )


class _Past:
    """What came of a chain before a page, as far as the chain must know it again."""

    def __init__(self, at: Trail, linked: bool) -> None:
        self._linked = linked
        self._turn: Turn | None = None
        self._digests = at.before
        self._seen = [at.seen[n : n + _DIGEST] for n in range(0, len(at.seen), _DIGEST)]
        self._known = set(self._seen)

    def take(self, turn: Turn) -> None:
        """Remembers a page, of a large one the digests alone."""
        large = len(turn.answer.body) > _HELD
        self._turn = turn if turn.count and not large else None
        self._digests = _digests(turn) if turn.count and large else None
        if self._linked:
            self._seen.append(_named(turn.at.request))
            self._known.add(self._seen[-1])

    def is_same_page(self, turn: Turn) -> bool:
        """Whether a page with rows has the body of the page before."""
        if self._turn is not None:
            return self._turn.answer.body == turn.answer.body
        return self._digests is not None and turn.count > 0 and self._digests[0] == digest(turn.answer.body)

    def has_same_rows(self, turn: Turn) -> bool:
        """Whether a page has the rows of the page before, and some."""
        before = _digests(self._turn)[1] if self._turn is not None else self._digests and self._digests[1]
        return turn.count > 0 and before == _digests(turn)[1]

    def require_unseen(self, turn: Turn, request: Request) -> None:
        """SourceUnreadable for a request that was made before: the chain goes round."""
        if _named(request) in self._known:
            raise SourceUnreadable(
                f"{turn.answer.url} leads to a page that came before ({shown(request.target)}), so the chain of "
                "pages goes round; correct the spec's paginationParams."
            )

    def behind(self, following: Trail) -> Callable[[], Trail]:
        """Makes the trail of the page that was taken last; a digest of its body is made only for whoever wants it."""
        turn, digests, count = self._turn, self._digests, len(self._seen)

        def trail() -> Trail:
            before = digests if turn is None else _digests(turn)
            return msgspec.structs.replace(following, before=before, seen=b"".join(self._seen[:count]))

        return trail


def _digests(turn: Turn) -> tuple[str, str]:
    return digest(turn.answer.body), digest(b"\n".join(turn.cut.elements))


def _named(request: Request) -> bytes:
    return hashlib.blake2b(msgspec.msgpack.encode(request), digest_size=_DIGEST).digest()


class _Readable:
    """Checks an answer. ``cut`` is then what it holds: a page is cut up once, however large.

    ended  why the answer has no rows and none follow: its status, or that it is empty
    """

    def __init__(self, chain: Chain, at: Trail, access: Access) -> None:
        self._chain, self._at, self._access = chain, at, access
        self._paths = paths(chain.pagination, chain.total)
        self.cut, self.ended = Cut(), ""

    def __call__(self, answer: Answer) -> None:
        chain, at = self._chain, self._at
        self.ended = self._end(answer)
        if self.ended and at.promised and not chain.lenient:
            raise SourceUnreadable(
                f"{answer.url}: {self.ended}, but the page before says by {at.promised} that more pages follow. If it "
                "says so of the last page too, leave that out of the spec's paginationParams."
            )
        if not self.ended:
            self.cut = self._cut(answer)
            lack = self.cut.lack
            if at.bare and not (lack or _is_array(answer) or chain.lenient):
                raise SourceUnreadable(
                    f"{answer.url} answered with no array, though the page before is one.{self._begins(answer)}"
                )
            allowed = chain.may_be_absent or chain.lenient or (lack == "null" and at.pages > 0)
            if lack and not allowed:
                raise self._without_rows(answer, f"it is {lack}")

    def _end(self, answer: Answer) -> str:
        if answer.status in self._chain.ends(self._at):
            return f"the source answered {answer.status}"
        if answer.body.strip():
            return ""
        if self._chain.proves and not self._at.is_beyond:
            raise self._without_rows(answer, "which proves nothing about rows that are there")
        return "the answer is empty"

    def _cut(self, answer: Answer) -> Cut:
        try:
            return cut(answer.body, self._chain.content, self._paths)
        except SourceUnreadable as error:
            whole_json(answer)
            raise SourceUnreadable(f"{answer.url}: {error.message}{self._begins(answer)}", **error.facts) from error

    def _without_rows(self, answer: Answer, why: str) -> SourceUnreadable:
        path = ".".join(map(str, self._chain.content.path)) or "a body"
        return SourceUnreadable(
            f"{answer.url} answered without {path}, where the spec's contentPath points: {why}.{self._begins(answer)}"
        )

    def _begins(self, answer: Answer) -> str:
        words = " ".join(answer.body[:_SHOWN].decode("utf-8", "replace").split())
        return f" The answer begins: {self._access.redact(words)}" if words else ""
