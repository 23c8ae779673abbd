"""Answers of arXiv's query API: Atom, in today's layout and the one before 2025."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.core.papers import Paper, parse_arxiv_id
from kb.errors import Problem
from kb.sources import fields
from kb.sources.xml import NotAFeed, child, children, local, parse_xml, text_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["AtomPage", "NotAFeed", "parse_atom"]


@dataclass(frozen=True, slots=True)
class AtomPage:
    """One page of an answer."""

    papers: tuple[Paper, ...]
    problems: tuple[Problem, ...]
    """Entries that could not be read, `where` being `entry N`."""
    total: int | None
    """How many papers the whole answer has, as arXiv counts them."""
    start: int | None
    """The index of the first entry of this page in the whole answer."""
    error: str | None
    """What arXiv says was wrong with the question."""


def parse_atom(data: bytes) -> AtomPage:
    """The papers of one answer, in its order, without an announcement day.

    Raises NotAFeed on HTML, malformed or cut XML and documents of another kind.
    """
    root = parse_xml(data)
    if local(root) != "feed":
        raise NotAFeed(f"XML whose root is <{local(root)}>, not an Atom feed")
    papers: list[Paper] = []
    problems: list[Problem] = []
    error: str | None = None
    for number, entry in enumerate(children(root, "entry"), 1):
        if "/api/errors" in text_of(entry, "id"):
            error = fields.fold(text_of(entry, "summary")) or "an error it does not explain"
            continue
        try:
            papers.append(_paper(entry))
        except ValueError as why:
            problems.append(Problem(f"entry {number}", str(why)))
    return AtomPage(
        papers=tuple(papers),
        problems=tuple(problems),
        total=_count(root, "totalResults"),
        start=_count(root, "startIndex"),
        error=error,
    )


def _count(root: Element, name: str) -> int | None:
    digits = text_of(root, name).strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None


def _paper(entry: Element) -> Paper:
    identity = parse_arxiv_id(text_of(entry, "id"))
    title = fields.fold(text_of(entry, "title"))
    if not title:
        raise ValueError(f"{identity.id} has no title")
    primary = child(entry, "primary_category")
    categories = fields.arxiv_categories(
        [category.get("term", "") for category in children(entry, "category")],
        "" if primary is None else primary.get("term", ""),
    )
    if not categories:
        raise ValueError(f"{identity.id} has no category")
    abstract = fields.fold_paragraphs(text_of(entry, "summary"))
    comment = fields.fold(text_of(entry, "comment"))
    names = (fields.fold(text_of(author, "name")) for author in children(entry, "author"))
    return Paper(
        id=identity.id,
        version=identity.version or 1,
        title=title,
        authors=tuple(name for name in names if name),
        abstract=abstract,
        categories=categories,
        submitted=fields.utc_from_iso(text_of(entry, "published")),
        revised=fields.utc_from_iso(text_of(entry, "updated")),
        comment=comment,
        journal=fields.fold(text_of(entry, "journal_ref")),
        doi=fields.fold(text_of(entry, "doi")),
        withdrawn=fields.says_withdrawn(comment, abstract),
    )
