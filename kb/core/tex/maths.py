"""Formulas: where they are in a text, and as MathJax and Markdown both take them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_LONGEST = 3000
_LONGEST_INLINE = 1000
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_ENVIRONMENTS = {
    "equation", "align", "aligned", "gather", "gathered", "multline", "eqnarray", "math",
    "displaymath", "cases", "array", "matrix", "pmatrix", "bmatrix", "split", "alignat",
}  # fmt: skip
_BEGIN = re.compile(r"\\begin\{([A-Za-z]+)(\*?)\}")
_PRICE = re.compile(r"\d[\d.,]*\s?(?:[kKmMbB]|bn|million|billion|trillion)?(?:\s|[-–]|\Z)")
_PLAIN_WORD = re.compile(r"(?<![A-Za-z_^])[A-Za-z]{2,}(?![A-Za-z_^(=])")
_MACRO_OR_GROUP = re.compile(r"\\[A-Za-z]+\*?|\\.|\{[^{}]*\}", re.DOTALL)


class Formula(NamedTuple):
    """A formula found in a text, without its delimiters."""

    content: str
    display: bool
    end: int
    """Where the text goes on."""


def find_formula(text: str, at: int) -> Formula | None:
    r"""The formula that begins at `at`, where a `$`, `\(`, `\[` or `\begin{` stands.

    None where nothing closes it, where it is empty, or where the dollar means money.
    """
    for opening, closing, display in (("\\(", "\\)", False), ("\\[", "\\]", True)):
        if text.startswith(opening, at):
            return _until(text, at + 2, closing, display)
    if text.startswith("$$", at):
        found = _until(text, at + 2, "$$", display=True)
        return found if found and "$" not in found.content else None
    if text.startswith("$", at):
        end = _closing_dollar(text, at + 1)
        if end is None or not _is_math(text[at + 1 : end]):
            return None
        return Formula(text[at + 1 : end], display=False, end=end + 1)
    begin = _BEGIN.match(text, at)
    if begin is None or begin[1] not in _ENVIRONMENTS:
        return None
    found = _until(text, begin.end(), rf"\end{{{begin[1]}{begin[2]}}}", display=True)
    if found is None or begin[1] in ("equation", "math", "displaymath"):
        return found
    return found._replace(content=text[at : found.end])


def _until(text: str, start: int, closing: str, display: bool) -> Formula | None:
    end = start
    while (end := text.find(closing, end)) >= 0 and end - start <= _LONGEST:
        before = text[start:end]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            return Formula(before, display, end + len(closing)) if before.strip() else None
        end += 1
    return None


def _closing_dollar(text: str, start: int) -> int | None:
    depth = 0
    first: int | None = None
    at = start
    while at < min(len(text), start + _LONGEST_INLINE):
        character = text[at]
        if character == "\\":
            at += 1
        elif character in "{}":
            depth += 1 if character == "{" else -1
        elif character == "$":
            if depth <= 0:
                return at
            first = at if first is None else first
        at += 1
    return first


def _is_math(content: str) -> bool:
    if not content.strip():
        return False
    bare = _MACRO_OR_GROUP.sub(" ", content)
    words = _PLAIN_WORD.findall(bare)
    if _PRICE.match(content) and (
        (content != content.rstrip() and "\\" not in content)
        or (words and not set(content) & set("\\=^_+<>"))
    ):
        return False
    # Only one blank inside: rather the end of one formula and the start of the next.
    lopsided = content[0].isspace() != content[-1].isspace()
    if lopsided and " " in content.strip() and "\\" not in content:
        return not words
    return len(words) < (9 if set(content) & set("\\=^_") else 4)


_RENAMED = {
    "bm": r"\boldsymbol", "mathds": r"\mathbb", "mathbbm": r"\mathbb", "mathbbmss": r"\mathbb",
    "sfrac": r"\frac", "nicefrac": r"\frac", "emph": r"\textit", "textsc": r"\text", "textsl": r"\textit",
    "xspace": "", "ensuremath": "", "eps": r"\epsilon", "R": r"\mathbb{R}", "N": r"\mathbb{N}",
    "Z": r"\mathbb{Z}", "Q": r"\mathbb{Q}", "C": r"\mathbb{C}", "E": r"\mathbb{E}",
    "label": "", "nonumber": "", "notag": "", "protect": "", "uptau": r"\tau",
}  # fmt: skip
_SIGNS = {r"\{": r"\lbrace ", r"\}": r"\rbrace ", r"\|": r"\Vert "}
_TEX_TOKEN = re.compile(
    r"\\(?:begin|end)\{[A-Za-z]+\*?\}|\\([A-Za-z]+)(\*?)|\\.|[%#*`~<>]", re.DOTALL
)
_MARKDOWN_TOKEN = re.compile(
    r"\\[A-Za-z]+|\\.|(?<![^\W_])_+|\[(?=[\[^])|\](?=[\](\[])|!(?=\[)|=(?==)|&(?=#?\w+;)", re.DOTALL
)


def tidy(content: str) -> str:
    r"""A formula as MathJax takes it, and such that no Markdown parser finds markup in it.

    GitHub takes backslashes off punctuation and asterisks for emphasis before it looks for formulas,
    so `\{` becomes `\lbrace`, `*` becomes `\ast`, and so on; all of it is typeset as before.
    """
    content = " ".join(content.replace("~", " ").split())
    content = _TEX_TOKEN.sub(_safe_tex, content)
    content = " ".join(_MARKDOWN_TOKEN.sub(_safe_markdown, content).split())
    content = re.sub(r"(?<!\\)((?:\\\\)*)\$([^$]*)(?<!\\)\$", r"\1\\(\2\\)", content)
    content = re.sub(r"(?<!\\)((?:\\\\)*)\$", r"\1\\$", content)
    backslashes = len(content) - len(content.rstrip("\\"))
    content = content[:-1].rstrip() if backslashes % 2 else content
    return content[:-1] + r"\_" if content.endswith("_") else content


def _safe_tex(match: re.Match[str]) -> str:
    sign, name, star = match[0], match[1], match[2]
    after = match.string[match.end() : match.end() + 1]
    if name:
        if (new := _RENAMED.get(name)) is None:
            return sign
        return new + star + (" " if after.isalpha() and not new.endswith("}") else "")
    if sign in _SIGNS:
        return _SIGNS[sign]
    if sign == "<":
        return "<" if after and (after in " =\\{" or after.isdigit()) else r"\lt "
    if sign == ">":
        return r"\gt " if "<" in match.string[: match.start()] else ">"
    return {"%": r"\%", "#": r"\#", "*": r"\ast ", "`": "‘"}.get(sign, sign)


def _safe_markdown(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith("\\") else f"{match[0]} "


def group(text: str, at: int) -> tuple[str, int] | None:
    """What stands between the brace at `at` and its partner, and where the text goes on."""
    end = _partners(text).get(at) if text.startswith("{", at) else None
    return None if end is None else (text[at + 1 : end], end + 1)


@lru_cache(maxsize=32)
def _partners(text: str) -> dict[int, int]:
    """For each opening brace that is closed, where its partner stands."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            found[opened.pop()] = match.start()
    return found
