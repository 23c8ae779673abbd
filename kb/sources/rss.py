"""arXiv's announcement feed, as served at rss.arxiv.org and as saved to a file."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, cast, get_args

from kb.core.papers import AnnounceType, Paper, parse_arxiv_id
from kb.errors import Problem
from kb.sources import fields
from kb.sources.xml import NotAFeed, child, children, local, parse_xml, text_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["NotAFeed", "RssFeed", "parse_rss"]

_HEAD = re.compile(
    r"\s*arXiv:(?P<id>\S+)\s+Announce Type:\s*(?P<type>[\w-]+)\s*(?:Abstract:\s*)?", re.IGNORECASE
)
# Until January 2024 the title ended in the id: `A title. (arXiv:2301.00001v2 [cs.LG] UPDATED)`.
_OLD_TAIL = re.compile(
    r"\.?\s*\(arXiv:(?P<id>\S+)\s+\[(?P<category>[^\]\s]+)\]\s*(?P<mark>[A-Z ]*)\)\s*\Z"
)
_OLD_MARKS: dict[str, AnnounceType] = {
    "": "new",
    "CROSS LISTED": "cross",
    "UPDATED": "replace",
    "UPDATED CROSS LISTED": "replace-cross",
    "CROSS LISTED UPDATED": "replace-cross",
}
_TAG = re.compile(r"<[^>]{0,2000}>")


@dataclass(frozen=True, slots=True)
class RssFeed:
    """One announcement as the feed tells it."""

    day: date | None
    """The mailing date the feed is of."""
    built: datetime | None
    """When arXiv made it, in UTC."""
    skip_days: frozenset[str]
    """Names of the days without announcements, e.g. `Saturday`."""
    items: tuple[Paper, ...]
    problems: tuple[Problem, ...]
    """Items that could not be read, `where` being `item N`."""


def parse_rss(data: bytes) -> RssFeed:
    """The papers of an announcement feed, in its order; `announced` is the feed's day.

    An item that bears a day of its own is announced on that. Understands the layout of 2024 and
    later and the RDF one before. Raises NotAFeed on HTML, malformed or cut XML and other documents.
    """
    root = parse_xml(data)
    channel = child(root, "channel")
    if local(root) not in ("rss", "RDF") or channel is None:
        raise NotAFeed(f"XML whose root is <{local(root)}>, not an RSS feed")
    entries = [*children(channel, "item"), *children(root, "item")]
    day = _day(channel)
    if day is None and entries:
        day = _day(entries[0])
    items: list[Paper] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries, 1):
        try:
            items.append(_paper(entry, day))
        except ValueError as error:
            problems.append(Problem(f"item {number}", str(error)))
    skip = child(channel, "skipDays")
    return RssFeed(
        day=day,
        built=fields.utc_from_mail(text_of(channel, "lastBuildDate")),
        skip_days=frozenset(
            fields.fold(name.text or "") for name in (() if skip is None else children(skip, "day"))
        ),
        items=tuple(items),
        problems=tuple(problems),
    )


def _day(element: Element) -> date | None:
    if day := fields.eastern_day(text_of(element, "pubDate")):
        return day
    # RDF: the evening of the announcement, whose mailing date is the day after.
    moment = fields.utc_from_iso(text_of(element, "date"))
    if moment is None:
        return None
    return (moment.astimezone(fields.EASTERN) + timedelta(hours=4)).date()


def _paper(item: Element, day: date | None) -> Paper:
    title = fields.fold(text_of(item, "title"))
    description = text_of(item, "description")
    terms = [term.text or "" for term in children(item, "category")]
    kind: str = fields.fold(text_of(item, "announce_type"))
    said = text_of(item, "guid") or text_of(item, "link")
    if head := _HEAD.match(description):
        said = head["id"]
        kind = kind or head["type"]
        description = description[head.end() :]
    elif tail := _OLD_TAIL.search(title):
        said, title = tail["id"], title[: tail.start()]
        kind = _OLD_MARKS.get(tail["mark"].strip(), "")
        terms = terms or [tail["category"]]
        description = html.unescape(_TAG.sub("", description))
    identity = parse_arxiv_id(said)
    if not title:
        raise ValueError(f"{identity.id} has no title")
    categories = fields.arxiv_categories(terms)
    if not categories:
        raise ValueError(f"{identity.id} has no category")
    creators = [creator.text or "" for creator in children(item, "creator")]
    abstract = fields.fold_paragraphs(description)
    return Paper(
        id=identity.id,
        version=identity.version or 1,
        title=title,
        authors=tuple(
            name
            for creator in creators
            for name in fields.split_authors(_TAG.sub("", creator), conjunction=False)
        ),
        abstract=abstract,
        categories=categories,
        announced=fields.eastern_day(text_of(item, "pubDate")) or day,
        announce_type=cast("AnnounceType", kind) if kind in get_args(AnnounceType) else "",
        journal=fields.fold(text_of(item, "journal_reference")),
        doi=fields.fold(text_of(item, "DOI")),
        withdrawn=fields.says_withdrawn("", abstract),
    )
