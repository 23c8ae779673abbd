"""Titles, abstracts and names as arXiv gives them, TeX included, made readable."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from kb.core.inline import apart
from kb.core.tex.letters import accents
from kb.core.tex.literal import literal, literal_url
from kb.core.tex.maths import tidy
from kb.core.tex.pieces import Kind, Piece
from kb.core.tex.symbols import subscript, superscript
from kb.core.tex.unicode_math import to_unicode
from kb.core.tex.words import read

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["accents", "plain", "readable"]

MAX_LENGTH = 10_000
"""Longer text is not taken for TeX; arXiv's abstracts have at most 1,920 characters."""

_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
_PLAIN = re.compile(r"[\w ,;:.?'\"()/–—|-]*")
_NUMBER_AT_END = re.compile(r"(?:(?<=[\s(\[~–—/-])|\A)\d+(?:[.,]\d+)*\Z")
_NUMBER_AT_START = re.compile(r"\d+(?:[.,]\d+)*")
_UNICODE = re.compile(r"(\$?)\\unicode\{x([0-9a-fA-F]{2,4})\}\1")
_SIGN = re.compile(r"\\[A-Za-z]+|[^\^_]")
_SCRIPTS = re.compile(r"(?:[\^_](?:\{[^{}]{1,12}\}|\{\\[a-z]+\{\w+\}\}|\\[a-z]+|[\w*+-]))+")
_RAISED = re.compile(
    r"(?:(?<=[^\W_])|(?<=[)\]]))(\^|_(?=\{))(?:\{([\w+-]{1,6})\}|([+-]?\d{1,2}(?!\d)|[a-z](?!\w)))"
)
_NOT_IN_CODE = re.compile(r"[`$|]|\[\[|%%|==|]\(")


@functools.lru_cache(maxsize=4096)
def readable(text: str) -> str:
    r"""`text` as Markdown that shows it: formulas between dollars for MathJax, all else as said.

    TeX in the words becomes letters, emphasis and punctuation; whatever Markdown, HTML or Obsidian
    would take for markup is escaped. Paragraphs (an empty line between) are kept, bars are left to
    tables. Never raises.
    """
    return "\n\n".join(
        done for part in re.split(r"\n\s*\n", text) if (done := _paragraph(_folded(part)))
    )


def plain(text: str) -> str:
    """`text` on one line without any markup, formulas in Unicode where it has the signs.

    For file names, properties and search. Never raises.
    """
    line = _folded(text)
    if _PLAIN.fullmatch(line) and "--" not in line and "''" not in line:
        return line
    return _folded(_flat(_joined(_pieces(line))))


def _folded(text: str) -> str:
    return " ".join(_CONTROL.sub("", " ".join(text.split())).split())


def _pieces(line: str) -> tuple[Piece, ...]:
    if len(line) > MAX_LENGTH:
        return (Piece("text", line),)
    return read(accents(_UNICODE.sub(_character, line)))


def _character(match: re.Match[str]) -> str:
    character = chr(int(match[2], 16))
    return character if character.isprintable() and character > "\x9f" else match[0]


