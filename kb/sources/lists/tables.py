"""Tables of papers, whatever their columns are called and in whichever order they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kb.core.listed import Listed
from kb.core.papers import find_arxiv_ids
from kb.core.tex import accents
from kb.sources import fields
from kb.sources.lists import cells, scores
from kb.sources.lists.columns import Meaning, bare_name, is_of_papers, meanings
from kb.sources.lists.dates import read_date
from kb.sources.lists.links import Link, arxiv_id, bare_id, links, why_not

if TYPE_CHECKING:
    from datetime import date

    from kb.core.papers import ArxivId
    from kb.sources.lists.draft import Draft
    from kb.sources.lists.grid import Grid, Row

EMPTY = "an empty placeholder row"
_PROSE: frozenset[Meaning] = frozenset({"abstract", "summary", "comment"})
_GENERIC = frozenset((
    "link", "links", "paper", "pdf", "arxiv", "abs", "html", "code", "here", "github", "url",
    "doi", "project", "website", "page", "demo", "data", "dataset", "slides", "video", "blog",
    "post", "read", "full", "text", "preprint", "huggingface", "hf", "model", "models",
))  # fmt: skip


def is_generic(label: str) -> bool:
    """Whether a link's text says what it leads to (`pdf`, `Paper`, an id, a badge), not a title."""
    if "![" in label or label.strip().startswith("<img") or bare_id(cells.plain(label)):
        return True
    words = "".join(c if c.isalnum() else " " for c in cells.plain(label).casefold()).split()
    return all(word in _GENERIC or word.isdecimal() for word in words)


def reads_as_papers(grid: Grid) -> bool:
    """Whether a table lists papers: by the names of its columns, or as its rows have ids."""
    columns = meanings(grid.header)
    if is_of_papers(columns):
        return True
    return any(
        find_arxiv_ids(cell)
        for row in grid.rows
        for meaning, cell in zip(columns, row.cells, strict=False)
        if meaning not in _PROSE
    )


def read_table(grid: Grid, place: str, draft: Draft) -> None:
    """Add every row of a table of papers to `draft`; `place` is where rows without a date stand."""
    columns = meanings(grid.header)
    names = [bare_name(name) for name in grid.header]
    for row in grid.rows:
        read_row(row, columns, names, place, draft)


def read_row(
    row: Row,
    columns: list[Meaning],
    names: list[str],
    place: str,
    draft: Draft,
    *,
    raw: bool = False,
) -> None:
    """Add one row. `raw` cells hold plain text, as in CSV, and no markup."""
    draft.rows += 1
    found = _Cells(row, columns, names, raw=raw)
    if all(not cell.strip() if raw else cells.is_empty(cell) for cell in row.cells):
        draft.entries.append(Listed(line=row.line, why=EMPTY, listed=place))
        return
    if len(row.cells) > len(columns):
        more = len(row.cells) - len(columns)
        draft.doubt(row.line, f"the row has {more} more cells than the table has columns")
    draft.entries.append(_Reader(found, place, draft).entry())


@dataclass(slots=True)
class _Cells:
    """The cells of one row by what they mean."""

    row: Row
    columns: list[Meaning]
    names: list[str]
    raw: bool
    by_meaning: dict[Meaning, str] = field(init=False)

    def __post_init__(self) -> None:
        self.by_meaning = {}
        for meaning, cell in zip(self.columns, self.row.cells, strict=False):
            self.by_meaning.setdefault(meaning, cell)

    def of(self, meaning: Meaning) -> str:
        return self.by_meaning.get(meaning, "")

    def plain(self, meaning: Meaning) -> str:
        cell = self.of(meaning)
        return " ".join(cell.split()) if self.raw else cells.plain(cell)

    def all(self, *meanings: Meaning) -> list[str]:
        return [c for m, c in zip(self.columns, self.row.cells, strict=False) if m in meanings]

    def not_prose(self) -> list[str]:
        return [
            c for m, c in zip(self.columns, self.row.cells, strict=False) if m not in _PROSE
        ] + self.row.cells[len(self.columns) :]


