"""A day's digest by a bot: usage, totals, contents, one section a paper, and the prompt at the end.

Three generations of one format are understood, and the one that `kb export --format digest` writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from kb.core.exports.marked import MARK, unescaped
from kb.core.listed import DayTotals, Listed, same_title, title_key
from kb.core.papers import id_order
from kb.core.tex import accents
from kb.sources import fields
from kb.sources.lists import cells, scores
from kb.sources.lists.criteria import own_topics, topics_text
from kb.sources.lists.dates import read_date
from kb.sources.lists.grid import html_grids, markdown_grid
from kb.sources.lists.links import LINK, arxiv_id, bare_id, why_not
from kb.sources.lists.usage import is_usage, read_total, read_usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kb.core.listed import Usage
    from kb.core.papers import ArxivId
    from kb.sources.lists.draft import Draft
    from kb.sources.lists.grid import Grid

_TITLE = re.compile(r"#[ \t]+(?P<text>.*\S)")
_CRITERIA = re.compile(r"\b(?:prompt|topics|criteria|scales)\b", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d?/\d\d?/\d{4}")
_SECTION = re.compile(r"#{2,4}[ \t]+(?P<number>\d{1,4})[.)][ \t]+(?P<title>.*\S)")
_GROUP = re.compile(r"##[ \t]+(?P<name>.*?)[ \t]*\(\d+\)[ \t]*(?:<a\b[^<>]*>(?:</a>)?)?[ \t]*")
_CONTENT = re.compile(r"\d{1,4}\.[ \t]+\[(?P<title>.*)\]\(#[^()\s]*\)\s*")
_ANCHOR = re.compile(r"[ \t]*<a\b[^<>]*>(?:</a>)?[ \t]*$")
_FIELD = re.compile(r"\*\*(?P<name>[A-Za-z][A-Za-z /-]{0,30}):\*\*[ \t]*(?P<rest>.*)")
_RULE = re.compile(r"(?:-{3,}|\*{3,}|_{3,})[ \t]*")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_KNOWN = {
    "arxiv id": "id", "authors": "authors", "abstract": "abstract", "comment": "comment",
    "relevance": "relevance", "novelty": "novelty", "primary topic": "topic",
    "also matches": "topics", "topics": "topics", "topic": "topic", "summary": "summary",
    "scored by": "scored_by",
}  # fmt: skip
_LATE = frozenset({"id", "authors", "abstract"})


def looks_like_digest(lines: list[str]) -> bool:
    """Whether these are the lines of a day's digest."""
    if any(line.startswith(MARK) for line in lines[:20]):
        return True
    told = sum(line.lstrip("*").casefold().startswith("arxiv id:**") for line in lines)
    scored = sum(line.startswith("**Relevance:**") for line in lines)
    totals = sum(1 for line in lines if read_total(line))
    titled = any(
        (title := _TITLE.fullmatch(line)) and "arxiv papers" in title["text"].casefold()
        for line in lines[:20]
    )
    return (told > 0 and scored > 0) or totals >= 2 or (titled and totals > 0)


def read_digest(lines: list[str], draft: Draft) -> None:
    """Add every paper of a digest to `draft`, with the day's totals and the topics at its end."""
    _Digest(lines, draft).read()


@dataclass(slots=True)
class _Section:
    """The lines of one paper."""

    line: int
    title: str
    group: str
    parts: dict[str, str] = field(default_factory=dict)
    extra: list[tuple[str, str]] = field(default_factory=list)


