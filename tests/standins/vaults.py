"""Invented papers, notes and histories for tests, and a vault to run passes on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from kb import resources
from kb.core import composing
from kb.core.assessments import Assessment
from kb.core.papers import Paper
from kb.core.properties import Form

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = resources.template_file("Templates/Paper.md").decode()
FORM = Form(TEMPLATE, "T")


def paper(number: int = 1, **more: Any) -> Paper:
    """Paper 2503.0000N, announced on Thursday 6 March 2025 unless said otherwise."""
    values: dict[str, Any] = {
        "id": f"2503.{number:05}",
        "title": f"An invented paper, number {number}",
        "authors": ("Ada Example", "Émile Beispiel"),
        "abstract": "We invent something. It works well enough for a test.",
        "categories": ("cs.LG", "stat.ML"),
        "submitted": datetime(2025, 3, 5, 12, tzinfo=UTC),
        "revised": datetime(2025, 3, 5, 12, tzinfo=UTC),
        "announced": date(2025, 3, 6),
    }
    return Paper(**values | more)


def assessment(number: int = 1, relevance: int = 8, novelty: int = 6, **more: Any) -> Assessment:
    values: dict[str, Any] = {
        "id": f"2503.{number:05}",
        "relevance": relevance,
        "novelty": novelty,
        "topics": ("Inventions",),
        "comment": "Inventions: something",
        "summary": "We invent something.",
    }
    return Assessment(**values | more)


def note_text(number: int = 1, **more: Any) -> str:
    """What kb writes for paper `number`."""
    return composing.compose(paper(number, **more), assessment(number), FORM)


def odd_notes(root: Path, count: int) -> None:
    """So many notes, one paper's twice, one of a paper with a torn frontmatter."""
    for number in range(count):
        (root / f"{number}.md").write_text(note_text(number))
    (root / "again.md").write_text(note_text(1))
    (root / "torn.md").write_text(note_text(8).replace("version: 1", "version: ["))


def record(number: int, day: str = "2025-03-06", **more: Any) -> dict[str, Any]:
    """A line of a saved feed: every third paper is on attention, the others count frogs."""
    if number % 3 == 0:
        title = f"Linear attention with kernel {number}"
        abstract = (
            f"We study linear attention and state space models for long context, variant {number}."
            " Our recurrent layer reads more for less, and sparse attention is a special case."
        )
    else:
        title = f"A survey of ponds, part {number}"
        abstract = f"We count frogs in pond number {number}. They are green and the water is cold."
    values: dict[str, Any] = {
        "id": f"2503.{number:05}",
        "title": title,
        "abstract": abstract,
        "authors": ["Ada Example", "Émile Beispiel"],
        "categories": ["cs.LG"],
        "primary": "cs.LG",
        "comment": None,
        "announced": day,
    }
    return values | more
