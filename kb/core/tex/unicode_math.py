"""Formulas as plain text."""

from __future__ import annotations

import re
import unicodedata

from kb.core.tex.maths import group
from kb.core.tex.symbols import subscript, superscript, symbol

_DROPPED = {
    "left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr",
    "displaystyle", "textstyle", "scriptstyle", "mathop", "mathrel", "mathbin", "smash", "hbox", "rm",
    "bf", "it", "sf", "tt", "cal", "boldmath", "phantom", "operatorname", "text", "mbox", "middle",
}  # fmt: skip
_OVER = {
    "tilde": "\u0303", "widetilde": "\u0303", "Tilde": "\u0303", "hat": "\u0302", "widehat": "\u0302",
    "bar": "\u0304", "overline": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
    "check": "\u030c", "breve": "\u0306", "acute": "\u0301", "grave": "\u0300",
}  # fmt: skip
_DOUBLE_STRUCK = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))
_NAMED = {
    "log", "ln", "lg", "exp", "max", "min", "sup", "inf", "arg", "argmax", "argmin", "det", "dim", "ker",
    "gcd", "lim", "sin", "cos", "tan", "tanh", "sinh", "cosh", "Pr", "deg", "mod", "bmod", "poly", "polylog",
}  # fmt: skip
_ATOM = re.compile(
    r"\\(?P<name>[A-Za-z]+)\*?\s*|\\(?P<sign>.)|(?P<script>[\^_])\s*|(?P<open>\{)|(?P<other>.)",
    re.DOTALL,
)


def to_unicode(content: str) -> str:
    r"""A formula as plain text: `O(n^2\log n)` becomes `O(n² log n)`, `\sqrt{n}` becomes `√n`."""
    text = _run(" ".join(content.split()), 0)
    text = re.sub(r"(?<=[A-Za-z\d)])~(?=[A-Za-z\d(])|~", " ", text)
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _run(content: str, depth: int) -> str:
    out: list[str] = []
    at = 0
    while at < len(content):
        at, piece = _atom(content, at, depth)
        if piece in _NAMED:
            before = "".join(out)[-1:]
            after = content[at : at + 1]
            piece = (" " if before.isalnum() else "") + piece
            piece += " " if after.isalnum() or after == "\\" else ""
        out.append(piece)
    return "".join(out)


def _atom(content: str, at: int, depth: int) -> tuple[int, str]:
    """One symbol, group or macro with its arguments: where it ends, and its text."""
    match = _ATOM.match(content, at)
    if match is None:
        return at + 1, ""
    end = match.end()
    if match["open"] or depth > 30:
        inner, end = (group(content, at) or ("", end)) if match["open"] else (match[0], end)
        return end, _run(inner, depth + 1) if depth <= 30 else re.sub(r"[{}]", "", inner)
    if match["script"]:
        end, inner = _argument(content, end, depth)
        raised = match["script"] == "^"
        if (small := superscript(inner) if raised else subscript(inner)) is not None:
            return end, small
        plain = inner.isalnum() or len(inner) < 2
        return end, f"{match['script']}{inner}" if plain else f"{match['script']}({inner})"
    if match["sign"]:
        return end, {",": " ", ";": " ", ":": " ", " ": " ", "!": "", "\\": " ", "|": "‖"}.get(
            match["sign"], match["sign"]
        )
    if match["name"]:
        return _macro(content, match["name"], end, depth, blank=match[0][-1:].isspace())
    return end, "" if match["other"] in "}&$" else match["other"]


def _macro(content: str, name: str, at: int, depth: int, *, blank: bool) -> tuple[int, str]:
    if name in _DROPPED or name in ("begin", "end"):
        if name in ("begin", "end") and (found := group(content, at)):
            at = found[1]
        skip = name in ("left", "right", "middle") and content[at : at + 1] == "."
        return at + skip, ""
    if name in ("frac", "tfrac", "dfrac", "sfrac", "nicefrac", "binom"):
        at, above = _argument(content, at, depth)
        at, below = _argument(content, at, depth)
        if name == "binom":
            return at, f"C({above}, {below})"
        return at, f"{_bracketed(above)}/{_bracketed(below)}"
    if name == "sqrt":
        at, inner = _argument(content, at, depth)
        return at, f"√{_bracketed(inner)}"
    if name in _OVER:
        at, inner = _argument(content, at, depth)
        return at, inner[:1] + _OVER[name] + inner[1:] if len(inner) == 1 else inner
    if name in ("mathbb", "mathds", "mathbbm", "Bbb"):
        at, inner = _argument(content, at, depth)
        return at, _DOUBLE_STRUCK.get(inner, inner)
    meaning = name if name in _NAMED else symbol(name)
    if meaning is None:
        # A macro of the authors, or one that only changes the face of its argument.
        found = group(content, at)
        return (at, name) if found is None else (found[1], _run(found[0], depth + 1))
    spaced = (
        blank
        and len(meaning) == 1
        and not meaning.isalnum()
        and content[:at].rstrip()[: -len(name) - 1].endswith(" ")
    )
    return at, f"{meaning} " if spaced else meaning


def _argument(content: str, at: int, depth: int) -> tuple[int, str]:
    while content[at : at + 1] == " ":
        at += 1
    if content[at : at + 1] == "[" and (end := content.find("]", at)) > 0:
        at = end + 1
    end, text = _atom(content, at, depth + 1)
    return end, text.strip()


def _bracketed(text: str) -> str:
    simple = len(text) < 2 or text.isalnum() or (text.startswith("(") and text.endswith(")"))
    return text if simple else f"({text})"
