"""Kept papers as an Atom feed (RFC 4287), in the layout of arXiv's own answers."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from kb.core.tex import plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from kb.core.exports.entries import Entry

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def atom(entries: Iterable[Entry], *, title: str, address: str) -> str:
    """A whole feed, in the order given. `address` names it for good: an IRI such as an URN.

    It is as new as its newest paper, so the same papers always make the same bytes.
    """
    listed = list(entries)
    newest = max((_updated(entry) for entry in listed), default="1991-08-14T00:00:00Z")
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">',
        f"  <id>{_text(address)}</id>",
        f'  <title type="text">{_text(title)}</title>',
        f"  <updated>{newest}</updated>",
        "  <generator>kb</generator>",
        "  <author><name>kb</name></author>",
        *(_entry(entry) for entry in listed),
        "</feed>",
    ]
    return "\n".join(parts) + "\n"


def _entry(entry: Entry) -> str:
    lines = [
        f"<id>{_text(entry.url)}</id>",
        f'<title type="text">{_text(plain(entry.title) or entry.id)}</title>',
        f"<updated>{_updated(entry)}</updated>",
        f"<published>{_moment(entry.submitted or entry.announced or entry.month)}</published>",
        *(f"<author><name>{_text(plain(name))}</name></author>" for name in entry.authors),
        f'<link rel="alternate" type="text/html" href="{_text(entry.url)}"/>',
        f'<link rel="related" type="application/pdf" title="pdf" href="{_text(entry.pdf)}"/>',
    ]
    if entry.primary:
        lines.append(f'<arxiv:primary_category term="{_text(entry.primary)}"/>')
    lines += [
        f'<category term="{_text(term)}" scheme="http://arxiv.org/schemas/atom"/>'
        for term in dict.fromkeys((*filter(None, [entry.primary]), *entry.categories))
    ]
    lines += [
        f'<category term="topic:{_text(topic)}" label="{_text(topic)}"/>' for topic in entry.topics
    ]
    if entry.author_comment:
        lines.append(f"<arxiv:comment>{_text(plain(entry.author_comment))}</arxiv:comment>")
    if entry.journal:
        lines.append(f"<arxiv:journal_ref>{_text(plain(entry.journal))}</arxiv:journal_ref>")
    if entry.doi:
        lines.append(f"<arxiv:doi>{_text(entry.doi)}</arxiv:doi>")
    lines.append(f'<summary type="text">{_text(_summary(entry))}</summary>')
    if entry.comment or entry.relevance:
        lines.append(f'<content type="html">{_text(_content(entry))}</content>')
    return "  <entry>\n" + "".join(f"    {line}\n" for line in lines) + "  </entry>"


def _summary(entry: Entry) -> str:
    paragraphs = re.split(r"\n\s*\n", entry.abstract or entry.summary)
    return "\n\n".join(plain(paragraph) for paragraph in paragraphs)


def _content(entry: Entry) -> str:
    """Why the paper is here, and its abstract, as HTML."""
    scores = [
        f"{name} {number}"
        for name, number in (("relevance", entry.relevance), ("novelty", entry.novelty))
        if number is not None
    ]
    by = [f"by {entry.scored_by}"] if entry.scored_by else []
    why = f" ({html.escape(', '.join([*scores, *by]))})" if scores else ""
    parts = [f"<b>Why it is here</b>{why}: {html.escape(plain(entry.comment))}"]
    parts += [html.escape(text) for text in _summary(entry).split("\n\n") if text]
    return "".join(f"<p>{part}</p>" for part in parts)


def _updated(entry: Entry) -> str:
    days = [day for day in (entry.submitted, entry.revised, entry.announced) if day]
    return _moment(max(days, default=entry.month))


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _text(text: str) -> str:
    return html.escape(_ILLEGAL.sub("", text))
