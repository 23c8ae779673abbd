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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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


# What a label or a heading may be called, folded to lower case.
_LABELS: dict[str, str] = {
    **dict.fromkeys(
        ("relevant", "keep", "include", "included", "interested in", "looking for", "i want",
         "focus", "focus on", "in scope", "yes"), "relevant"),
    **dict.fromkeys(
        ("not relevant", "irrelevant", "filter", "filter out", "exclude", "excluded", "skip",
         "avoid", "ignore", "drop", "leave out", "not interested", "not interested in",
         "out of scope", "no"), "not_relevant"),
    **dict.fromkeys(
        ("keywords", "keyword", "key words", "positive keywords", "relevant keywords", "key terms",
         "terms", "search terms", "phrases"), "keywords"),
    **dict.fromkeys(
        ("negative keywords", "negative keyword", "irrelevant keywords", "excluded keywords",
         "negative", "negatives", "application", "applications", "application keywords",
         "keywords to avoid", "not keywords"), "negative_keywords"),
    **dict.fromkeys(("description", "what", "what matters", "why", "about this topic"),
                    "description"),
    **dict.fromkeys(
        ("authors to follow", "follow", "followed authors", "authors", "authors i follow",
         "people to follow", "followed"), "follow"),
    **dict.fromkeys(
        ("everywhere", "all topics", "every topic", "general keywords", "in general", "global"),
        "everywhere"),
}  # fmt: skip
_CONTAINERS = frozenset(
    "topics|relevant topics|research topics|my topics|topics of interest|interests|my interests|"
    "research interests|areas|research areas|areas of interest|what to look for".split("|")
)
_NOT_WORDS = re.compile(
    r"\b(?:leave|skip|avoid|exclude|ignore|filter|drop|not|never)\b", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|(?m:^[ \t]*)%%.*?%%|%%.*?%%", re.DOTALL)
_HEADING = re.compile(r"(?P<hashes>#{1,6})(?:[ \t]+|$)(?P<text>.*?)[ \t]*#*[ \t]*$")
_ITEM = re.compile(
    r"(?:(?P<bullet>[-*+•‣–])|(?P<number>\d{1,3})[.)])[ \t]+(?:\[.\][ \t]+)?(?P<text>.*)"
)
_LABEL = re.compile(
    r"(?P<open>[*_]{0,3})(?P<name>[^\W\d_][\w '/-]{0,40}?)[ \t]*[*_]{0,3}[ \t]*"
    r"(?:(?P<colon>[:：])[*_]{0,3}(?:[ \t]+|$)|[ \t][-–—][ \t]+|$)(?P<rest>.*)"
)
_TOPIC_NUMBER = re.compile(r"(?:topic[ \t]+)?\d{1,3}[ \t]*[.):][ \t]*", re.IGNORECASE)
_RULE = re.compile(r"([-*_=])(?:[ \t]*\1){2,}")


@dataclass
class _Line:
    number: int
    indent: int
    text: str
    level: int = 0
    bullet: bool = False
    numbered: bool = False
    after_blank: bool = False
    label: str = ""
    rest: str = ""


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


def parse_topics(text: str) -> Topics:
    """What `Topics.md` says. Never raises: no topic gives no topics, and the caller decides.

    A line that fits nowhere is in `unplaced` with its number and, as free text, in `about`.
    """
    lines = list(_lines(text))
    found = _Reader(lines).read()
    if not found.topics and any(line.bullet for line in lines):
        bulleted = _Reader(lines, bullets=True).read()
        found = bulleted if bulleted.topics else found
    return found


def _lines(text: str) -> Iterator[_Line]:
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(
        r"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*(?:\n|\Z)",
        _blank,
        text,
        flags=re.DOTALL | re.MULTILINE,
    )
    text = _COMMENT.sub(_blank, text)
    after_blank = True
    for number, raw in enumerate(text.split("\n"), start=1):
        bare = re.sub(r"^(?:[ \t]*>)+", "", raw.expandtabs(4).replace("\x00", " "))
        indent = len(bare) - len(bare.lstrip())
        bare = bare.strip()
        if not bare or _RULE.fullmatch(bare):
            after_blank = True
            continue
        line = _Line(number, indent, bare, after_blank=after_blank)
        after_blank = False
        if heading := _HEADING.fullmatch(bare):
            line.level, line.text = len(heading["hashes"]), heading["text"]
        elif item := _ITEM.fullmatch(bare):
            line.bullet, line.numbered = bool(item["bullet"]), bool(item["number"])
            line.text = item["text"].strip()
        _find_label(line)
        yield line


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _find_label(line: _Line) -> None:
    match = _LABEL.fullmatch(line.text)
    line.rest = line.text
    if match and (name := match["name"].casefold().strip()) in _LABELS:
        alone = not match["rest"] and (line.level or match["open"])
        if match["colon"] or alone or (match["rest"] and len(name) > 3):
            line.label, line.rest = _LABELS[name], match["rest"]


class _Reader:
    """Walks the lines once; `here` is the topic (or everywhere) that lines belong to."""

    def __init__(self, lines: list[_Line], *, bullets: bool = False) -> None:
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

    def _heading(self, index: int, line: _Line) -> None:
        name = plain_text(_TOPIC_NUMBER.sub("", line.text, count=1)) or plain_text(line.text)
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
        elif name.casefold().rstrip(":") in _CONTAINERS or (
            children and not any(x.label for x in below)
        ):
            self.here, self.listing = None, not children
            if name.casefold().rstrip(":") not in _CONTAINERS and not (first and line.level == 1):
                self.about.append(name)
        elif listed or (numbered and first and line.level == 1):
            self.here, self.listing = None, True
        elif name:
            self.here = _Draft(name, line.number)
            self.drafts.append(self.here)

    def _label(self, index: int, line: _Line) -> bool:
        rest = plain_text(line.rest)
        if line.label == "follow":
            self.here, self.part = (self.here if rest else self.everywhere), "follow"
            self._names(line.number, rest)
            self.part = "" if rest else "follow"
            return True
        if line.label == "everywhere":
            self.here, self.part = self.everywhere, ""
            return not rest or self._text(index, line) is None
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

    def _starts_topic(self, line: _Line) -> bool:
        open_list = self.here is None and self.listing
        same_list = self.here is not None and self.here.numbered
        shape = line.numbered or (self.bullets and line.bullet)
        return (
            shape and line.indent < 2 and (open_list or same_list) and bool(plain_text(line.text))
        )

    def _item_topic(self, line: _Line) -> None:
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

    def _text(self, index: int, line: _Line) -> None:
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
                "not_relevant" if _NOT_WORDS.search(text) else "",
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

    def _closes_list(self, index: int, line: _Line) -> bool:
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

    def _is_misspelt_label(self, line: _Line) -> bool:
        match = re.match(r"[*_]{0,3}([^\W\d_][\w ]{2,24}?)[*_ ]{0,4}:", line.text)
        return bool(
            match and difflib.get_close_matches(match[1].casefold(), _LABELS, n=1, cutoff=0.8)
        )

    def _names(self, number: int, text: str) -> None:
        bare = re.sub(r"\s*\(.*?\)|\s+[–—-]\s.*|[:：].*", "", text)
        parts = re.split(r"[;；]", bare)
        if len(parts) == 1 and (
            bare.count(",") > 1 or all(" " in p.strip() for p in bare.split(","))
        ):
            parts = bare.split(",")
        names = [" ".join(part.split()).strip(" .,") for part in parts]
        if all(not n or (len(n.split()) <= 6 and n[:1].isalpha()) for n in names) and any(names):
            self.follow.update(dict.fromkeys(n for n in names if n))
        elif text:
            self._unplaced(number, text)

    def _unplaced(self, number: int, text: str) -> None:
        self.unplaced.append((number, text))
        self.about.append(text)


def _digest(about: str, topics: Iterable[Topic], *keywords: tuple[str, ...]) -> str:
    said = [
        [about],
        *([t.name, t.description, t.relevant, t.not_relevant, *t.keywords, "-", *t.negative_keywords]
          for t in topics),
        *keywords,
    ]  # fmt: skip
    folded = [[" ".join(text.casefold().split()) for text in part] for part in said]
    return hashlib.sha256(json.dumps(folded).encode()).hexdigest()[:12]
