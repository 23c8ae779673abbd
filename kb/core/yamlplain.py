"""The short way through properties that are written plainly: one line a key, or a list of lines.

So kb writes them, and Obsidian. A YAML parser takes ten times as long to say the same, and a vault
has ten thousand notes. What is not quite so plain is left to the parser.
"""

from __future__ import annotations

import re

_MOST = 16 * 1024
"""Characters: far from any limit of the parser."""
_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_-]{0,60}):(?: (\S.*))?|(?: {2})?- (\S.*)")
_INSIDE = r'[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]*'
_QUOTED = re.compile(rf'"({_INSIDE}(?:\\["\\]{_INSIDE})*)"')
_QUOTED_LIST = re.compile(rf'\["{_INSIDE}"(?:, "{_INSIDE}")*\]')
_WORD = re.compile(r"[A-Za-z][\w./+-]*")
_WORDS = re.compile(r"[A-Za-z][\w./+,()'-]*(?: [\w./+,()'-]+)*")
_WORD_LIST = re.compile(rf"\[{_WORD.pattern}(?:, {_WORD.pattern})*\]")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~/?=&%+@-]*[A-Za-z0-9/]")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TYPED = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
"""Words that are, to some YAML, more than words."""


class _NotPlainError(Exception):
    pass


def read(block: str) -> dict[str, object] | None:
    """The mapping in a block of YAML as `kb.core.yamlsafe.parse` reads it, dates as ISO text; None
    where the block is not written as plainly as this can read."""
    if len(block) > _MOST:
        return None
    values: dict[str, object] = {}
    items: list[object] | None = None
    marker = key = ""
    try:
        for line in block.removesuffix("\n").split("\n"):
            match = _LINE.fullmatch(line)
            if match is None:
                return None
            name, text, item = match.groups()
            if name is not None:
                if name in values:
                    return None
                key, items = name, None
                values[name] = _value(text) if text else None
                marker = "" if text else "?"
            elif marker == "":
                return None
            else:
                begins = line[:1]
                if items is None:
                    marker, items = begins, []
                    values[key] = items
                elif begins != marker:
                    return None
                items.append(_scalar(item))
    except _NotPlainError:
        return None
    return values


def _value(text: str) -> object:
    if text[0] != "[":
        return _scalar(text)
    if text == "[]":
        return []
    if _QUOTED_LIST.fullmatch(text):
        return text[2:-2].split('", "')
    if _WORD_LIST.fullmatch(text):
        return [_word(item) for item in text[1:-1].split(", ")]
    raise _NotPlainError


def _scalar(text: str) -> object:
    first = text[0]
    if first == '"':
        if quoted := _QUOTED.fullmatch(text):
            inner = quoted[1]
            return re.sub(r"\\(.)", r"\1", inner) if "\\" in inner else inner
    elif first in "0123456789":
        if _NUMBER.fullmatch(text):
            return int(text)
        if _DAY.fullmatch(text):
            return text
    elif _WORDS.fullmatch(text):
        return _word(text)
    elif _ADDRESS.fullmatch(text):
        return text
    raise _NotPlainError


def _word(text: str) -> str:
    if text.lower() in _TYPED:
        raise _NotPlainError
    return text
