"""The properties at the head of a note: read as values, edited line by line, never dumped over.

Only the lines of the keys that are set or removed change; the reader's comments, quotes, order,
line ends and every other byte stay. What cannot be edited so is refused with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import Enum
from typing import NamedTuple

from kb.core import yamlplain
from kb.core.yamlblock import MAX_BYTES, Document, Entry, FrontmatterError
from kb.core.yamltext import dump_value

__all__ = [
    "KEY_ORDER",
    "REMOVE",
    "FrontmatterError",
    "Remove",
    "Value",
    "dump",
    "dump_value",
    "edit",
    "is_as_dumped",
    "names_key",
    "read",
    "read_plain",
    "split",
]

Value = str | int | bool | date | None | Sequence[str]


class Remove(Enum):
    """Says in `edit` that a key goes."""

    REMOVE = "remove"


REMOVE = Remove.REMOVE

KEY_ORDER: tuple[str, ...] = (
    *("title", "aliases", "arxiv_id", "version", "authors", "submitted", "revised", "announced"),
    *("primary", "categories", "topics", "relevance", "novelty", "score", "scored_by", "summary"),
    *("url", "pdf", "doi", "journal", "author_comment", "code", "followed", "provisional"),
    *("kept", "withdrawn", "source", "listed", "status", "rating", "tags"),
)
"""The order of a note's keys (CONTRACT, section 2)."""

_BOM = "\ufeff"
_OPENING = re.compile(r"---[ \t]*(?:\r?\n|$)")
_CLOSING = re.compile(r"\n---[ \t]*\r?(?=\n|\Z)")
_WORDS = re.compile(r"[^\W\d_][\w-]*(?: [\w-]+)+")
_COLON = re.compile(r"[ \t]*:")
_COMMENT = re.compile(r"[ \t]+#.*")
_CONFLICT_MARKS = ("<<<<<<<", "=======", ">>>>>>>")


class _Block(NamedTuple):
    """Where the YAML between the fences stands, and where the body begins."""

    start: int
    end: int
    body: int


def split(text: str) -> tuple[str, str]:
    """The frontmatter with its fences (and BOM), and the rest; joined they are `text`.

    Where there is no frontmatter the first is empty. Raises FrontmatterError on an unclosed fence.
    """
    block = _locate(text)
    return (text[: block.body], text[block.body :]) if block else ("", text)


def read(text: str) -> dict[str, object]:
    """The frontmatter of a note as values; {} where there is none.

    Dates come as datetime.date, quoted ids as str. Raises FrontmatterError (with a reason and mostly
    a line) for what is unclosed, too large or too deep, not YAML, not one mapping, or doubled.
    """
    block = _locate(text)
    return _parse(text, block).values if block else {}


def read_plain(text: str) -> dict[str, object] | None:
    """As `read`, dates as ISO text, where all is written so plainly that no parser is needed; else
    None. Raises FrontmatterError on an unclosed fence."""
    block = _locate(text)
    return yamlplain.read(text[block.start : block.end]) if block else {}


def names_key(text: str, key: str) -> bool:
    """Whether the head of a note, sound or broken, has a line that begins with `key`."""
    text = re.sub(r"\r\n?", "\n", text[: 2 * MAX_BYTES])
    opening = _OPENING.match(text, text.startswith(_BOM))
    if opening is None:
        return False
    closing = _CLOSING.search(text, opening.end() - 1, MAX_BYTES)
    head = text[opening.end() : closing.start() if closing else MAX_BYTES]
    return (
        re.search(rf"""^[ \t]*["']?{re.escape(key)}["']?[ \t]*:""", head, re.MULTILINE) is not None
    )


def dump(values: Mapping[str, object]) -> str:
    """Frontmatter of a new note, fences included, in the style of CONTRACT section 2."""
    return "---\n" + "".join(_line(key, value) + "\n" for key, value in values.items()) + "---\n"


def is_as_dumped(text: str) -> bool:
    """Whether the frontmatter is to the letter what `dump` makes of its values: no comment, quote or
    layout of the reader's. Line ends do not count. Raises FrontmatterError as `read` does."""
    head = split(text)[0].removeprefix(_BOM).replace("\r\n", "\n")
    try:
        return [*map(str.rstrip, head.splitlines())] == dump(read(text)).splitlines()
    except TypeError:  # a value that kb never writes
        return False


