"""Summaries of kept papers and overviews of months: where they stand, and that they are paid for once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from standins.asked import DAY, feed_of, ids, kept, ledger, properties, retold_about, sent
from standins.box import Box
from standins.feeds import ON_TOPIC, rss
from standins.injections import HOSTILE_WORDS
from standins.openai_faults import TRANSPORT
from standins.openai_server import Asked, Fault, Item, ModelServer, Reply, refusal, retold

from kb.core import frontmatter, regions
from kb.sync import reassess

MONTH = "Monthly/arxiv-2025-03.md"
LONG = "At more length, the problem, the idea and the result of "


def only_where_retold(fault: Fault) -> Fault:
    """The fault strikes summaries and overviews alone."""
    return lambda reply, asked: fault(reply, asked) if asked.retells else reply


def overviews(server: ModelServer) -> list[str]:
    return [name for name in retold_about(server) if len(name) == len("2025-03")]


# summaries


def test_kept_papers_get_a_summary_for_the_table_and_one_for_the_note(
    asked: Box, server: ModelServer, day: Path
) -> None:
    told = asked.json("sync", "--feed", str(day))
    wanted = sorted(i for i in ids(range(40)) if kept(i))
    assert retold_about(server) == wanted, "only those, each once"
    for path in asked.notes():
        text = asked.text(path)
        values = frontmatter.read(text)
        assert values["summary"] == f"In short: {str(values['title'])[:40]}."
        region = regions.find(text, "paper")
        assert region is not None
        assert f"## Summary\n\n{LONG}{str(values['title'])[:40]}.\n" in region.inner
        assert values["summary"] not in region.inner
    page = asked.text(f"Daily/arxiv-{DAY}.md")
    assert page.count("In short: ") == len(wanted)
    assert LONG not in page
    assert "| In short: " in asked.text(MONTH)
    records = ledger(asked, "summary")
    assert sorted(r["id"] for r in records) == wanted
    assert told["tokens"]["prompt"] == sum(
        r["tokens"][0] for kind in ("judged", "summary", "spent") for r in ledger(asked, kind)
    )
    assert told["usd"] == pytest.approx(
        asked.json("status", "--costs")["costs"]["models"][0]["usd"], rel=1e-4
    )
    before = asked.state()
    server.asked.clear()
    asked.kb("sync", "--feed", str(day))
    asked.kb("score", "--all", "--summaries")
    assert (asked.state(), server.asked) == (before, [])
    asked.kb("index", "--check")


@pytest.mark.parametrize(("name", "code"), [("503", 75), ("a wrong key", 2)])
def test_where_summaries_fail_those_of_the_judgement_stand_until_the_next_pass(
    asked: Box, server: ModelServer, day: Path, name: str, code: int
) -> None:
    def wrong_key(_reply: Reply, _asked: Asked) -> Reply:
        return refusal(401, "Incorrect API key provided.", "invalid_api_key")

    server.misbehave(only_where_retold(TRANSPORT.get(name, wrong_key)))
    asked.json("sync", "--feed", str(day), code=code)
    for values in properties(asked).values():
        assert values["summary"] == "A problem, an idea and a result."
        assert "provisional" not in values
    server.behave()
    server.asked.clear()
    asked.kb("sync", "--feed", str(day))
    assert sent(server) == []
    assert retold_about(server) == sorted(properties(asked))
    assert all(v["summary"].startswith("In short") for v in properties(asked).values())


def test_summaries_without_a_sound_answer_are_asked_for_three_times(
    asked: Box, server: ModelServer, day: Path
) -> None:
    server.retell = lambda *paper: retold(*paper) | {"long": ""}
    asked.kb("sync", "--feed", str(day))
    assert "gave no sound summary of" in asked.err
    for _ in range(2):
        server.asked.clear()
        asked.kb("sync", "--feed", str(day))
        assert retold_about(server)
    server.asked.clear()
    before = asked.state()
    asked.kb("sync", "--feed", str(day))
    assert (asked.state(), server.asked) == (before, [])


def test_a_summary_that_was_paid_for_is_shown_though_the_pass_died(
    asked: Box, server: ModelServer, day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reassess, "summarise", dies)
        asked.kb("sync", "--feed", str(day), code=130)
    assert len(ledger(asked, "summary")) == len(asked.notes()) > 0
    server.asked.clear()
    asked.kb("sync", "--feed", str(day))
    assert server.asked == []
    for path in asked.notes():
        assert LONG in asked.text(path)


def test_what_the_reader_says_instead_stays(asked: Box, server: ModelServer, day: Path) -> None:
    asked.edit("kb.toml", 'summaries = "kept"', 'summaries = "never"')
    asked.kb("sync", "--feed", str(day))
    assert retold_about(server) == []
    mine, changed, *_ = asked.notes()
    asked.edit(mine, "summary: ", "summary: Mine. # ")
    asked.edit(changed, "## Summary", "## What it says")
    held = asked.text(mine), asked.text(changed)
    asked.edit("kb.toml", 'summaries = "never"', 'summaries = "kept"')
    asked.kb("sync", "--feed", str(day))
    assert asked.text(mine) == held[0]
    body = asked.text(changed).partition("\n---\n")[2]
    assert body == held[1].partition("\n---\n")[2]
    assert "In short" in asked.text(changed)
    assert len(retold_about(server)) == len(asked.notes()) - 1


@pytest.mark.parametrize("mine", [False, True])
def test_a_new_version_keeps_the_words_of_the_model_or_the_readers(
    asked: Box, tmp_path: Path, mine: bool
) -> None:
    first = rss(tmp_path / "1.xml", *((n, "new", 1, ON_TOPIC) for n in range(20)))
    asked.kb("sync", "--feed", str(first))
    path = asked.notes()[0]
    number = int(str(frontmatter.read(asked.text(path))["arxiv_id"])[-5:])
    if mine:
        asked.edit(path, "summary: ", "summary: Mine. # ")
    item = number, "replace", 2, "Better words on linear attention."
    asked.kb("sync", "--feed", str(rss(tmp_path / "2.xml", item, date="Tue, 11 Feb 2025")))
    text = asked.text(path)
    assert frontmatter.read(text)["version"] == 2
    assert "by gpt-4o-mini): It bears on the topic" in text
    assert "Better words" in text
    assert ("## Summary\n\nMine.\n" if mine else f"## Summary\n\n{LONG}") in text


def test_words_of_the_model_break_nothing(asked: Box, server: ModelServer, day: Path) -> None:
    words = iter(HOSTILE_WORDS * 100)
    server.retell = lambda i, *_: {"id": i, "short": f"{next(words)}", "long": f"# {next(words)}"}
    asked.edit("kb.toml", "per_day = 15", "per_day = 0")
    asked.kb("sync", "--feed", str(day))
    for path in asked.notes():
        text = asked.text(path)
        assert regions.names(text) == ["paper"]
        assert isinstance(frontmatter.read(text)["summary"], str)
        assert text.count("\n# ") == 1
    before = asked.state()
    asked.kb("sync", "--feed", str(day))
    assert asked.state() == before
    asked.kb("index", "--check")


def test_summaries_on_request_also_of_what_the_local_scorer_kept(
    asked: Box, server: ModelServer, day: Path
) -> None:
    asked.kb("sync", "--feed", str(day), "--scorer", "local")
    wanted = sorted(properties(asked))[:2]
    out = asked.kb("score", "--summaries", *wanted, "--dry-run")
    assert "would ask gpt-4o-mini (summaries of 2 papers in 1 request" in out
    asked.kb("score", "--summaries", *wanted)
    assert retold_about(server) == wanted
    assert sent(server) == []
    for arxiv_id, values in properties(asked).items():
        assert values["scored_by"] == "local"
        assert values["summary"].startswith("In short") is (arxiv_id in wanted)
    asked.edit("kb.toml", 'language = "English"', 'language = "German"')
    server.asked.clear()
    asked.kb("score", "--summaries", wanted[0])
    assert retold_about(server) == wanted[:1]
    assert "German" in server.chats[0].prompt
    asked.kb("score", "--summaries", "--batch", wanted[0], code=2)


def test_a_budget_counts_summaries_too(asked: Box, server: ModelServer, day: Path) -> None:
    asked.kb("sync", "--feed", str(day), "--scorer", "local")
    told = asked.json("score", "--all", "--summaries", "--max-cost", "0.00001")
    assert (told["usd"], retold_about(server)) == (0.0, [])
    assert "--max-cost under $0.0001 ends the asking: $0.00 spent in this pass" in asked.err
    assert "No judgement is missing for it" in asked.err


# overviews


@pytest.fixture
def month(tmp_path: Path) -> Callable[[int], list[Path]]:
    """The days of March 2025 (by weeks: 3 to 28 March), eight papers each; so many of them."""

    def made(count: int) -> list[Path]:
        days = [date(2025, 3, 3) + timedelta(days=n) for n in range(28)]
        weekdays = [day for day in days if day.weekday() < 5][:count]
        return [
            feed_of(tmp_path / f"{on}.jsonl", range(100 * n, 100 * n + 8), on.isoformat())
            for n, on in enumerate(weekdays)
        ]

    return made


@pytest.fixture
def whole(asked: Box, month: Callable[[int], list[Path]]) -> Box:
    """The month but for its last day, judged; that lies in `last.jsonl` beside the vault."""
    *most, last = month(20)
    together = asked.root.parent / "most.jsonl"
    together.write_text("".join(path.read_text() for path in most))
    last.rename(asked.root.parent / "last.jsonl")
    asked.kb("sync", "--feed", str(together))
    return asked


def last(box: Box) -> str:
    return str(box.root.parent / "last.jsonl")


def test_a_month_that_is_over_gets_an_overview_above_its_tables(
    whole: Box, server: ModelServer
) -> None:
    assert overviews(server) == [], "its last day is still to come"
    out = whole.kb("sync", "--feed", last(whole), "--dry-run")
    assert "(overview of March 2025 in 1 request, about " in out
    told = whole.json("sync", "--feed", last(whole))
    assert told["exit"] == 0
    assert overviews(server) == ["2025-03"]
    text = whole.text(MONTH)
    head = text[: text.index("## Week 1/4")]
    papers = len(whole.notes())
    assert f"**Overview**, by gpt-4o-mini from the summaries of {papers} papers\n" in head
    assert "\n\nIn 2025-03 many papers shared a question.\n\nSome answered it.\n\n" in head
    (asked,) = (chat for chat in server.chats if chat.ids == ["2025-03"])
    said = asked.papers[0][2]
    assert all(str(v["title"]) in said and v["summary"] in said for v in properties(whole).values())
    (record_,) = ledger(whole, "month")
    assert record_["tokens"][0] > 0
    before = whole.state()
    server.asked.clear()
    whole.kb("sync", "--feed", last(whole))
    whole.kb("score", "--month", "2025-03")
    assert (whole.state(), server.asked) == (before, [])
    whole.kb("index", "--check")
    (whole.root / MONTH).unlink()
    whole.kb("index")
    assert whole.text(MONTH) == text


def test_other_papers_bring_another_overview(whole: Box, server: ModelServer) -> None:
    whole.kb("sync", "--feed", last(whole))
    (whole.root / whole.notes()[0]).unlink()
    server.retell = lambda i, *_: {"id": i, "paragraphs": [f"Now {i} looks different."]}
    server.asked.clear()
    whole.kb("sync", "--feed", last(whole))
    assert overviews(server) == ["2025-03"]
    assert "Now 2025-03 looks different." in whole.text(MONTH)
    assert "shared a question" not in whole.text(MONTH)


def test_an_overview_waits_until_no_paper_does(whole: Box, server: ModelServer) -> None:
    server.misbehave(TRANSPORT["503"])
    whole.kb("sync", "--feed", last(whole), code=75)
    assert ledger(whole, "month") == []
    server.behave()
    server.asked.clear()
    whole.kb("sync", "--feed", last(whole))
    assert overviews(server) == ["2025-03"]


def test_where_an_overview_fails_the_page_stands_and_the_next_pass_asks_again(
    whole: Box, server: ModelServer
) -> None:
    server.misbehave(lambda reply, asked: TRANSPORT["503"](reply, asked) if asked.ids == ["2025-03"] else reply)  # fmt: skip
    whole.kb("sync", "--feed", last(whole), code=75)
    assert "Overview" not in whole.text(MONTH)
    assert "## Week 4/4" in whole.text(MONTH)
    server.behave()
    whole.kb("sync", "--feed", last(whole))
    assert "**Overview**" in whole.text(MONTH)


def test_no_overview_where_the_settings_say_so_but_on_request(
    whole: Box, server: ModelServer
) -> None:
    whole.edit("kb.toml", "overview = true", "overview = false")
    whole.kb("sync", "--feed", last(whole))
    assert overviews(server) == []
    out = whole.kb("score", "--month", "2025-03", "--dry-run")
    assert "would ask gpt-4o-mini (overview of March 2025 in 1 request" in out
    whole.kb("score", "--month", "2025-03")
    assert overviews(server) == ["2025-03"]
    assert "**Overview**" in whole.text(MONTH)
    whole.kb("score", "--month", "2024-01")
    assert "January 2024" in whole.err
    whole.kb("score", "--month", "2025-13", code=2)
    whole.kb("score", "--month", "2025-03", "--batch", code=2)


def test_an_overview_can_break_nothing(whole: Box, server: ModelServer) -> None:
    def hostile(name: str, *_: str) -> Item:
        return {"id": name, "paragraphs": ["# A heading", "- [ ] read", *HOSTILE_WORDS[:6]]}

    server.retell = hostile
    whole.edit("kb.toml", 'summaries = "kept"', 'summaries = "never"')
    whole.kb("sync", "--feed", last(whole))
    text = whole.text(MONTH)
    assert regions.names(text) == ["page"]
    assert "\n\\# A heading\n" in text
    assert [line for line in text.splitlines() if line.startswith("# ")] == ["# arXiv, March 2025"]
    assert len(server.chats[-1].papers) == 1
    whole.kb("index", "--check")


def test_a_month_is_told_in_as_many_papers_as_a_request_may_hold(
    whole: Box, server: ModelServer
) -> None:
    whole.edit("kb.toml", "[llm] ", "[llm]\nbatch_tokens = 500\n#")
    whole.kb("sync", "--feed", last(whole))
    (asked,) = (chat for chat in server.chats if chat.ids == ["2025-03"])
    said = asked.papers[0][2]
    values = sorted(properties(whole).values(), key=lambda v: (-v["score"], -v["relevance"]))
    assert str(values[0]["title"]) in said
    assert len(said) < 3000


@pytest.mark.parametrize("name", ["summarise", "month"])
def test_a_mistake_in_a_prompt_is_told_before_anything_is_asked(
    asked: Box, server: ModelServer, day: Path, name: str
) -> None:
    asked.write(f".kb/prompts/{name}.md", "One line.\n{{ fence }}\n{{ nonsense }}\n{{ fence }}\n")
    asked.kb("sync", "--feed", str(day), code=2)
    assert f".kb/prompts/{name}.md, line 3" in asked.err
    assert server.asked == []
    asked.edit("kb.toml", 'summaries = "kept"', 'summaries = "never"')
    asked.edit("kb.toml", "overview = true", "overview = false")
    asked.kb("sync", "--feed", str(day))


def test_what_is_asked_for_a_paper_without_a_note_is_told(
    asked: Box, server: ModelServer, day: Path
) -> None:
    asked.kb("sync", "--feed", str(day))
    left_out = next(i for i in ids(range(40)) if not kept(i))
    server.asked.clear()
    for word in ("--notes", "--summaries"):
        asked.kb("score", word, left_out)
        assert f"{left_out}: has no note; kb add makes one" in asked.err
    assert server.asked == []


def test_requests_and_time_are_counted_too(asked: Box, server: ModelServer, day: Path) -> None:
    server.misbehave(TRANSPORT["503"], times=1)
    server.latency = 0.1  # seconds are told in tenths
    asked.kb("sync", "--feed", str(day))
    (model,) = asked.json("status", "--costs")["costs"]["models"]
    assert model["requests"] == len(server.chats)
    assert model["retries"] == 1
    assert model["seconds"] > 0
    shown = asked.kb("status", "--costs")
    assert f"Asked of gpt-4o-mini: {len(server.chats)} requests, 1 of them again; " in shown
