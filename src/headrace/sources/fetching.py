"""The pages of one planned chain of requests, one after the other, each proved whole before it counts."""

from collections.abc import Iterator
from dataclasses import dataclass

from headrace.errors import SourceUnreadable
from headrace.sources import paging
from headrace.sources.answers import Answer, whole_json
from headrace.sources.auth import Access, Renewed
from headrace.sources.content import array_of, is_named
from headrace.sources.http import SourceHttp
from headrace.sources.limits import require_below_cap
from headrace.sources.reading import Credentials, Page, Part, Reading, Request, Trail
from headrace.sources.spec import Content, Extraction, auth_spec, extraction


def access_of(reading: Reading, credentials: Credentials, renewed: Renewed | None = None) -> Access:
    """The credentials in the way that the reading's authentication uses them."""
    spec = auth_spec(reading.spec, reading.auth_spec) if reading.auth_spec else None
    return Access(spec, credentials, renewed)


def fetch(
    reading: Reading,
    part: Part,
    credentials: Credentials,
    http: SourceHttp,
    renewed: Renewed | None = None,
    trail: Trail | None = None,
) -> Iterator[Page]:
    """The pages of ``part``, or those behind the page that left ``trail``, as if the chain had never been interrupted.

    ``renewed`` is told the changed credentials when a token had to be renewed.
    """
    view = extraction(reading.spec, reading.params)
    access = access_of(reading, credentials, renewed)
    for turn in chain(view.pagination, view.content, part.request, access, http, _strict(view), trail):
        require_below_cap(turn.count, view.extension.element_cap, part)
        answer = turn.answer
        yield Page(turn.n, answer.url, answer.status, answer.body, answer.headers.get("etag"), turn.behind)


@dataclass(frozen=True, slots=True)
class Turn:
    """A page of a chain: its number, the answer, how many elements it holds, and how the chain goes on behind it."""

    n: int
    answer: Answer
    count: int
    behind: Trail | None


def chain(
    pagination: paging.Params,
    content: Content,
    request: Request,
    access: Access,
    http: SourceHttp,
    strict: bool,
    trail: Trail | None = None,
) -> Iterator[Turn]:
    """Every page of a chain that begins with ``request``, or of what ``trail`` leaves of it."""
    pages = paging.paginator(pagination)
    at = trail or Trail(pages.first(pagination, request), 0)
    readable = _Readable(content, strict)
    while True:
        answer = http.send(at.request, access, readable)
        following = pages.following(pagination, paging.Turn(request, at, answer, readable.count))
        behind = _behind(at, following, access, http)
        yield Turn(at.pages, answer, readable.count, behind)
        if behind is None:
            return
        paging.require_within(pagination, behind.pages + 1, request)
        http.pause(paging.delay_seconds(pagination))
        at = behind


def _behind(at: Trail, following: Request | None, access: Access, http: SourceHttp) -> Trail | None:
    if following is None:
        return None
    if not http.same_origin(at.request.url, following.url):
        raise SourceUnreadable(
            f"{at.request.url} says that its next page is at another host ({following.url}); "
            "credentials are not sent there."
        )
    return Trail(access.without_secrets(following), at.pages + 1)


def _strict(view: Extraction) -> bool:
    """Where rows are replaced, an answer without the array is no proof that there are none."""
    return view.extension.write_mode != "append"


class _Readable:
    """Checks an answer; ``count`` is then how many elements it holds: a page is cut up once, however large."""

    def __init__(self, content: Content, strict: bool) -> None:
        self._content, self._strict = content, strict
        self.count = 0

    def __call__(self, answer: Answer) -> None:
        if self._content.path and not (is_named(self._content.path) and answer.body.strip()):
            whole_json(answer)  # cutting up a page by names reads all of it anyway
        try:
            found = array_of(answer.body, self._content)
        except SourceUnreadable as error:
            whole_json(answer)
            raise SourceUnreadable(f"{answer.url}: {error.message}", **error.facts) from error
        # An answer without content (204) is no list either.
        if self._strict and (found is None or not answer.body.strip()):
            path = ".".join(map(str, self._content.path)) or "a body"
            raise SourceUnreadable(f"{answer.url} answered without {path}; the spec's contentPath points there.")
        self.count = len(found or ())
