"""Text on one line of Markdown that can break nothing around it: a table row, a link, a comment.

What counts as math is what Obsidian and git hosts count: `$` without space inside, no digit after.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MATH = re.compile(
    r"(?<![\\$])(?:\$\$(?P<display>(?:\\.|[^\\$])+?)\$\$"
    r"|\$(?![\s$])(?P<inline>(?:\\.|[^\\$])+?)(?<!\s)\$)(?![\d$])"
)
_IN_MATH = re.compile(r"\\.|[|<`%]|\[(?=[\[^])|\](?=[\](\[:])")
_MATH_SAFE = {
    "|": r"\vert ",
    r"\|": r"\Vert ",
    "<": r"\lt ",
    r"\<": r"\lt ",
    "%": r"\%",
    "`": "‘",
    r"\`": "‘",
    "[": "[{}",
    "]": "]{}",
    r"\[": r"\lbrack ",
    r"\]": r"\rbrack ",
}
_RAW = re.compile(
    r"\\+|[`*\[\]|~$]|<|(?<![^\W_])_|_(?![^\W_])|%(?=%)|(?<=%)%|=(?==)|(?<==)="
    r"|(?<!\S)#(?=\S)|&(?=#?\w+;)"
)
_MARKDOWN = re.compile(
    r"(\\+)([!-/:-@\[-`{-~]?)|\[(?=\[)|(?<=\[)\[|\](?=\])|(?<=\])\]|[|`$<]|%(?=%)|(?<=%)%"
)
# In most of what is said there is none of these, which is seen at a glance.
_MAY_BE_MARKUP = re.compile(r"[\\`*\[\]|~$<_%=#&]")
# Two brackets that touch read as a wiki link to whoever looks at the text without its escapes.
_DOUBLED = re.compile(r"(\\?[\[\]])(?=\1)")
_ENTITIES = {"<": "&lt;", "&": "&amp;"}
_BACKSLASH = "&#92;"
# Marks of direction, joiners apart: left open they would scramble the rest of the row.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


@functools.lru_cache(maxsize=4096)
def cell(text: str) -> str:
    """Raw text as Markdown that shows it as it is, on one line; `$...$` stays math.

    Brackets that touch are set a space apart, see `apart`.
    """
    return _outside_math(text, _safe_raw)


@functools.lru_cache(maxsize=4096)
def cell_of_markdown(markdown: str) -> str:
    """Markdown on one line that cannot break its row, and otherwise says what it said.

    HTML, code spans, wiki links and stray dollars are shown as text.
    """
    return _outside_math(markdown, _safe_markdown)


def apart(markdown: str) -> str:
    """`markdown` with a space between brackets of one kind that touch, escaped or not."""
    return _DOUBLED.sub(r"\1 ", markdown) if "[" in markdown or "]" in markdown else markdown


def one_line(text: str) -> str:
    """`text` with white space and control characters folded to single spaces.

    Marks of direction go, lone surrogates become U+FFFD.
    """
    if text.isprintable():  # so there are none of these
        return " ".join(text.split())
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return " ".join(_CONTROL.sub(" ", _DIRECTION.sub("", text)).split())


def _outside_math(text: str, safe: Callable[[str], str]) -> str:
    text = one_line(text)
    pieces: list[str] = []
    at = 0
    for match in _MATH.finditer(text):
        inner = _math(match["display"] or match["inline"])
        if inner:
            pieces += [safe(text[at : match.start()]), f"${inner}$"]
            at = match.end()
    return "".join([*pieces, safe(text[at:])]).strip()


def _math(inner: str) -> str:
    safe = _IN_MATH.sub(lambda match: _MATH_SAFE.get(match[0], match[0]), inner)
    if not _balanced(safe):
        safe = safe.replace("[", r"\lbrack ").replace("]", r"\rbrack ")
    return " ".join(safe.split())


def _balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char == "[") - (char == "]")
        if depth < 0:
            return False
    return depth == 0


def _safe_raw(part: str) -> str:
    return apart(_RAW.sub(_escape_raw, part)) if _MAY_BE_MARKUP.search(part) else part


def _safe_markdown(part: str) -> str:
    return apart(_MARKDOWN.sub(_guard_markdown, part)) if _MAY_BE_MARKUP.search(part) else part


def _escape_raw(match: re.Match[str]) -> str:
    found = match[0]
    if found[0] == "\\":
        # A backslash that runs into a pipe frees it in some parsers; an entity never does.
        before_pipe = match.string[match.end() : match.end() + 1] == "|"
        return (_BACKSLASH if before_pipe else r"\\") * len(found)
    return _ENTITIES.get(found, f"\\{found}")


def _guard_markdown(match: re.Match[str]) -> str:
    run, escaped = match[1], match[2]
    if run is None:
        return _ENTITIES.get(match[0], f"\\{match[0]}")
    pairs, odd = divmod(len(run), 2)
    if escaped == "|":
        return _BACKSLASH * pairs + r"\|"
    if odd:
        at_end = match.end() == len(match.string)
        return match[0] if escaped or not at_end else r"\\" * pairs + _BACKSLASH
    return run + (
        _ENTITIES.get(escaped) or (f"\\{escaped}" if escaped and escaped in "`$[]%" else escaped)
    )
