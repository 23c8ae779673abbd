"""What every page is made from: notes and ledger, arranged by day and week."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from kb.core import notes as notes_
from kb.core import tables, tex
from kb.core.pages.calendar import Week

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kb.core.history import Day, History
    from kb.core.links import Linker
    from kb.core.notes import Note
    from kb.core.pages.layout import Layout

REGION = "page"
PAGE_KEYS = ("kb", "from", "to", "papers")
"""The properties of a page that are kb's."""


@dataclass(frozen=True, slots=True)
class Page:
    """A generated page: its path, its frontmatter keys, and the inside of its region."""

    path: str
    properties: Mapping[str, object]
    inner: str


@dataclass(slots=True)
class Shelf:
    """All that pages are made from, arranged by day, week and month."""

    history: History
    notes: Sequence[Note]
    """Those that pages list: what fell below the cutoffs is left out."""
    linker: Linker
    layout: Layout
    month_rows: int = 10
    by_day: dict[date, list[Note]] = field(default_factory=dict)
    undated: list[Note] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.notes = [note for note in self.notes if note.kept]
        for note in self.notes:
            if (day := note.announced) is not None:
                self.by_day.setdefault(day, []).append(note)
            else:
                self.undated.append(note)
        for day, listed in self.by_day.items():
            self.by_day[day] = notes_.order(listed)
        self.undated = notes_.order(self.undated)

    def records(self, day: date) -> list[Day]:
        found = (self.history.days.get((day, source)) for source in ("", "sample"))
        return [record for record in found if record is not None]

    def records_of(self, note: Note) -> list[Day]:
        """The records of the note's day that judged it."""
        found = self.records(note.announced) if note.announced else []
        return [record for record in found if note.id in record.scores]

    def days(self) -> list[date]:
        """Every day that has a daily page."""
        answered = {day for (day, _), r in self.history.days.items() if r.outcome == "done"}
        return sorted(answered | set(self.by_day))

    def weeks(self) -> list[Week]:
        recorded = {Week.of(day) for day, _ in self.history.days}
        return sorted(recorded | {Week.of(day) for day in self.by_day})

    def week_notes(self, week: Week) -> list[Note]:
        days = [week.monday + timedelta(days=offset) for offset in range(7)]
        return notes_.order([note for day in days for note in self.by_day.get(day, ())])

    def link(self, note: Note, page: str, *, in_table: bool = False) -> str:
        return self.linker.link(
            tex.accents(note.title),
            PurePosixPath(page),
            PurePosixPath(note.path),
            in_table=in_table,
        )

    def page_link(self, label: str, page: str, to: str, *, in_table: bool = False) -> str:
        return self.linker.link(label, PurePosixPath(page), PurePosixPath(to), in_table=in_table)


def totals(records: Sequence[Day], listed: Sequence[Note]) -> str:
    announced = sum(record.announced for record in records)
    scanned = sum(record.scanned for record in records)
    if not records:
        return f"Papers here: **{len(listed)}**"
    return (
        f"Papers announced: **{announced}** · scanned: **{scanned}** · relevant: **{len(listed)}**"
    )


def topic_counts(listed: Iterable[Note]) -> list[tuple[str, int]]:
    counts = Counter(topic for note in listed for topic in note.texts("topics")[:1])
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def paper_table(shelf: Shelf, listed: Sequence[Note], path: str, *, full: bool) -> str:
    header: tuple[str, ...] = ("Title", "Summary", "Topics")
    rows = []
    for note in listed:
        summary = tables.cell_of_markdown(tex.readable(next(iter(note.texts("summary")), "")))
        topics = tables.cell_of_markdown(tex.readable(", ".join(note.texts("topics"))))
        row: tuple[str, ...] = (shelf.link(note, path, in_table=True), summary, topics)
        if full:
            row += (f"{note.relevance}/{note.novelty}", tables.cell(note.status))
        rows.append(row)
    return tables.table(header + (("R/N", "Status") if full else ()), rows)


def page(
    path: str, kind: str, first: date | None, last: date | None, count: int, parts: Iterable[str]
) -> Page:
    inner = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    return Page(path, dict(zip(PAGE_KEYS, (kind, first, last, count), strict=True)), inner)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
