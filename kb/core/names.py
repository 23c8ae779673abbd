"""File names and folders: legal everywhere, unique without regard to case, inside the vault.

The rules are those of CONTRACT section 2, and those of Windows (reserved names, trailing dots), of
Android and HFS+, and of Obsidian (`# ^ [ ] |` would break its links).
"""

from __future__ import annotations

import re
import string
import unicodedata
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 120
"""Of a file name without `.md`, in UTF-8."""
FIELDS = ("title", "id", "announced", "submitted", "primary", "year", "first_author")
"""What the template of a folder or a file name may name."""

_REPLACED = str.maketrans(
    {"/": "-", "|": "-", "*": "", "?": "", '"': "'", "<": "‹", ">": "›"}
    | {"#": "♯", "^": "", "[": "(", "]": ")", "\\": " ", "\u2044": "-", "\u2215": "-"}
    | {"`": "'", "$": "＄"}
)
# What Markdown would take for markup inside a wiki link: code, math, marks, strokes, entities.
_MARKUP = re.compile(r"([%=~_])\1+|&(?=#?\w+;)")
# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE
)
_TEX_STYLE = re.compile(
    r"\\(?:math(?:bb|bf|bm|cal|frak|it|rm|scr|sf|tt)|text(?:bf|it|rm|sc|sf|tt)?|emph|bm"
    r"|boldsymbol|operatorname|left|right|ensuremath)(?![A-Za-z])\*?"
)
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DIRECTIVES = frozenset("aAbBdGjmUuVWwyY%")
_FIELD = re.compile(r"[a-z_]+")
# `[[x.md]]` would be looked for as x.md, not as x.md.md.
_NOTE_SUFFIX = re.compile(r"\.(md|canvas|base)$", re.IGNORECASE)
_LONGEST_PART = 255
"""Bytes of one name that file systems take."""


class Taken(Protocol):
    """Whatever knows which names are in use, by `key`."""

    def __contains__(self, key: object, /) -> bool: ...


class MissingField(ValueError):
    """A template names a field that this paper lacks; `field` says which."""

    def __init__(self, field: str) -> None:
        super().__init__(f"there is no value for {{{field}}}")
        self.field = field


def stem(title: str, *, fallback: str) -> str:
    """A file name (without `.md`) that reads like `title`; `fallback` where no word of it is left.

    At most 120 bytes of UTF-8 in NFC, cut between words where one ends near, never inside a
    character and its accents.
    """
    name = _cut(_clean(_without_tex(title)), MAX_BYTES)
    if not any(char.isalnum() for char in name):
        name = _cut(_clean(_without_tex(fallback)), MAX_BYTES) or "untitled"
    name = _NOTE_SUFFIX.sub(r" \1", name)
    return name if (safe := _unreserved(name)) == name else _cut(safe, MAX_BYTES)


def unique(stem: str, taken: Taken, *, marker: str) -> str:
    """`stem`, or where its `key` is in `taken`, `stem (marker)`, then `stem (marker 2)` and on."""
    if key(stem) not in taken:
        return stem
    marker = _clean(marker)
    number = 1
    while True:
        ending = f" ({marker})" if number == 1 else f" ({marker} {number})"
        candidate = _cut(stem, MAX_BYTES - len(ending.encode())) + ending
        if key(candidate) not in taken:
            return candidate
        number += 1


def key(stem: str) -> str:
    """What two names have in common when some file system would take them for one.

    Canonical caseless matching (Unicode 3.13, D145), with dotless and long letters folded by way of
    upper case as NTFS does, and characters that HFS+ ignores left out.
    """
    if stem.isascii():
        return stem.lower().rstrip(". ")
    kept = "".join(char for char in stem if unicodedata.category(char) != "Cf")
    folded = unicodedata.normalize("NFD", kept).casefold().upper().casefold()
    return unicodedata.normalize("NFC", folded).rstrip(". ")


def safe_relative(path: str) -> PurePosixPath:
    """A folder or file path from settings or a template, each part fit to be a name.

    Raises ValueError where it is empty, absolute, climbs with `..`, names a drive, uses `\\`, or has
    an empty or a hidden part.
    """
    if not path.strip():
        raise ValueError("the path is empty")
    if "\\" in path:
        raise ValueError(f"{path!r} uses `\\`; separate folders with `/`")
    if re.match(r"\s*[A-Za-z]:", path):
        raise ValueError(f"{path!r} names a drive; write a path inside the vault")
    if path.lstrip().startswith("/"):
        raise ValueError(f"{path!r} leads outside the vault; write a path inside it")
    return PurePosixPath(*(_part(part, path) for part in path.rstrip("/").split("/")))