def edit(text: str, changes: Mapping[str, Value | Remove], order: Sequence[str] = KEY_ORDER) -> str:
    """`text` with the named top-level keys set or removed, and every other byte as it was.

    A key that already has the value keeps its line. A new key goes below the last key present that
    stands before it in `order`, else at the end of the block; a text without frontmatter gets one.
    The result is read again and must differ in these keys alone. Raises FrontmatterError where the
    text cannot be edited so.
    """
    _check_conflict(text)
    block = _locate(text)
    if block is None:
        return _add_block(text, changes, order)
    document = _parse(text, block)
    if document.flow:
        raise FrontmatterError("writes all properties in braces; put each on a line of its own", 2)
    wanted = _wanted(document, changes)
    if not wanted:
        return text
    edited = _Editor(text, block, document, order).apply(wanted)
    result = text[: block.start] + edited + text[block.end :]
    _verify(document, result, wanted)
    return result


def _name(key: str) -> str:
    """A key as YAML; words with blanks between them plain, as Obsidian writes them."""
    return key if _WORDS.fullmatch(key) else dump_value("", key)


def _line(key: str, value: object) -> str:
    name = _name(key)
    dumped = dump_value(key, value)
    return f"{name}: {dumped}" if dumped else f"{name}:"


def _locate(text: str) -> _Block | None:
    bom = len(_BOM) if text.startswith(_BOM) else 0
    opening = _OPENING.match(text, bom)
    if opening is None:
        if text.startswith("---\r", bom):
            raise FrontmatterError("ends its lines with a bare carriage return", 1)
        return None
    start = opening.end()
    closing = _CLOSING.search(text, start - 1)
    if closing is None:
        raise FrontmatterError("opens with `---` and never closes; add a line `---`", 1)
    return _Block(start, closing.start() + 1, min(closing.end() + 1, len(text)))


def _parse(text: str, block: _Block) -> Document:
    source = text[block.start : block.end]
    for mark in _CONFLICT_MARKS:
        if (at := _line_start(source, mark, 0)) >= 0:
            line = source.count("\n", 0, at) + 2
            raise FrontmatterError("holds a merge conflict; resolve it first", line)
    return _document(source, 2)


def _document(source: str, first_line: int = 1) -> Document:
    from kb.core.yamlsafe import parse  # most processes never come here

    return parse(source, first_line)


def _check_conflict(text: str) -> None:
    """Raises FrontmatterError where all three marks of a conflict stand one after another."""
    first = at = -1
    for mark in _CONFLICT_MARKS:
        at = _line_start(text, mark, at + 1)
        if at < 0:
            return
        first = at if first < 0 else first
    raise FrontmatterError(
        "holds a merge conflict; resolve it first", text.count("\n", 0, first) + 1
    )


def _line_start(text: str, mark: str, at: int) -> int:
    if at == 0 and text.startswith(mark):
        return 0
    return text.find(f"\n{mark}", max(at - 1, 0)) + 1 or -1


def _wanted(
    document: Document, changes: Mapping[str, Value | Remove]
) -> dict[str, tuple[str | None, object]]:
    """What really changes: the new text of the value (None: removed) and what it must read as."""
    own = {entry.key for entry in document.entries}
    wanted: dict[str, tuple[str | None, object]] = {}
    for key, value in changes.items():
        if isinstance(value, Remove):
            if key in own:
                wanted[key] = (None, None)
            continue
        dumped = dump_value(key, value)
        expected = _document(_line(key, value)).values[key]
        if key not in own or not same(document.values[key], expected):
            wanted[key] = (dumped, expected)
    return wanted


def same(one: object, other: object) -> bool:
    """Whether two values read from YAML are equal in kind too: 1, 1.0, true and "1" all differ."""
    return repr(one) == repr(other)


def _add_block(text: str, changes: Mapping[str, Value | Remove], order: Sequence[str]) -> str:
    values = {key: value for key, value in changes.items() if not isinstance(value, Remove)}
    if not values:
        return text
    first_break = text.find("\n")
    newline = "\r\n" if first_break > 0 and text[first_break - 1] == "\r" else "\n"
    bom = _BOM if text.startswith(_BOM) else ""
    block = dump({key: values[key] for key in sorted(values, key=_rank(order))})
    return bom + block.replace("\n", newline) + text.removeprefix(_BOM)


def _rank(order: Sequence[str]) -> Callable[[str], int]:
    places = {key: place for place, key in enumerate(order)}
    return lambda key: places.get(key, len(places))


