"""The topics that a digest prints at its end, as a `Topics.md`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kb.core.topics import Topics, parse_topics

if TYPE_CHECKING:
    from collections.abc import Iterable

_QUOTE = re.compile(r"^ {0,3}> ?", re.MULTILINE)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.*?)[ \t]*#*$", re.MULTILINE)
_TOPICS = re.compile(r"\btopics?\b", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:scor\w*|scales?|papers?|instructions?|registry|relevance and novelty|prompt)\b",
    re.IGNORECASE,
)
# Labels of the first generation, none of which says by itself what its line holds.
_HINTS = (
    (
        re.compile(r"^\**keywords for relevant domains:?\**:?$", re.IGNORECASE | re.MULTILINE),
        "Relevant",
    ),
    (
        re.compile(r"^\**hints on irrelevant domains:?\**:?$", re.IGNORECASE | re.MULTILINE),
        "Irrelevant",
    ),
    (
        re.compile(r"^\**hints on application tasks:?\**:?$", re.IGNORECASE | re.MULTILINE),
        "Irrelevant",
    ),
)


def topics_text(criteria: str) -> str:
    """A `Topics.md` that says what the topics in `criteria` say; nothing where it names none."""
    text = _QUOTE.sub("", criteria)
    section = _section(text)
    lists: dict[str, list[str]] = {}
    for pattern, label in _HINTS:
        if match := pattern.search(section):
            words, _, rest = section[match.end() :].lstrip("\n").partition("\n")
            lists.setdefault(label, []).append(words.strip())
            section = section[: match.start()] + rest
    if lists:
        section += "\n**Keywords:**\n\n"
        section += "".join(f"- {label}: {'; '.join(words)}\n" for label, words in lists.items())
    found = parse_topics(section)
    return _written(found) if found.topics else ""


def own_topics(criteria: str) -> str:
    """The `Topics.md` in the last part of a digest of kb's own: what stands before the scales."""
    _, _, text = _QUOTE.sub("", criteria).partition("\n")
    topics, _, _ = text.rpartition("\n---\n")
    return topics.strip("\n") + "\n" if parse_topics(topics).topics else ""


def _section(text: str) -> str:
    """From the heading of the topics to the next that is about something else."""
    headings = list(_HEADING.finditer(text))
    for at, match in enumerate(headings):
        if _TOPICS.search(match[2]) and not re.search(r"registry|scales", match[2], re.IGNORECASE):
            for later in headings[at + 1 :]:
                if len(later[1]) <= len(match[1]) and _OTHERS.search(later[2]):
                    return text[match.start() : later.start()]
            return text[match.start() :]
    return text


def _written(topics: Topics) -> str:
    parts = ["# Topics", topics.about]
    for topic in topics.topics:
        lines = [
            _labelled("", topic.description),
            _labelled("Relevant", topic.relevant),
            _labelled("Not relevant", topic.not_relevant),
            _labelled("Keywords", _listed(topic.keywords)),
            _labelled("Negative keywords", _listed(topic.negative_keywords)),
        ]
        parts.append("\n".join([f"## {topic.name}", *filter(None, lines)]))
    if topics.keywords or topics.negative_keywords:
        lines = [
            _labelled("Keywords", _listed(topics.keywords)),
            _labelled("Negative keywords", _listed(topics.negative_keywords)),
        ]
        parts.append("\n".join(["## Everywhere", *filter(None, lines)]))
    if topics.follow:
        parts.append("\n".join(["## Authors to follow", *(f"- {name}" for name in topics.follow)]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _labelled(label: str, text: str) -> str:
    return f"{label}: {text}" if label and text else text


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
