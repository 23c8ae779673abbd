"""What single macros stand for, in Unicode."""

from __future__ import annotations

from functools import cache

_SUPERSCRIPT = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδθφχ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᶿᵠᵡ",
        strict=True,
    )
) | {"−": "⁻", "∗": "*", "*": "*", "′": "′", "'": "′", "∘": "°", "⋆": "⋆", "†": "†"}
_SUBSCRIPT = dict(
    zip(
        "0123456789+-=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
) | {"−": "₋"}

# Where pylatexenc has nothing, or something else than arXiv's authors mean.
_OURS = {
    "eg": "e.g.", "ie": "i.e.", "etal": "et al.", "etc": "etc.", "wrt": "w.r.t.", "vs": "vs.",
    "cf": "cf.", "viz": "viz.", "aka": "a.k.a.", "Eg": "E.g.", "Ie": "I.e.",
    "deg": "°", "degree": "°", "degrees": "°", "celsius": "°C", "textdegree": "°", "micro": "µ", "percent": "%",
    "LaTeX": "LaTeX", "TeX": "TeX", "BibTeX": "BibTeX",
    "epsilon": "ε", "phi": "φ", "lt": "<", "gt": ">", "eps": "ε", "le": "≤", "ge": "≥",
    "leqslant": "≤", "geqslant": "≥", "to": "→", "ell": "ℓ", "cdot": "·", "cdots": "⋯", "ldots": "…",
    "dots": "…", "dotsc": "…", "textellipsis": "…", "star": "⋆", "ast": "∗", "prime": "′", "mid": "|",
    "vert": "|", "lvert": "|", "rvert": "|", "Vert": "‖", "lVert": "‖", "rVert": "‖", "circ": "∘",
    "colon": ":", "coloneqq": "≔", "setminus": "∖", "lbrace": "{", "rbrace": "}", "top": "⊤",
    "textbackslash": "\\", "textbar": "|", "textless": "<", "textgreater": ">", "textquotesingle": "'",
    "textasciitilde": "~", "textasciicircum": "^", "textunderscore": "_", "textdollar": "$",
    "backslash": "\\", "slash": "/", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉",
    "quad": " ", "qquad": " ", "enspace": " ", "thinspace": " ", "space": " ", "newline": " ",
    "par": " ", "and": " and ", "bullet": "•", "item": "•", "checkmark": "✓", "cmark": "✓", "xmark": "✗",
    "xspace": "", "noindent": "", "protect": "", "centering": "", "relax": "", "limits": "",
    "nolimits": "", "smallskip": "", "medskip": "", "bigskip": "", "maketitle": "", "null": "",
    "implies": "⇒", "iff": "⇔", "land": "∧", "lor": "∨", "neg": "¬", "gets": "←", "bmod": "mod",
    "Pr": "Pr", "S": "§", "P": "¶", "copyright": "©", "pounds": "£", "euro": "€", "R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ", "E": "𝔼", "textsuperscript": "",
}  # fmt: skip


@cache
def symbol(name: str) -> str | None:
    r"""The text that the macro `\name` stands for (possibly none at all); None where it is not known."""
    if name in _OURS:
        return _OURS[name]
    from pylatexenc.latex2text import get_default_latex_context_db

    spec = get_default_latex_context_db().get_macro_spec(name)
    text = getattr(spec, "simplify_repl", None)
    # Templates with arguments (`%s`) and callables are no symbols.
    return text if isinstance(text, str) and text and "%" not in text else None


def superscript(text: str) -> str | None:
    """`text` in raised characters; None where Unicode lacks one of them."""
    return _script(text, _SUPERSCRIPT)


def subscript(text: str) -> str | None:
    """`text` in lowered characters; None where Unicode lacks one of them."""
    return _script(text, _SUBSCRIPT)


def _script(text: str, table: dict[str, str]) -> str | None:
    return "".join(table[c] for c in text) if all(c in table for c in text) else None
