"""The pages of one planned part."""

from collections.abc import Iterator

from headrace.sources.auth import Access, Renewed
from headrace.sources.chains import Chain, walk
from headrace.sources.http import SourceHttp
from headrace.sources.limits import require_below_cap
from headrace.sources.paths import Path, parse_path
from headrace.sources.reading import Credentials, Page, Part, Reading, Request, Trail
from headrace.sources.spec import Extraction, auth_spec, extraction


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
    for page in walk(chain_of(view, part.request, reading.replaces, reading.merges), access, http, trail):
        count, answer = len(page.cut.elements), page.answer
        require_below_cap(count, view.extension.element_cap, part)
        etag = answer.headers.get("etag")
        how = (etag, count, page.ended, page.behind, page.hidden, answer.headers)
        yield Page(page.n, answer.url, answer.status, answer.body, *how)


def chain_of(view: Extraction, request: Request, replaces: bool | None = None, merges: bool | None = None) -> Chain:
    """The chain that begins with ``request``, with what the spec lets end it. The last two as in ``Reading``."""
    declared = view.extension
    return Chain(
        view.pagination,
        view.content,
        request,
        declared.ends_at,
        declared.may_be_absent,
        declared.may_repeat,
        declared.keep_query,
        declared.total,
        proves=declared.write_mode == "replace-window" if replaces is None else replaces,
        merges=declared.write_mode == "merge" if merges is None else merges,
        beside=tuple(_beside(view)),
    )


def _beside(view: Extraction) -> Iterator[Path]:
    """Where values stand beside the array, on a page, that the spec names: as what goes along, a key or a day."""
    content, declared = view.content, view.extension
    if not (content.wrapper and content.path and isinstance(content.path[-1], str)):
        return
    day = declared.day
    named = (*declared.key, declared.version, *((day.date, day.year, day.month, day.day) if day else ()))
    paths = [*((name,) for name in sorted(content.keep or ())), *(parse_path(text) for text in named if text)]
    for path in dict.fromkeys(paths):
        if path[0] not in (content.wrapper, content.path[-1]) and content.keeps(str(path[0])):
            yield (*content.path[:-1], *path)
