"""Any Markdown with papers in it: tables, linked titles with notes below them, links in lists and
prose."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from kb.core.fences import code_spans
from kb.core.listed import Listed
from kb.core.papers import find_arxiv_ids
from kb.sources.lists import cells
from kb.sources.lists.grid import html_grids, markdown_grid
from kb.sources.lists.links import Link, arxiv_id, bare_id, links, why_not
from kb.sources.lists.places import Place, heading
from kb.sources.lists.tables import is_generic, read_table, reads_as_papers

if TYPE_CHECKING:
    from kb.core.papers import ArxivId
    from kb.sources.lists.draft import Draft
    from kb.sources.lists.grid import Grid

_ITEM = re.compile(
    r"(?P<indent>[ \t]*)(?P<mark>(?:[-*+]|\d{1,4}[.)])(?:[ \t]+|$))?(?:\[[ xX]\][ \t]+)?(?P<text>.*)"
)
_NUMBERED = re.compile(r"\d{1,4}[.):]\s+")
_OPENING = re.compile(r"[*_\"“'\s\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]*\Z")
_CLOSING = re.compile(r"[*_\"”'\s.,;:✨]*\Z")
_BOLD = re.compile(r"(\*\*|__)(?=\S)(?P<title>.{3,400}?)(?<=\S)\1")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*")
_LABEL = re.compile(
    r"[-*+\s]*[*_]*(?:arxiv|link|links|paper|url|pdf|source|abs|abstract page)?[*_]*\s*[:：]?[*_]*\s*",
    re.IGNORECASE,
)


class _Line(NamedTuple):
    """One line, and what can be told of it alone."""

    text: str
    indent: int
    bullet: bool
    level: int
    """Of a heading; 0 for other lines."""
    title: Link | None
    """The link it begins with, where that link's text is a title."""
    rest: str
    """What follows that link."""

    @property
    def blank(self) -> bool:
        return not self.text.strip()


def read_markdown(raw: list[str], mended: list[str], draft: Draft) -> None:
    """Add every paper of a Markdown file to `draft`.

    `mended` are the lines of the file with broken letters put right, `raw` the same as they stand:
    of them are the reader's own words taken.
    """
    _Walk(raw, mended, draft).run()


