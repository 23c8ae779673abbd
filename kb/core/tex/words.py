"""TeX in running text, taken apart into plain words, formulas, addresses and emphasis."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from kb.core.tex import macros
from kb.core.tex.maths import find_formula, group
from kb.core.tex.pieces import Draft, Piece

if TYPE_CHECKING:
    from kb.core.tex.macros import Reader

_DEEPEST = 12
_STOP = re.compile(r"[\\{}$~`'\"]|-{2,}|https?://", re.IGNORECASE)
_SINGLE_QUOTES = re.compile(r"`((?:[^`'\n$\\{}]|\\_){1,80})'(?!\w)")
_SWITCH = re.compile(r"\s*\\([A-Za-z]+)(?![A-Za-z])\s*")


def read(text: str, *, depth: int = 0) -> tuple[Piece, ...]:
    """The pieces of one paragraph, in order, neighbouring words in one piece."""
    draft = Draft()
    inner: Reader = partial(read, depth=depth + 1) if depth < _DEEPEST else _as_said
    at = 0
    quoting = 0
    while stop := _STOP.search(text, at):
        draft.say(text[at : stop.start()])
        at = stop.start()
        if text[at] in "`'\"":
            at, quoting = _quote(text, at, draft, quoting)
        else:
            at = _next(text, at, stop, draft, inner)
    draft.say(text[at:])
    return draft.done()


def _next(text: str, at: int, stop: re.Match[str], draft: Draft, inner: Reader) -> int:
    sign = stop[0]
    if sign[0] in "\\$" and (found := find_formula(text, at)):
        draft.add(Piece("display" if found.display else "math", found.content))
        return found.end
    if text.startswith("$$", at):
        draft.say("$$")
        return at + 2
    if sign == "\\":
        return macros.take(text, at, draft, inner)
    if sign == "{":
        return _braces(text, at, draft, inner)
    if sign == "~":
        before, after = draft.last().strip(), text[at + 1 : at + 2].strip()
        draft.say(" " if before not in ("", "/", "~") and after not in ("", "~") else "~")
        return at + 1
    if sign[0] == "-":
        draft.say(_dash(sign, draft.last(), text[stop.end() : stop.end() + 1]))
        return stop.end()
    if len(sign) > 1:
        return macros.take_address(text, at, draft)
    draft.say(sign)
    return at + 1


def _quote(text: str, at: int, draft: Draft, quoting: int) -> tuple[int, int]:
    if text.startswith("``", at):
        draft.say("“")
        return at + 2, quoting + 1
    if text.startswith("''", at):
        draft.say("”" if quoting else '"')
        return at + 2, max(0, quoting - 1)
    if text[at] == '"' and quoting:
        draft.say("”")
        return at + 1, quoting - 1
    if text[at] == "`" and (single := _SINGLE_QUOTES.match(text, at)):
        draft.say(f"‘{single[1]}’".replace("\\_", "_"))
        return single.end(), quoting
    draft.say(text[at])
    return at + 1, quoting


def _dash(hyphens: str, before: str, after: str) -> str:
    if len(hyphens) > 3:
        return "—"
    if after == ">" or (not before.strip() and after.strip()):
        return hyphens  # an arrow, an option of a command
    return "–" if len(hyphens) == 2 else "—"


def _braces(text: str, at: int, draft: Draft, inner: Reader) -> int:
    found = group(text, at)
    if found is None:
        draft.say("{")
        return at + 1
    content, end = found
    switch = _SWITCH.match(content)
    if switch and switch[1] in macros.SWITCHES:
        macros.add_face(switch[1], content[switch.end() :], draft, inner)
    elif "\\" in content:
        draft.add(*inner(content))
    else:
        draft.say("{")
        draft.add(*inner(content))
        draft.say("}")
    return end


def _as_said(text: str) -> tuple[Piece, ...]:
    return (Piece("text", text),)