@dataclass(slots=True)
class _Reader:
    cells: _Cells
    place: str
    draft: Draft
    extra: list[tuple[str, str]] = field(default_factory=list)

    def entry(self) -> Listed:
        row, of = self.cells.row, self.cells
        title_links = [] if of.raw else links(of.of("title"))
        identity = self._id(title_links)
        label, target = _titled(title_links)
        day, listed = self._when()
        relevance, novelty = self._scores()
        self._keep_rest()
        return Listed(
            line=row.line,
            id=identity.id if identity else None,
            version=(identity.version if identity else None) or scores.count(of.plain("version")),
            why="" if identity else self._why(),
            title=cells.plain(label) if label else self._title(title_links),
            authors=self._authors(),
            abstract=of.plain("abstract"),
            summary=of.of("summary") if of.raw else cells.markdown(of.of("summary")),
            comment=of.of("comment") if of.raw else cells.markdown(of.of("comment")),
            topics=self._words("topics"),
            relevance=relevance,
            novelty=novelty,
            scored_by=of.plain("scored_by"),
            announced=self._announced(),
            dated=day,
            listed=listed,
            url="" if identity else target or next(iter(self._targets()), ""),
            doi=_doi(of.plain("doi"), of.of("doi")),
            journal=of.plain("journal"),
            code=self._code(),
            status=of.plain("status"),
            rating=self._rating(),
            extra=tuple(self.extra),
        )

    def _title(self, title_links: list[Link]) -> str:
        """The title cell without links that only say `pdf` or the like."""
        cell = self.cells.of("title")
        if self.cells.raw:
            return " ".join(cell.split())
        for link in reversed(title_links):
            cell = cell[: link.start] + cell[link.end :]
        return cells.plain(cell).strip(" -–—|:[](),<>")

    def _id(self, title_links: list[Link]) -> ArxivId | None:
        of = self.cells
        near = [found for link in title_links if (found := arxiv_id(link.target))]
        for cell in of.all("id"):
            # An address of elsewhere may hold digits that look like an id; a bare text may not.
            near += find_arxiv_ids(cell)
            if (bare := bare_id(cell)) is not None:
                near.append(bare)
        if (bare := bare_id(of.plain("title"))) is not None:
            near.append(bare)
        distinct = list(dict.fromkeys(found.id for found in near))
        if len(distinct) > 1:
            self.draft.doubt(
                of.row.line,
                f"the row links {' and '.join(distinct[:4])}; {distinct[0]} was taken",
            )
        if not near:
            near = [found for cell in of.not_prose() for found in find_arxiv_ids(cell)]
        self._mentions(near[0].id if near else "")
        return near[0] if near else None

    def _mentions(self, own: str) -> None:
        others = {
            found.id: None for cell in self.cells.all(*_PROSE) for found in find_arxiv_ids(cell)
        }
        others.pop(own, None)
        if others:
            self.draft.doubt(
                self.cells.row.line,
                f"its text also mentions {', '.join(list(others)[:5])}, which was not taken for"
                " a listed paper",
            )

    def _why(self) -> str:
        return why_not(self._targets())

    def _targets(self) -> list[str]:
        return [
            link.target for cell in self.cells.not_prose() for link in links(cell) if link.target
        ]

    def _authors(self) -> tuple[str, ...]:
        text = self.cells.plain("authors")
        if self.cells.raw and ";" in text:
            names = tuple(name.strip() for name in text.split(";") if name.strip())
        else:
            names = fields.split_authors(text)
        return tuple(accents(name) for name in names)

    def _words(self, meaning: Meaning) -> tuple[str, ...]:
        cell = self.cells.of(meaning)
        if self.cells.raw and ";" in cell:
            return tuple(dict.fromkeys(word.strip() for word in cell.split(";") if word.strip()))
        return cells.words_of(cell)

    def _when(self) -> tuple[date | None, str]:
        listed, text = self.cells.plain("listed"), self.cells.plain("date")
        if not text or cells.is_empty(text):
            return None, listed or self.place
        when = read_date(text)
        if when is None:
            self.draft.doubt(self.cells.row.line, f"{text[:60]!r} is no date that can be read")
            self._keep("date", text)
            return None, listed or self.place
        return when.date, listed or str(when)

    def _announced(self) -> date | None:
        text = self.cells.plain("announced")
        when = read_date(text) if text else None
        if text and (when is None or when.date is None):
            self.draft.doubt(self.cells.row.line, f"{text[:60]!r} is no announcement day")
            self._keep("announced", text)
        return when.date if when else None

    def _scores(self) -> tuple[int | None, int | None]:
        both = self.cells.plain("both")
        relevance, _, novelty = both.partition("/")
        if not both:
            relevance, novelty = self.cells.plain("relevance"), self.cells.plain("novelty")
        return self._score("relevance", relevance), self._score("novelty", novelty)

    def _score(self, name: str, text: str) -> int | None:
        if not text or cells.is_empty(text):
            return None
        found = scores.score(text)
        if found is None:
            self.draft.doubt(
                self.cells.row.line, f"the {name} {text[:40]!r} is no whole number from 1 to 10"
            )
            self.extra.append((name, text))
        return found

    def _rating(self) -> int | None:
        text = self.cells.plain("rating")
        stars = text.count("⭐") + text.count("★")
        number = stars or scores.count(text.partition("/")[0])
        if text and (number is None or not 0 <= number <= 10):
            self._keep("rating", text)
            return None
        return number

    def _code(self) -> str:
        found = links(self.cells.of("code"))
        text = next((link.target for link in found if link.target), "")
        if not text and not cells.is_empty(self.cells.of("code")):
            self._keep("code", self.cells.plain("code"))
        return text

    def _keep(self, meaning: Meaning, text: str) -> None:
        place = self.cells.columns.index(meaning)
        self.extra.append((self.cells.names[place], text))

    def _keep_rest(self) -> None:
        """Columns of no known meaning, and cells beyond the last column."""
        of = self.cells
        for place, cell in enumerate(of.row.cells):
            meaning = of.columns[place] if place < len(of.columns) else "extra"
            if meaning == "extra" and not cells.is_empty(cell):
                name = of.names[place] if place < len(of.names) else ""
                self.extra.append((name, cell if of.raw else cells.markdown(cell)))


def _titled(found: list[Link]) -> tuple[str, str]:
    """Of a cell's links the one whose text is a title, and where it leads."""
    named = [link for link in found if link.label.strip() and not is_generic(link.label)]
    if named:
        return named[0].label, named[0].target
    return "", next((link.target for link in found), "")


def _doi(text: str, cell: str) -> str:
    for candidate in (text, *(link.target for link in links(cell))):
        place = candidate.find("10.")
        if place >= 0:
            return candidate[place:].strip()
    return ""