class _Walk:
    def __init__(self, raw: list[str], lines: list[str], draft: Draft) -> None:
        self.raw = raw
        self.draft = draft
        self.place = Place(draft.name)
        coded = _code_lines(lines) | set(range(_after_frontmatter(lines)))
        self.texts = lines
        self.lines = [_line(text, coded=at in coded) for at, text in enumerate(lines)]
        self.tables: dict[int, Grid] = {}
        for grid in html_grids(lines):
            if reads_as_papers(grid):
                self.tables[grid.line - 1] = grid
        self.coded = coded
        self.notes_end = 0
        """Lines before this one belong to the notes on some paper."""
        self.owner: Listed | None = None
        self.mentions: list[tuple[int, str, str]] = []

    def run(self) -> None:
        at = 0
        while at < len(self.lines):
            at = self._step(at)
        listed = {entry.id for entry in self.draft.entries}
        for line, arxiv_id_, owner in self.mentions:
            if arxiv_id_ not in listed:
                self.draft.doubt(
                    line,
                    f"the notes on {owner[:80]!r} mention {arxiv_id_}, which was not taken for a"
                    " listed paper",
                )

    def _step(self, at: int) -> int:
        """Take what begins in line `at`; the line to go on with."""
        line = self.lines[at]
        if at not in self.coded and (grid := self.tables.get(at) or markdown_grid(self.texts, at)):
            if reads_as_papers(grid):
                read_table(grid, str(self.place), self.draft)
                return grid.end - 1
            for inner in range(at, grid.end - 1):
                self._loose(inner)
            return grid.end - 1
        if line.level and line.title is None:
            self.place.enter(line.level, cells.plain(line.text.strip().strip("#")))
            if at >= self.notes_end:
                self.owner = None
        if line.title is not None and line.title.target.startswith(("http:", "https:")):
            self._titled(at, line, line.title)
        else:
            self._loose(at)
        return at + 1

    def _titled(self, at: int, line: _Line, link: Link) -> None:
        """A line that begins with a linked title."""
        identity = arxiv_id(link.target)
        inside = at < self.notes_end
        if identity is None:
            # The link may lead to a journal while arXiv's stands behind it.
            identity = next(iter(find_arxiv_ids(line.rest)), None)
        if identity is None and inside:
            return
        if line.level:
            self.place.enter(line.level, "")
        notes, end = self._notes(at)
        self.draft.rows += 1
        entry = Listed(
            line=at + 1,
            id=identity.id if identity else None,
            version=identity.version if identity else None,
            why="" if identity else why_not([link.target]),
            title=cells.plain(link.label),
            summary=cells.markdown(_after_title(line.rest)),
            listed=str(self.place),
            bullets=notes,
            url="" if identity else link.target,
        )
        self.draft.entries.append(entry)
        self._own(entry, end)

    def _own(self, entry: Listed, end: int) -> None:
        if end > self.notes_end:
            self.notes_end, self.owner = end, entry

    def _loose(self, at: int) -> None:
        """A line that may link papers somewhere."""
        line = self.lines[at]
        found = find_arxiv_ids(line.text)
        if not found and (bare := _bare(line.text)) is not None:
            found = [bare]
        if not found:
            return
        if at < self.notes_end and self.owner is not None:
            own = self.owner
            self.mentions += [
                (at + 1, one.id, own.title or own.id or "") for one in found if one.id != own.id
            ]
            return
        titles = {
            identity.id: cells.plain(link.label)
            for link in reversed(links(line.text))
            if (identity := arxiv_id(link.target)) and not is_generic(link.label)
        }
        alone = len(found) == 1
        title = titles.get(found[0].id, "")
        notes, end, place = "", at + 1, self.place
        if alone and not title and (above := self._heading_of(at)):
            title = above
            notes, end = self._section(at)
            place = Place(self.draft.name, self.place.headings[:-1])
        elif alone and line.bullet:
            notes, end = self._notes(at)
            if not title and (bold := _BOLD.match(line.text.strip(" \t-*+")) or _bold(line)):
                title = cells.plain(bold["title"])
        for identity in found:
            self.draft.rows += 1
            entry = Listed(
                line=at + 1,
                id=identity.id,
                version=identity.version,
                title=title if alone else titles.get(identity.id, ""),
                summary=self._beside(line) if alone and line.bullet else "",
                listed=str(place),
                bullets=notes,
            )
            self.draft.entries.append(entry)
            self._own(entry, end)

    @staticmethod
    def _beside(line: _Line) -> str:
        """The text of a bullet that links a paper somewhere, if it says more than the link."""
        item = _ITEM.fullmatch(line.text)
        text = item["text"] if item else line.text
        bare = text
        for link in reversed(links(text)):
            bare = bare[: link.start] + bare[link.end :]
        bare = re.sub(r"arxiv\s*:\s*\S+", "", bare, flags=re.IGNORECASE)
        bare = "" if bare_id(bare) else bare
        return cells.markdown(text) if len(cells.plain(bare).strip(" -–—:.,;()[]")) > 3 else ""

    def _notes(self, at: int) -> tuple[str, int]:
        """The text below a title that belongs to it, and the line after.

        Below a bullet that is what stands deeper; below a line of its own or a heading, all up to
        the next of its kind.
        """
        first = self.lines[at]
        end = at + 1
        while end < len(self.lines) and not self._ends_notes(first, end):
            end += 1
        return self._kept(at + 1, end), end

    def _ends_notes(self, first: _Line, at: int) -> bool:
        line = self.lines[at]
        if line.blank:
            return False
        if first.bullet:
            return line.indent <= first.indent or line.level > 0
        if line.level:
            return not first.level or line.level <= first.level
        another = not (line.bullet or line.indent or first.level) and line.title is not None
        return another or at in self.tables or self._is_table(at)

    def _section(self, at: int) -> tuple[str, int]:
        """All of a section below the line that links its paper."""
        level = self.place.headings[-1][0] if self.place.headings else 0
        end = at + 1
        while end < len(self.lines) and not 0 < self.lines[end].level <= level:
            end += 1
        return self._kept(at + 1, end), end

    def _is_table(self, at: int) -> bool:
        grid = markdown_grid(self.texts, at) if "|" in self.texts[at] else None
        return grid is not None and reads_as_papers(grid)

    def _kept(self, start: int, end: int) -> str:
        while start < end and self.lines[start].blank:
            start += 1
        while start < end and (self.lines[end - 1].blank or _RULE.fullmatch(self.texts[end - 1])):
            end -= 1
        return "\n".join(self.raw[start:end])

    def _heading_of(self, at: int) -> str:
        """The heading above, where line `at` holds nothing but the link to the one paper of its
        section; else nothing."""
        text = self.lines[at].text.strip()
        for link in reversed(links(text)):
            text = text[: link.start] + text[link.end :]
        text = re.sub(r"arxiv\s*:\s*[\w./-]+", "", text, flags=re.IGNORECASE)
        if _LABEL.fullmatch(text.strip(" <>()[]|")) is None:
            return ""
        above = at - 1
        steps = 0
        while above >= 0 and not self.lines[above].level:
            steps += not self.lines[above].blank
            above -= 1
        if above < 0 or steps > 3 or self.lines[above].title is not None:
            return ""
        level = self.lines[above].level
        ids: set[str] = set()
        for line in self.lines[above + 1 :]:
            if 0 < line.level <= level:
                break
            if line.title is not None and not line.bullet and line.indent == 0:
                return ""
            ids.update(one.id for one in find_arxiv_ids(line.text))
            if len(ids) > 1:
                return ""
        title = cells.plain(self.lines[above].text.strip().strip("#"))
        return _NUMBERED.sub("", title)


