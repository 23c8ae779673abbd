"""Links between files of a vault, in Markdown or wiki style, and the targets found in a text."""

from __future__ import annotations

import functools
import html
import posixpath
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from kb.core.inline import cell, one_line

Style = Literal["markdown", "wiki"]

_NOT_KEPT = re.compile("[^A-Za-z0-9-._/,;=+@!'~]")
_ASCII = {n: f"%{n:02X}" for n in range(128) if _NOT_KEPT.fullmatch(chr(n))}
_CHARS = r"(?:\\.|[^()\\\n])*"
_MARKDOWN = re.compile(rf"\]\(\s*(?:<([^<>\n]*)>|({_CHARS}(?:\({_CHARS}\){_CHARS})*)\))")
_DEFINITION = re.compile(
    r"^ {0,3}\[(?!\^)(?:\\.|[^\]\\\n])+\]:\s*(?:<([^<>\n]*)>|(\S+))", re.MULTILINE
)
_WIKI = re.compile(r"\[\[([^\[\]|\n]+)(?:\|(?:(?!\[\[|\]\])[^\n])*)?\]\]")
_TITLE = re.compile(r"""\s+(?:"[^"]*"|'[^']*'|\([^)]*\))\s*$""")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_NOT_IN_WIKI = re.compile(r"[\[\]|#^\\\n]|%%|:")
_WIKI_LABEL = str.maketrans({"[": "(", "]": ")", "|": "¦", "`": "'", "<": "‹", ">": "›"})


@dataclass(frozen=True, slots=True)
class Linker:
    """Makes the links of a vault in the style its `kb.toml` fixed."""

    style: Style = "markdown"

    def link(self, label: str, from_path: str, to_path: str, *, in_table: bool = False) -> str:
        """A link from one file to another, both relative to the vault, safe in a table or not.

        Files whose names wiki links cannot express are linked in Markdown.
        """
        if self.style == "wiki" and not _NOT_IN_WIKI.search(to_path.rpartition("/")[2]):
            return wiki_link(label, PurePosixPath(to_path), in_table=in_table)
        return _markdown(label, from_path.rpartition("/")[0], to_path)

    def target(self, from_path: str, to_path: str) -> str:
        """What such a link names: the way to the file as a Markdown link has it, else its stem."""
        if self.style == "wiki" and not _NOT_IN_WIKI.search(to_path.rpartition("/")[2]):
            path = PurePosixPath(to_path)
            return path.stem if path.suffix == ".md" else path.name
        return _target(from_path.rpartition("/")[0], to_path)


def markdown_link(
    label: str, from_path: PurePosixPath, to_path: PurePosixPath, fragment: str | None = None
) -> str:
    """`[label](relative/path.md)`, safe in a table too; paths from the vault, `label` raw text.

    Everything but letters, digits and harmless marks is percent-encoded in the target.
    """
    return _markdown(label, str(from_path.parent), str(to_path), fragment)


def _markdown(label: str, folder: str, to_path: str, fragment: str | None = None) -> str:
    target = _target(folder, to_path)
    if fragment:
        target += f"#{_encoded(fragment)}"
    shown = cell(label) or cell(PurePosixPath(to_path).stem)
    if shown.startswith("\\[") and shown.endswith("\\]"):
        shown = f" {shown} "  # else `[[...]]`, once the escapes are gone
    return f"[{shown}]({target})"


def _target(folder: str, to_path: str) -> str:
    above, _, name = to_path.rpartition("/")
    return _encoded(_way(folder or ".", above or ".") + name)


def wiki_link(label: str, to_path: PurePosixPath, *, in_table: bool = False) -> str:
    r"""`[[stem|label]]`, in a table `[[stem\|label]]`; stems are unique in the vault.

    Labels are shown as they stand, so what would end or break one is replaced by what looks like
    it. Raises ValueError for a file name that a wiki link cannot express.
    """
    target = to_path.stem if to_path.suffix == ".md" else to_path.name
    if _NOT_IN_WIKI.search(target):
        raise ValueError(f"{to_path} cannot be the target of a wiki link")
    text = re.sub("%{2,}", "%", one_line(label).translate(_WIKI_LABEL)).rstrip("\\ ")
    if not text or text == target:
        return f"[[{target}]]"
    return f"[[{target}\\|{text}]]" if in_table else f"[[{target}|{text}]]"


def read_links(markdown: str) -> list[str]:
    """The targets of all links to files, without fragments, each kind in order; in code too.

    Rather one too many than one too few, as it guards notes from being removed. Markdown targets are
    decoded and relative to the file, wiki targets stand as written. Addresses are left out, those of
    Obsidian apart, which name a file.
    """
    targets: list[str] = []
    for pattern in (_MARKDOWN, _DEFINITION):
        for match in pattern.finditer(markdown):
            targets += _file_targets(match[1] or match[2] or "")
    targets += (m[1].partition("#")[0].rstrip("\\").strip() for m in _WIKI.finditer(markdown))
    return [target for target in targets if target]


def file_key(target: str) -> str:
    """What two link targets have in common when they may mean one note: its name, whatever case."""
    name = target.rpartition("/")[2].removesuffix(".md")
    return unicodedata.normalize("NFC", name).casefold()


def _file_targets(written: str) -> list[str]:
    target = _TITLE.sub("", written.strip())
    target = html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", target))
    if _SCHEME.match(target):
        if target.startswith("obsidian:"):
            return parse_qs(urlsplit(target).query).get("file", [])
        return []
    return [unquote(target.partition("#")[0])]


@functools.lru_cache(maxsize=8192)
def _encoded(path: str) -> str:
    if path.isascii():
        return path.translate(_ASCII)
    return _NOT_KEPT.sub(lambda match: _percent(match[0]), path)


@functools.lru_cache(maxsize=1024)
def _percent(char: str) -> str:
    if char > "\x7f" and char.isalnum():
        return char
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))


@functools.lru_cache(maxsize=1024)
def _way(from_folder: str, to_folder: str) -> str:
    """From one folder to another, as the beginning of a relative path."""
    way = posixpath.relpath(to_folder, from_folder)
    return "" if way == "." else f"{way}/"
