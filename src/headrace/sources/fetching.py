"""The pages of one planned chain of requests, one after the other, each proved whole before it counts."""

from collections.abc import Iterator

from headrace.errors import SourceUnreadable
from headrace.sources import paging
from headrace.sources.answers import Answer, whole_json
from headrace.sources.auth import Access, Renewed
from headrace.sources.content import array_of, is_named
from headrace.sources.http import SourceHttp
from headrace.sources.limits import require_below_cap
from headrace.sources.reading import Credentials, Page, Part, Reading, Request
from headrace.sources.spec import Content, Extraction, auth_spec, extraction


def access_of(reading: Reading, credentials: Credentials, renewed: Renewed | None = None) -> Access:
    """The credentials in the way that the reading's authentication uses them."""
    spec = auth_spec(reading.spec, reading.auth_spec) if reading.auth_spec else None
    return Access(spec, credentials, renewed)


def fetch(
    reading: Reading, part: Part, credentials: Credentials, http: SourceHttp, renewed: Renewed | None = None
) -> Iterator[Page]:
    """The pages of ``part``. ``renewed`` is told the changed credentials when a token had to be renewed."""
    view = extraction(reading.spec, reading.params)
    access = access_of(reading, credentials, renewed)
    for n, answer, count in chain(view.pagination, view.content, part.request, access, http, _strict(view)):
        require_below_cap(count, view.extension.element_cap, part)
        yield Page(n, answer.url, answer.status, answer.body, answer.headers.get("etag"))


def chain(
    pagination: paging.Params, content: Content, request: Request, access: Access, http: SourceHttp, strict: bool
) -> Iterator[tuple[int, Answer, int]]:
    """Every page of a chain: its number, the answer and how many elements it holds."""
    pages = paging.paginator(pagination)
    asked, n, readable = pages.first(pagination, request), 0, _Readable(content, strict)
    while True:
        answer = http.send(asked, access, readable)
        yield n, answer, readable.count
        following = pages.following(pagination, paging.Turn(request, asked, answer, readable.count, n))
        if following is None:
            return
        if not http.same_origin(asked.url, following.url):
            raise SourceUnreadable(
                f"{asked.url} says that its next page is at another host ({following.url}); "
                "credentials are not sent there."
            )
        n += 1
        paging.require_within(pagination, n + 1, request)
        http.pause(paging.delay_seconds(pagination))
        asked = following


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