def _after_title(rest: str) -> str:
    """What follows a linked title on its line, without the marks that set it apart."""
    return re.sub(r"^(?:\*{1,3}|_{1,3})(?=\W|$)", "", rest).lstrip(" \t-–—:|,.;").rstrip()


def _bare(text: str) -> ArxivId | None:
    """The id that a line or a bullet is, and nothing else."""
    item = _ITEM.fullmatch(text)
    return bare_id(item["text"]) if item and len(text) < 80 else None


def _bold(line: _Line) -> re.Match[str] | None:
    item = _ITEM.fullmatch(line.text)
    return _BOLD.match(item["text"]) if item else None


def _line(text: str, *, coded: bool) -> _Line:
    expanded = text.expandtabs(4)
    indent = len(expanded) - len(expanded.lstrip())
    if coded:
        return _Line(text, indent, bullet=False, level=0, title=None, rest="")
    if found := heading(text):
        body = _NUMBERED.sub("", text.lstrip().lstrip("#").strip())
        link = _leading(body, alone=False)
        return _Line(
            text, 0, bullet=False, level=found[0], title=link, rest=body[link.end :] if link else ""
        )
    item = _ITEM.fullmatch(text)
    bullet = bool(item and item["mark"])
    body = item["text"] if item else text
    link = _leading(body, alone=not bullet)
    return _Line(
        text, indent, bullet=bullet, level=0, title=link, rest=body[link.end :] if link else ""
    )


def _leading(text: str, *, alone: bool) -> Link | None:
    """The link a line begins with, if its text is a title; `alone` asks that nothing follows."""
    if "](" not in text and "<a" not in text.casefold():
        return None
    found = links(text)
    link = found[0] if found else None
    if link is None or not _OPENING.match(text[: link.start]) or is_generic(link.label):
        return None
    rest = text[link.end :]
    for other in reversed(found[1:]):
        at = other.start - link.end, other.end - link.end
        if at[0] >= 0 and (is_generic(other.label) or not other.label):
            rest = rest[: at[0]] + rest[at[1] :]
    if alone and not _CLOSING.match(rest.strip(" ()[]|")):
        return None
    return link


def _code_lines(lines: list[str]) -> set[int]:
    """The lines inside fenced code."""
    spans = code_spans("\n".join(lines))
    if not spans:
        return set()
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    coded: set[int] = set()
    for start, end in spans:
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, max(start, end - 1)) - 1
        coded.update(range(first, last + 1))
    return coded


def _after_frontmatter(lines: list[str]) -> int:
    if lines and lines[0].rstrip() == "---":
        for at, line in enumerate(lines[1:200], 1):
            if line.rstrip() in ("---", "..."):
                return at + 1
    return 0
