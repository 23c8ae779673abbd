"""Macros in running text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kb.core.tex.maths import group
from kb.core.tex.pieces import Draft, Kind, Piece
from kb.core.tex.symbols import superscript, symbol

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[str], tuple[Piece, ...]]
    """Reads what stands inside of an argument."""

    Handler = Callable[[str, int, Draft, Reader], int]
    """Adds what a macro means, given where its arguments begin; returns where the text goes on."""

_MACRO = re.compile(r"\\(?:([A-Za-z]+)\*?|(.))", re.DOTALL)
_OPTIONS = re.compile(r"(?:\[[^\[\]]*\])+")
_URL = re.compile(r"https?://(?:[^\s\\{}<>\"`$^|]|\\[_%#&~])+", re.IGNORECASE)
_IN_ANGLES = re.compile(r"https?://[^\s<>]+(?=>)", re.IGNORECASE)
_FACES: dict[str, Kind] = {
    "emph": "emph", "textit": "emph", "textsl": "emph", "em": "emph", "it": "emph", "itshape": "emph",
    "sl": "emph", "textbf": "strong", "bf": "strong", "bfseries": "strong", "texttt": "code",
    "tt": "code", "ttfamily": "code", "verb": "code",
}  # fmt: skip
SWITCHES = {
    "em", "it", "itshape", "sl", "bf", "bfseries", "tt", "ttfamily", "sc", "scshape", "rm", "sf", "small",
    "large", "Large", "tiny", "footnotesize", "normalsize", "normalfont", "upshape", "displaystyle",
    "left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr",
}  # fmt: skip
_DROPPED = {
    "label", "thanks", "vspace", "hspace", "color", "stepcounter", "input", "include", "footnotemark",
    "setcounter", "newcommand", "renewcommand", "begin", "end", "phantom", "index", "vskip", "hskip",
}  # fmt: skip
_TWO_ARGUMENTS = {"setcounter", "newcommand", "renewcommand"}
_SIGNS = dict.fromkeys("\\ ,;:>", " ") | dict.fromkeys("!-@/", "")
_FORMULA = re.compile(
    r"""\\(?:mathbb|mathcal|mathrm|mathbf|mathsf|mathscr|mathfrak|boldsymbol|bm|frac|tfrac|dfrac|sqrt|hat
    |bar|tilde|widetilde|widehat|overline|vec|operatorname)(?![A-Za-z])
    (?:\[[^\[\]]*\])?(?:\{(?:[^{}$]|\{[^{}$]*\})*\})+
    (?:[_^](?:\{(?:[^{}$]|\{[^{}$]*\})*\}|\\[A-Za-z]+|[A-Za-z0-9*+-]))*""",
    re.VERBOSE,
)


def add_face(name: str, content: str, draft: Draft, inner: Reader) -> None:
    r"""Add `content` in the face that `\name` switches to."""
    kind, inside = _FACES.get(name), inner(content)
    if kind is None or not inside:
        draft.add(*inside)
    elif kind == "code":
        only_text = all(piece.kind == "text" for piece in inside) and "`" not in content
        draft.add(*([Piece("code", inside[0].text)] if only_text and len(inside) == 1 else inside))
    else:
        draft.add(Piece(kind, inside=inside))


def take(text: str, at: int, draft: Draft, inner: Reader) -> int:
    """Add what the macro at `at` means to `draft`; where the text goes on."""
    match = _MACRO.match(text, at)
    if match is None:
        return at + 1
    name, end = match[1], match.end()
    if not name:
        draft.say(_SIGNS.get(match[2], match[2]))
        return end
    if formula := _FORMULA.match(text, at):
        draft.add(Piece("math", formula[0]))
        return formula.end()
    special = _SPECIAL.get(name) or (_cite if "cite" in name.lower() else None)
    if special is not None:
        return special(text, end, draft, inner)
    if name in _DROPPED or name.endswith("ref"):
        return _drop(text, end, draft, 2 if name in _TWO_ARGUMENTS else 1)
    argument = group(text, end)
    if name in _FACES and argument is not None:
        add_face(name, argument[0], draft, inner)
        return argument[1]
    if name in SWITCHES:
        return end + len(text[end:]) - len(text[end:].lstrip())
    meaning = symbol(name)
    if meaning is not None and (argument is None or not argument[0].strip()):
        draft.say(meaning)
        return end if argument is None else argument[1]
    if argument is None:
        draft.say(" " if name == "n" else name)
        return end
    if not argument[0].strip():
        draft.say(name)
    else:
        draft.add(*inner(argument[0]))
    return argument[1]


def take_address(text: str, at: int, draft: Draft) -> int:
    """Add the web address at `at`, without the punctuation after it and angles around it."""
    in_angles = _IN_ANGLES.match(text, at) if draft.last() == "<" else None
    if in_angles:
        draft.unsay()
        draft.add(Piece("url", in_angles[0]))
        return in_angles.end() + 1
    match = _URL.match(text, at)
    if match is None:
        draft.say(text[at : at + 4])
        return at + 4
    url = match[0]
    while url[-1] in ".,;:!?'*_~" or _unopened(url):
        url = url[:-1]
    end = at + len(url)
    draft.add(Piece("url", re.sub(r"\\([_%#&~])", r"\1", url)))
    return end


def _unopened(url: str) -> bool:
    return any(url.endswith(b) and url.count(a) < url.count(b) for a, b in ("()", "[]"))


def _arguments(text: str, at: int, most: int) -> tuple[list[str], int]:
    found: list[str] = []
    while len(found) < most:
        options = _OPTIONS.match(text, at)
        argument = group(text, options.end() if options else at)
        if argument is None:
            break
        found.append(argument[0])
        at = argument[1]
    return found, at


def _drop(text: str, at: int, draft: Draft, most: int = 1) -> int:
    _, at = _arguments(text, at, most)
    if text[at : at + 1] in (" ", ".", ",", ";", ":", ")", "~", ""):
        draft.close_up()
    return at


def _cite(text: str, at: int, draft: Draft, inner: Reader) -> int:  # noqa: ARG001
    return _drop(text, at, draft)


def _footnote(text: str, at: int, draft: Draft, inner: Reader) -> int:
    found, at = _arguments(text, at, 1)
    if found:
        draft.close_up()
        draft.say(" (")
        draft.add(*inner(found[0].strip().removesuffix(".")))
        draft.say(")")
    return at


def _href(text: str, at: int, draft: Draft, inner: Reader) -> int:
    found, at = _arguments(text, at, 2)
    if not found:
        return at
    words = inner(found[1]) if len(found) > 1 else ()
    address = Draft()
    url = found[0].strip()
    if "://" not in url and "." in url:
        url = f"https://{url}"
    if take_address(url, 0, address) and (pieces := address.done()) and pieces[0].kind == "url":
        said = any(piece.text and piece.text.strip() in found[0] for piece in words)
        if said or not words:
            draft.add(pieces[0])
        else:
            draft.add(*words, Piece("text", " ("), pieces[0], Piece("text", ")"))
    else:
        draft.add(*(words or inner(found[0])))
    return at


def _second(text: str, at: int, draft: Draft, inner: Reader) -> int:
    found, at = _arguments(text, at, 2)
    if found:
        draft.add(*inner(found[-1]))
    return at


def _quantity(text: str, at: int, draft: Draft, inner: Reader) -> int:
    found, at = _arguments(text, at, 2)
    for number, each in enumerate(found):
        draft.say(" " if number else "")
        draft.add(*inner(each))
    return at


def _raised(text: str, at: int, draft: Draft, inner: Reader) -> int:
    found, at = _arguments(text, at, 1)
    for each in found:
        small = superscript(each)
        draft.add(*([Piece("text", small)] if small else inner(each)))
    return at


_SPECIAL: dict[str, Handler] = {
    "footnote": _footnote,
    "footnotetext": _footnote,
    "href": _href,
    "url": _href,
    "nolinkurl": _href,
    "textsuperscript": _raised,
    "SI": _quantity,
    "qty": _quantity,
    "textcolor": _second,
    "colorbox": _second,
    "hyperlink": _second,
    "hyperref": _second,
    "scalebox": _second,
    "raisebox": _second,
}
