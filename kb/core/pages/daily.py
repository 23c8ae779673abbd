"""The daily page: one section a paper, with tasks that become properties of its note."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from kb.core import links, tables, tex
from kb.core.assessments import LOCAL, UNNAMED
from kb.core.costs import money
from kb.core.pages.calendar import Week, long, month_name, short
from kb.core.pages.former import Section
from kb.core.pages.shelf import page, topic_counts, totals
from kb.core.papers import parse_arxiv_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from kb.core.costs import Cost
    from kb.core.history import Day
    from kb.core.notes import Note
    from kb.core.pages.shelf import Page, Shelf

TASKS = ("read", "skip", "star")
MAX_AUTHORS = 12
_SECTION_ID = re.compile(r"https?://arxiv\.org/abs/([^\s)\]>]+)")
_TASK = re.compile(r"\s*[-*+] \[(.)\] (read|skip|star)\s*")


def daily(shelf: Shelf, day: date) -> Page:
    path = shelf.layout.day(day)
    listed = shelf.on(day)
    records = shelf.records(day)
    parts = [f"# arXiv, {long(day)}", _around(shelf, day, path)]
    if any(record.source == "sample" for record in records):
        parts.append(
            "*Invented papers of the sample that comes with kb; `kb doctor --fix` removes them.*"
        )
    parts += [_usage(shelf, day, records), totals(records, listed)]
    parts += _of_models(shelf, records)
    if counts := topic_counts(shelf, listed):
        rows = [(tables.cell(topic), str(count)) for topic, count in counts]
        parts.append("**Topics**\n\n" + tables.table(("Topic", "Papers"), rows))
    if listed:
        former = shelf.former(path)
        told = [former.section(i) or _section(shelf, day, shelf.note(i), path) for i in listed]
        parts.append("## Contents")
        parts.append("\n".join(
            f"{number}. {section.link}  \n   {section.authors}"
            for number, section in enumerate(told, 1)
        ))  # fmt: skip
        parts += [f"## {n}. " + "\n\n".join(section) for n, section in enumerate(told, 1)]
    else:
        parts.append("No paper reached the cutoffs.")
    parts += _criteria(shelf, records, path)
    return page(path, "daily", day, day, len(listed), parts)


def facts(shelf: Shelf, day: date) -> tuple[object, ...]:
    """All that the page says beside what its notes say."""
    records = shelf.records(day)
    about = [
        (r.source, r.tokens, r.usd, r.usage, r.by, r.announced, r.scanned, r.criteria)
        for r in records
    ]
    models = sorted(shelf.history.usage.get(day, {}).items()), _of_models(shelf, records)
    ids = shelf.ids(day)
    judged = [_of_model(shelf, arxiv_id) for arxiv_id in ids if arxiv_id in shelf.history.judged]
    return _neighbours(shelf, day), about, models, judged, [shelf.notes.mark(i) for i in ids]


def reasons(shelf: Shelf, day: date) -> list[bytes]:
    """The local comments of the day, which go into the signature as they are."""
    return [record.reasons.line for record in shelf.records(day)]


def _neighbours(shelf: Shelf, day: date) -> tuple[date | None, date | None]:
    """The days before and after that have a page."""
    days = shelf.days()
    at = bisect_left(days, day)
    return (
        days[at - 1] if at > 0 else None,
        days[at + 1] if at + 1 < len(days) else None,
    )


def _around(shelf: Shelf, day: date, path: str) -> str:
    before, after = _neighbours(shelf, day)
    week = Week.of(day)
    around = [
        shelf.page_link(f"Week {week.number}", path, shelf.layout.week(week)),
        shelf.page_link(month_name(*week.month), path, shelf.layout.month(*week.month)),
        shelf.page_link("Home", path, shelf.layout.home),
    ]
    if before is not None:
        around.insert(0, shelf.page_link(f"← {short(before)}", path, shelf.layout.day(before)))
    if after is not None:
        around.append(shelf.page_link(f"{short(after)} →", path, shelf.layout.day(after)))
    return " · ".join(around)


def _usage(shelf: Shelf, day: date, records: Sequence[Day]) -> str:
    spent = shelf.history.usage.get(day, {})
    rows = []
    for record in records or ():
        prompt, cached, completion = record.tokens
        if record.usage:
            rows += _usage_of_digest(record)
            rows += [_usage_row(model, cost) for model, cost in sorted(spent.items())]
        elif not record.source and spent and not any(record.tokens):
            rows += [_usage_row(model, cost) for model, cost in sorted(spent.items())]
        else:
            rows.append((
                tables.cell(record.by or "local"), str(prompt), str(cached), str(completion),
                str(prompt + completion), f"${record.usd:.2f}",
            ))  # fmt: skip
    header = ("Model", "Prompt tokens", "Cached", "Completion", "Total", "Cost")
    return tables.table(header, rows, align=("left", *["right"] * 5)) if rows else ""


def _usage_of_digest(record: Day) -> list[tuple[str, ...]]:
    """What the digest said that the day was imported from; who has judged the rest since took nothing."""
    rows = [
        (tables.cell(str(model or UNNAMED)), *("" if n is None else str(n) for n in counts),
         _price(usd))
        for model, *counts, usd, _ in record.usage
    ]  # fmt: skip
    if record.by == LOCAL and LOCAL not in (row[0] for row in rows):
        rows.append((LOCAL, "0", "0", "0", "0", money(0)))
    return rows


def _price(usd: object) -> str:
    """As a digest says it: whole cents where it has no parts of one."""
    if not isinstance(usd, int | float):
        return ""
    return f"${usd:.2f}" if usd == round(usd, 2) else money(usd)


def _usage_row(model: str, cost: Cost) -> tuple[str, ...]:
    return (
        tables.cell(model), str(cost.prompt), str(cost.cached), str(cost.completion),
        str(cost.total), cost.price(),
    )  # fmt: skip


def _of_models(shelf: Shelf, records: Sequence[Day]) -> list[str]:
    """What the model was not sent, and what it still owes; nothing where there is none."""
    said = []
    for record in records:
        model = tex.readable(record.model)
        said += [
            f"{model} was sent the {told['sent']} papers that the local order puts first and"
            f" {len(told['sample'])} of the others by chance; {left} were left out."
            for told in record.screens
            if (left := told["size"] - told["sent"] - len(told["sample"]))
        ]
        reasons = Counter(shelf.history.waiting(record).values())
        said += [
            f"**Provisional**: {number} {'paper' if number == 1 else 'papers'} without a judgement of"
            f" {model} ({tex.readable(why)})"
            for why, number in sorted(reasons.items())
        ]
    return ["  \n".join(said)] if said else []


def _section(shelf: Shelf, day: date, note: Note, path: str) -> Section:
    arxiv_id = note.id or ""
    comment = _comment(shelf, shelf.records(day), arxiv_id)
    facts = [f"**arXiv** [{arxiv_id}](https://arxiv.org/abs/{arxiv_id})"]
    if note.relevance:
        facts += [f"**Relevance** {note.relevance}", f"**Novelty** {note.novelty}"]
    if note.values.get("provisional") is True:
        facts.append("provisional")
    if status := note.status:
        facts.append(f"**Status** {tex.readable(status)}")
    lines = [" · ".join(facts)]
    if topics := note.texts("topics"):
        lines.append("**Topics** " + ", ".join(tex.readable(topic) for topic in topics))
    if followed := note.texts("followed"):
        lines.append("**Followed** " + ", ".join(tex.readable(name) for name in followed))
    if comment:
        lines.append("**Why** " + tex.readable(comment))
    if summary := note.texts("summary"):
        lines.append(tex.readable(summary[0]))
    ticked = boxes(note)
    lines.append("\n".join(f"- [{'x' if task in ticked else ' '}] {task}" for task in TASKS))
    return Section(shelf.link(note, path), _authors(note), "\n\n".join(lines))


def _comment(shelf: Shelf, records: Sequence[Day], arxiv_id: str) -> str:
    if (comment := _of_model(shelf, arxiv_id)) is not None:
        return comment
    return next((r.reasons[arxiv_id][1] for r in records if arxiv_id in r.reasons), "")


def _of_model(shelf: Shelf, arxiv_id: str) -> str | None:
    """The comment of the model that judged the paper, where one has."""
    judged = shelf.history.judged_by_model(arxiv_id)
    return None if judged is None else str(judged.get("comment", ""))


def _authors(note: Note) -> str:
    names = note.texts("authors")
    shown = ", ".join(tex.readable(name) for name in names[:MAX_AUTHORS])
    more = len(names) - MAX_AUTHORS
    if not names:
        return "**Authors** not known"
    return f"**Authors** {shown}" + (f" and {more} more" if more > 0 else "")


def _criteria(shelf: Shelf, records: Sequence[Day], path: str) -> list[str]:
    snapshots = [
        links.markdown_link(
            "the topics and scales in force",
            PurePosixPath(path),
            PurePosixPath(shelf.layout.criteria(digest)),
        )
        for digest in dict.fromkeys(record.criteria for record in records if record.criteria)
    ]
    return ["---", "Judged by " + ", ".join(snapshots) + "."] if snapshots else []


def boxes(note: Note) -> frozenset[str]:
    """Which of the tasks on the daily page the note's properties say are ticked."""
    return marked(note.status, note.rating == 5)


def marked(status: str, starred: bool) -> frozenset[str]:
    """Which of the tasks are ticked for a note of this status, with five stars or not."""
    return frozenset(({status} & {"read", "skip"}) | ({"star"} if starred else set()))


def ticked(text: str) -> dict[str, frozenset[str]]:
    """Which tasks a daily page shows as ticked, by paper; papers whose three tasks are not all
    there are left out."""
    found: dict[str, frozenset[str]] = {}
    if "- [" not in text:
        return found
    arxiv_id: str | None = None
    tasks: dict[str, bool] = {}
    for line in [*text.splitlines(), "## end"]:
        if line.startswith("## "):
            if arxiv_id and set(tasks) == set(TASKS):
                found[arxiv_id] = frozenset(task for task, on in tasks.items() if on)
            arxiv_id, tasks = None, {}
        elif line.lstrip()[1:3] == " [":
            if (task := _TASK.fullmatch(line)) and task[2] not in tasks:
                tasks[task[2]] = task[1] in "xX"
        elif (
            arxiv_id is None
            and line.startswith("**arXiv**")
            and (match := _SECTION_ID.search(line))
        ):
            try:
                arxiv_id = parse_arxiv_id(match[1]).id
            except ValueError:
                continue
    return found
