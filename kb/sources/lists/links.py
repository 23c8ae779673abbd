"""Links in other people's Markdown and HTML, and the arXiv papers they lead to."""

from __future__ import annotations

import html
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from kb.core.papers import ArxivId, find_arxiv_ids, parse_arxiv_id

_LABEL = r"(?:[^\[\]\\\n]|\\.|\[(?:[^\[\]\\\n]|\\.){0,400}\]){0,800}"
_TARGET = r"<[^<>\n]{0,2000}>|[^\s()<>]{0,2000}(?:\([^\s()<>]{0,400}\)[^\s()<>]{0,2000}){0,4}"
LINK = re.compile(
    rf"""(?<!!)\[(?P<label>{_LABEL})\]\(\s*(?P<target>{_TARGET})(?:\s+(?:"[^"\n]*"|'[^'\n]*'))?\s*\)"""
)
_ANCHOR = re.compile(
    r"""<a\s[^<>]{0,400}?href\s*=\s*["']?(?P<target>[^"'<>\s]{0,2000})["']?[^<>]{0,400}>(?P<label>.{0,800}?)</a>""",
    re.IGNORECASE | re.DOTALL,
)
_BARE = re.compile(r"(?<![\w(\"'=/])https?://[^\s<>\"'|)\]]{1,2000}")


class Link(NamedTuple):
    """A link's text as written and its address, empty where it is a placeholder."""

    label: str
    target: str
    start: int
    end: int


def links(text: str) -> list[Link]:
    """The links of one line or cell, in order: Markdown's, HTML's and bare addresses."""
    found: list[Link] = []
    for pattern in (LINK, _ANCHOR):
        for match in pattern.finditer(text):
            target = html.unescape(match["target"].strip().removeprefix("<").removesuffix(">"))
            found.append(Link(match["label"], target.strip(), match.start(), match.end()))
    for match in _BARE.finditer(text):
        if not any(link.start <= match.start() < link.end for link in found):
            address = match[0].rstrip(".,;:!?*_")
            found.append(Link("", address, match.start(), match.start() + len(address)))
    return sorted(found, key=lambda link: link.start)


def arxiv_id(target: str) -> ArxivId | None:
    """The paper an address leads to; None where it is no address of one."""
    found = find_arxiv_ids(target)
    return found[0] if found else None


def bare_id(text: str) -> ArxivId | None:
    """The paper that a whole text names, with or without `arXiv:`."""
    try:
        return parse_arxiv_id(text.strip().strip("`[]()<>*_ "))
    except ValueError:
        return None


def site(target: str) -> str:
    """The host of an address, as a person would say it."""
    try:
        return (urlsplit(target).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def why_not(targets: list[str]) -> str:
    """Why a row with these links names no arXiv paper, in words."""
    hosts = list(dict.fromkeys(host for target in targets if (host := site(target))))
    bad = [target for target in targets if site(target).endswith("arxiv.org")]
    if bad:
        return f"{bad[0][:80]} is no address of an arXiv paper"
    if hosts:
        return f"its link leads to {', '.join(hosts[:3])}, not to arXiv"
    return "it has no link to arXiv"
