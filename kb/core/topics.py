"""`Topics.md`: what the reader wants to see, in the many ways people write it down (CONTRACT §6)."""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kb.core.keywords import plain_text, split_keywords
from kb.core.topic_lines import CONTAINERS, LABELS, NOT_WORDS, TOPIC_NUMBER, Line, read_lines
from kb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One thing the reader wants to see. Texts are one line each, free of markup."""

    name: str
    description: str = ""
    relevant: str = ""
    not_relevant: str = ""
    keywords: tuple[str, ...] = ()
    negative_keywords: tuple[str, ...] = ()
    line: int = 0
    """Where it starts in the file, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """All of `Topics.md`. `keywords` and `negative_keywords` hold for every topic."""

    about: str = ""
    """Free text: for a model, never a query."""
    topics: tuple[Topic, ...] = ()
    follow: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    negative_keywords: tuple[str, ...] = ()
    unplaced: tuple[tuple[int, str], ...] = ()
    """Lines that could not be placed, by number; their text is in `about`."""
    digest: str = ""
    """Changes when anything changes that a score may depend on; layout and authors do not count."""


@dataclass
class _Draft:
    name: str
    line: int
    numbered: bool = False
    parts: dict[str, list[str]] = field(default_factory=dict)

    def add(self, part: str, text: str, *, joined: bool = False) -> None:
        """Put one item down; `joined` continues the last one."""
        items = self.parts.setdefault(part, [])
        if joined and items:
            items[-1] = f"{items[-1]} {text}".strip()
        elif text:
            items.append(text)

    def text(self, part: str) -> str:
        items = self.parts.get(part, [])
        ended = [i if i[-1] in ".!?;:," else f"{i};" for i in items[:-1]] + items[-1:]
        return " ".join(ended)

    def words(self, *parts: str) -> tuple[str, ...]:
        return split_keywords(item for part in parts for item in self.parts.get(part, []))


def checked(text: str, path: str) -> str:
    """`text`, if it names a topic. Raises ConfigError where it does not; `path` is its file's name."""
    if not parse_topics(text).topics:
        raise ConfigError(
            f"{path} names no topic; write one as a heading, such as `## Model architecture`, and below"
            " it what is relevant"
        )
    return text


def parse_topics(text: str) -> Topics:
    """What `Topics.md` says. Never raises: no topic gives no topics, and the caller decides.

    A line that fits nowhere is in `unplaced` with its number and, as free text, in `about`.
    """
    lines = list(read_lines(text))
    found = _Reader(lines).read()
    if not found.topics and any(line.bullet for line in lines):
        bulleted = _Reader(lines, bullets=True).read()
        found = bulleted if bulleted.topics else found
    return found


