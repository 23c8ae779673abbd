"""Other people's lists of papers, whatever their format: what was read, and what was not.

Every row of a list is either an entry or told as `odd`: `rows` counts them apart from both, so that
nothing is dropped in silence.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.core.tex import plain
from kb.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_SAME_TITLE = 0.8
_NEITHER = re.compile("[^A-Za-z0-9]+")
_SUBTITLE = re.compile(r"\s*(?::|\s[–—-])\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One row of a list. Texts are one line each unless said otherwise."""

    line: int
    """Where it begins in the file, from 1."""
    id: str | None = None
    """The arXiv id without version; None where the row names no arXiv paper."""
    version: int | None = None
    why: str = ""
    """Why there is no id."""
    title: str = ""
    authors: tuple[str, ...] = ()
    abstract: str = ""
    summary: str = ""
    """Markdown, of several paragraphs or with lists where the list had them."""
    comment: str = ""
    topics: tuple[str, ...] = ()
    relevance: int | None = None
    novelty: int | None = None
    scored_by: str = ""
    announced: date | None = None
    """The announcement day, told by digests alone."""
    dated: date | None = None
    """The day the list gives, where it gives a whole one."""
    listed: str = ""
    """Where the list has it: `2025-04 week 1`, `2025-04-17`, a heading."""
    bullets: str = ""
    """The reader's own text below the title: its lines as they stand in the file."""
    url: str = ""
    doi: str = ""
    journal: str = ""
    year: int | None = None
    code: str = ""
    status: str = ""
    rating: int | None = None
    extra: tuple[tuple[str, str], ...] = ()
    """Columns and fields of no known meaning: name and text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one model was paid for a day; None where the digest does not say."""

    model: str = ""
    prompt: int | None = None
    cached: int | None = None
    completion: int | None = None
    total: int | None = None
    usd: float | None = None
    usd_parts: tuple[float | None, float | None] = (None, None)
    """For the prompt and for the completion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """What a digest says of its day as a whole."""

    day: date | None
    announced: int | None = None
    scanned: int | None = None
    relevant: int | None = None
    usage: tuple[Usage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All that one file holds."""

    name: str
    form: str
    """The format it was read as; see `kb.sources.lists.FORMS`."""
    entries: tuple[Listed, ...] = ()
    odd: tuple[Problem, ...] = ()
    """Rows that were not understood."""
    doubts: tuple[Problem, ...] = ()
    """What was read, but should be looked at: a date, a score, a title over two ids."""
    rows: int = 0
    day: DayTotals | None = None
    topics_text: str = ""
    """A `Topics.md` out of the topics that a digest prints at its end."""
    mended: int = 0
    """Lines with mis-decoded characters that were put right."""

    @property
    def papers(self) -> tuple[Listed, ...]:
        """The entries that name an arXiv paper, in order; one paper may come twice."""
        return tuple(entry for entry in self.entries if entry.id)

    @property
    def ids(self) -> tuple[str, ...]:
        """The papers, each once, in the order in which they first come."""
        return tuple(dict.fromkeys(entry.id for entry in self.entries if entry.id))

    @property
    def without(self) -> tuple[Problem, ...]:
        """A line for every row that was understood and names no arXiv paper."""
        return tuple(
            Problem(f"{self.name}:{entry.line}", _told(entry))
            for entry in self.entries
            if not entry.id
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything a person should know: rows without paper, rows not understood, doubts."""
        return (*self.without, *self.odd, *self.doubts)


def _told(entry: Listed) -> str:
    return f"{entry.title[:80]!r}: {entry.why}" if entry.title else entry.why


def by_id(entries: Iterable[Listed]) -> dict[str, list[Listed]]:
    """The entries of each paper, in order."""
    found: dict[str, list[Listed]] = {}
    for entry in entries:
        if entry.id:
            found.setdefault(entry.id, []).append(entry)
    return found


def title_key(title: str) -> str:
    """What two spellings of one title have in common: letters and digits, without case."""
    folded = plain(title)
    if folded.isascii():
        return _NEITHER.sub("", folded).lower()
    folded = unicodedata.normalize("NFKD", folded).casefold()
    return "".join(char for char in folded if char.isalnum())


def same_title(one: str, other: str) -> bool:
    """Whether two titles may be those of one paper: alike but for a few letters, or one of them the
    other without its subtitle or the name before its colon. An empty one fits any."""
    a, b = title_key(one), title_key(other)
    if not a or not b or a == b:
        return True
    if _parts(one) & {b} or _parts(other) & {a}:
        return True
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= _SAME_TITLE


def _parts(title: str) -> set[str]:
    return {key for part in _SUBTITLE.split(title) if len(key := title_key(part)) >= 3}


def title_doubts(name: str, entries: Iterable[Listed]) -> list[Problem]:
    """A Problem for each title that stands over two ids, and for each id under two titles."""
    found: list[Problem] = []
    ids: dict[str, Listed] = {}
    titles: dict[str, Listed] = {}
    for entry in entries:
        if not entry.id or not entry.title:
            continue
        where = f"{name}:{entry.line}"
        first = ids.setdefault(title_key(entry.title), entry)
        if first.id != entry.id:
            found.append(
                Problem(
                    where,
                    f"{entry.title[:80]!r} stands over {entry.id} here and over {first.id} in line"
                    f" {first.line}; one of them is another paper",
                )
            )
        known = titles.setdefault(entry.id, entry)
        if not same_title(known.title, entry.title):
            found.append(
                Problem(
                    where,
                    f"{entry.id} is called {entry.title[:80]!r} here and {known.title[:80]!r} in"
                    f" line {known.line}",
                )
            )
    return found
