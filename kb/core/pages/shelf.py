"""What every page is made from: notes and ledger, arranged by day and week."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kb.core import tables, tex
from kb.core.pages.calendar import Week
from kb.core.pages.columns import COLUMNS, FULL, LINK, OF_MARKS, SHORT
from kb.core.pages.extent import extent
from kb.core.pages.former import Former

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date

    from kb.core.collection import Notes
    from kb.core.history import Day, History
    from kb.core.links import Linker
    from kb.core.notes import Note
    from kb.core.pages.extent import Extent
    from kb.core.pages.layout import Layout

REGION = "page"
PAGE_KEYS = ("kb", "from", "to", "papers")
"""The properties of a page that are kb's."""
_HELD = 512
"""Notes that are kept at hand while pages are rendered: a month's, and some."""


def _nothing(_: str) -> str:
    return ""


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
    notes: Notes
    linker: Linker
    layout: Layout
    month_rows: int = 10
    columns: Sequence[str] = SHORT
    """Of the tables of papers on monthly pages and the list of imports."""
    week_columns: Sequence[str] = FULL
    """Of those on weekly pages and the home page."""
    standing: Callable[[str], str] = _nothing
    """The text of a page where all of it was right before `changed`; else empty."""
    changed: Collection[str] = ()
    """Papers whose notes may have changed since."""
    _held: dict[str, Note] = field(default_factory=dict)
    _ids: dict[date | None, list[str]] = field(default_factory=dict)
    _faces: dict[date | None, bytes] = field(default_factory=dict)

    def on(self, day: date | None) -> list[str]:
        """The papers of a day, or those without one, as pages list them."""
        return self.notes.ordered(self.ids(day))

    def ids(self, day: date | None) -> list[str]:
        """The papers of a day, or those without one, sorted: for its page, its week's and its month's."""
        if (ids := self._ids.get(day)) is None:
            ids = self._ids[day] = self.notes.ids_on(day)
        return ids

    def faces(self, day: date | None) -> bytes:
        """Equal where pages show the same of the notes of a day, their marks aside."""
        if (faces := self._faces.get(day)) is None:
            faces = self._faces[day] = b"".join(map(self.notes.face, self.ids(day)))
        return faces

    def note(self, arxiv_id: str) -> Note:
        if (note := self._held.get(arxiv_id)) is None:
            if len(self._held) >= _HELD:
                self._held.clear()
            note = self._held[arxiv_id] = self.notes[arxiv_id]
        return note

    def marks_shown(self, *, full: bool) -> frozenset[str]:
        """Which of the reader's marks the tables show."""
        return OF_MARKS.intersection(self.week_columns if full else self.columns)

    def former(self, path: str) -> Former:
        """What the page at `path` says, as far as it can stay."""
        return Former(path, self.standing(path), self.changed, self.notes, self.linker)

    def records(self, day: date) -> list[Day]:
        found = (self.history.days.get((day, source)) for source in ("", "sample"))
        return [record for record in found if record is not None]

    def extent(self) -> Extent:
        """Which pages there are."""
        return extent(self.history, self.notes)

    def days(self) -> Sequence[date]:
        """Every day that has a daily page."""
        return self.extent().days

    def weeks(self) -> list[Week]:
        """Every week that has a weekly page."""
        return sorted(set(map(Week.of, self.extent().known)))

    def has_page(self, week: Week) -> bool:
        return any(self.records(day) or self.notes.count_on(day) for day in week.all_days())

    def months(self) -> list[tuple[int, int]]:
        """Every month that has a page: year and month."""
        return sorted({week.month for week in self.weeks()})

    def in_week(self, week: Week) -> list[str]:
        """The papers of a week, as pages list them."""
        return self.notes.ordered(i for day in week.all_days() for i in self.ids(day))

    def link(self, note: Note, page: str, *, in_table: bool = False) -> str:
        return self.linker.link(tex.accents(note.title), page, note.path, in_table=in_table)

    def page_link(self, label: str, page: str, to: str, *, in_table: bool = False) -> str:
        return self.linker.link(label, page, to, in_table=in_table)


def totals(records: Sequence[Day], listed: Sequence[str]) -> str:
    announced = sum(record.announced for record in records)
    scanned = sum(record.scanned for record in records)
    if not records:
        return f"Papers here: **{len(listed)}**"
    told = f"scanned: **{scanned}** · relevant: **{len(listed)}**"
    if scanned > announced:  # a digest that does not say how many there were
        return f"Papers {told}"
    return f"Papers announced: **{announced}** · {told}"


def topic_counts(shelf: Shelf, listed: Iterable[str]) -> list[tuple[str, int]]:
    counts = Counter(topic for i in listed if (topic := shelf.notes.topic(i)))
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def paper_table(shelf: Shelf, listed: Iterable[str], former: Former, *, full: bool) -> str:
    """A table of papers; the rows that stand in `former` stay."""
    columns = shelf.week_columns if full else shelf.columns
    header = [COLUMNS[name][0] if name != LINK else "Title" for name in columns]
    rows = (former.row(i) or _row(shelf, shelf.note(i), former.path, columns) for i in listed)
    return tables.table_of_lines(header, rows)


def _row(shelf: Shelf, note: Note, path: str, columns: Sequence[str]) -> str:
    return tables.row(
        shelf.link(note, path, in_table=True) if name == LINK else COLUMNS[name][1](note)
        for name in columns
    )


def marks(shelf: Shelf, days: Iterable[date | None], *, full: bool) -> list[object]:
    """What a table says of the reader's marks on notes, for the signature of its page."""
    shown = shelf.marks_shown(full=full)
    ids = (arxiv_id for day in days for arxiv_id in shelf.ids(day))
    match "status" in shown, "rating" in shown:
        case True, True:
            return [shelf.notes.marks(arxiv_id) for arxiv_id in ids]
        case True, False:
            return [shelf.notes.marks(arxiv_id)[0] for arxiv_id in ids]
        case False, True:
            return [shelf.notes.marks(arxiv_id)[1] for arxiv_id in ids]
    return []


def page(
    path: str, kind: str, first: date | None, last: date | None, count: int, parts: Iterable[str]
) -> Page:
    inner = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    return Page(path, dict(zip(PAGE_KEYS, (kind, first, last, count), strict=True)), inner)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
