"""What the columns of a table of papers mean, by their names."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Literal

Meaning = Literal[
    "title", "id", "authors", "abstract", "summary", "comment", "topics", "date", "journal", "doi",
    "code", "relevance", "novelty", "both", "scored_by", "status", "rating", "listed", "version",
    "announced", "number", "extra",
]  # fmt: skip

_NAMES: dict[Meaning, tuple[str, ...]] = {
    "title": (
        "title", "paper title", "title of the paper", "title of paper", "article title",
        "publication title", "paper name", "paper", "papers", "paper and link", "title paper",
        "article", "preprint", "name", "work", "method", "model",
    ),
    "id": (
        "arxiv", "arxiv id", "arxivid", "arxiv_id", "id", "link", "links", "url", "arxiv link",
        "paper link", "paper url", "pdf", "pdf link", "abs", "source", "eprint", "href",
        "arxiv url", "link to paper", "read",
    ),
    "authors": ("authors", "author", "by", "author s", "authors list", "first author"),
    "abstract": ("abstract", "paper abstract"),
    "summary": (
        "summary", "description", "tldr", "tl dr", "about", "highlights", "key points", "overview",
        "key idea", "main idea", "idea", "contribution", "contributions", "takeaways", "takeaway",
        "key takeaways", "short description", "short summary", "details", "what", "in short",
    ),
    "comment": ("comment", "comments", "why", "remark", "remarks", "note", "notes", "reason"),
    "topics": (
        "topics", "topic", "tags", "tag", "category", "categories", "keywords", "keyword", "area",
        "areas", "field", "fields", "theme", "themes", "subject", "subjects", "label", "labels",
        "domain", "task", "tasks",
    ),
    "date": (
        "date", "published", "publication date", "publish date", "date published", "day", "month",
        "year", "when", "time", "added", "date added", "release date", "released", "submitted",
        "submission date", "pub date",
    ),
    "announced": ("announced", "announcement day"),
    "journal": (
        "venue", "conference", "journal", "published in", "publication", "where", "booktitle",
        "conference journal", "journal conference",
    ),
    "doi": ("doi",),
    "code": (
        "code", "github", "repo", "repository", "implementation", "project", "code link",
        "project page", "source code", "official code",
    ),
    "relevance": ("relevance",),
    "novelty": ("novelty",),
    "both": ("r n", "rn", "relevance novelty"),
    "scored_by": ("scored by", "scored_by", "judged by"),
    "status": ("status", "read status"),
    "rating": ("rating", "stars", "my rating"),
    "listed": ("listed",),
    "version": ("version",),
    "number": ("", "no", "nr", "num", "number", "index", "idx", "s no", "sr no", "rank"),
}  # fmt: skip
_MEANINGS = {name: meaning for meaning, names in _NAMES.items() for name in names}
_MANY: frozenset[Meaning] = frozenset({"id", "extra", "number"})


def meanings(header: list[str]) -> list[Meaning]:
    """The meaning of each column; of two of one meaning the plainer name has it (`Title` before
    `Paper` before `Model`), the other is `extra`.

    Links and ids may stand in several columns.
    """
    keys = [_key(name) for name in header]
    best: dict[Meaning, int] = {}
    for place, key in enumerate(keys):
        meaning = _MEANINGS.get(key, "extra")
        if meaning not in best or _rank(meaning, key) < _rank(meaning, keys[best[meaning]]):
            best[meaning] = place
    found: list[Meaning] = []
    for place, key in enumerate(keys):
        meaning = _MEANINGS.get(key, "extra")
        found.append(meaning if meaning in _MANY or best[meaning] == place else "extra")
    return found


def is_of_papers(columns: list[Meaning]) -> bool:
    """Whether a table with these columns is one of papers even where no row has an id yet."""
    return "title" in columns and len(set(columns) - {"title", "number", "extra"}) > 0


@lru_cache(maxsize=1024)
def bare_name(name: str) -> str:
    """A column's name as a person would say it: without markup and entities."""
    text = html.unescape(re.sub(r"<[^<>]*>", " ", name))
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()]*\)", r"\1", text)
    return " ".join(text.replace("**", "").strip(" *_`:").split())


@lru_cache(maxsize=1024)
def _key(name: str) -> str:
    bare = bare_name(name).casefold()
    return " ".join(re.sub(r"[^\w\s]", " ", bare).split())


def _rank(meaning: Meaning, key: str) -> int:
    names = _NAMES.get(meaning, ())
    return names.index(key) if key in names else len(names)
