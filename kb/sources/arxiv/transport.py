"""One request to arXiv, guarded: whole, in time, of the right kind, or not believed at all.

The `arxiv` package reads what this lets through. Its own parser mends whatever it is given, so a
page cut short would pass for a short page; nothing reaches it here before it was found sound.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kb.errors import TryLater
from kb.sources.arxiv.pacing import lane
from kb.sources.arxiv.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests import Response, Session

    from kb.sources.arxiv.pacing import Pacing

log = logging.getLogger(__name__)

MAX_BYTES = 32 * 1024 * 1024
"""A page of 1,000 papers has 2.5 MB, the feed of the largest day 5 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited for what, in seconds."""

    every: float
    """Between two requests (https://info.arxiv.org/help/api/tou.html)."""
    connect: float
    silence: float
    """Without a byte."""
    deadline: float
    """For one request as a whole."""
    tries: int
    backoff: float
    """Before the second try; doubled before each other."""
    longest_wait: float
    """A longer Retry-After ends the pass and is remembered."""
    rest: float
    """Remembered when arXiv keeps refusing without saying for how long."""


ARXIV = Patience(
    every=3, connect=10, silence=45, deadline=90, tries=4, backoff=5, longest_wait=60, rest=600
)
NEARBY = Patience(
    every=0, connect=3, silence=8, deadline=8, tries=4, backoff=0.05, longest_wait=5, rest=0
)
"""For a stand-in or mirror on this machine."""


class Unsound(ValueError):
    """What came is no answer; `str()` says what it is instead."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer that was found sound; what the `arxiv` package asks of a response."""

    url: str
    content: bytes
    status_code: int = 200


class _Fault(Exception):
    def __init__(
        self, why: str, *, wait: float | None = None, slow: bool = False, refused: bool = False
    ) -> None:
        super().__init__(why)
        self.why = why
        self.wait = wait
        self.slow = slow
        self.refused = refused


class Transport:
    """Asks, waits, asks again, and gives up with TryLater.

    `check` is given address and body of every answer with status 200 and raises ValueError on what
    is no answer to that address.
    """

    def __init__(
        self,
        pacing: Pacing,
        patience: Patience,
        check: Callable[[str, bytes], None],
        *,
        trust_env: bool = True,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pacing = pacing
        self._patience = patience
        self._check = check
        self._trust_env = trust_env
        self._sleep = sleep
        self._sockets = Sockets()
        self._session: Session | None = None

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        """The sound answer at `url`; `headers` are the caller's and give way to ours.

        Raises TryLater when no try brought one, or when arXiv asked for a longer wait.
        """
        del headers
        patience = self._patience
        slow = 0
        for attempt in range(1, patience.tries + 1):
            try:
                with self._pacing.turn(lane(url), patience.every, patience.longest_wait):
                    return self._once(url)
            except _Fault as fault:
                log.warning("arXiv, try %d: %s", attempt, fault.why)
                slow += fault.slow
                asked = fault.wait
                long = asked is not None and asked > patience.longest_wait
                if long or attempt == patience.tries or slow == 2:
                    rest = patience.rest if asked is None and fault.refused else asked
                    if rest:
                        self._pacing.cool_down(lane(url), rest)
                    raise TryLater(_sentence(url, fault.why), seconds=rest or None) from None
            self._sleep(patience.backoff * 2 ** (attempt - 1) if asked is None else asked)
        raise AssertionError("unreachable")

    def _once(self, url: str) -> Page:
        import requests

        patience = self._patience
        timer = threading.Timer(patience.deadline, self._sockets.cut)
        timer.daemon = True
        timer.start()
        try:
            with self._open().get(
                url, timeout=(patience.connect, patience.silence), stream=True
            ) as response:
                body = self._read(response)
                self._judge_status(response, body)
        except requests.Timeout:
            raise _Fault("it did not answer in time", slow=True) from None
        except requests.TooManyRedirects:
            raise _Fault("it redirects in a circle") from None
        except (requests.RequestException, OSError) as error:
            if self._sockets.were_cut:
                raise _Fault(
                    f"its answer was not there after {patience.deadline:g} seconds", slow=True
                ) from None
            raise _Fault(f"the connection failed ({_cause(error)})") from None
        finally:
            timer.cancel()
            if self._sockets.were_cut:
                self.close()
                self._sockets = Sockets()
        try:
            self._check(url, body)
        except ValueError as error:
            limited = b"rate exceeded" in body[:10_000].lower()
            raise _Fault(f"it sent {error}", refused=limited) from None
        return Page(url, body)

    def _read(self, response: Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(65536):
            body += chunk
            if len(body) > MAX_BYTES:
                raise _Fault(f"it sent more than {MAX_BYTES >> 20} MiB")
        if self._sockets.were_cut:
            raise _Fault(
                f"its answer was not whole after {self._patience.deadline:g} seconds", slow=True
            )
        return bytes(body)

    def _judge_status(self, response: Response, body: bytes) -> None:
        status = response.status_code
        if status != 200:
            said = _error_of(body) if status == 400 else ""
            raise _Fault(
                f"it answered {status} {response.reason or ''}".rstrip() + said,
                wait=_retry_after(response) if status in (429, 503) else None,
                refused=status in (403, 429, 503),
            )
        kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind and "xml" not in kind:
            raise _Fault(
                f"it sent {kind} instead of a feed",
                refused=b"rate exceeded" in body[:10_000].lower(),
            )

    def _open(self) -> Session:
        if self._session is None:
            import requests

            from kb import __version__

            self._session = requests.Session()
            self._session.trust_env = self._trust_env
            self._session.max_redirects = 3
            self._session.headers["User-Agent"] = f"kb/{__version__} (python-requests)"
            self._session.headers["Accept"] = "application/atom+xml, application/rss+xml, text/xml"
            self._sockets.watch(self._session)
        return self._session


def _retry_after(response: Response) -> float | None:
    """Seconds from the header, a number or a date (read by the server's own clock, if it has one)."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, IndexError):
        return None
    try:
        now = parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, IndexError):
        now = datetime.now(UTC)
    if until.tzinfo is None or now.tzinfo is None:
        return None
    return max(0.0, (until - now).total_seconds())


def _error_of(body: bytes) -> str:
    from kb.sources.atom import NotAFeed, parse_atom

    try:
        error = parse_atom(body).error
    except NotAFeed:
        return ""
    return f" ({error[:200]})" if error else ""


def _cause(error: BaseException) -> str:
    """The innermost reason, without addresses and objects."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:120]


def _sentence(url: str, why: str) -> str:
    parts = urlsplit(url)
    return f"arXiv cannot be read now: {why} ({parts.netloc}{parts.path}); run kb sync again later"