def _part(part: str, path: str) -> str:
    visible = "".join(c for c in part if unicodedata.category(c) not in _UNSAFE).strip()
    if visible.strip(". ") == "" and "." in visible:
        raise ValueError(f"{path!r} climbs with {visible!r}; write a path inside the vault")
    if visible.startswith("."):
        raise ValueError(f"{path!r} names the hidden {visible!r}; choose a visible folder")
    name = _unreserved(_clean(part))
    if name in ("", "~"):
        raise ValueError(f"{path!r} has a part that is no name")
    if len(name.encode()) > _LONGEST_PART:
        raise ValueError(f"{path!r} has a part longer than {_LONGEST_PART} bytes")
    return name


def render_template(template: str, values: Mapping[str, object]) -> str:
    """A folder or name template with its fields filled in: `Papers/{announced:%Y-%m}`.

    Fields are plain names; a date may carry a strftime format of letters that mean the same
    everywhere. A value never adds a folder. Raises MissingField where a value is None, ValueError
    where the template cannot be used.
    """
    pieces: list[str] = []
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"the template {template!r} cannot be read: {error}") from None
    for literal, field, spec, conversion in fields:
        pieces.append(literal)
        if field is None:
            continue
        if not _FIELD.fullmatch(field) or conversion or field not in values:
            known = ", ".join(sorted(values))
            raise ValueError(f"the template {template!r} names {{{field}}}; known fields: {known}")
        pieces.append(_filled(template, field, spec or "", values[field]))
    return "".join(pieces)


def checked_template(template: str) -> str:
    """`template`, if notes can be named by it. Raises ValueError as `render_template` does."""
    day = date(2025, 3, 6)
    render_template(template, {**dict.fromkeys(FIELDS, "x"), "announced": day, "submitted": day})
    return template


def without(template: str, field: str, instead: str) -> str:
    """`template` with `instead` in place of a field that a paper lacks."""
    return re.sub(rf"\{{{field}(?::[^{{}}]*)?\}}", lambda _: instead, template)


def _filled(template: str, field: str, spec: str, value: object) -> str:
    if value is None or value == "":
        raise MissingField(field)
    if isinstance(value, date):
        return _dated(template, spec or "%Y-%m-%d", value)
    if spec:
        raise ValueError(
            f"the template {template!r} gives {{{field}}} a format; only dates have one"
        )
    if not isinstance(value, str | int):
        raise ValueError(f"the template {template!r} names {{{field}}}, which is no text or date")
    return re.sub(r"[/\\]", "-", str(value))


def _dated(template: str, spec: str, value: date) -> str:
    for directive in re.findall(r"%.?|[{}]", spec, re.DOTALL):
        if directive[1:] not in _DIRECTIVES:
            raise ValueError(
                f"the template {template!r} uses {directive!r}, which is no date format"
            )
    return value.strftime(spec)


def _without_tex(title: str) -> str:
    if title.count("$") < 2 and "\\" not in title:
        return title
    plain = _TEX_STYLE.sub("", title)
    plain = re.sub(r"\\([A-Za-z]+)\s*", r" \1 ", plain)
    plain = re.sub(r"\\(.)", r"\1", plain)
    return re.sub(r"[${}]", "", plain)


def _clean(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_visible, unicodedata.normalize("NFC", text)))
    text = text.translate(_REPLACED)
    text = re.sub(r" *:(?= ) *", " - ", text).rstrip(": ").replace(":", "-")
    text = unicodedata.normalize("NFC", _MARKUP.sub(r"\1", text))
    return " ".join(text.split()).lstrip(". -").rstrip(". ")


def _visible(char: str) -> str:
    if char.isspace():
        return " "
    return "" if unicodedata.category(char) in _UNSAFE else char


def _cut(name: str, limit: int) -> str:
    if len(name.encode()) <= limit:
        return name
    end = len(name.encode()[:limit].decode(errors="ignore"))
    while end > 1 and _joins(name, end):
        end -= 1
    space = name.rfind(" ", 0, end + 1)
    if space > end * 0.6:
        end = space
    return name[:end].rstrip(" .,;-('&")


def _joins(name: str, index: int) -> bool:
    """Whether the character at `index` belongs to the one before it."""
    char = name[index]
    if unicodedata.category(char).startswith("M") or "\U0001f3fb" <= char <= "\U0001f3ff":
        return True
    flags = 0
    while flags <= index and "\U0001f1e6" <= name[index - flags] <= "\U0001f1ff":
        flags += 1
    return flags > 0 and flags % 2 == 0


def _unreserved(name: str) -> str:
    base = name.partition(".")[0].rstrip(" ")
    return f"_{name}" if _RESERVED.fullmatch(base) else name
