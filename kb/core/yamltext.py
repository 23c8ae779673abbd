"""Values as one line of YAML, in the style of CONTRACT section 2, safe in YAML 1.1 and 1.2."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

QUOTED = frozenset(
    {"title", "aliases", "arxiv_id", "authors", "topics", "summary", "doi", "journal"}
    | {"author_comment", "followed", "listed"}
)
"""Keys whose text always stands in double quotes."""

_PLAIN = re.compile(r"[^\W\d_](?:[\w./+-]*\w)?")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~/?=&%+@:-]*[A-Za-z0-9/]")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_JOINERS = "\u200c\u200d"


def dump_value(key: str, value: object) -> str:
    """`value` as YAML on one line; empty for None.

    Text is quoted for the keys of QUOTED and wherever a plain word could be read as something else.
    Lone surrogates become U+FFFD. Raises TypeError for anything but text, int, bool, date, None and
    lists of text.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return _text(value, quoted=key in QUOTED, address=True)
        case date() if not isinstance(value, datetime):
            return value.isoformat()
        case list() | tuple() if all(isinstance(item, str) for item in value):
            items = (_text(item, quoted=key in QUOTED, address=False) for item in value)
            return f"[{', '.join(items)}]"
    raise TypeError(f"the property {key!r} cannot hold a {type(value).__name__}")


def _text(text: str, *, quoted: bool, address: bool) -> str:
    plain = _PLAIN.fullmatch(text) or (address and _ADDRESS.fullmatch(text))
    if plain and not quoted and text.lower() not in _WORDS and text.isprintable():
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs":
        return char
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
