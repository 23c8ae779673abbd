"""A day as one Markdown file that needs nothing else: usage, totals, contents, a section a paper,
topics and scales at the end. It is read back by `kb.sources.lists.digests`."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from kb.core import tables, tex
from kb.core.exports.marked import MARK, escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kb.core.exports.entries import Entry
    from kb.core.listed import DayTotals, Usage

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z /-]{0,30}")
_FIELD = re.compile(r"\*\*(?=[A-Za-z][A-Za-z /-]{0,30}:\*\*)")


def digest(entries: Sequence[Entry], totals: DayTotals, criteria: str = "") -> str:
    """The digest of one day, its papers in the order given.

    They are grouped by their first topic where that does not change their order. `criteria` is what
    `.kb/criteria/` keeps of the day: the topics, a rule, the scales.
    """
    day = totals.day.isoformat() if totals.day else "an unknown day"
    groups = _groups(entries)
    parts = [MARK, f"# arXiv papers of {day}", _usage(totals.usage), _totals(totals, len(entries))]
    if groups:
        rows = [(tables.cell(topic), str(len(inside))) for topic, inside in groups]
        parts.append(tables.table(("Topic", "Papers"), rows, align=("left", "right")))
    if entries:
        parts.append("**Table of contents**")
    for topic, inside in groups or [("", list(entries))]:
        if topic:
            parts.append(f"**{escaped(topic)}**")
        parts.append("\n".join(_content(number, entry) for number, entry in enumerate(inside, 1)))
    judge = totals.usage[-1].model if totals.usage else ""
    for topic, inside in groups or [("", list(entries))]:
        if topic:
            parts += ["---", f'## {escaped(topic)} ({len(inside)}) <a id="{_anchor(topic)}"></a>']
        for number, entry in enumerate(inside, 1):
            parts += ["---"] if number > 1 or not topic else []
            parts += _section(number, entry, "###" if topic else "##", judge)
    if not entries:
        parts.append("No paper reached the cutoffs.")
    if criteria.strip():
        quoted = (f"> {line}".rstrip() for line in criteria.strip("\n").splitlines())
        parts += ["---", "# Topics and scales", "\n".join(quoted)]
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def _groups(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Papers by first topic; nothing where some have none, or a topic comes twice."""
    groups = [
        (topic, list(inside))
        for topic, inside in itertools.groupby(entries, key=lambda e: next(iter(e.topics), ""))
    ]
    names = [topic for topic, _ in groups]
    sound = all(names) and len(set(names)) == len(names)
    return groups if sound and len(entries) > 1 else []


def _usage(usage: Sequence[Usage]) -> str:
    rows = []
    for one in usage:
        model = tables.cell(one.model)
        prompt, completion = one.usd_parts
        tokens = (one.prompt, one.cached, one.completion, one.total)
        rows.append((model, "Tokens", *("" if n is None else str(n) for n in tokens)))
        rows.append((model, "Cost", _money(prompt), "", _money(completion), _money(one.usd)))
    header = ("Model", "Usage", "Prompt", "Cached", "Completion", "Total")
    align = ("left", "left", *["right"] * 4)
    return tables.table(header, rows, align=align) if rows else ""


def _money(usd: float | None) -> str:
    if usd is None:
        return ""
    whole, _, cents = f"{usd:.6f}".rstrip("0").partition(".")
    return f"${whole}.{cents.ljust(2, '0')}"


def _totals(totals: DayTotals, count: int) -> str:
    relevant = count if totals.relevant is None else totals.relevant
    told = (
        ("arXiv", totals.announced),
        ("scanned", totals.scanned),
        ("relevant", relevant),
    )
    return "\n\n".join(f"Total {name} papers: {n}" for name, n in told if n is not None)


def _content(number: int, entry: Entry) -> str:
    authors = f"\n   **Authors:** {_authors(entry)}" if entry.authors else ""
    return f"{number}. [{_title(entry)}](#{_anchor(entry.id, 'paper')})" + authors


def _section(number: int, entry: Entry, mark: str, judge: str) -> list[str]:
    title = f"[{_title(entry)}]({entry.url})"
    parts = [f'{mark} {number}. {title} <a id="{_anchor(entry.id, "paper")}"></a>']
    version = f"v{entry.version}" if entry.version and entry.version > 1 else ""
    first, *others = entry.topics or ("",)
    fields = [
        ("ArXiv ID", f"{entry.id}{version}"),
        ("Primary Topic", escaped(first)),
        ("Also Matches", "; ".join(map(escaped, others))),
        ("Authors", _authors(entry)),
        ("Abstract", _abstract(entry)),
        ("Comment", escaped(entry.comment)),
        ("Summary", escaped(entry.summary)),
        *((n, escaped(text)) for n, text in entry.extra if _FIELD_NAME.fullmatch(n)),
        ("Scored By", "" if entry.scored_by == judge else escaped(entry.scored_by)),
    ]
    parts += [f"**{name}:** {text}" for name, text in fields if text]
    scores = (("Relevance", entry.relevance), ("Novelty", entry.novelty))
    parts.append("  \n".join(f"**{name}:** {n}" for name, n in scores if n is not None))
    return parts


def _title(entry: Entry) -> str:
    return escaped(tex.accents(entry.title)) or entry.id


def _authors(entry: Entry) -> str:
    return ", ".join(escaped(tex.accents(name)) for name in entry.authors)


def _abstract(entry: Entry) -> str:
    """As Markdown, with nothing in it that could be taken for one of the section's own parts."""
    lines = tex.readable(entry.abstract).splitlines()
    return "\n".join(_FIELD.sub(r"\*\*", line) for line in lines)


def _anchor(name: str, prefix: str = "topic") -> str:
    return f"{prefix}-" + "-".join(re.findall(r"\w+", name.casefold()))