class _Reader:
    """Walks the lines once; `here` is the topic (or everywhere) that lines belong to."""

    def __init__(self, lines: list[Line], *, bullets: bool = False) -> None:
        self.lines = lines
        self.bullets = bullets
        self.about: list[str] = []
        self.drafts: list[_Draft] = []
        self.everywhere = _Draft("", 0)
        self.follow: dict[str, None] = {}
        self.unplaced: list[tuple[int, str]] = []
        self.here: _Draft | None = None
        self.part = ""
        self.listing = True
        """Whether numbered lines are topics here."""

    def read(self) -> Topics:
        for index, line in enumerate(self.lines):
            if line.level:
                self._heading(index, line)
            elif line.label and self._label(index, line):
                continue
            elif self._starts_topic(line):
                self._item_topic(line)
            else:
                self._text(index, line)
        topics = tuple(
            Topic(
                name=draft.name,
                description=draft.text("description"),
                relevant=draft.text("relevant"),
                not_relevant=draft.text("not_relevant"),
                keywords=draft.words("keywords"),
                negative_keywords=draft.words("negative_keywords"),
                line=draft.line,
            )
            for draft in self.drafts
        )
        about = "\n".join(self.about)
        keywords = self.everywhere.words("keywords", "relevant", "description")
        negative = self.everywhere.words("negative_keywords", "not_relevant")
        return Topics(
            about=about,
            topics=topics,
            follow=tuple(self.follow),
            keywords=keywords,
            negative_keywords=negative,
            unplaced=tuple(self.unplaced),
            digest=_digest(about, topics, keywords, negative),
        )

    def _heading(self, index: int, line: Line) -> None:
        name = plain_text(TOPIC_NUMBER.sub("", line.text, count=1)) or plain_text(line.text)
        below = list(itertools.takewhile(lambda x: not x.level, self.lines[index + 1 :]))
        deeper = itertools.takewhile(
            lambda x: not x.level or x.level > line.level, self.lines[index + 1 :]
        )
        children = any(x.level and not x.label for x in deeper)
        numbered = any(x.numbered and x.indent < 2 for x in below)
        listed = numbered and any(
            a.numbered and (b.label or a.text.startswith("**"))
            for a, b in itertools.pairwise(below)
        )
        first = not any(x.level for x in self.lines[:index])
        self.part, self.listing = "", False
        if line.label in ("follow", "everywhere"):
            self.here, self.part = self.everywhere, line.label if line.label == "follow" else ""
        elif line.label:
            inside = self.here is not None and self.here is not self.everywhere
            above = [x.level for x in self.lines[:index] if x.level]
            if not (inside and above and line.level > min(above) and line.level > 2):
                self.here = self.everywhere
            self.part = line.label
        elif name.casefold().rstrip(":") in CONTAINERS or (
            children and not any(x.label for x in below)
        ):
            self._container(name, listing=not children)
        elif listed or (numbered and first and line.level == 1):
            self._container(name, listing=True)
        elif name:
            self.here = _Draft(name, line.number)
            self.drafts.append(self.here)

    def _container(self, name: str, *, listing: bool) -> None:
        self.here, self.listing = None, listing
        if name and name.casefold().rstrip(":") not in CONTAINERS:
            self.about.append(name)

    def _label(self, index: int, line: Line) -> bool:
        rest = plain_text(line.rest)
        if line.label == "follow":
            self.here, self.part = (self.here if rest else self.everywhere), "follow"
            self._names(line.number, rest)
            self.part = "" if rest else "follow"
            return True
        if line.label == "everywhere":
            self.here, self.part = self.everywhere, ""
            if rest:
                self._text(index, line)
            return True
        below = self.lines[index + 1] if index + 1 < len(self.lines) else None
        groups = not rest and not line.bullet and below is not None and below.bullet and below.label
        if groups and (self.here is None or self.here.numbered) and line.label == "keywords":
            self.here, self.part = self.everywhere, ""
            return True
        if self.here is None:
            if line.label not in ("keywords", "negative_keywords"):
                return False
            self.everywhere.add(line.label, rest)
            self.here, self.part = (None, "") if rest else (self.everywhere, line.label)
            return True
        self.part = line.label
        self.here.add(line.label, rest)
        return True

    def _starts_topic(self, line: Line) -> bool:
        open_list = self.here is None and self.listing
        same_list = self.here is not None and self.here.numbered
        shape = line.numbered or (self.bullets and line.bullet)
        return (
            shape and line.indent < 2 and (open_list or same_list) and bool(plain_text(line.text))
        )

    def _item_topic(self, line: Line) -> None:
        bold = re.match(r"(\*\*|__)(?P<name>.+?):?\1\s*[:–—-]?\s*(?P<rest>.*)", line.text)
        plain = re.match(r"(?P<name>[^:]{1,80}?)(?::|\s[–—-])\s+(?P<rest>.*)", line.text)
        match = bold or plain
        name, rest = (match["name"], match["rest"]) if match else (line.text.rstrip(":. "), "")
        name, rest = plain_text(name), plain_text(rest)
        if len(name.split()) > 12:
            name, rest = " ".join(name.split()[:8]) + " …", plain_text(line.text)
        self.here = _Draft(name or plain_text(line.text), line.number, numbered=True)
        self.here.add("description", rest)
        self.drafts.append(self.here)
        self.part = "description" if rest else ""

    def _text(self, index: int, line: Line) -> None:
        text, item = plain_text(line.text), line.bullet or line.numbered
        if not text:
            return
        if self.part == "follow":
            self._names(line.number, text)
        elif self.here is None:
            self.about.append(text)
        elif self._closes_list(index, line):
            self.here, self.part = (
                self.everywhere,
                "not_relevant" if NOT_WORDS.search(text) else "",
            )
            if not self.part:
                self._unplaced(line.number, text)
            else:
                self.about.append(text)
        elif self.here is self.everywhere:
            if self.part and (item or not line.after_blank):
                self.here.add(
                    self.part, text, joined=not item and bool(self.here.parts.get(self.part))
                )
            else:
                self._unplaced(line.number, text)
        elif self._is_misspelt_label(line):
            self._unplaced(line.number, text)
        elif self.part and (item or not line.after_blank):
            self.here.add(self.part, text, joined=not item)
        elif (
            self.here.numbered
            and line.after_blank
            and not line.indent
            and not item
            and self.here.parts
        ):
            self._unplaced(line.number, text)
        else:
            self.here.add("description", text, joined=not line.after_blank and not item)
            self.part = ""

    def _closes_list(self, index: int, line: Line) -> bool:
        """A sentence ending in a colon, then bullets, after numbered topics: about all of them."""
        below = self.lines[index + 1] if index + 1 < len(self.lines) else None
        return (
            (self.here is self.everywhere or (self.here is not None and self.here.numbered))
            and line.after_blank
            and not (line.indent or line.bullet or line.numbered)
            and line.text.rstrip("*_ ").endswith(":")
            and below is not None
            and below.bullet
        )

    def _is_misspelt_label(self, line: Line) -> bool:
        match = re.match(r"[*_]{0,3}([^\W\d_][\w ]{2,24}?)[*_ ]{0,4}:", line.text)
        return bool(
            match and difflib.get_close_matches(match[1].casefold(), LABELS, n=1, cutoff=0.8)
        )

    def _names(self, number: int, text: str) -> None:
        bare = re.sub(r"\s*\(.*?\)|\s+[–—-]\s.*|[:：].*", "", text)
        parts = re.split(r"[;；]", bare)
        if len(parts) == 1 and (
            bare.count(",") > 1 or all(" " in p.strip() for p in bare.split(","))
        ):
            parts = bare.split(",")
        names = [" ".join(part.split()).strip(" .,") for part in parts]
        if any(names) and all(not name or _is_name(name) for name in names):
            self.follow.update(dict.fromkeys(n for n in names if n))
            if bare != text:
                self.about.append(text)
        elif text:
            self._unplaced(number, text)

    def _unplaced(self, number: int, text: str) -> None:
        self.unplaced.append((number, text))
        self.about.append(text)


def _is_name(text: str) -> bool:
    """Up to six words, one of them capitalised (or in a script without capitals)."""
    words = text.split()
    return len(words) <= 6 and any(w[0].isalpha() and not w[0].islower() for w in words)


def _digest(about: str, topics: Iterable[Topic], *keywords: tuple[str, ...]) -> str:
    said = [
        [about],
        *([t.name, t.description, t.relevant, t.not_relevant, *t.keywords, "-", *t.negative_keywords]
          for t in topics),
        *keywords,
    ]  # fmt: skip
    folded = [[" ".join(text.casefold().split()) for text in part] for part in said]
    return hashlib.sha256(json.dumps(folded).encode()).hexdigest()[:12]
