"""Cells of other people's tables, as plain text and as Markdown."""

from __future__ import annotations

import html
import re

from kb.sources.lists.links import LINK, links

_BREAK = re.compile(r"<br\s*/?>|</p>\s*<p[^<>]*>|</?p[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,400}>")
_ESCAPED = re.compile(r"\\([|_*\[\]#<>&%$])")
_BLANK = re.compile(r"(?:&nbsp;|&ensp;|&emsp;|&#160;|\u00a0|[ \t\u2002\u2003])+", re.IGNORECASE)
_INDENT = re.compile(r"&nbsp;|&ensp;|&emsp;|&#160;|\u00a0", re.IGNORECASE)
_BULLET = re.compile(r"(?:[-–—*+•▪‣·●◦]|[-=]+(?:>|&gt;)|[→➔➢►])\s+(?=\S)")
_NUMBER = re.compile(r"(\d{1,2})(?:[.)>]|&gt;)\s+(?=\S)")
_EMPHASIS = re.compile(r"(\*{1,3}|(?<!\w)_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)")
_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_SEPARATORS = re.compile(r"\s*(?:[,;，；、]|<br\s*/?>|\s[|/·•]\s|\\\|)\s*", re.IGNORECASE)


def plain(cell: str) -> str:
    """The text of a cell on one line: links and emphasis reduced to their words, formulas kept."""
    text = LINK.sub(r"\g<label>", cell)
    text = _TAG.sub("", _BREAK.sub(" ", text))
    text = html.unescape(text)
    for _ in range(2):
        text = _EMPHASIS.sub(r"\2", text)
    text = _CODE.sub(r"\1", _ESCAPED.sub(r"\1", text))
    return " ".join(text.replace("\u200b", "").split())


def is_empty(cell: str) -> bool:
    """Whether a cell shows nothing: blank, `-`, `[]()`, entities and breaks alone."""
    if any(link.target for link in links(cell)):
        return False
    return plain(cell).strip(" -–—/.?|\u00a0") in ("", "n/a", "N/A", "TBD", "tbd", "[]()")


def markdown(cell: str) -> str:
    """A cell as Markdown of its own: `<br>` becomes a paragraph, indented lines and bullets lists.

    One line stays one line. HTML apart from breaks goes, links and emphasis stay.
    """
    blocks: list[tuple[str, str]] = []
    for part in _BREAK.split(cell):
        lead = _BLANK.match(part)
        indented = lead is not None and _INDENT.search(lead[0]) is not None
        text = _words(part[lead.end() :] if lead else part)
        if not text:
            continue
        mark = ""
        if bullet := _BULLET.match(text):
            mark, text = "- ", text[bullet.end() :]
        elif (number := _NUMBER.match(text)) and (indented or blocks):
            mark, text = f"{number[1]}. ", text[number.end() :]
        elif indented:
            mark = "- "
        blocks.append((mark, text))
    out = ""
    for place, (mark, text) in enumerate(blocks):
        if place:
            out += "\n" if mark and blocks[place - 1][0] else "\n\n"
        out += f"{mark}{text}"
    return out


def _words(text: str) -> str:
    text = html.unescape(_TAG.sub("", text)).replace("\\|", "|").replace("\u200b", "")
    return " ".join(text.split())


def words_of(cell: str) -> tuple[str, ...]:
    """The items of a cell that lists topics, tags or the like, each once."""
    items = (plain(item).strip(" #") for item in _SEPARATORS.split(cell))
    return tuple(dict.fromkeys(item for item in items if item))
