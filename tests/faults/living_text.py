"""What a reader does to the text of a note or page, and which of it is kb's: by rules of its own."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

NOTE_KEYS = frozenset(
    [
        "title",
        "arxiv_id",
        "version",
        "authors",
        "submitted",
        "revised",
        "announced",
        "primary",
        "categories",
        "doi",
        "journal",
        "author_comment",
        "code",
        "topics",
        "relevance",
        "novelty",
        "score",
        "scored_by",
        "provisional",
        "kept",
        "followed",
        "withdrawn",
        "source",
        "listed",
        "summary",
        "url",
        "pdf",
    ]
)
"""The keys that CONTRACT section 2 gives to kb."""
PAGE_KEYS = frozenset({"kb", "from", "to", "papers"})
FENCE = "```"

_HEAD = re.compile(r"(\ufeff?---[ \t]*\r?\n)(.*?)(?=^---[ \t]*\r?$)", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"[ \t]#.*$")
_LINK = re.compile(r"\]\(([^()\s]+)\)")


def outside(text: str, keys: Collection[str], region: str | None) -> str:
    """`text` without the lines of `keys` and without the inside of `region`: what is not kb's.

    Comments behind a value are the reader's and stay.
    """
    if region is not None and (span := inside(text, region)):
        text = text[: span[0]] + text[span[1] :]
    head = _HEAD.match(text)
    if head is None:
        return text
    kept: list[str] = []
    dropping = False
    for line in head[2].splitlines(keepends=True):
        key = re.match(r"([A-Za-z_]\w*):", line)
        if key is not None:
            dropping = key[1] in keys
        elif line.strip() and line[0] not in " \t-":
            dropping = False
        if not dropping:
            kept.append(line)
        elif comment := _COMMENT.search(line.rstrip("\r\n")):
            kept.append(f"{comment[0]}\n")
    return head[1] + "".join(kept) + text[head.end() :]


def inside(text: str, region: str) -> tuple[int, int] | None:
    """Where the text between the markers of `region` begins and ends; None without markers."""
    begin = re.search(rf"^<!-- kb:begin {region} -->\r?\n", text, re.MULTILINE)
    if begin is None:
        return None
    end = re.compile(rf"^<!-- kb:end {region} -->", re.MULTILINE).search(text, begin.end())
    return (begin.end(), end.start()) if end else None


def value(text: str, key: str) -> str | None:
    """The value of a key as it stands on its line, without quotes and comment; None without one."""
    head = _HEAD.match(text)
    line = re.search(rf"^{key}:(.*)$", head[2], re.MULTILINE) if head else None
    return _COMMENT.sub("", line[1]).strip().strip("\"'") if line else None


def links(text: str, page: str) -> set[str]:
    """The notes and pages that the region of a page links to, as vault paths."""
    span = inside(text, "page")
    inner = text[span[0] : span[1]] if span else ""
    targets = {t for t in _LINK.findall(inner) if "://" not in t and t.endswith(".md")}
    folder = posixpath.dirname(page)
    return {posixpath.normpath(posixpath.join(folder, unquote(target))) for target in targets}


def _in_head(text: str, line: str) -> str:
    head = _HEAD.match(text)
    assert head is not None
    newline = "\r\n" if head[1].endswith("\r\n") else "\n"
    return text[: head.end()] + line + newline + text[head.end() :]


def _set(text: str, key: str, new: str | None) -> str:
    """A key's line with another value, without it (None), or added."""
    head = _HEAD.match(text)
    assert head is not None
    if value(text, key) is None:
        return text if new is None else _in_head(text, f"{key}: {new}")
    line = re.compile(rf"^{key}:[^\r\n]*(\r?\n)(?:[ \t-][^\n]*\n)*", re.MULTILINE)
    found = line.search(text, head.start(2), head.end())
    assert found is not None
    whole = "" if new is None else f"{key}: {new}".rstrip() + found[1]
    return text[: found.start()] + whole + text[found.end() :]


def _before_region(text: str, words: str) -> str:
    return re.sub(
        r"^(?=<!-- kb:begin)", lambda _: f"{words}\n\n", text, count=1, flags=re.MULTILINE
    )


