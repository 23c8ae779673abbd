"""Text as TeX: letters, formulas and emphasis that set without complaint under any engine."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from kb.core.inline import one_line
from kb.core.tex import accents
from kb.core.tex.words import read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kb.core.tex.pieces import Piece

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "{''}",
}  # fmt: skip
_PUNCTUATION = {
    "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "…": r"\dots{}",
    "\u00a0": "~", "\u2010": "-", "\u2011": "-", "\u2212": "$-$", "\u200b": "", "\u00ad": "",
    "‚": ",", "„": r"\quotedblbase{}", "«": r"\guillemotleft{}", "»": r"\guillemotright{}",
    "•": r"\textbullet{}", "″": "''", "′": "'", "\u2009": " ", "\u202f": "~", "\u3000": " ",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_][\w'’-]*|\d+[^\W\d_]\w*")
_TEXT_MACROS = {"emph": "emph", "strong": "textbf", "code": "texttt"}


def tex(text: str) -> str:
    """One line of `text` as TeX: what it says in letters, with formulas and emphasis kept.

    ASCII where TeX has a way to say it; other scripts stay as they are. Braces are balanced.
    """
    return _tex(read(accents(one_line(text))))


def title(text: str) -> str:
    """A title as TeX, with braces around the words whose capitals no style may take away."""
    pieces = read(accents(one_line(text)))
    words = [word[0] for piece in pieces if piece.kind == "text" for word in _words(piece.text)]
    long = [word for word in words[1:] if len(word) > 3]
    sentence = sum(word[0].islower() for word in long) * 2 > len(long)
    return _tex(pieces, sentence=sentence, guard=True)


def literal(text: str) -> str:
    """`text`, no TeX in it, as TeX that shows it."""
    return "".join(_character(char) for char in unicodedata.normalize("NFC", one_line(text)))


def _words(text: str) -> list[re.Match[str]]:
    return list(_WORD.finditer(text))


def _tex(pieces: Sequence[Piece], *, sentence: bool = False, guard: bool = False) -> str:
    out: list[str] = []
    for piece in pieces:
        if piece.inside:
            macro = _TEXT_MACROS.get(piece.kind, "emph")
            out.append(f"\\{macro}{{{_tex(piece.inside)}}}")
        elif piece.kind in ("math", "display"):
            out.append(_formula(piece.text))
        elif piece.kind == "url":
            out.append(rf"\url{{{_address(piece.text)}}}")
        elif piece.kind in _TEXT_MACROS:
            out.append(f"\\{_TEXT_MACROS[piece.kind]}{{{literal_part(piece.text)}}}")
        elif guard:
            out.append(_guarded(piece.text, first=not out, sentence=sentence))
        else:
            out.append(literal_part(piece.text))
    return "".join(out).strip()


def literal_part(text: str) -> str:
    """A stretch of a line as TeX, blanks at its ends kept."""
    return "".join(_character(char) for char in unicodedata.normalize("NFC", text))


def _guarded(text: str, *, first: bool, sentence: bool) -> str:
    out: list[str] = []
    at = 0
    fresh = first
    for match in _words(text):
        before, word = text[at : match.start()], match[0]
        fresh = fresh or before.strip().endswith((":", ".", "?", "!"))
        inner = any(char.isupper() for char in word[1:])
        lone = sentence and not fresh and word[0].isupper() and len(word) > 1
        said = literal_part(word)
        out += [literal_part(before), f"{{{said}}}" if inner or lone else said]
        at, fresh = match.end(), False
    return "".join([*out, literal_part(text[at:])])


def _formula(content: str) -> str:
    """A formula between dollars; shown as text where its braces or dollars would break out."""
    content = " ".join(content.split())
    # Letters that a formula cannot take are named by TeX; the rest of Unicode stays.
    made = "".join(char if char.isascii() else _in_math(char) for char in content)
    if not made or not _balanced(made) or re.search(r"(?<!\\)(?:\\\\)*[$%#]", made):
        return literal_part(content)
    return f"${made}$"


def _balanced(content: str) -> bool:
    """Whether braces come out even for TeX, and for BibTeX, which counts `\\{` too; and no backslash
    at the end takes the dollar with it."""
    bare = re.sub(r"\\.", "", content)
    return _even(bare) and _even(content) and not bare.endswith("\\")


def _even(content: str) -> bool:
    depth = 0
    for char in content:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return depth == 0


def _address(url: str) -> str:
    return re.sub(r"[{}\\\s]", lambda match: f"%{ord(match[0]):02X}", url).replace("%", r"\%")


@cache
def _character(char: str) -> str:
    if char in _SPECIAL:
        return _SPECIAL[char]
    if char in _PUNCTUATION:
        return _PUNCTUATION[char]
    if char.isascii():
        return char if char.isprintable() else " "
    found = _encoded(char)
    return f"{{{found}}}" if found else char


def _in_math(char: str) -> str:
    found = _encoded(char)
    if found.startswith(r"\ensuremath{"):
        return found.removeprefix(r"\ensuremath")
    return f"{{{found}}}" if found else char


@cache
def _encoded(char: str) -> str:
    """TeX for a letter or a sign beyond ASCII; nothing where none is known."""
    found = _encode()(char)
    return found if found.isascii() and found.isprintable() else ""


@cache
def _encode() -> Callable[[str], str]:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

    encoder = UnicodeToLatexEncoder(
        unknown_char_policy="keep", replacement_latex_protection="none", unknown_char_warning=False
    )
    encode: Callable[[str], str] = encoder.unicode_to_latex
    return encode
