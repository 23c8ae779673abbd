"""Answers in the layout of 2026, byte for byte as arXiv lays them out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from kb.core.announcements import eastern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standins.arxiv_papers import Invented

_DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"
_FEED = (
    '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
    ' xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">\n'
)
_RSS = (
    '<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' version="2.0">\n'
)


def atom(
    entries: Sequence[str], *, total: int, start: int, per_page: int, asked: dict[str, str]
) -> str:
    """A page of an answer."""
    query, ids = asked.get("search_query", ""), asked.get("id_list", "")
    title = f"search_query={query}&id_list={ids}&start={start}&max_results={per_page}"
    address = (
        f"https://arxiv.org/api/query?search_query={query}&start={start}"
        f"&max_results={per_page}&id_list={ids}"
    )
    return (
        f"{_DECLARATION}{_FEED}"
        "  <id>https://arxiv.org/api/StandInAnswer</id>\n"
        f"  <title>arXiv Query: {escape(title)}</title>\n"
        "  <updated>2026-04-12T22:09:40Z</updated>\n"
        f'  <link href={quoteattr(address)} type="application/atom+xml"/>\n'
        f"{_counts(total, start, per_page)}{''.join(entries)}</feed>\n"
    )


def error(summary: str) -> str:
    """What arXiv answers to a question it cannot read."""
    address = "https://arxiv.org/api/errors#" + summary.replace(" ", "_")
    return (
        f"{_DECLARATION}{_FEED}"
        "  <id>https://arxiv.org/</id>\n  <title>arXiv Search Results</title>\n"
        f"  <updated>2026-04-12T22:59:06Z</updated>\n{_counts(1, 0, 1)}"
        f"  <entry>\n    <id>{escape(address)}</id>\n    <title>Error</title>\n"
        "    <updated>2026-04-12T22:59:06Z</updated>\n"
        f'    <link href={quoteattr(address)} rel="alternate" type="text/html"/>\n'
        f"    <summary>{escape(summary)}</summary>\n"
        "    <author>\n      <name>arXiv api core</name>\n    </author>\n  </entry>\n</feed>\n"
    )


def _counts(total: int, start: int, per_page: int) -> str:
    return (
        f"  <opensearch:itemsPerPage>{per_page}</opensearch:itemsPerPage>\n"
        f"  <opensearch:totalResults>{total}</opensearch:totalResults>\n"
        f"  <opensearch:startIndex>{start}</opensearch:startIndex>\n"
    )


def entry(paper: Invented, on: date, version: int | None = None) -> str:
    """One paper as the API knows it on a day."""
    number = version or paper.version(on)
    names = paper.categories_on(on)
    updated = paper.updated(on) if number > 1 else paper.submitted
    comment = paper.comment_on(on)
    lines = [
        f"<id>http://arxiv.org/abs/{paper.id}v{number}</id>",
        f"<title>{escape(paper.title)}</title>",
        f"<updated>{_utc(updated)}</updated>",
        f'<link href="https://arxiv.org/abs/{paper.id}v{number}" rel="alternate" type="text/html"/>',
        (
            f'<link href="https://arxiv.org/pdf/{paper.id}v{number}" rel="related"'
            ' type="application/pdf" title="pdf"/>'
        ),
        f"<summary>{escape(paper.abstract)}</summary>",
        *(f'<category term="{name}" scheme="http://arxiv.org/schemas/atom"/>' for name in names),
        f"<published>{_utc(paper.submitted)}</published>",
        f"<arxiv:comment>{escape(comment)}</arxiv:comment>" if comment else "",
        f'<arxiv:primary_category term="{names[0]}"/>',
        f"<arxiv:journal_ref>{escape(paper.journal)}</arxiv:journal_ref>" if paper.journal else "",
    ]
    told = f"      <arxiv:affiliation>{escape(paper.affiliation)}</arxiv:affiliation>\n"
    authors = "".join(
        f"    <author>\n      <name>{escape(name)}</name>\n{told if paper.affiliation else ''}"
        "    </author>\n"
        for name in paper.authors
    )
    body = "".join(f"    {line}\n" for line in lines if line)
    doi = (
        f"    <arxiv:doi>{escape(paper.doi)}</arxiv:doi>\n"
        f'    <link rel="related" href={quoteattr("https://doi.org/" + paper.doi)} title="doi"/>\n'
    )
    return f"  <entry>\n{body}{authors}{doi if paper.doi else ''}  </entry>\n"


def rss(items: Sequence[str], *, name: str, day: date, skip: Sequence[str]) -> str:
    """The announcement feed of a day."""
    midnight = datetime.combine(day, time(), eastern())
    built = datetime.fromtimestamp(midnight.timestamp() + 2, UTC)
    return (
        f"{_DECLARATION}{_RSS}  <channel>\n"
        f"    <title>{name} updates on arXiv.org</title>\n"
        f"    <link>http://rss.arxiv.org/rss/{name}</link>\n"
        f"    <description>{name} updates on the arXiv.org e-print archive.</description>\n"
        f'    <atom:link href="http://rss.arxiv.org/rss/{name}" rel="self"'
        ' type="application/rss+xml"/>\n'
        "    <docs>http://www.rssboard.org/rss-specification</docs>\n"
        "    <language>en-us</language>\n"
        f"    <lastBuildDate>{format_datetime(built)}</lastBuildDate>\n"
        "    <managingEditor>rss-help@arxiv.org</managingEditor>\n"
        f"    <pubDate>{format_datetime(midnight)}</pubDate>\n"
        f"    <skipDays>\n{''.join(f'      <day>{d}</day>{chr(10)}' for d in skip)}    </skipDays>\n"
        f"{''.join(items)}  </channel>\n</rss>\n"
    )


def item(paper: Invented, kind: str, day: date) -> str:
    """One paper as the feed of a day announces it."""
    known = f"{paper.id}v{paper.version(day)}"
    midnight = format_datetime(datetime.combine(day, time(), eastern()))
    names = "".join(f"      <category>{name}</category>\n" for name in paper.categories_on(day))
    comment = paper.comment_on(day)
    abstract = comment if "withdrawn" in comment else paper.abstract
    return (
        f"    <item>\n      <title>{escape(paper.title)}</title>\n"
        f"      <link>https://arxiv.org/abs/{paper.id}</link>\n"
        f"      <description>arXiv:{known} Announce Type: {kind} \n"
        f"Abstract: {escape(abstract)}</description>\n"
        f'      <guid isPermaLink="false">oai:arXiv.org:{known}</guid>\n{names}'
        f"      <pubDate>{midnight}</pubDate>\n"
        f"      <arxiv:announce_type>{kind}</arxiv:announce_type>\n"
        "      <dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>\n"
        f"      <dc:creator>{escape(', '.join(paper.authors))}</dc:creator>\n    </item>\n"
    )


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
