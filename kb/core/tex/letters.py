"""TeX accents to letters."""

from __future__ import annotations

import re
import unicodedata

_COMBINING = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    "u": "\u0306",
    ".": "\u0307",
    '"': "\u0308",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
    "b": "\u0331",
}
_SPECIAL = {
    "ss": "ß", "SS": "ẞ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ",
    "OE": "Œ", "aa": "å", "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ",
    "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
}  # fmt: skip
# arXiv's own conversion takes `\rho` for the accent `\r` over `ho`.
_SPLIT_GREEK = {
    r"\r{ho}": "ρ", r"\b{eta}": "β", r"\k{appa}": "κ", r"\t{au}": "τ", r"\t{heta}": "θ",
    r"\d{elta}": "δ", r"\c{hi}": "χ", r"\v{arepsilon}": "ε", r"\v{arphi}": "φ", r"\u{psilon}": "υ",
}  # fmt: skip

_MATH = (
    r"(?<!\\)\$\$.{1,3000}?(?<!\\)\$\$|(?<!\\)\$[^$]{1,3000}?(?<!\\)\$"
    r"|\\\(.{1,3000}?\\\)|\\\[.{1,3000}?\\\]"
)
_BASE = r"(?:\\([ij])(?![A-Za-z])|([^\W\d_]))"
_TOKEN = re.compile(
    rf"""
    (?P<math>{_MATH})
    | (?P<open>\{{\s*)?
      (?:
        \\(?:(?P<sign>[`'^"~=.])|(?P<letter>[uvHcdbrk])(?=[\s{{\\]))\s*
          (?:\{{\s*(?:{_BASE})\s*\}}|{_BASE}|\{{(?:{_BASE})(?P<rest>[^\W\d_]*)\}})
        | \\(?P<special>{"|".join(sorted(_SPECIAL, key=len, reverse=True))})(?![A-Za-z])(?:\{{\}}|(?P<blank>\s+)(?=[^\W\d_]))?
      )
      (?P<close>\s*\}})?
    | (?P<macro>\\[A-Za-z]{{2,}}\*?\{{)
    """,
    re.VERBOSE | re.DOTALL,
)
_GROUP = re.compile(
    r"(?P<keep>\\(?:[A-Za-z]+\*?(?:\[[^\]]*\])*(?:\{[^{}]*\})+|.)|[\^_]\{[^{}]*\})"
    r"|(?<=\d)\{(?P<comma>,)\}(?=\d)|\{(?P<letters>[^\W\d_][^\W_.' -]*(?:[ .'-]+[^\W_.' -]+)*\.?)\}",
    re.DOTALL,
)


def accents(text: str) -> str:
    r"""`text` with TeX's accented and special letters as Unicode letters (NFC), math left alone.

    `Erd\H{o}s` becomes `Erdős`, `Opie{\l}ka` becomes `Opiełka`. Braces that only held letters
    together go, other macros stay as they are.
    """
    if "\\" not in text and "{" not in text:
        return unicodedata.normalize("NFC", text)
    for split, greek in _SPLIT_GREEK.items():
        if split in text:
            text = text.replace(split, greek)
    text = unicodedata.normalize("NFC", _TOKEN.sub(_letter, text))
    return _outside_math(text) if "{" in text else text


def _letter(match: re.Match[str]) -> str:
    if match["math"] or match["macro"]:
        return match[0]
    if match["special"]:
        letter = _SPECIAL[match["special"]]
    else:
        bases = [group for group in match.groups()[4:11] if group]
        base, rest = bases[0], match["rest"] or ""
        letter = base + _COMBINING[match["sign"] or match["letter"]] + rest
    # `{\'e}` loses its braces; an unpaired one belongs to something around.
    opened, closed = match["open"], match["close"]
    if opened and closed:
        return letter
    return f"{opened or ''}{letter}{closed or ''}"


def _outside_math(text: str) -> str:
    parts = re.split(rf"({_MATH})", text, flags=re.DOTALL)
    parts[::2] = [
        _GROUP.sub(lambda m: m["keep"] or m["letters"] or m["comma"], part) for part in parts[::2]
    ]
    return "".join(parts)
