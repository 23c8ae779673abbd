"""The other questions: titles to sort out, summaries, reading notes, a month looked back on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from standins.openai_server import Item, ModelServer
from standins.vaults import paper

from kb.scorers.llm.scorer import ModelScorer
from kb.scorers.llm.tasks import NOTE_PARTS, Summary

Make = Callable[..., ModelScorer]
PAPERS = [paper(number) for number in range(1, 13)]


def judge(server: ModelServer, **fields: Any) -> None:
    """The server answers these fields about every paper."""
    server.judge = lambda arxiv_id, _title, _abstract: {"id": arxiv_id, **fields}


def test_titles_are_sorted_by_title_alone(server: ModelServer, make: Make) -> None:
    def odd(arxiv_id: str, _title: str, abstract: str) -> Item:
        assert not abstract
        return {"id": arxiv_id, "read": int(arxiv_id[-1]) % 2 == 1}

    server.judge = odd
    outcome = make().screen(PAPERS)
    assert {i for i, judged in outcome.judged.items() if judged.value} == {
        each.id for each in PAPERS if int(each.id[-1]) % 2 == 1
    }
    assert len(server.chats) == 1


@pytest.mark.parametrize("value", ["true", 1, None, "yes"])
def test_neither_yes_nor_no_is_no_answer(server: ModelServer, make: Make, value: object) -> None:
    judge(server, read=value)
    outcome = make().screen(PAPERS[:2])
    assert not outcome.judged
    assert outcome.reasons.keys() == {each.id for each in PAPERS[:2]}


def test_summaries_for_the_table_and_the_note(server: ModelServer, make: Make) -> None:
    judge(server, short="word " * 45, long="word " * 160)
    outcome = make().summarise(PAPERS)
    summary = outcome.judged[PAPERS[0].id].value
    assert isinstance(summary, Summary)
    assert len(summary.short.split()) == 40
    assert len(summary.long.split()) == 150
    assert len(outcome.judged) == len(PAPERS)


@pytest.mark.parametrize(
    "fields", [{"short": "x"}, {"short": "", "long": "x"}, {"short": "x", "long": 3}]
)
def test_half_a_summary_is_none(server: ModelServer, make: Make, fields: Item) -> None:
    judge(server, **fields)
    assert not make().summarise(PAPERS[:1]).judged


def test_reading_notes(server: ModelServer, make: Make) -> None:
    judge(server, **{key: ["One.", " Two\nlines. ", ""] for key in NOTE_PARTS} | {"limits": []})
    outcome = make().notes(PAPERS[:3])
    notes = outcome.judged[PAPERS[0].id].value
    assert notes.problem == ("One.", "Two lines.")
    assert notes.limits == ()
    assert [len(asked.ids) for asked in server.chats] == [1, 1, 1]


@pytest.mark.parametrize(
    "fields",
    [
        {key: [] for key in NOTE_PARTS},
        dict.fromkeys(NOTE_PARTS, "One."),
        {key: ["One."] for key in NOTE_PARTS[1:]},
        {key: [["One."]] for key in NOTE_PARTS},
        {key: [{"point": "One."}] for key in NOTE_PARTS},
    ],
)
def test_reading_notes_that_are_none(server: ModelServer, make: Make, fields: Item) -> None:
    judge(server, **fields)
    outcome = make().notes(PAPERS[:1])
    assert not outcome.judged
    assert outcome.reasons


def test_reading_notes_without_end_are_cut_at_last(server: ModelServer, make: Make) -> None:
    judge(server, **dict.fromkeys(NOTE_PARTS, ["word " * 300] * 20))
    notes = make().notes(PAPERS[:1]).judged[PAPERS[0].id].value
    assert len(notes.how) == 6
    assert all(len(line.split()) <= 40 for line in notes.how)


def test_a_month_looked_back_on(server: ModelServer, make: Make) -> None:
    judge(server, paragraphs=["Ponds were counted.", "Frogs were not."])
    outcome = make().overview("2025-03", [("A title", "On ponds."), ("[9] Another", "On\nfrogs.")])
    assert outcome.judged["2025-03"].value == ("Ponds were counted.", "Frogs were not.")
    (asked,) = server.chats
    assert asked.ids == ["2025-03"]
    assert asked.papers[0][2] == "A title: On ponds. · [9] Another: On frogs."


@pytest.mark.parametrize("paragraphs", [[], "x", [""], [3], None, ["x"] * 9])
def test_an_overview_that_is_none(server: ModelServer, make: Make, paragraphs: object) -> None:
    judge(server, paragraphs=paragraphs)
    assert not make().overview("2025-03", [("A title", "On ponds.")]).judged


def test_every_task_has_its_schema(server: ModelServer, make: Make) -> None:
    scorer = make()
    for ask in (scorer.assess, scorer.screen, scorer.summarise, scorer.notes):
        ask(PAPERS[:1])
    scorer.overview("2025-03", [])
    fields = {
        tuple(
            asked.body["response_format"]["json_schema"]["schema"]["properties"]["papers"]["items"][
                "required"
            ]
        )
        for asked in server.chats
    }
    assert ("id", "read") in fields
    assert ("id", "short", "long") in fields
    assert ("id", *NOTE_PARTS) in fields
    assert ("id", "paragraphs") in fields


def test_answers_of_another_task_are_none(server: ModelServer, make: Make) -> None:
    server.misbehave(
        lambda reply, _asked: replace(
            reply, items=[{"id": i["id"], "read": True} for i in reply.items]
        )
    )
    outcome = make().assess(PAPERS)
    assert not outcome.judged
