"""Requests to sources: one pool, bounded answers, redirects and retries under the host guard, no secret in an error."""

import copy
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore2
import httpx2
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from headrace import errors
from headrace.clock import Clock, MonotonicTimer, Timer, WallClock, utc
from headrace.sources import answers, encodings, packing
from headrace.sources.answers import Answer
from headrace.sources.auth import Access
from headrace.sources.guard import GuardedBackend, Resolve, resolve
from headrace.sources.links import Leads, leads
from headrace.sources.pooling import PooledTransport
from headrace.sources.reading import LONGEST_ADDRESS, Request, shown
from headrace.sources.renewing import RenewedTokens

log = logging.getLogger(__name__)
# The library writes whole addresses and headers, with the keys that are in them.
for _library in ("httpx2", "httpcore2"):
    logging.getLogger(_library).setLevel(logging.WARNING)

BRISK_SECONDS, BRISK_BYTES = 60.0, 32 * 1024 * 1024
OBEY_SECONDS = 1.0
PAGE_LIMIT = 256 * 1024 * 1024
REDIRECTS = 5
_LONGEST_REASON = 300
_REDIRECT = (301, 302, 303, 307, 308)
_SCHEMES = ("http", "https")
_TRANSIENT = (
    errors.SourceThrottled,
    errors.SourceTroubled,
    errors.SourceUnreachable,
    errors.SourceTimeout,
    errors.SourceUnreadable,
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one request is tried; times in seconds.

    attempts   requests at most
    wait       before the second attempt; doubled each time, with jitter
    wait_max   between two attempts at most
    asked_max  what a source may ask for at most; a request that is asked to wait longer ends with SourceAsksToWait
    connect    for a connection
    read       without a byte
    whole      for one whole answer
    """

    attempts: int = 5
    wait: float = 0.5
    wait_max: float = 20.0
    asked_max: float = 60.0
    connect: float = 10.0
    read: float = 100.0
    whole: float = 600.0


Check = Callable[[Answer], None]
Heard = Callable[[Request, Answer, Access], None]
Obey = Callable[[], None]


def _log_retry(details: RetryDetails) -> None:
    why = " ".join(str(details.caused_by).split())  # names the address, secrets masked; a source's words may have lines
    log.warning("Attempt %d follows in %.1f s: %s", details.retry_num + 1, details.wait_for, why)


set_on_retry_hooks([_log_retry])  # the library's own line says neither what is retried, nor why, nor when


class SourceHttp:
    """Asks sources. One per process; threads share it.

    allow_private  lets sources live at private and loopback addresses
    aliases        printed host URL -> URL that is called instead
    page_limit     bytes that one answer may have, unpacked
    pause          waits between two pages of a source that asks for it
    transport      answers instead of the network
    heard          is told each attempt's answer
    clock          on which a source says when to ask again
    """

    def __init__(
        self,
        allow_private: bool = False,
        aliases: Mapping[str, str] | None = None,
        page_limit: int = PAGE_LIMIT,
        patience: Patience = Patience(),
        pause: Callable[[float], None] = time.sleep,
        timer: Timer = MonotonicTimer(),
        clock: Clock = WallClock(),
        resolve: Resolve = resolve,
        transport: httpx2.BaseTransport | None = None,
        heard: Heard = lambda *_: None,
    ) -> None:
        self._pause = pause
        self._aliases = {printed.rstrip("/"): target.rstrip("/") for printed, target in (aliases or {}).items()}
        self._page_limit = page_limit
        self._patience = patience
        self._timer = timer
        self._clock = clock
        self._tokens = RenewedTokens()
        self._heard = heard
        self._obey: Obey = lambda: None
        self._obeyed = -math.inf
        self._until = math.inf
        transport = transport or PooledTransport(GuardedBackend(allow_private, resolve))
        # One client for all orgs: a cookie that a source sets for one would go along with the requests of others.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        headers = {"accept-encoding": packing.CODINGS}
        self._client = httpx2.Client(transport=transport, trust_env=False, headers=headers, cookies=no_cookies)

    def close(self) -> None:
        """Closes every connection."""
        self._client.close()

    def obeying(self, obey: "Obey") -> "SourceHttp":
        """The same connections for somebody who may have to end at any time.

        ``obey`` raises then. It is asked before each request, while an answer comes and while the source wants to rest,
        about once a second at most.
        """
        obeying = copy.copy(self)
        obeying._obey, obeying._obeyed = obey, -math.inf
        return obeying

    def brisk(self) -> "SourceHttp":
        """The same connections, with the patience of somebody who waits for the answer: for an API call, not a run.

        All that is asked from now on ends within a minute, however many requests it takes, and no answer is so large
        that a few of them would fill the memory.
        """
        most = self._patience
        brisk = copy.copy(self)
        brisk._page_limit = min(self._page_limit, BRISK_BYTES)
        brisk._until = min(self._until, self._timer.seconds() + BRISK_SECONDS)
        brisk._patience = replace(
            most,
            attempts=min(most.attempts, 2),
            asked_max=min(most.asked_max, 2),
            read=min(most.read, 30),
            whole=min(most.whole, BRISK_SECONDS),
        )
        return brisk

    def send(
        self, request: Request, access: Access, check: Check = answers.any_body, ends: frozenset[int] = frozenset()
    ) -> Answer:
        """The source's 2xx answer; retried within the limits, and once more after a 401, with a renewed token if any.

        A status in ``ends`` is an answer, no failure. SourceAsksToWait when the source wants to be left alone for
        longer than a request can wait.
        """
        try:
            return self._patiently(request, access, check, ends)
        except errors.SourceUnauthorized:
            bare = access.bare()
            access.renew(lambda form: self._patiently(form, bare, answers.whole_json).body, self._tokens, self._keep_on)
        return self._patiently(request, access, check, ends)

    def rest(self, seconds: float) -> None:
        """Leaves the source alone for so long, between two pages; obeys meanwhile."""
        while seconds > 0:
            self._keep_on()
            step = min(seconds, OBEY_SECONDS, max(self._until - self._timer.seconds(), 0))
            self._pause(step)
            seconds -= step or seconds

    def _keep_on(self) -> None:
        """Raises where whoever asks must end, or has waited long enough."""
        now = self._timer.seconds()
        if now >= self._until:
            raise errors.SourceTimeout(
                f"The source took longer than {BRISK_SECONDS:g} seconds for all that was asked of it; ask for less, or "
                "leave it to a run, which waits longer."
            )
        if now - self._obeyed >= OBEY_SECONDS:
            self._obeyed = now
            self._obey()

    def leads(self, asked: str, onward: str) -> Leads:
        """Where a URL leads from another one, as it is written and with aliases applied: the nearer of the two."""
        ways = {leads(asked, onward), leads(self._aliased(asked), self._aliased(onward))}
        return next(where for where in Leads if where in ways)

    def _patiently(self, request: Request, access: Access, check: Check, ends: frozenset[int] = frozenset()) -> Answer:
        try:
            return self._tried(request, access, check, ends)
        except (errors.SourceThrottled, errors.SourceTroubled) as error:
            wait = error.facts.get("wait")
            if not isinstance(wait, float) or (isinstance(error, errors.SourceTroubled) and not self._too_long(wait)):
                raise
            until = self._clock.now() + math.ceil(max(wait, self._patience.asked_max) * 1000)
            raise errors.SourceAsksToWait(
                f"{error.message} It asks to wait until {utc(until):%Y-%m-%d %H:%M:%S} UTC.", until=until, **error.facts
            ) from error

    def _too_long(self, seconds: float) -> bool:
        return seconds > self._patience.asked_max

    def _tried(self, request: Request, access: Access, check: Check, ends: frozenset[int]) -> Answer:
        patience = self._patience
        for attempt in stamina.retry_context(
            on=self._worth_another,
            attempts=patience.attempts,
            timeout=None,
            wait_initial=patience.wait,
            wait_max=patience.wait_max,
            wait_jitter=patience.wait,
        ):
            with attempt:
                answer = self._once(request, access, ends)
                check(answer)
                return answer
        raise errors.Broken("A request was neither answered nor refused.")

    def _worth_another(self, error: Exception) -> bool | float:
        """Whether to try again; the seconds to wait where the source named them."""
        if not isinstance(error, _TRANSIENT):
            return False
        wait = error.facts.get("wait")
        return True if not isinstance(wait, float) else False if self._too_long(wait) else wait

    def _once(self, request: Request, access: Access, ends: frozenset[int]) -> Answer:
        """One attempt, redirects followed. Credentials leave with the first origin; a body is never sent to another."""
        access.require_allowed(request.url, self.leads)
        url = access.fill_query(self._aliased(request.target))
        headers = {name: access.fill_header(value) for name, value in request.headers.items()} | access.headers()
        body = access.fill_body(request.body) if request.body is not None else None
        method = request.method
        for _ in range(REDIRECTS + 1):
            answer = self._exchange(method, url, headers, body, request, access)
            if answer.status not in _REDIRECT or "location" not in answer.headers:
                self._heard(request, answer, access)
                if answer.status not in ends:
                    answers.require_success(answer, access.redact, self._clock.now)
                return answer
            onward = self._aliased(_onward(url, answer))
            if self.leads(url, onward) not in (Leads.HERE, Leads.TO_TLS):
                if body is not None:
                    break
                headers = {name: "application/json" for name in headers if name.lower() == "accept"}
            if answer.status == 303 or (method == "POST" and answer.status in (301, 302)):
                method, body = "GET", None
            url = onward
        raise errors.SourceRejected(
            f"{shown(request.target)} redirects elsewhere too often or with a body; check the connection's host."
        )

    def _exchange(
        self, method: str, url: str, headers: dict[str, str], body: str | None, request: Request, access: Access
    ) -> Answer:
        self._keep_on()
        name = shown(access.redact(request.target))
        if len(url) > LONGEST_ADDRESS:
            raise errors.SourceRejected(
                f"The address {name} has {len(url):,} characters, more than the {LONGEST_ADDRESS:,} of any request; "
                "ask for less at once."
            )
        parts = _parts(url)
        if parts is None or parts.scheme not in _SCHEMES or not parts.hostname:
            raise errors.SourceHostRefused(f"The address {name} is not an http or https URL; check the host.")
        # The target goes out byte for byte: a client library that normalises it breaks Rest.li's grammar.
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        left = max(self._until - self._timer.seconds(), 0.1)
        timeout = httpx2.Timeout(min(self._patience.read, left), connect=min(self._patience.connect, left))
        try:
            with self._client.stream(
                method, url, headers=headers, content=body, extensions={"target": target.encode()}, timeout=timeout
            ) as answer:
                lower = {name.lower(): value for name, value in answer.headers.items()}
                content = packing.unpacked(self._bounded(answer, name), lower, self._page_limit, name)
                return Answer(name, answer.status_code, lower, encodings.utf8(content, lower, name))
        except (httpcore2.TimeoutException, httpx2.TimeoutException) as error:
            raise errors.SourceTimeout(f"{name} did not answer in time.") from error
        except (httpcore2.ProtocolError, httpx2.ProtocolError, httpx2.DecodingError) as error:
            why = errors.legible(access.redact(str(error)), _LONGEST_REASON)
            raise errors.SourceBrokeOff(f"{name} broke off or garbled its answer: {why}.") from error
        except (httpcore2.NetworkError, httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            raise errors.SourceUnreachable(f"{name} cannot be reached: {access.redact(str(error))}.") from error

    def _bounded(self, answer: httpx2.Response, shown: str) -> bytes:
        """The body as it was sent, refused as soon as it is too long or too slow."""
        limit, until = self._page_limit, self._timer.seconds() + self._patience.whole
        chunks: list[bytes] = []
        size = 0
        for chunk in answer.iter_raw():
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise errors.SourceTooLarge(
                    f"{shown} answers with more than {limit:,} bytes; ask for less at once, for instance fewer days."
                )
            self._keep_on()
            if self._timer.seconds() > until:
                raise errors.SourceTimeout(f"{shown} did not finish its answer in {self._patience.whole:g} seconds.")
        return b"".join(chunks)

    def _aliased(self, url: str) -> str:
        for printed, target in self._aliases.items():
            if url.startswith(printed) and url[len(printed) : len(printed) + 1] in ("", "/", "?"):
                return target + url[len(printed) :]
        return url


def _onward(url: str, answer: Answer) -> str:
    """Where a redirect leads; SourceRejected where that is no address."""
    try:
        return urljoin(url, answer.headers["location"])
    except ValueError as error:  # brackets that do not close
        raise errors.SourceRejected(
            f"{answer.url} answered {answer.status}, a redirect to what is no address; check the connection's host."
        ) from error


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None
