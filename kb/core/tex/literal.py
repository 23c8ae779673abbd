"""Text that Markdown takes literally, in Obsidian and on git hosts."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"_+|[\\`*\[\]<>#&%=~$^+.)!-]")
_ENTITY = re.compile(r"&#?\w+;")
_URL_ENCODED = re.compile(
    r"[*`\[\]$|<>\\^{}]|%(?=%)|(?<=%)%|=(?==)|(?<==)=|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)"
)


def literal(text: str, *, first: bool = True, after: str = "") -> str:
    """`text`, one paragraph or a part of one, with a backslash where Markdown would see markup.

    No emphasis, code, link, embed, tag, comment, highlight, footnote, HTML, heading, quote or list
    comes of it. `first` tells that it begins the paragraph, `after` is what follows it. Bars are
    left to tables.
    """

    def escaped(match: re.Match[str]) -> str:
        at = match.start()
        before = text[at - 1] if at else ("" if first else "$")
        behind = text[match.end()] if match.end() < len(text) else after[:1]
        if _is_markup(match[0], text, at, before, behind, first=first, last=not after):
            return "".join(f"\\{character}" for character in match[0])
        return match[0]

    return _SPECIAL.sub(escaped, text)


def _is_markup(
    character: str, text: str, at: int, before: str, behind: str, *, first: bool, last: bool
) -> bool:
    starts = not before or before.isspace()
    match character:
        case "*":
            return not (before.isspace() and behind.isspace())
        case "<":
            return not (behind.isspace() or behind.isdigit() or behind == "=")
        case ">":
            return not before
        case "#":
            return not before.isalnum()
        case "&":
            return _ENTITY.match(text, at) is not None
        case "!":
            return before == "<"
        case "%" | "=":
            return before == character
        case "~":
            return not starts or behind == "~"
        case "^":
            return starts and not behind.isspace()
        case "+" | "-":
            return not before and (behind.isspace() or (not behind and last))
        case "." | ")":
            # `1.` and `1)` at the start of a paragraph would be a list.
            number = first and at <= 9 and text[:at].isdecimal()
            return number and (behind.isspace() or (not behind and last))
        case "\\" | "`" | "[" | "]" | "$":
            return True
        case _:  # underscores
            return not (before.isalnum() and behind.isalnum())


def literal_url(url: str) -> str:
    """A web address such that Markdown finds no markup in it, the odd characters percent-encoded."""
    return _URL_ENCODED.sub(lambda match: f"%{ord(match[0]):02X}", url)
