"""A small arXiv: a real HTTP server over invented papers, that misbehaves on order.

    with ArxivStandIn(invent_days(date(2025, 3, 3), 30, 60), today=date(2025, 3, 20)) as server:
        ...  # KB_ARXIV_URL=server.url
        server.fault("endless drip", path="api", times=2)
        server.today = date(2025, 3, 21)

As a program: `PYTHONPATH=tests python -m standins.arxiv_server --today 2025-03-20`.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import socket
import struct
import threading
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from standins import arxiv_xml
from standins.arxiv_faults import FAULTS, Ask, Reply
from standins.arxiv_papers import Invented, invent_days
from standins.arxiv_query import BadQueryError, compile_query

from kb.core.announcements import back, is_weekday

if TYPE_CHECKING:
    from collections.abc import Iterable

ATOM_TYPE = "application/atom+xml; charset=UTF-8"
RSS_TYPE = "application/rss+xml; charset=utf-8"
QUERY_LIMIT = 30_000
PAGE_LIMIT = 2_000

_ID = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v(\d+))?")


@dataclass
class _Ordered:
    name: str
    path: str
    left: int | None
    after: int


class ArxivStandIn:
    """`today` is the day of the feed; `api_day`, if set, the last day that the API knows."""

    def __init__(
        self,
        papers: Iterable[Invented],
        *,
        today: date,
        holidays: frozenset[date] = frozenset(),
        skip_holidays: bool = True,
        port: int = 0,
    ) -> None:
        self.papers = sorted(papers, key=lambda paper: (paper.announced, paper.id))
        self.today = today
        self.api_day: date | None = None
        self.holidays = holidays
        self.skip_holidays = skip_holidays
        self.requests: list[tuple[str, dict[str, str], dict[str, str]]] = []
        """(address, query, headers) of every request, in order."""
        self.stopping = threading.Event()
        self._faults: list[_Ordered] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.standin = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fault(
        self,
        name: str,
        *,
        path: Literal["api", "rss", "any"] = "any",
        times: int | None = None,
        after: int = 0,
    ) -> None:
        """Answer the next `times` requests for `path` (all, where None) with a fault of FAULTS.

        The first `after` of them are answered soundly.
        """
        if name not in FAULTS:
            raise KeyError(f"no fault is called {name!r}")
        self._faults.append(_Ordered(name, path, times, after))

    def heal(self) -> None:
        self._faults.clear()

    def reply(self, ask: Ask) -> Reply:
        reply = self.answer(ask)
        with self._lock:
            for ordered in self._faults:
                if ordered.path not in (ask.path, "any") or ordered.left == 0:
                    continue
                if ordered.after:
                    ordered.after -= 1
                    continue
                if ordered.left is not None:
                    ordered.left -= 1
                return FAULTS[ordered.name](reply, ask)
        return reply

    def answer(self, ask: Ask) -> Reply:
        """The sound reply."""
        return self.feed_of(self.today, ask) if ask.path == "rss" else self._api(ask)

    def feed_of(self, day: date, ask: Ask) -> Reply:
        name = unquote(ask.address.partition("/rss/")[2])
        wanted = set(name.split("+"))
        announced = is_weekday(day) and day not in self.holidays
        items: list[str] = []
        for paper in self.papers if announced else ():
            before = {c for c, on in paper.crossed.items() if on < day}
            listed = set(paper.categories_on(day))
            if paper.announced == day:
                if listed & wanted:
                    kind = "new" if paper.categories[0] in wanted else "cross"
                    items.append(arxiv_xml.item(paper, kind, day))
            elif paper.announced < day:
                if not (set(paper.categories) | before) & wanted and listed & wanted:
                    items.append(arxiv_xml.item(paper, "cross", day))
                if day in paper.replaced and listed & wanted:
                    kind = "replace" if paper.categories[0] in wanted else "replace-cross"
                    items.append(arxiv_xml.item(paper, kind, day))
        skip = ["Sunday", "Saturday"]
        if day in self.holidays and self.skip_holidays:
            skip.append(f"{day:%A}")
        body = arxiv_xml.rss(items, name=name, day=day, skip=skip)
        return Reply(body.encode(), RSS_TYPE)

    def _api(self, ask: Ask) -> Reply:
        on = self.api_day or self.today
        size = min(int(ask.query.get("max_results", "10")), PAGE_LIMIT)
        try:
            if ask.start + size > QUERY_LIMIT + PAGE_LIMIT:
                raise BadQueryError("start is beyond what a query gives out")
            found = self._find(ask.query, on)
        except BadQueryError as error:
            return Reply(arxiv_xml.error(str(error)).encode(), ATOM_TYPE, 400)
        page = found[ask.start : ask.start + size]
        entries = [arxiv_xml.entry(paper, on, version) for paper, version in page]
        body = arxiv_xml.atom(
            entries, total=len(found), start=ask.start, per_page=size, asked=ask.query
        )
        return Reply(body.encode(), ATOM_TYPE)

    def _find(self, query: dict[str, str], on: date) -> list[tuple[Invented, int | None]]:
        known = [paper for paper in self.papers if paper.announced <= on]
        found: list[tuple[Invented, int | None]] = [(paper, None) for paper in known]
        if ids := query.get("id_list"):
            by_id = {paper.id: paper for paper in known}
            found = []
            for text in ids.split(","):
                match = _ID.fullmatch(text)
                if match is None:
                    raise BadQueryError(f"incorrect id format for {text}")
                version = int(match[2]) if match[2] else None
                if (paper := by_id.get(match[1])) and (version or 1) <= paper.version(on):
                    found.append((paper, version))
        if wanted := query.get("search_query"):
            test = compile_query(wanted)
            found = [(paper, version) for paper, version in found if test(paper, on)]
        if query.get("sortBy") == "submittedDate":
            found.sort(key=lambda row: row[0].submitted)
        elif query.get("sortBy") == "lastUpdatedDate":
            found.sort(key=lambda row: row[0].updated(on))
        else:
            return found
        return found[::-1] if query.get("sortOrder", "descending") == "descending" else found


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    standin: ArxivStandIn

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the game."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        standin = self.server.standin
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        standin.requests.append((address.path, query, dict(self.headers)))
        if address.path == "/api/query":
            reply = standin.reply(Ask(standin, "api", query, self.path))
        elif address.path.startswith("/rss/"):
            reply = standin.reply(Ask(standin, "rss", query, self.path))
        else:
            reply = Reply(b"no such page", "text/plain", 404)
        with contextlib.suppress(OSError):
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.close_connection = reply.manner != "whole"
        if reply.manner == "hang up":
            return
        if reply.manner == "silence":
            self.server.standin.stopping.wait()
            return
        if reply.manner == "drip headers":
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")
            return
        self.send_response(reply.status)
        for name, value in {"Content-Type": reply.kind, **reply.headers}.items():
            self.send_header(name, value)
        if reply.manner == "drip":
            self.end_headers()
            self._drip(reply.body[: len(reply.body) // 2], b" ")
            return
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.manner == "whole":
            self.wfile.write(reply.body)
            return
        self.wfile.write(reply.body[: len(reply.body) // 2])
        self.wfile.flush()
        if reply.manner == "reset":
            # Closed with a linger of zero, a connection is reset instead of ended.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _drip(self, head: bytes, drop: bytes) -> None:
        self.wfile.write(head)
        self.wfile.flush()
        while not self.server.standin.stopping.wait(0.02):
            self.wfile.write(drop)
            self.wfile.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description="A small arXiv of invented papers.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--today", type=date.fromisoformat, default=date(2025, 3, 20))
    parser.add_argument("--days", type=int, default=40, help="weekdays up to and after today")
    parser.add_argument("--per-day", type=int, default=100)
    parser.add_argument("--fault", choices=sorted(FAULTS))
    given = parser.parse_args()
    papers = invent_days(back(given.today, given.days), given.days + 10, given.per_day)
    with ArxivStandIn(papers, today=given.today, port=given.port) as server:
        if given.fault:
            server.fault(given.fault)
        print(server.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.stopping.wait()


if __name__ == "__main__":
    main()
