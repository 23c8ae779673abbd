"""Announcement feeds of invented papers, as files."""

from __future__ import annotations

from pathlib import Path

RSS = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">
<channel><title>cs.LG updates on arXiv.org</title><link>http://rss.arxiv.org/rss/cs.LG</link>
<pubDate>{date} 00:00:00 -0500</pubDate><skipDays><day>Sunday</day><day>Saturday</day></skipDays>
{items}</channel></rss>"""
ITEM = """<item><title>{title}</title><link>https://arxiv.org/abs/{id}</link>
<description>arXiv:{id}v{version} Announce Type: {kind}
Abstract: {abstract}</description><guid isPermaLink="false">oai:arXiv.org:{id}v{version}</guid>
<category>cs.LG</category><pubDate>{date} 00:00:00 -0500</pubDate>
<arxiv:announce_type>{kind}</arxiv:announce_type><dc:creator>Ada Example, Émile Beispiel</dc:creator></item>"""
MONDAY = "Mon, 10 Feb 2025"


TITLE = "Linear attention number {number}"


def rss(
    path: Path, *items: tuple[int, str, int, str], date: str = MONDAY, title: str = TITLE
) -> Path:
    """A feed of one day at `path`; an item is (number, announce type, version, abstract)."""
    rendered = [
        ITEM.format(id=f"2502.{n:05}", kind=kind, version=version, abstract=abstract, date=date,
                    title=title.format(number=n))
        for n, kind, version, abstract in items
    ]  # fmt: skip
    path.write_text(RSS.format(date=date, items="\n".join(rendered)))
    return path


ON_TOPIC = "We study linear attention, sparse attention and state space models for long context."