class _Editor:
    """Replaces lines inside one block; all offsets are of the block as it was."""

    def __init__(self, text: str, block: _Block, document: Document, order: Sequence[str]) -> None:
        self.source = text[block.start : block.end]
        self.entries = document.entries
        self.order = order
        self.rank = _rank(order)
        self.newline = "\r\n" if text[: block.start].endswith("\r\n") else "\n"

    def apply(self, wanted: Mapping[str, tuple[str | None, object]]) -> str:
        present = {entry.key: entry for entry in self.entries}
        pieces: list[tuple[int, int, str]] = []
        added: dict[int, list[str]] = {}
        for key in sorted(wanted, key=self.rank):
            dumped = wanted[key][0]
            if key in present:
                pieces.append(self.replaced(present[key], dumped))
            else:
                added.setdefault(self.place(key), []).append(self.added(key, dumped or ""))
        pieces += [(at, at, "".join(lines)) for at, lines in added.items()]
        result = self.source
        for start, end, new in sorted(pieces, reverse=True):
            result = result[:start] + new + result[end:]
        return result

    def added(self, key: str, dumped: str) -> str:
        first = self.entries[0].key_start if self.entries else 0
        indent = self.source[self.source.rfind("\n", 0, first) + 1 : first]
        indent = indent if not indent.strip(" ") else ""
        return f"{indent}{_name(key)}: {dumped}".rstrip(" ") + self.newline

    def place(self, key: str) -> int:
        rank = self.rank(key)
        before = [e for e in self.entries if self.rank(e.key) < rank < len(self.order)]
        if not before:
            return len(self.source)
        last = max(before, key=lambda e: self.rank(e.key))
        if last.style in ("|", ">"):
            return (
                last.end if self.source[last.end - 1 : last.end] == "\n" else self.after(last.end)
            )
        return self.after(last.end)

    def after(self, position: int) -> int:
        found = self.source.find("\n", position)
        return found + 1 if found >= 0 else len(self.source)

    def replaced(self, entry: Entry, dumped: str | None) -> tuple[int, int, str]:
        """The lines of one key, from the key to the end of its last line, and what replaces them."""
        line_start = self.source.rfind("\n", 0, entry.key_start) + 1
        colon = _COLON.match(self.source, entry.key_end)
        if colon is None or self.source[line_start : entry.key_start].strip(" "):
            raise self.refusal(entry, "does not begin its line")
        if entry.tied:
            raise self.refusal(entry, "is tied to other keys by an anchor or alias")
        end = max(entry.end, colon.end())
        if entry.style in ("|", ">"):
            end = entry.start + len(self.source[entry.start : end].rstrip(" \t\r\n"))
        self.check_comments(entry, colon.end(), end)
        line_end = self.after(end)
        tail = self.source[end:line_end]
        stop = line_end - (len(tail) - len(tail.rstrip("\r\n")))
        tail = self.source[end:stop]
        comment = tail if _COMMENT.fullmatch(tail) else ""
        if tail.strip(" \t") and not comment:
            raise self.refusal(entry, "shares its line with something else")
        if dumped is None:
            if not comment:
                return line_start, line_end, ""
            return entry.key_start, stop, comment.lstrip(" \t")
        new = f" {dumped}" if dumped else ""
        return colon.end(), stop, new + comment

    def check_comments(self, entry: Entry, start: int, end: int) -> None:
        gaps, at = [], start
        for leaf_start, leaf_end in entry.leaves:
            gaps.append(self.source[at:leaf_start])
            at = leaf_end
        gaps.append(self.source[at:end])
        if entry.style in ("|", ">"):
            gaps = [self.source[start:end].partition("\n")[0]]
        if any("#" in gap for gap in gaps):
            raise self.refusal(entry, "has a comment inside its value")

    def refusal(self, entry: Entry, why: str) -> FrontmatterError:
        line = self.source.count("\n", 0, entry.key_start) + 2
        return FrontmatterError(f"the key {entry.key!r} {why}", line)


def _verify(
    before: Document,
    result: str,
    wanted: Mapping[str, tuple[str | None, object]],
) -> None:
    block = _locate(result)
    after = _parse(result, block) if block else Document({}, [], flow=False)
    expected = dict(before.values)
    for key, (dumped, value) in wanted.items():
        if dumped is None:
            expected.pop(key, None)
        else:
            expected[key] = value
    rest = [entry.key for entry in before.entries if entry.key not in wanted]
    if not same(_ordered(expected), _ordered(after.values)) or rest != [
        entry.key for entry in after.entries if entry.key not in wanted
    ]:
        raise FrontmatterError("would not read the same after the edit")


def _ordered(values: Mapping[str, object]) -> list[tuple[str, object]]:
    return sorted(values.items(), key=lambda item: repr(item[0]))
