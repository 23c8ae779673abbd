"""Plain ids and addresses, one or several a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kb.core.listed import Listed
from kb.sources.lists.links import arxiv_id, bare_id

if TYPE_CHECKING:
    from kb.core.papers import ArxivId
    from kb.sources.lists.draft import Draft

_COMMENT = re.compile(r"(?:^|\s)(?:#|//)\s.*$|^\s*#.*$")
_ADDRESS = re.compile(r"<?(?:https?://|(?:www\.)?arxiv\.org/|10\.48550/)", re.IGNORECASE)
_BARE = re.compile(r"[`*_(\[]*[A-Za-z0-9:./-]+[`*_)\]]*")
_LONGEST = 400
_BETWEEN = re.compile(r"[\s,;]+")


def looks_like_ids(lines: list[str]) -> bool:
    """Whether most lines are nothing but ids or addresses of papers, and none is long."""
    told = [words for line in lines if (words := _words(line))]
    if not told or any(len(line) > _LONGEST for line in lines):
        return False
    found = sum(all(_id(word) for word in words) for words in told)
    return found * 2 > len(told)


def read_ids(lines: list[str], draft: Draft) -> None:
    """Add every id to `draft`; a word that is none is told as odd. What follows `# ` is a comment."""
    place = draft.name.rpartition(".")[0] or draft.name
    for number, line in enumerate(lines, 1):
        for word in _words(line):
            draft.rows += 1
            identity = _id(word)
            if identity is None:
                draft.misread(number, f"{word[:80]!r} is no arXiv id and no address of a paper")
                continue
            draft.entries.append(
                Listed(line=number, id=identity.id, version=identity.version, listed=place)
            )


def _words(line: str) -> list[str]:
    text = re.sub(r"(?i)\barxiv\s*:\s*", "arXiv:", _COMMENT.sub("", line))
    return [word for word in _BETWEEN.split(text) if word.strip("-*+•[]()")]


def _id(word: str) -> ArxivId | None:
    if _ADDRESS.match(word):
        return arxiv_id(word)
    return bare_id(word) if _BARE.fullmatch(word) else None
