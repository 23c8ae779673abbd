"""All that lists say of one paper, put together: the paper, its assessment, the reader's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kb.core.assessments import UNNAMED, Assessment
from kb.core.exports.records import COLUMNS
from kb.core.listed import same_title
from kb.core.papers import Paper
from kb.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from kb.core.listed import Listed, Listing

SHORT = 40
"""Words that fit into a cell of a table."""
_BULLET = re.compile(r"^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one list."""

    name: str
    """Of the file."""
    row: Listed

    @property
    def where(self) -> str:
        return f"{self.name}:{self.row.line}"


@dataclass(frozen=True, slots=True)
class Gathered:
    """Every row on one paper, the ones that count most first."""

    id: str
    rows: tuple[Row, ...]

    @property
    def announced(self) -> date | None:
        """The earliest day on which a digest had it."""
        return min((each.row.announced for each in self.rows if each.row.announced), default=None)

    def beside(self, known: Paper | None) -> Gathered:
        """With the rows first whose title is that of the paper, as arXiv has it."""
        if known is None:
            return self
        rows = sorted(self.rows, key=lambda each: not same_title(each.row.title, known.title))
        return Gathered(self.id, tuple(rows))

    def misnamed(self, known: Paper) -> list[Problem]:
        """The rows that call the paper something else than arXiv does."""
        return [
            Problem(
                each.where,
                f"{self.id} is {known.title[:80]!r} by arXiv, which counts, and"
                f" {each.row.title[:80]!r} here",
            )
            for each in self.rows
            if not same_title(each.row.title, known.title)
        ]

    def paper(self, known: Paper | None, announced: date | None) -> Paper | None:
        """The paper: as arXiv knows it, else as the lists do; None where they give no title."""
        doi, journal = self._first("doi"), self._first("journal")
        if known is not None:
            return replace(
                known,
                announced=announced,
                doi=known.doi or doi,
                journal=known.journal or journal,
                source=known.source or "import",
            )
        if not (title := self._first("title")):
            return None
        return Paper(
            id=self.id,
            title=title,
            authors=self._first("authors") or (),
            abstract=self._first("abstract"),
            categories=(),
            version=self._first("version") or 1,
            announced=announced,
            journal=journal,
            doi=doi,
            source="import",
        )

    def assessment(self) -> Assessment:
        """What the lists think of it; of relevance 0 where none of them says."""
        scored = next((e.row for e in self.rows if e.row.relevance or e.row.novelty), None)
        return Assessment(
            id=self.id,
            relevance=scored.relevance or 0 if scored else 0,
            novelty=scored.novelty or 0 if scored else 0,
            topics=self._first("topics") or (),
            comment=self._first("comment"),
            summary=shortened(self._first("summary")),
            by=(scored.scored_by or UNNAMED) if scored else "",
        )

    def given(self, *, complete: bool) -> dict[str, Any]:
        """Properties that only the lists know. `complete`: arXiv has told the rest."""
        found = {
            "listed": None if self.announced else self._first("listed"),
            "code": self._first("code"),
            "status": self._first("status"),
            "rating": self._first("rating"),
        }
        given: dict[str, Any] = {key: value for key, value in found.items() if value}
        if not complete and not self._first("version"):
            given["version"] = None
        return given

    def said(self) -> str:
        """The reader's own text: bullets as they stand in the file, summaries that are too long for a
        property, and columns of no known meaning."""
        blocks: dict[str, None] = {}
        for each in self.rows:
            row = each.row
            texts = [row.bullets.strip("\n"), row.summary.strip() if is_long(row.summary) else ""]
            texts += [f"**{n}** {t}" for n, t in row.extra if t and _bare(n) not in COLUMNS]
            blocks.update((text, None) for text in texts if text.strip())
        return "\n\n".join(blocks)

    def _first(self, name: str) -> Any:
        values = (getattr(each.row, name) for each in self.rows)
        return next((value for value in values if value), "")


def gather(listings: Iterable[Listing]) -> dict[str, Gathered]:
    """Every paper of the lists, in the order in which they first come."""
    rows: dict[str, list[Row]] = {}
    for listing in listings:
        for entry in listing.papers:
            rows.setdefault(entry.id or "", []).append(Row(listing.name, entry))
    return {arxiv_id: Gathered(arxiv_id, tuple(each)) for arxiv_id, each in rows.items()}


def is_long(summary: str) -> bool:
    """Whether a summary is more than a line of a table."""
    return len(summary.split()) > SHORT or "\n" in summary.strip()


def shortened(summary: str) -> str:
    """At most 40 words of a summary on one line, without the marks of lists."""
    parts = _BULLET.sub("", summary).split()
    return " ".join(parts[:SHORT]) + (" …" if len(parts) > SHORT else "")


def _bare(name: str) -> str:
    return name.strip().casefold().replace(" ", "_")
