"""Text between two markers that kb writes; the rest of the file is the reader's.

A marker counts only alone on its line, at its beginning, outside frontmatter and fenced code.
Regions stand one after another, each once; anything else is refused, never guessed.
"""

from __future__ import annotations

import functools
import hashlib
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.core.fences import code_spans
from kb.core.frontmatter import split

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKER = re.compile(r"<!-- kb:(?P<side>begin|end) (?P<name>[a-z][a-z0-9-]*) -->[ \t]*")
# Whole lines that are markers, or so nearly that they were meant to be.
_LIKE = re.compile(r" {0,3}<!-*[ \t]*/?kb:[ \t]*(?:begin|end)\b[^\r\n]*", re.IGNORECASE)
_INDENT = 3
_MOST = 32
"""Regions in one file: more than kb ever writes, and few enough to look for each."""
_ALMOST = re.compile(r"[^>]*>\s*")
# Targets as Obsidian rewrites them: of files, by name or relative path. `$f[x](y)$` is none.
_MARKDOWN_TARGET = re.compile(r"\]\((?P<target><[^<>\n]*>|[^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)")
_DEFINITION = re.compile(
    r"^(?P<label> {0,3}\[(?:\\.|[^\]\\\n])+\]:[ \t]*)(?P<target>\S+)", re.MULTILINE
)
_WIKI_TARGET = re.compile(r"\[\[[^\[\]|\n]*?(?P<label>\\?\|(?:(?!\[\[|\]\])[^\n])*)?\]\]")
_FILE = re.compile(r"<?(?![A-Za-z][A-Za-z0-9+.-]*:|//)[^#]*\.[A-Za-z0-9]{1,8}>?(?:#.*)?")


class RegionError(ValueError):
    """Markers that do not add up; `line` counts from 1 in the file."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"line {line}: {reason}")
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Region:
    """What stands between two markers: `text[start:end] == inner`, blank lines included."""

    name: str
    start: int
    end: int
    inner: str


def find(text: str, name: str) -> Region | None:
    """The region `name` of a note or page; None where there is none.

    Raises RegionError where the markers of any region of the file do not add up, FrontmatterError
    where its frontmatter never closes.
    """
    return _regions(text).get(name)


def names(text: str) -> list[str]:
    """The names of all regions in order. Raises RegionError as `find` does."""
    return list(_regions(text))


def replace(text: str, name: str, inner: str) -> str:
    """`text` with the inside of the region `name` replaced, in the line ends of its begin marker.

    Blank lines are put around `inner`. Raises RegionError where there is no such region, the
    markers do not add up, or `inner` would hide or double a marker.
    """
    region = find(text, name)
    if region is None:
        raise RegionError(f"there is no region {name!r}", 1)
    newline = "\r\n" if text[: region.start].endswith("\r\n") else "\n"
    new = _framed(inner).replace("\n", newline)
    result = text[: region.start] + new + text[region.end :]
    before, after = _regions(text), _regions(result)  # raises where markers are hidden or doubled
    inners = {each: region.inner for each, region in before.items()} | {name: new}
    if inners != {each: region.inner for each, region in after.items()}:
        raise RegionError("the new text would end the region early", _line(text, region.start))
    return result


def wrap(name: str, inner: str) -> str:
    """A whole region, markers and blank lines around `inner`, with a line end."""
    return f"<!-- kb:begin {name} -->\n{_framed(inner)}<!-- kb:end {name} -->\n"


def without_link_targets(inner: str) -> str:
    """`inner` with the targets of links inside the vault left blank.

    Obsidian rewrites them when a note is renamed or moved; that is no change by the reader.
    Addresses stay.
    """
    if "]" not in inner:
        return inner
    blank = _MARKDOWN_TARGET.sub(_blank_markdown, inner)
    if "]:" in blank:
        blank = _DEFINITION.sub(_blank_definition, blank)
    return _WIKI_TARGET.sub(lambda match: f"[[{match['label'] or ''}]]", blank)


def digest(inner: str) -> str:
    """SHA-256 (hex) of a region's text, by which the reader's changes are told.

    Link targets, line ends and the blank lines around the text do not count.
    """
    normal = without_link_targets(_unix(inner)).strip("\n")
    return hashlib.sha256(normal.encode("utf-8", "surrogatepass")).hexdigest()


def defuse(text: str) -> str:
    """Text that came from elsewhere, unable to close a region, open a comment or a code block."""
    text = re.sub(r"<(?=!--|\s*/?\s*kb:)", "&lt;", text)
    return re.sub(
        r"^([ \t]*(?:(?:[-*+>]|\d{1,9}[.)])[ \t]*)*)(?=```|~~~)", r"\1\\", text, flags=re.MULTILINE
    )


def _framed(inner: str) -> str:
    body = _unix(inner).strip("\n")
    return f"\n{body}\n\n" if body else "\n"


def _unix(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text) if "\r" in text else text


@functools.lru_cache(maxsize=4)
def _regions(text: str) -> dict[str, Region]:
    if "kb:" not in text:
        return {}
    body_start = len(split(text)[0])
    body = text[body_start:]
    edges = [edge for span in code_spans(body) for edge in span]
    found: dict[str, Region] = {}
    begun: re.Match[str] | None = None
    opened = ""

    def wrong(reason: str, like: re.Match[str]) -> RegionError:
        return RegionError(reason, _line(text, body_start + like.start()))

    for like in _marker_like(body):
        if bisect_right(edges, like.start()) % 2:  # past the start of a span, not past its end
            continue
        marker = _MARKER.fullmatch(like[0])
        if marker is None:
            if _ALMOST.fullmatch(like[0]):
                shown = like[0].strip()[:80]
                raise wrong(f"the marker {shown!r} is not written as kb writes it", like)
            continue
        name = marker["name"]
        if marker["side"] == "begin":
            if begun:
                raise wrong(f"the region {name!r} begins inside another", like)
            if len(found) >= _MOST:
                raise wrong(f"holds more than {_MOST} regions", like)
            if name in found:
                raise wrong(f"the region {name!r} begins a second time", like)
            begun, opened = like, name
        else:
            if begun is None or opened != name:
                raise wrong(f"the region {name!r} ends without having begun", like)
            start, end = begun.end(), like.start()
            start += 2 if body.startswith("\r\n", start) else 1
            found[name] = Region(name, body_start + start, body_start + end, body[start:end])
            begun = None
    if begun:
        raise wrong(f"the region {opened!r} never ends", begun)
    return found


def _marker_like(body: str) -> Iterator[re.Match[str]]:
    """The lines that are markers, or meant to be. Only those that open a comment are looked at: a
    long page has thousands of others."""
    at = body.find("<!")
    while at >= 0:
        start = max(body.rfind("\n", 0, at), body.rfind("\r", 0, at)) + 1
        if at - start <= _INDENT and (like := _LIKE.match(body, start)):
            yield like
        at = body.find("<!", at + 2)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _blank_markdown(match: re.Match[str]) -> str:
    return "]()" if _FILE.fullmatch(match["target"]) else match[0]


def _blank_definition(match: re.Match[str]) -> str:
    return match["label"] if _FILE.fullmatch(match["target"]) else match[0]
