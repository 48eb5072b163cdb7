"""A chain of requests walked page by page, to the end that its spec declares and no other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec

from headrace.errors import SourceFailure, SourceTruncated, SourceUnreadable
from headrace.sources import paging
from headrace.sources.answers import Answer, may_end, whole_json
from headrace.sources.auth import Access
from headrace.sources.cutting import Cut, cut
from headrace.sources.http import SourceHttp
from headrace.sources.links import Leads
from headrace.sources.past import Past, require_moved_on, standstill
from headrace.sources.paths import Path
from headrace.sources.reading import Request, Trail, shown
from headrace.sources.spec import Content
from headrace.sources.turns import Params, Turn, paths, promise

_SHOWN, _READ = 200, 64 * 1024
# How sources answer who asks for rows beyond the last one, beside a page without any.
_BEYOND = frozenset((204, 400, 404, 410, 416, 422))


@dataclass(frozen=True, slots=True)
class Chain:
    """What a chain asks, and what may end it.

    pagination     the spec's paging, or a listing's
    content        where the rows of a page are
    request        the first request, before paging
    ends_at        statuses that end the chain behind its first page
    may_be_absent  an answer without the array has no rows, the first one too
    may_repeat     the rows of a page may come again, and the one that names the next page
    keep_query     names of the first query that links get back
    total          where an answer says how many rows the chain has
    proves         rows are removed on the strength of the answers, so that one without content proves nothing
    merges         a row that comes twice stands once
    beside         paths of a page, to values beside its array that count among its rows
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
    merges: bool = False
    beside: tuple[Path, ...] = ()
    lenient: bool = False

    def ends(self, at: Trail) -> frozenset[int]:
        """The statuses that end the chain instead of this page."""
        beyond = _BEYOND if at.is_beyond else frozenset[int]()
        return beyond | (self.ends_at if at.pages or self.may_be_absent or self.lenient else frozenset())


@dataclass(frozen=True, slots=True)
class Answered:
    """A page of a chain, and how the chain goes on behind it.

    answer  as it came, but for the connection's secrets
    behind  makes the trail; None: the chain has ended
    ended   why it has, as the end of a sentence
    hidden  how many values of the answer had a secret, by its name
    """

    n: int
    answer: Answer
    cut: Cut
    behind: Callable[[], Trail] | None
    ended: str
    hidden: Mapping[str, int]


def walk(chain: Chain, access: Access, http: SourceHttp, trail: Trail | None = None) -> Iterator[Answered]:
    """Every page of a chain, or of what ``trail`` leaves of it. SourceFailure where rows may be missing or doubled."""
    try:
        yield from _pages(chain, access, http, trail)
    except SourceFailure as error:
        raise access.cleaned(error) from None


def _pages(chain: Chain, access: Access, http: SourceHttp, trail: Trail | None) -> Iterator[Answered]:
    at = trail or paging.paginator(chain.pagination).first(chain.pagination, chain.request)
    past = Past(at, paging.paginator(chain.pagination).linked)
    while True:
        readable = _Readable(chain, at, access)
        try:
            answer = http.send(at.request, access, readable, chain.ends(at))
        except SourceFailure as error:
            raise _perhaps_beyond(error, chain, at) from error
        turn = Turn(
            chain.request, at, answer, readable.cut, chain.keep_query, chain.content.path, chain.total, chain.beside
        )
        following: Trail | str = readable.ended
        if not following:
            try:
                following = _following(chain, turn, past, access, http)
            except (SourceUnreadable, SourceTruncated) as error:
                if not chain.lenient:
                    raise
                following = access.cleaned(error).message
        if isinstance(following, str):
            last = replace(answer, body=b"") if readable.ended else answer
            yield _answered(at.pages, last, turn.cut, None, following, access)
            return
        past.take(turn)
        yield _answered(at.pages, answer, turn.cut, past.behind(following), "", access)
        at = following
        del answer, turn, readable  # a page may be large; the next one does not need it
        if rest := paging.delay_seconds(chain.pagination):
            http.rest(rest)


def _answered(
    n: int, answer: Answer, cut: Cut, behind: Callable[[], Trail] | None, ended: str, access: Access
) -> Answered:
    page = access.masked(answer.body)
    shown = answer if page.body is answer.body else replace(answer, body=page.body)
    return Answered(n, shown, cut, behind, ended, page.values)


def _perhaps_beyond(error: SourceFailure, chain: Chain, at: Trail) -> SourceFailure:
    """The failure, with a way out where a source may have answered so because its list has ended."""
    status = error.facts.get("status")
    pages = paging.paginator(chain.pagination)
    said = at.promised or at.last_index is not None or (pages.linked and not at.named_by)  # that the page is there
    if not at.pages or said or not isinstance(status, int) or not may_end(status):
        return error
    return type(error)(
        f"{error.message} The page before it was good: if this is how the source answers beyond its last page, name "
        f"{status} in the endsAt of the spec's x-headrace.",
        **error.facts,
    )


def _following(chain: Chain, turn: Turn, past: Past, access: Access, http: SourceHttp) -> Trail | str:
    """Where the chain goes on behind a page, or why it ends."""
    pages = paging.paginator(chain.pagination)
    if not chain.may_repeat:
        past.require_other_rows(turn)
        require_moved_on(turn, chain.merges)
    following = pages.following(chain.pagination, turn)
    if isinstance(following, str):
        return following
    counted = following.last_index is not None or chain.may_repeat
    empty, alike = ("", 0) if counted else standstill(turn)
    barren = 0 if counted or turn.count else turn.at.barren + 1
    said = promise(chain.pagination, turn, following, chain.content.path)
    if pages.linked:
        request = access.without_secrets(following.request)
        _require_safe(turn.at.request, request, http)
        if request == turn.at.request:
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
        following, pages=turn.at.pages + 1, bare=bare, promised=said, empty=empty, alike=alike, barren=barren
    )


def _is_array(answer: Answer) -> bool:
    return answer.body.lstrip()[:1] == b"["


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


class _Readable:
    """Checks an answer. ``cut`` is then what it holds: a page is cut up once, however large.

    ended  why the answer has no rows and none follow: its status, or that it is empty
    """

    def __init__(self, chain: Chain, at: Trail, access: Access) -> None:
        self._chain, self._at, self._access = chain, at, access
        self._paths = paths(chain.pagination, chain.total) | {*chain.beside}
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
        # Cut when no secret is left in it: half of one would be no value that is known.
        words = " ".join(self._access.redact(answer.body[:_READ].decode("utf-8", "replace")).split())[:_SHOWN]
        return f" The answer begins: {words}" if words else ""