class _Digest:
    def __init__(self, lines: list[str], draft: Draft) -> None:
        self.lines = [line.rstrip() for line in lines]
        self.draft = draft
        self.ours = any(line.startswith(MARK) for line in lines[:20])
        heads = [at for at, line in enumerate(self.lines) if _TITLE.fullmatch(line)]
        self.end = self._end_of_papers(heads[1:])
        self.heading = _TITLE.sub(r"\g<text>", self.lines[heads[0]]) if heads else ""
        self.sections: list[_Section] = []
        self.contents: dict[int, str] = {}
        self.totals: dict[str, int] = {}
        self.topics: dict[str, None] = {}

    def read(self) -> None:
        usage = self._usage()
        self._scan()
        draft = self.draft
        criteria = "\n".join(self.lines[self.end :])
        draft.topics_text = own_topics(criteria) if self.ours else topics_text(criteria)
        models = [one.model for one in usage if one.model]
        found = [self._entry(section, models[-1] if models else "") for section in self.sections]
        day = self._day(entry.id for entry in found if entry.id)
        if day is None:
            draft.doubt(1, "the digest does not say of which day it is")
        draft.entries += [
            replace(entry, announced=day, listed=f"{day}" if day else "") for entry in found
        ]
        draft.rows += len(found)
        self._check_contents()
        if (relevant := self.totals.get("relevant")) is not None and relevant != len(found):
            draft.doubt(1, f"the digest says {relevant} relevant papers and has {len(found)}")
        draft.day = DayTotals(
            day=day,
            announced=self.totals.get("announced"),
            scanned=self.totals.get("scanned"),
            relevant=self.totals.get("relevant"),
            usage=usage,
        )

    def _end_of_papers(self, heads: list[int]) -> int:
        """Where the topics and the prompt begin: at a heading of its own level that says so, else at
        the first below the last paper."""
        papers = (
            at
            for at, line in enumerate(self.lines)
            if (head := _SECTION.fullmatch(line)) and arxiv_id(_titled(head["title"])[1])
        )
        last = max(papers, default=0)
        named = (at for at in heads if at > last and _CRITERIA.search(self.lines[at]))
        later = (at for at in heads if at > last)
        return next(named, next(later, len(self.lines)))

    def _usage(self) -> tuple[Usage, ...]:
        """What the tables at the head say; their lines are not looked at again."""
        found: list[Usage] = []
        first = next(
            (at for at, line in enumerate(self.lines) if _SECTION.fullmatch(line)), self.end
        )
        for grid in self._grids(min(first, self.end)):
            if is_usage(grid):
                usage, totals = read_usage(grid)
                found += usage
                self.totals |= totals
            elif [cells.plain(name).casefold() for name in grid.header] == ["topic", "papers"]:
                self.topics.update((cells.plain(row.cells[0]), None) for row in grid.rows)
        return tuple(found)

    def _grids(self, before: int) -> list[Grid]:
        grids = html_grids(self.lines, 0, before)
        at = 0
        while at < before:
            grid = markdown_grid(self.lines[:before], at)
            if grid is not None:
                grids.append(grid)
                at = grid.end - 1
            at += 1
        return grids

    def _scan(self) -> None:
        section: _Section | None = None
        group, name = "", ""
        for at, line in enumerate(self.lines[: self.end]):
            if head := _SECTION.fullmatch(line):
                section, name = _Section(at + 1, head["title"], group), ""
                self.sections.append(section)
            elif grouped := _GROUP.fullmatch(line):
                group, section = self._plain(cells.plain(grouped["name"])), None
                self.topics.setdefault(group, None)
            elif section is None:
                if content := _CONTENT.fullmatch(line):
                    self.contents[at + 1] = self._plain(content["title"])
                elif total := read_total(line):
                    self.totals.setdefault(*total)
            elif not _RULE.fullmatch(line):
                name = self._part(section, name, line)

    def _part(self, section: _Section, name: str, line: str) -> str:
        """Add one line to the part it belongs to; the name of that part."""
        match = _FIELD.fullmatch(line)
        key = _KNOWN.get(match["name"].casefold(), "") if match else ""
        if match and (key or name not in _LATE) and key not in section.parts:
            if key:
                section.parts[key] = match["rest"].strip()
                return key
            section.extra.append((match["name"], self._plain(match["rest"])))
            return "extra"
        if name == "extra" and line.strip():
            label, text = section.extra[-1]
            section.extra[-1] = (label, f"{text} {self._plain(line)}".strip())
        elif name in ("abstract", "summary", "comment"):
            section.parts[name] = f"{section.parts[name]}\n{line.strip()}".rstrip()
        elif name and line.strip():
            section.parts[name] = f"{section.parts[name]} {line.strip()}".strip()
        elif line.strip():
            self.draft.doubt(section.line, f"a line fits nowhere in the section: {line[:60]!r}")
        return name

    def _entry(self, section: _Section, model: str) -> Listed:
        title, target = _titled(section.title)
        parts = section.parts
        linked, told = arxiv_id(target), bare_id(_linked(parts.get("id", "")))
        if told and linked and told.id != linked.id:
            self.draft.doubt(
                section.line, f"the link leads to {linked.id}, the id below says {told.id}"
            )
        identity: ArxivId | None = told or linked
        text = {name: self._plain(value) for name, value in parts.items()}
        return Listed(
            line=section.line,
            id=identity.id if identity else None,
            version=identity.version if identity else None,
            why="" if identity else why_not([target] if target else []),
            title=self._plain(title),
            authors=tuple(
                accents(name)
                for name in fields.split_authors(text.get("authors", ""), conjunction=False)
            ),
            abstract=fields.fold_paragraphs(text.get("abstract", "")),
            summary=" ".join(text.get("summary", "").split()),
            comment=self._comment(text.get("comment", "")),
            topics=self._topics_of(section, text),
            relevance=self._score(section, "relevance"),
            novelty=self._score(section, "novelty"),
            scored_by=text.get("scored_by", model),
            extra=tuple((name, self._comment(value)) for name, value in section.extra if value),
        )

    def _plain(self, text: str) -> str:
        return unescaped(text) if self.ours else text.strip()

    def _comment(self, text: str) -> str:
        """On one line, with JSON escapes that a bot left in its answer put right."""
        line = " ".join(text.split())
        if self.ours:
            return line
        return _ESCAPE.sub(lambda m: c if (c := chr(int(m[1], 16))).isprintable() else m[0], line)

    def _score(self, section: _Section, name: str) -> int | None:
        text = section.parts.get(name)
        found = scores.score(text) if text is not None else None
        if found is None and text:
            self.draft.doubt(
                section.line, f"the {name} {text[:40]!r} is no whole number from 1 to 10"
            )
        return found

    def _topics_of(self, section: _Section, text: dict[str, str]) -> tuple[str, ...]:
        first = text.get("topic", "")
        found = dict.fromkeys(filter(None, [first]))
        if "topics" in text and self.ours:
            found |= dict.fromkeys(
                name for part in text["topics"].split(";") if (name := part.strip())
            )
        elif "topics" in text:
            known = {*self.topics, *(self._plain(s.parts.get("topic", "")) for s in self.sections)}
            found |= dict.fromkeys(_split_known(text["topics"], known - {""}))
        if not found and section.group:
            found[section.group] = None
        return tuple(found)

    def _day(self, ids: Iterable[str]) -> date | None:
        match = _DATE.search(self.heading) or _DATE.search(self.draft.name)
        if match is None:
            when = read_date(self.heading.partition(" of ")[2] or self.heading)
            return when.date if when else None
        near = max((month for each in ids if (month := _month_of(each))), default=None)
        when = read_date(match[0], near=near)
        return when.date if when else None

    def _check_contents(self) -> None:
        """What the contents promise and no section keeps is told, line by line."""
        keys = {title_key(_titled(section.title)[0]) for section in self.sections}
        titles = [self._plain(_titled(section.title)[0]) for section in self.sections]
        for line, title in self.contents.items():
            if title_key(title) in keys or any(same_title(title, other) for other in titles):
                continue
            self.draft.rows += 1
            self.draft.misread(line, f"{title[:80]!r} is in the contents and has no section")


def _titled(text: str) -> tuple[str, str]:
    """The title of a section's heading, and where it leads."""
    bare = _ANCHOR.sub("", text)
    # Titles hold brackets of all kinds; the link is what stands last.
    match = re.fullmatch(r"\[(?P<title>.*)\]\((?P<target>[^()\s]*)\)", bare)
    return (match["title"], match["target"]) if match else (bare, "")


def _linked(text: str) -> str:
    match = LINK.fullmatch(text)
    return match["label"] if match else text


def _month_of(arxiv_id: str) -> date | None:
    yearmonth, _ = id_order(arxiv_id)
    year, month = divmod(yearmonth, 100)
    return date(year, month, 15) if 1 <= month <= 12 else None


def _split_known(text: str, known: set[str]) -> list[str]:
    """The names in a list set apart by commas, where names hold commas too."""
    found: list[str] = []
    rest = text.strip()
    longest = sorted(known, key=len, reverse=True)
    while rest:
        name = (
            next((n for n in longest if rest == n or rest.startswith((f"{n},", f"{n};"))), None)
            or re.split(r"[,;]", rest, maxsplit=1)[0]
        )
        found.append(name.strip())
        rest = rest[len(name) :].lstrip(",; ")
    return [name for name in found if name]
