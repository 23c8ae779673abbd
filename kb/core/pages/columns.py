"""The columns of the tables of papers, by the names that `[pages]` has for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kb.core import tables, tex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kb.core.notes import Note

LINK = "title"
"""The column of the link to the note; no table is without it."""
SHORT = ("title", "summary", "topics")
"""Columns on the monthly page and the list of imports, unless the settings say others."""
FULL = (*SHORT, "scores", "status")
"""Columns on the weekly and the home page."""
OF_MARKS = frozenset({"status", "rating"})
"""Columns of what the reader changes most; see `Notes.mark`."""
_AUTHORS = 3
_ADDRESS = re.compile(r"https?://[A-Za-z0-9./~-]+")


def _texts(key: str) -> Callable[[Note], str]:
    return lambda note: tables.cell_of_markdown(tex.readable(", ".join(note.texts(key))))


def _number(key: str) -> Callable[[Note], str]:
    return lambda note: str(note.number(key) or "")


def _summary(note: Note) -> str:
    return tables.cell_of_markdown(tex.readable(next(iter(note.texts("summary")), "")))


def _authors(note: Note) -> str:
    names = note.texts("authors")
    more = " et al." if len(names) > _AUTHORS else ""
    return tables.cell_of_markdown(tex.readable(", ".join(names[:_AUTHORS]) + more))


def _id(note: Note) -> str:
    return f"[{note.id}](https://arxiv.org/abs/{note.id})"


def _code(note: Note) -> str:
    address = next(iter(note.texts("code")), "")
    return f"[code]({address})" if _ADDRESS.fullmatch(address) else tables.cell(address)


COLUMNS: dict[str, tuple[str, Callable[[Note], str]]] = {
    "summary": ("Summary", _summary),
    "topics": ("Topics", _texts("topics")),
    "scores": ("R/N", lambda note: f"{note.relevance}/{note.novelty}"),
    "status": ("Status", lambda note: tables.cell(note.status)),
    "rating": ("Rating", _number("rating")),
    "relevance": ("Relevance", _number("relevance")),
    "novelty": ("Novelty", _number("novelty")),
    "score": ("Score", lambda note: str(note.score or "")),
    "authors": ("Authors", _authors),
    "announced": ("Announced", lambda note: note.announced.isoformat() if note.announced else ""),
    "arxiv_id": ("arXiv", _id),
    "primary": ("Category", _texts("primary")),
    "journal": ("Published", _texts("journal")),
    "code": ("Code", _code),
}
"""Name to the head of the column and its cell, `title` aside."""


def checked(names: Sequence[str]) -> list[str]:
    """`names`, if a table can have these columns. Raises ValueError with the remedy."""
    known = ", ".join((LINK, *COLUMNS))
    for name in names:
        if name != LINK and name not in COLUMNS:
            raise ValueError(f"there is no column {name!r}; known are {known}")
    if LINK not in names:
        raise ValueError(f"{LINK!r} has to be among the columns: it links the note")
    if len(set(names)) < len(names):
        raise ValueError("a column stands there twice")
    return list(names)
