"""The lines of `Topics.md`, each with what can be told of it alone: heading, bullet, label."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a label or a heading may be called, folded to lower case.
LABELS: dict[str, str] = {
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
CONTAINERS = frozenset(
    (
        "topics", "relevant topics", "research topics", "my topics", "topics of interest",
        "interests", "my interests", "research interests", "areas", "research areas",
        "areas of interest", "what to look for",
    )
)  # fmt: skip
"""Headings that hold topics and are none."""
NOT_WORDS = re.compile(
    r"\b(?:leave|skip|avoid|exclude|ignore|filter|drop|not|never)\b", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--|%%")
_FRONTMATTER = re.compile(
    r"\A---[ \t]*\n(?:(?:[\w\"'.-]+[ \t]*:|[ \t]|-(?!--)|#(?!#)).*\n|\n)*(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
_HEADING = re.compile(r"(?P<hashes>#{1,6})(?:[ \t]+|$)(?P<text>.*?)[ \t]*#*[ \t]*$")
_ITEM = re.compile(
    r"(?:(?P<bullet>[-*+•‣–])|(?P<number>\d{1,3})[.)])[ \t]+(?:\[.\][ \t]+)?(?P<text>.*)"
)
_LABEL = re.compile(
    r"(?P<open>[*_]{0,3})(?P<name>[^\W\d_][\w '/-]{0,40}?)[ \t]*[*_]{0,3}[ \t]*"
    r"(?:(?P<colon>[:：])[*_]{0,3}(?:[ \t]+|$)|[ \t][-–—][ \t]+|$)(?P<rest>.*)"
)
_ALONE = frozenset({"follow", "everywhere"})
_HEADINGS = frozenset(
    (
        "relevant",
        "not relevant",
        "irrelevant",
        "keywords",
        "keyword",
        "negative keywords",
        "description",
    )
)
"""Labels that a heading may be too; a heading Applications is rather a topic."""
TOPIC_NUMBER = re.compile(r"(?:topic[ \t]+)?\d{1,3}[ \t]*[.):][ \t]*", re.IGNORECASE)
_RULE = re.compile(r"([-*_=])(?:[ \t]*\1){2,}")


@dataclass(slots=True)
class Line:
    """One line without its heading, quote or bullet mark; `rest` is what follows the label."""

    number: int
    indent: int
    text: str
    level: int = 0
    bullet: bool = False
    numbered: bool = False
    after_blank: bool = False
    label: str = ""
    rest: str = ""


def read_lines(text: str) -> Iterator[Line]:
    """Lines with something on them, numbered as in the file; frontmatter and comments are left out."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = _FRONTMATTER.sub(_blank, text)
    text = _without_comments(text)
    after_blank = True
    for number, raw in enumerate(text.split("\n"), start=1):
        bare = re.sub(r"^(?:[ \t]*>)+", "", raw.expandtabs(4).replace("\x00", " "))
        indent = len(bare) - len(bare.lstrip())
        bare = bare.strip()
        if not bare or _RULE.fullmatch(bare):
            after_blank = True
            continue
        line = Line(number, indent, bare, after_blank=after_blank)
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


def _without_comments(text: str) -> str:
    """`text` with nothing but the line ends of its comments; what never closes is none."""
    pieces: list[str] = []
    never: set[str] = set()
    at = 0
    for opening in _COMMENT.finditer(text):
        mark = "-->" if opening[0] == "<!--" else "%%"
        if opening.start() < at or mark in never:
            continue
        end = text.find(mark, opening.end())
        if end < 0:
            never.add(mark)
            continue
        pieces += [text[at : opening.start()], "\n" * text.count("\n", opening.start(), end)]
        at = end + len(mark)
    return "".join([*pieces, text[at:]])


def _find_label(line: Line) -> None:
    match = _LABEL.fullmatch(line.text)
    line.rest = line.text
    if match and (name := match["name"].casefold().strip()) in LABELS:
        if line.level and name not in _HEADINGS and LABELS[name] not in _ALONE:
            return
        alone = not match["rest"] and (line.level or match["open"])
        if match["colon"] or alone or (match["rest"] and len(name) > 3):
            line.label, line.rest = LABELS[name], match["rest"]