def _flat(pieces: Sequence[Piece]) -> str:
    said: list[str] = []
    for piece in pieces:
        if piece.inside:
            said.append(_flat(piece.inside))
        else:
            said.append(to_unicode(piece.text) if piece.kind in ("math", "display") else piece.text)
    return "".join(said)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with each formula whole: what touches it on either side would undo its dollars."""
    out: list[Piece] = []
    for number, piece in enumerate(pieces):
        before = out[-1] if out else Piece("url")
        follows = pieces[number + 1].text[:1] if number + 1 < len(pieces) else ""
        if piece.inside:
            out.append(replace(piece, inside=tuple(_joined(piece.inside))))
        elif piece.kind == "math":
            _join_formula(out, before, piece.text.strip(), follows)
        elif piece.kind == "text":
            text = _RAISED.sub(_raise, piece.text)
            if before.kind == "math" and (digits := _NUMBER_AT_START.match(text)):
                out[-1] = Piece("math", f"{before.text} {digits[0]}")
                text = text[digits.end() :]
            elif before.kind == "text":
                text = out.pop().text + text
            if text:
                out.append(Piece("text", text))
        else:
            out.append(piece)
    return out


def _join_formula(out: list[Piece], before: Piece, content: str, follows: str) -> None:
    if before.kind == "math":
        out[-1] = Piece("math", f"{before.text}{'{}' if content[0] in '^_' else ' '}{content}")
        return
    text = before.text if before.kind == "text" else ""
    # Git hosts see no formula that touches a letter; a lone sign needs none.
    if (text[-1:] + follows).strip() and (text[-1:].isalnum() or follows.isalnum()):
        sign = to_unicode(content)
        if len(sign) == 1 and _SIGN.fullmatch(content):
            sign = "–" if sign == "-" and text[-1:].isalpha() else sign
            out[len(out) - bool(text) :] = [Piece("text", text + sign)]
            return
    if text:
        content = content.removeprefix("{}") or content
        if text[-1:].isalnum() and _SCRIPTS.fullmatch(content):
            small = to_unicode(content)
            if not set(small) & set("^_()"):
                out[-1] = Piece("text", text + small)
                return
        if content[0] in "\\^" and (number := _NUMBER_AT_END.search(text)):
            out[-1:] = [Piece("text", text[: number.start()])] if number.start() else []
            content = f"{number[0]}{content}"
    out.append(Piece("math", content))


def _raise(match: re.Match[str]) -> str:
    inner = match[2] or match[3]
    return (superscript(inner) if match[1] == "^" else subscript(inner)) or match[0]


def _paragraph(line: str) -> str:
    if _PLAIN.fullmatch(line) and "--" not in line and "''" not in line:
        return literal(line)
    out = _markdown(_joined(_pieces(line)), first=True, nested=False)
    return apart(re.sub(r" {2,}", " ", out)).strip()


def _markdown(pieces: Sequence[Piece], *, first: bool, nested: bool) -> str:
    out = ""
    before: Kind | None = None
    for number, piece in enumerate(pieces):
        after = _first_character(pieces[number + 1]) if number + 1 < len(pieces) else ""
        said = _said(piece, out, before, after, first=first, nested=nested)
        if said and ((before == "url" and said[0] == "\\") or (out[-1:] == said[0] == "$")):
            out += " "
        out += said
        before = piece.kind if said else before
    return out


def _said(
    piece: Piece, out: str, before: Kind | None, after: str, *, first: bool, nested: bool
) -> str:
    match piece.kind:
        case "math" | "display":
            dollars = "$" if piece.kind == "math" else "$$"
            content = tidy(piece.text)
            return f"{dollars}{content}{dollars}" if content else ""
        case "url":
            return literal_url(piece.text)
        case "code":
            content = piece.text.strip()
            if content and before != "code" and not _NOT_IN_CODE.search(content):
                return f"`{content}`"
            return literal(piece.text, first=False, after=after or "$")
        case "emph" | "strong":
            inner = _markdown(piece.inside, first=False, nested=True)
            return inner if nested else _emphasised(piece.kind, inner, out, before, after)
        case _:
            text = piece.text if out or not first else piece.text.lstrip()
            return literal(text, first=first and not out, after=after or ("$" if nested else ""))


def _emphasised(kind: Kind, inner: str, out: str, before: Kind | None, after: str) -> str:
    """`inner` between asterisks where these would be seen as emphasis, else as it is."""
    content = inner.strip()
    lead, _, trail = inner.partition(content) if content else ("", "", inner)
    mark = "*" if kind == "emph" else "**"
    opens = bool(lead) or content[:1].isalnum() or not out or out[-1].isspace() or out[-1] in '("“‘'
    closes = bool(trail) or content[-1:].isalnum() or not after or not after.isalnum()
    if not content or before in ("emph", "strong") or not (opens and closes):
        return inner
    return f"{lead}{mark}{content}{mark}{trail}"


def _first_character(piece: Piece) -> str:
    if piece.inside:
        return _first_character(piece.inside[0])
    return piece.text[:1] if piece.kind in ("text", "url") else "$"
