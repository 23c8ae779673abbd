"""The ways in which arXiv, and the wire to it, were seen to fail; each on order.

A fault is given the sound reply and makes the one that is sent. Those in `ONLY` concern one path.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal

from standins import arxiv_xml

from kb.core.announcements import previous_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.arxiv_server import ArxivStandIn

    Fault = Callable[["Reply", "Ask"], "Reply"]

Manner = Literal["whole", "cut", "reset", "hang up", "drip", "drip headers", "silence"]


@dataclass(frozen=True)
class Reply:
    body: bytes
    kind: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    manner: Manner = "whole"

    def text(self, body: str) -> Reply:
        return replace(self, body=body.encode())


@dataclass(frozen=True)
class Ask:
    server: ArxivStandIn
    path: Literal["api", "rss"]
    query: dict[str, str]
    address: str

    @property
    def start(self) -> int:
        return int(self.query.get("start", "0"))


def _status(code: int, **headers: str) -> Fault:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _reply, _ask: Reply(b"<html>no</html>", "text/html", code, sent)


def _dated(seconds: int) -> Fault:
    def fault(_reply: Reply, _ask: Ask) -> Reply:
        until = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=False)
        return Reply(b"", "text/plain", 429, {"Retry-After": until})

    return fault


def _manner(manner: Manner) -> Fault:
    return lambda reply, _ask: replace(reply, manner=manner)


def _body(body: bytes) -> Fault:
    return lambda reply, _ask: replace(reply, body=body)


def _cut_xml(reply: Reply, _ask: Ask) -> Reply:
    return replace(reply, body=reply.body[: len(reply.body) * 2 // 3])


def _cut_after_entry(reply: Reply, _ask: Ask) -> Reply:
    """Cut where the lenient parser of the `arxiv` package sees a short but good page."""
    ends = [m.end() for m in re.finditer(rb"</(?:entry|item)>\n", reply.body)]
    return replace(reply, body=reply.body[: ends[len(ends) // 2] if ends else -20])


def _error_entry(status: int) -> Fault:
    body = arxiv_xml.error("internal error").encode()
    return lambda reply, _ask: replace(reply, body=body, status=status)


def _wrong_type(reply: Reply, _ask: Ask) -> Reply:
    return replace(reply, kind="text/html; charset=utf-8")


def _gzip_cut(reply: Reply, _ask: Ask) -> Reply:
    packed = gzip.compress(reply.body)
    return replace(reply, body=packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})


def _gzip_broken(reply: Reply, _ask: Ask) -> Reply:
    return replace(reply, headers={"Content-Encoding": "gzip"})


def _not_utf8(reply: Reply, _ask: Ask) -> Reply:
    return replace(reply, body=reply.body.replace(b"<title>", b"<title>\xff\xfe\xc3(", 3))


def _redirects(_reply: Reply, ask: Ask) -> Reply:
    return Reply(b"", "text/html", 302, {"Location": ask.address})


def _giant(reply: Reply, _ask: Ask) -> Reply:
    return replace(reply, body=reply.body + b"<!--" + b"x" * (40 << 20) + b"-->")


def _entries(body: bytes) -> list[bytes]:
    return re.findall(rb"  <entry>.*?</entry>\n", body, re.DOTALL)


def _items(body: bytes) -> list[bytes]:
    return re.findall(rb"    <item>.*?</item>\n", body, re.DOTALL)


def _without(body: bytes, dropped: list[bytes]) -> bytes:
    for piece in dropped:
        body = body.replace(piece, b"", 1)
    return body


def _empty_first(reply: Reply, ask: Ask) -> Reply:
    body = _without(reply.body, _entries(reply.body)) if ask.start == 0 else reply.body
    return replace(reply, body=body)


def _empty_later(reply: Reply, ask: Ask) -> Reply:
    body = _without(reply.body, _entries(reply.body)) if ask.start > 0 else reply.body
    return replace(reply, body=body)


def _total(change: Callable[[int], int]) -> Fault:
    def fault(reply: Reply, ask: Ask) -> Reply:
        if ask.start == 0:
            return reply
        pattern = rb"(<opensearch:totalResults>)(\d+)"
        return replace(
            reply,
            body=re.sub(pattern, lambda m: m[1] + b"%d" % change(int(m[2])), reply.body),
        )

    return fault


def _duplicates(reply: Reply, _ask: Ask) -> Reply:
    entries = _entries(reply.body)
    return replace(
        reply, body=reply.body.replace(entries[-1], entries[0]) if entries else reply.body
    )


def _overlap(reply: Reply, ask: Ask) -> Reply:
    if ask.start == 0:
        return reply
    shifted = ask.server.answer(replace(ask, query={**ask.query, "start": str(ask.start - 3)}))
    was, now = (b"<opensearch:startIndex>%d<" % start for start in (ask.start - 3, ask.start))
    return replace(shifted, body=shifted.body.replace(was, now))


def _first_page_again(_reply: Reply, ask: Ask) -> Reply:
    return ask.server.answer(replace(ask, query={**ask.query, "start": "0"}))


def _no_total(reply: Reply, _ask: Ask) -> Reply:
    return replace(reply, body=re.sub(rb"  <opensearch:totalResults>.*\n", b"", reply.body))


def _no_dates(reply: Reply, _ask: Ask) -> Reply:
    return replace(reply, body=re.sub(rb"    <published>.*\n", b"", reply.body, count=1))


def _yesterday(_reply: Reply, ask: Ask) -> Reply:
    return ask.server.feed_of(previous_day(ask.server.today), ask)


def _third(reply: Reply, _ask: Ask) -> Reply:
    items = _items(reply.body)
    return replace(reply, body=_without(reply.body, items[len(items) // 3 :]))


def _no_items(reply: Reply, _ask: Ask) -> Reply:
    return replace(reply, body=_without(reply.body, _items(reply.body)))


def _no_day(reply: Reply, _ask: Ask) -> Reply:
    body = re.sub(rb"\s*<(pubDate|lastBuildDate)>.*?</\1>", b"", reply.body)
    return replace(reply, body=body)


_HTML = b"<!DOCTYPE html><html><head><title>Rate exceeded.</title></head><body>Rate exceeded.</body></html>"
_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(8))
    + b']><feed xmlns="http://www.w3.org/2005/Atom"><title>&i;</title></feed>'
)

FAULTS: dict[str, Fault] = {
    "429": _status(429),
    "429 retry-after 0": _status(429, Retry_After="0"),
    "429 retry-after an hour": _status(429, Retry_After="3600"),
    "429 retry-after a date": _dated(3600),
    "429 retry-after nonsense": _status(429, Retry_After="soon"),
    "403": _status(403),
    "404": _status(404),
    "406": _status(406),
    "500": _status(500),
    "502": _status(502),
    "503": _status(503),
    "503 retry-after": _status(503, Retry_After="7200"),
    "html with status 200": lambda _reply, _ask: Reply(_HTML, "text/html"),
    "html called xml": lambda reply, _ask: replace(reply, body=_HTML),
    "error entry with status 200": _error_entry(200),
    "error entry with status 400": _error_entry(400),
    "empty first page": _empty_first,
    "empty page in the middle": _empty_later,
    "truncated xml": _cut_xml,
    "truncated after an entry": _cut_after_entry,
    "reset in the body": _manner("reset"),
    "closed in the body": _manner("cut"),
    "closed without answer": _manner("hang up"),
    "silence": _manner("silence"),
    "endless drip": _manner("drip"),
    "endless drip of headers": _manner("drip headers"),
    "wrong content type": _wrong_type,
    "gzip cut short": _gzip_cut,
    "gzip in name only": _gzip_broken,
    "total shrinks": _total(lambda total: total // 2),
    "total grows": _total(lambda total: total + 7),
    "no total": _no_total,
    "entry without date": _no_dates,
    "duplicate entries": _duplicates,
    "overlapping pages": _overlap,
    "first page again": _first_page_again,
    "yesterday's feed": _yesterday,
    "a third of the feed": _third,
    "empty feed": _no_items,
    "feed without a day": _no_day,
    "wrong root": _body(b"<?xml version='1.0'?><opml><body/></opml>"),
    "json": _body(b'{"error": "busy"}'),
    "not utf-8": _not_utf8,
    "nothing with status 200": _body(b""),
    "redirect loop": _redirects,
    "entity bomb": _body(_BOMB),
    "giant body": _giant,
}

API_ONLY = frozenset(
    {
        "error entry with status 200",
        "error entry with status 400",
        "empty first page",
        "empty page in the middle",
        "total shrinks",
        "total grows",
        "no total",
        "entry without date",
        "duplicate entries",
        "overlapping pages",
        "first page again",
    }
)
RSS_ONLY = frozenset(
    {"yesterday's feed", "a third of the feed", "empty feed", "feed without a day"}
)
