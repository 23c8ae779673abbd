from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from standins.entries import BARE, HARD, PLAIN

from kb.core import notes
from kb.core.exports.entries import Choice, by_day, choose, from_note

NOTE = """---
title: "A title"
arxiv_id: "2413.00001"
version: 2
authors: [A. Poe, B. Roe]
submitted: 2024-12-30
announced: 2024-12-31
primary: cs.LG
categories: [cs.LG]
topics: [Clouds]
relevance: 9
novelty: 8
scored_by: local
doi: 10.1/x
status: read
rating: 4
---
"""


def test_a_note_becomes_an_entry() -> None:
    entry = from_note(notes.read("Papers/A title.md", NOTE), abstract="Words.", comment="Why.")
    assert entry is not None
    assert (entry.id, entry.version, entry.title) == ("2413.00001", 2, "A title")
    assert (entry.authors, entry.topics) == (("A. Poe", "B. Roe"), ("Clouds",))
    assert (entry.submitted, entry.announced) == (date(2024, 12, 30), date(2024, 12, 31))
    assert (entry.relevance, entry.novelty, entry.score) == (9, 8, 17)
    assert (entry.abstract, entry.comment, entry.doi) == ("Words.", "Why.", "10.1/x")
    assert (entry.status, entry.rating, entry.path) == ("read", 4, "Papers/A title.md")
    assert from_note(notes.read("x.md", "no properties")) is None


@pytest.mark.parametrize(
    ("choice", "ids"),
    [
        (Choice(), [PLAIN.id, HARD.id, BARE.id]),
        (Choice(since=date(2025, 1, 1)), [HARD.id]),
        (Choice(until=date(2024, 12, 31)), [PLAIN.id]),
        (Choice(since=date(2024, 12, 31), until=date(2024, 12, 31)), [PLAIN.id]),
        (Choice(min_score=14), [PLAIN.id]),
        (Choice(min_score=13), [PLAIN.id, HARD.id]),
        (Choice(topics=("counting",)), [PLAIN.id, HARD.id]),
        (Choice(topics=("Clouds", "nothing")), [PLAIN.id]),
        (Choice(statuses=("unread",)), [HARD.id, BARE.id]),
        (Choice(statuses=("READ", "skip")), [PLAIN.id]),
    ],
)
def test_a_choice_of_papers(choice: Choice, ids: list[str]) -> None:
    assert [entry.id for entry in choose([PLAIN, HARD, BARE], choice)] == ids


def test_a_day_of_submission_stands_in_for_one_of_announcement() -> None:
    early = replace(PLAIN, announced=None)
    assert choose([early], Choice(until=date(2024, 12, 30))) == [early]


def test_papers_come_newest_day_first_and_best_first() -> None:
    better = replace(PLAIN, id="2413.00002", relevance=10)
    assert by_day([BARE, PLAIN, HARD, better]) == [HARD, better, PLAIN, BARE]