WORDS: tuple[Callable[[str, int], str], ...] = (
    lambda text, n: f"{text}\nMy thought {n}, ünd möre.\n",
    lambda text, n: f"{text}no line end, {n}",
    lambda text, n: _before_region(text, f"Read this first, {n}."),
    lambda text, n: f"{text}\n---\n\n- [ ] ask about it {n}\n",
    lambda text, n: f"{text}\n{FENCE}\n<!-- kb:begin paper -->\n{n}\n{FENCE}\n",
    lambda text, n: _in_head(text, f"mine{n}: {{a: [1, 2]}} # mine"),
    lambda text, n: _in_head(text, f"# a remark of mine, {n}"),
    lambda text, n: _in_head(text, f"mine{n}:\n  - one\n  - 'two: three'"),
    lambda text, n: text if "\r" in text else text.replace("\n", "\r\n"),
    lambda text, n: text if text.startswith("\ufeff") else f"\ufeff{text}",
    lambda text, n: _set(text, "tags", f"[paper, mine{n}]"),
    lambda text, n: text if value(text, "version") != "1" else _set(text, "version", "1 # seen"),
)  # fmt: skip
"""Each leaves a note that kb can read, with words of the reader's more in it."""

STATUS: tuple[Callable[[str, int], str], ...] = (
    lambda text, n: _set(text, "status", "reading"),
    lambda text, n: _set(text, "status", "read"),
    lambda text, n: _set(text, "status", "unread"),
    lambda text, n: _set(text, "rating", "5"),
    lambda text, n: _set(text, "rating", str(1 + n % 4)),
)  # fmt: skip

KEYS: tuple[tuple[str, Callable[[int], str | None]], ...] = (
    ("title", lambda n: f"My title {n}"),
    ("relevance", lambda n: str(3 + n % 4)),
    ("topics", lambda n: f"\n  - Mine {n}\n  - \"b: c\""),
    ("summary", lambda n: None),
    ("version", lambda n: None),
    ("journal", lambda n: f"Journal {n}"),
    ("revised", lambda n: None),
    ("authors", lambda n: f"[Me, You {n}]"),
)  # fmt: skip
"""Keys of kb's, and what the reader makes of them (None: the line is gone)."""


def set_key(text: str, key: str, new: str | None) -> str:
    return _set(text, key, new)


def change_region(text: str, n: int) -> str | None:
    """Words of the reader's between the markers; None where there are none."""
    if (span := inside(text, "paper")) is None:
        return None
    newline = "\r\n" if "\r\n" in text[: span[0]] else "\n"
    return f"{text[: span[1]]}I beg to differ, {n}.{newline}{newline}{text[span[1] :]}"


def without_markers(text: str, which: int) -> str | None:
    """The begin marker gone, the end marker, or both (0, 1, 2); None where not both are there."""
    for region in ("paper", "page"):
        if inside(text, region):
            sides = (("begin",), ("end",), ("begin", "end"))[which % 3]
            for side in sides:
                pattern = rf"^<!-- kb:{side} {region} -->\r?\n"
                text = re.sub(pattern, "", text, count=1, flags=re.MULTILINE)
            return text
    return None


def _unclosed(text: str) -> str:
    head = _HEAD.match(text)
    assert head is not None
    return text[: head.end()] + re.sub(r"\A---[ \t]*\r?\n", "", text[head.end() :])


def _conflict(text: str) -> str:
    return re.sub(
        r"^(title:[^\n]*\n)", r"<<<<<<< HEAD\n\1=======\ntitle: Theirs\n>>>>>>> theirs\n", text,
        count=1, flags=re.MULTILINE,
    )  # fmt: skip


BREAKS: dict[str, Callable[[str], bytes]] = {
    "unclosed fence": lambda text: _unclosed(text).encode(),
    "conflict": lambda text: _conflict(_set(text, "title", "Ours")).encode(),
    "doubled key": lambda text: _in_head(_in_head(text, "twice: 1"), "twice: 2").encode(),
    "garbage id": lambda text: _set(text, "arxiv_id", "not an id").encode(),
    "conflict below": lambda text: f"{text}\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> c\n".encode(),
    "NUL": lambda text: text.encode() + b"\0",
    "no UTF-8": lambda text: text.encode() + b"\xe9t\xe9\n",
}  # fmt: skip
"""What makes a note unreadable, or unsafe to edit."""


def box(text: str, arxiv_id: str, task: str) -> str | None:
    """A daily page with one box of a paper's section ticked, or unticked; None without such a box."""
    section = text.find(f"**arXiv** [{arxiv_id}]")
    if section < 0:
        return None
    pattern = re.compile(rf"^- \[([ x])\] {task}(?=\r?$)", re.MULTILINE)
    found = pattern.search(text, section)
    following = text.find("\n## ", section)
    if found is None or 0 <= following < found.start():
        return None
    mark = " " if found[1] == "x" else "x"
    return f"{text[: found.start()]}- [{mark}] {task}{text[found.end() :]}"


def is_ticked(text: str, arxiv_id: str, task: str) -> bool | None:
    flipped = box(text, arxiv_id, task)
    if flipped is None:
        return None
    return flipped.count("- [x]") < text.count("- [x]")
