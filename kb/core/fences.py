"""Where a Markdown text holds fenced code (CommonMark 0.31: sections 4.5, 4.6, 5.1, 5.2).

Only fences that no list or quote contains are told: a line that begins at the margin, as kb's
markers do, ends every list item and quote, and can stand in no other fence.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"([^\r\n]*)(?:\r\n?|\n|\Z)")
_FENCE = re.compile(r" {0,3}(?P<run>`{3,}(?=[^`]*$)|~{3,})")
_QUOTE = re.compile(r" {0,3}> ?")
_ITEM = re.compile(r"(?P<marker> {0,3}(?:[-*+]|(?P<number>\d{1,9})[.)]))(?P<gap> +|$)(?P<rest>.*)")
_RULE = re.compile(r"(?=[ *_-]+$) {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,})$")
_HEADING = re.compile(r" {0,3}#{1,6}(?: |$)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+) *$")
_TAGS = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details"
    "|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header"
    "|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param"
    "|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul"
)
_ATTRIBUTE = r"""\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?"""
_BLANK = re.compile(r"^ *$")
_HTML = [
    (re.compile(rf" {{0,3}}{opening}", re.IGNORECASE), re.compile(ending, re.IGNORECASE))
    for opening, ending in (
        (r"<(?:pre|script|style|textarea)(?:\s|>|$)", r"</(?:pre|script|style|textarea)>"),
        (r"<!--", r"-->"),
        (r"<\?", r"\?>"),
        (r"<![A-Z]", r">"),
        (r"<!\[CDATA\[", r"\]\]>"),
        (rf"</?(?:{_TAGS})(?:\s|/?>|$)", r"^ *$"),
    )
]
_LONE_TAG = re.compile(
    rf" {{0,3}}(?:<[A-Za-z][A-Za-z0-9-]*(?:{_ATTRIBUTE})*\s*/?>|</[A-Za-z][A-Za-z0-9-]*\s*>)\s*$"
)
_SIGNS = frozenset("`~<>#=-_*+0123456789")
"""What a line that is more than text of a paragraph begins with."""
_DEEPEST = 20


def code_spans(text: str) -> list[tuple[int, int]]:
    """The fenced blocks of `text` as offsets (start, end), fences included; an open one runs on."""
    last = max(text.rfind("```"), text.rfind("~~~"))
    blocks = _Blocks()
    spans: list[tuple[int, int]] = []
    start = 0
    while start <= last:
        line = _LINE.match(text, start)
        end = line.end() if line else len(text)
        if line and blocks.feed(line[1].expandtabs(4)):
            end = _closed(text, end, blocks.fence)
            blocks.fence = ""
            spans.append((start, end))
        start = end
    return spans


def _closed(text: str, start: int, fence: str) -> int:
    """Where the line after the one that closes a fence begins; the end where it stays open."""
    closing = rf"(?<=[\r\n]) {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*(?:\r\n?|\n|\Z)"
    found = re.compile(closing).search(text, start)
    return found.end() if found else len(text)


class _Blocks:
    """The open blocks of a document, an item or a quote, line by line."""

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth
        self.fence = ""
        self.html_end: re.Pattern[str] | None = None
        self.paragraph = False
        self.child: _Blocks | None = None
        self.width = 0
        """Of the open item's indentation; 0 for a quote."""
        self.empty_item = False

    def feed(self, line: str) -> bool:
        """Takes one line; whether it belongs to fenced code of this very level."""
        if self.child is not None:
            inner = self.inside(line)
            if inner is not None:
                self.child.feed(inner)
                return False
            if self.child.lazy() and _continues(line):
                return False
            self.child = None
            self.paragraph = False
        if self.fence:
            return self.in_fence(line)
        first = line.lstrip(" ")[:1]
        if self.html_end is not None:
            self.until_html_ends(line)
        elif not first:
            self.paragraph = False
        elif line.startswith("    "):
            pass
        elif first not in _SIGNS:
            self.paragraph = True
        elif first in "`~" and (fence := _FENCE.match(line)):
            self.fence, self.paragraph = fence["run"], False
            return True
        elif first != "<" or not self.begins_html(line):
            self.begin(line)
        return False

    def inside(self, line: str) -> str | None:
        """What the open item or quote sees of `line`; None where it ends."""
        if self.width == 0:
            quote = _QUOTE.match(line)
            return line[quote.end() :] if quote else None
        if not line.strip(" "):
            return None if self.empty_item else ""
        self.empty_item = False
        return line[self.width :] if line.startswith(" " * self.width) else None

    def lazy(self) -> bool:
        return self.child.lazy() if self.child else self.paragraph

    def in_fence(self, line: str) -> bool:
        run = line.strip(" ")
        closing = len(run) >= len(self.fence) and run == self.fence[0] * len(run)
        if closing and not line.startswith("    "):
            self.fence = ""
        return True

    def until_html_ends(self, line: str) -> None:
        if self.html_end is not None and self.html_end.search(line):
            self.html_end = None

    def begins_html(self, line: str) -> bool:
        for opening, ending in _HTML:
            if opening.match(line):
                self.html_end = ending
                self.until_html_ends(line)
                self.paragraph = False
                return True
        if not self.paragraph and _LONE_TAG.match(line):
            self.html_end = _BLANK
            return True
        return False

    def begin(self, line: str) -> None:
        """A line that may open a quote or an item, or end a paragraph."""
        item = _ITEM.match(line)
        if quote := _QUOTE.match(line):
            self.open(0, line[quote.end() :])
        elif any(ends.match(line) for ends in (_RULE, _HEADING, *self.underlines())):
            self.paragraph = False
        elif item and not (self.paragraph and not _interrupts(item)):
            gap = len(item["gap"]) if item["rest"].strip(" ") and len(item["gap"]) <= 4 else 1
            width = len(item["marker"]) + gap
            self.open(width, line[width:])
            self.empty_item = not item["rest"].strip(" ")
        else:
            self.paragraph = True

    def underlines(self) -> list[re.Pattern[str]]:
        return [_UNDERLINE] if self.paragraph else []

    def open(self, width: int, rest: str) -> None:
        if self.depth >= _DEEPEST:
            self.paragraph = True
            return
        self.paragraph = False
        self.width = width
        self.empty_item = False
        self.child = _Blocks(self.depth + 1)
        self.child.feed(rest)


def _interrupts(item: re.Match[str]) -> bool:
    return bool(item["rest"].strip(" ")) and item["number"] in (None, "1")


def _continues(line: str) -> bool:
    """Whether a line goes on with a paragraph of an item or quote that it lies outside of."""
    first = line.lstrip(" ")[:1]
    if not first:
        return False
    if line.startswith("    ") or first not in _SIGNS:
        return True
    patterns = (_ITEM, _FENCE, _QUOTE, _RULE, _HEADING, *(opening for opening, _ in _HTML))
    return not any(pattern.match(line) for pattern in patterns)
