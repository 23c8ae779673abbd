"""`kb sync` with a model: a day judged, notes and pages, paid once, never silent."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from standins.asked import DAY, feed_of, ids, kept, ledger, properties, sent
from standins.box import Box
from standins.injections import COUNT, HOSTILE_WORDS, injected
from standins.openai_faults import TRANSPORT, UNSOUND, refusing
from standins.openai_server import Asked, ModelServer, Reply, by_id, numbers, refusal
from standins.vaults import paper, record

from kb.core import frontmatter, regions
from kb.scorers.llm import prices
from kb.scorers.local import LocalScorer, Ranked
from kb.sources.lists import read_list
from kb.sync.judge import LocalDay
from kb.sync.judging import completing


def test_a_day_is_judged_and_filed(asked: Box, server: ModelServer, day: Path) -> None:
    told = asked.json("sync", "--feed", str(day), "--scorer", "llm")
    wanted = {i for i in ids(range(40)) if kept(i)}
    assert sorted(sent(server)) == ids(range(40))
    assert told["days"][0]["relevant"] == len(wanted) > 0
    notes = properties(asked)
    assert notes.keys() == wanted
    for arxiv_id, values in notes.items():
        assert (values["relevance"], values["novelty"]) == numbers(arxiv_id)
        assert values["scored_by"] == "gpt-4o-mini"
        assert "provisional" not in values
        assert values["summary"].startswith("In short: ")
    for path in asked.notes():
        assert "by gpt-4o-mini): It bears on the topic" in asked.text(path)
    assert told["tokens"]["prompt"] > 0
    assert told["usd"] > 0


def test_the_page_shows_what_it_took(asked: Box, server: ModelServer, day: Path) -> None:
    said = asked.kb("sync", "--feed", str(day))
    page = asked.text(f"Daily/arxiv-{DAY}.md")
    row = next(line for line in page.splitlines() if line.startswith("| gpt-4o-mini"))
    prompt, cached, completion, total = (int(cell) for cell in row.split("|")[2:6])
    records = [r for kind in ("judged", "summary", "spent") for r in ledger(asked, kind)]
    assert [prompt, cached, completion] == [sum(r["tokens"][n] for r in records) for n in range(3)]
    assert total == prompt + completion > 0
    usd = sum(r["usd"] for r in records)
    assert usd == pytest.approx((prompt * 0.15 + completion * 0.6) / 1e6)
    assert f"| ${usd:.4f} |" in row
    assert f"{total} tokens (${usd:.4f})" in said
    assert "| local" not in page
    assert "Provisional" not in page
    costs = asked.json("status", "--costs")["costs"]
    kinds = ("days", "months", "models")
    assert [each["total"] for kind in kinds for each in costs[kind]] == [total] * 3
    assert costs["models"][0]["model"] == "gpt-4o-mini"
    shown = asked.kb("status", "--costs")
    assert f"Prices are those of {prices.as_of()}" in shown
    assert f"{total}  ${usd:.4f}" in shown
    exported = read_list(asked.kb("export", "--format", "digest").encode(), "day.md").day
    assert exported is not None
    (usage,) = exported.usage
    assert (usage.model, usage.prompt, usage.completion) == ("gpt-4o-mini", prompt, completion)


def test_a_second_pass_asks_nothing_and_changes_nothing(
    asked: Box, server: ModelServer, day: Path
) -> None:
    asked.kb("sync", "--feed", str(day))
    server.asked.clear()
    before, head = asked.state(), asked.git("rev-parse", "HEAD")
    asked.kb("sync", "--feed", str(day))
    asked.kb("score", "--all")
    asked.kb("score", "--provisional")
    assert server.asked == []
    assert (asked.state(), asked.git("rev-parse", "HEAD")) == (before, head)


def test_what_was_paid_for_is_kept_when_the_pass_dies(
    asked: Box, server: ModelServer, day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kb.scorers.llm.asking import Asking

    asked.edit("kb.toml", "[llm] ", "[llm]\nconcurrency = 1\nbatch_tokens = 500\n#")
    read, calls = Asking._read, []

    def dies(self: Any, *given: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return read(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Asking, "_read", dies)
        asked.kb("sync", "--feed", str(day), code=130)
    paid = {r["id"] for r in ledger(asked, "judged")}
    assert 0 < len(paid) < 40
    assert ledger(asked, "day") == []
    server.asked.clear()
    asked.kb("sync", "--feed", str(day))
    assert sorted(sent(server)) == sorted(set(ids(range(40))) - paid)
    assert properties(asked).keys() == {i for i in ids(range(40)) if kept(i)}
    row = next(r for r in asked.text(f"Daily/arxiv-{DAY}.md").splitlines() if "| gpt-4o" in r)
    judged = ledger(asked, "judged")
    assert int(row.split("|")[2]) >= sum(r["tokens"][0] for r in judged)


def test_without_a_key_a_model_cannot_be_asked_for(box: Box, day: Path) -> None:
    box.kb("sync", "--feed", str(day), "--scorer", "llm", code=2)
    assert "OPENAI_API_KEY" in box.err
    box.kb("score", "--all", code=2)
    assert "OPENAI_API_KEY" in box.err
    assert box.notes() == []
    box.kb("sync", "--feed", str(day))
    assert all(values["scored_by"] == "local" for values in properties(box).values())
    assert not {"judged", "spent"} & {r["k"] for k in ("judged", "spent") for r in ledger(box, k)}


def test_local_is_local_where_there_is_a_model(
    asked: Box, server: ModelServer, day: Path, tmp_path: Path
) -> None:
    asked.kb("sync", "--feed", str(day), "--scorer", "local")
    asked.kb("sync", "--feed", "sample")
    assert server.asked == []
    assert all("provisional" not in values for values in properties(asked).values())


EXITS = {
    "a wrong key": (2, "does not accept the key"),
    "an unknown model": (2, "knows no model"),
    "an empty account": (75, "is used up"),
    "nobody there": (75, "cannot be asked now"),
    "out of order": (75, "cannot be asked now"),
    "garbage": (2, "gave no usable answer"),
}


def break_(name: str, box: Box, server: ModelServer, patch: pytest.MonkeyPatch) -> None:
    if name == "a wrong key":
        server.key = "the-right-one"
        patch.setenv("OPENAI_API_KEY", "another-one")
    elif name == "an unknown model":
        server.models = ("another",)
    elif name == "an empty account":
        server.misbehave(refusing(429, "You exceeded your current quota", "insufficient_quota"))
    elif name == "nobody there":
        server.misbehave(TRANSPORT["reset"])
    elif name == "out of order":
        server.misbehave(TRANSPORT["503"])
    else:
        server.misbehave(UNSOUND["prose"])


def mend(server: ModelServer, patch: pytest.MonkeyPatch) -> None:
    server.behave()
    server.key = ""
    server.models = ("gpt-4o-mini",)
    patch.delenv("OPENAI_API_KEY", raising=False)


@pytest.mark.parametrize("name", EXITS)
def test_no_day_is_lost_where_the_model_fails_and_the_next_pass_completes_it(
    asked: Box, server: ModelServer, day: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = EXITS[name]
    break_(name, asked, server, monkeypatch)
    told = asked.json("sync", "--feed", str(day), code=code)
    assert told["exit"] == code
    assert said in asked.err
    assert told["commit"]
    assert told["days"][0]["outcome"] == "done"
    notes = properties(asked)
    assert notes
    for values in notes.values():
        assert (values["scored_by"], values["provisional"]) == ("local", True)
    page = asked.text(f"Daily/arxiv-{DAY}.md")
    counts = re.findall(r"\*\*Provisional\*\*: (\d+) papers? without a judgement of gpt-4o", page)
    assert sum(map(int, counts)) == 40
    assert page.count("· provisional") == len(notes)
    assert asked.json("status")["provisional"] == {"gpt-4o-mini": 40}
    assert "Provisional: 40 papers without a judgement of gpt-4o-mini" in asked.kb("status")
    story = asked.json("why", ids(range(40))[1])
    assert story["provisional"].startswith("gpt-4o-mini: was ")
    assert "provisional: gpt-4o-mini" in asked.kb("why", ids(range(40))[1])

    mend(server, monkeypatch)
    server.asked.clear()
    told = asked.json("sync", "--feed", str(day))
    wanted = {i for i in ids(range(40)) if kept(i)}
    assert told["days"][0]["relevant"] == len(wanted)
    assert sorted(set(sent(server))) == ids(range(40))
    notes = properties(asked)
    assert notes.keys() == wanted
    for arxiv_id, values in notes.items():
        assert (values["relevance"], values["novelty"]) == numbers(arxiv_id)
        assert values["scored_by"] == "gpt-4o-mini"
        assert values["summary"].startswith("In short: ")
        assert "provisional" not in values
    for path in asked.notes():
        assert "provisional" not in asked.text(path)
    page = asked.text(f"Daily/arxiv-{DAY}.md")
    assert "rovisional" not in page
    assert page.count("## ") == len(wanted) + 1
    assert "provisional" not in asked.json("why", ids(range(40))[1])
    before = asked.state()
    server.asked.clear()
    asked.kb("sync", "--feed", str(day))
    assert (asked.state(), server.asked) == (before, [])


def test_a_pass_that_dies_before_it_files_what_it_completed_loses_nothing(
    asked: Box, server: ModelServer, day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.misbehave(TRANSPORT["503"])
    asked.kb("sync", "--feed", str(day), code=75)
    server.behave()

    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(completing, "file", dies)
        asked.kb("sync", "--feed", str(day), code=130)
    assert len(ledger(asked, "judged")) == 40
    server.asked.clear()
    asked.kb("sync", "--feed", str(day))
    assert sent(server) == []
    assert properties(asked).keys() == {i for i in ids(range(40)) if kept(i)}
    before = asked.state()
    asked.kb("sync", "--feed", str(day))
    assert asked.state() == before


def test_several_days_wait_and_are_completed(asked: Box, server: ModelServer, feed: Path) -> None:
    asked.edit("kb.toml", "[llm] ", "[llm]\nconcurrency = 1\n#")
    server.misbehave(TRANSPORT["503"])
    told = asked.json("sync", "--feed", str(feed), code=75)
    assert [each["outcome"] for each in told["days"]] == ["done"] * 3
    assert len(server.chats) == 4, "the second and the third day are not tried"
    assert sum(asked.json("status")["provisional"].values()) == 120
    server.behave()
    server.asked.clear()
    asked.kb("sync", "--feed", str(feed))
    everyone = [i for start in (0, 100, 200) for i in ids(range(start, start + 40))]
    assert sorted(sent(server)) == everyone
    assert sent(server)[0] >= "2503.00200", "the newest day goes first"
    assert properties(asked).keys() == {i for i in everyone if kept(i)}
    assert asked.json("status")["provisional"] == {}


def test_what_the_reader_did_to_a_provisional_note_stays(
    asked: Box, server: ModelServer, day: Path
) -> None:
    server.misbehave(TRANSPORT["503"])
    asked.kb("sync", "--feed", str(day), code=75)
    paths = {str(frontmatter.read(asked.text(p))["arxiv_id"]): p for p in asked.notes()}
    falls = next(i for i in paths if not kept(i))
    asked.write(paths[falls], asked.text(paths[falls]) + "My own words.\n")
    rises = next(i for i in paths if kept(i))
    asked.edit(paths[rises], "relevance:", "relevance: 3 # mine\nx:")
    server.behave()
    asked.kb("sync", "--feed", str(day))
    text = asked.text(paths[falls])
    assert text.endswith("My own words.\n")
    assert "\nkept: false\n" in text
    assert "provisional" not in text
    assert paths[falls] not in asked.text(f"Daily/arxiv-{DAY}.md")
    values = frontmatter.read(asked.text(paths[rises]))
    assert (values["relevance"], values["novelty"]) == (3, numbers(rises)[1])
    assert "relevance: 3 # mine\n" in asked.text(paths[rises])


@pytest.mark.parametrize("name", ["a wrong key", "nobody there"])
def test_while_it_fails_a_further_pass_changes_nothing(
    asked: Box, server: ModelServer, day: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_(name, asked, server, monkeypatch)
    asked.kb("sync", "--feed", str(day), code=EXITS[name][0])
    before = asked.state()
    asked.kb("sync", "--feed", str(day), code=EXITS[name][0])
    assert asked.state() == before


def test_papers_without_a_sound_answer_are_asked_about_three_times(
    asked: Box, server: ModelServer, day: Path
) -> None:
    bad = ids(range(40))[3]
    server.judge = lambda i, title, text: (
        by_id(i, title, text) | ({"relevance": 11} if i == bad else {})
    )
    asked.kb("sync", "--feed", str(day))
    assert bad in asked.err
    for _ in range(2):
        server.asked.clear()
        asked.kb("sync", "--feed", str(day))
        assert set(sent(server)) == {bad}
    server.asked.clear()
    before = asked.state()
    asked.kb("sync", "--feed", str(day))
    assert (server.asked, asked.state()) == ([], before)
    assert "is out of range" in asked.json("why", bad)["provisional"]
    server.judge = by_id
    asked.kb("score", "--provisional")
    assert "provisional" not in asked.json("why", bad)


def test_a_budget_is_not_crossed_and_the_rest_is_completed_another_day(
    asked: Box, server: ModelServer, day: Path
) -> None:
    asked.edit("kb.toml", "[llm] ", "[llm]\nconcurrency = 1\nbatch_tokens = 500\n#")
    told = asked.json("sync", "--feed", str(day), "--max-cost", "0.0015")
    assert 0 < told["usd"] <= 0.0015
    judged = {r["id"] for r in ledger(asked, "judged")}
    assert 0 < len(judged) < 40
    said = f"--max-cost $0.0015 ends the asking: ${told['usd']:.4f} spent in this pass, "
    (problem,) = (p["why"] for p in told["problems"] if said in p["why"])
    assert problem.endswith(
        f"{40 - len(judged)} papers not asked about, which keep their local score"
    )
    assert "the next pass asks about the rest" in problem
    for arxiv_id, values in properties(asked).items():
        assert values["scored_by"] == ("gpt-4o-mini" if arxiv_id in judged else "local")
        assert values.get("provisional", False) is (arxiv_id not in judged)
    page = asked.text(f"Daily/arxiv-{DAY}.md")
    (line,) = (line for line in page.splitlines() if "**Provisional**" in line)
    assert f"**Provisional**: {40 - len(judged)} papers without a judgement of gpt-4o-mini" in line
    assert said.replace("$", "\\$").removeprefix("--") in line
    assert "the next pass asks about the rest" in line
    asked.edit("kb.toml", "daily_budget = 1.0", f"daily_budget = {told['usd']}")
    server.asked.clear()
    asked.kb("sync", "--feed", str(day))
    assert server.asked == []
    assert f"llm.daily_budget ${told['usd']:.4f} ends the asking" in asked.err
    assert "spent today (UTC), $0.00 of it in this pass" in asked.err
    assert "raise llm.daily_budget" in asked.err
    asked.edit("kb.toml", f"daily_budget = {told['usd']}", "daily_budget = 1.0")
    asked.kb("sync", "--feed", str(day))
    assert set(sent(server)) == set(ids(range(40))) - judged
    assert properties(asked).keys() == {i for i in ids(range(40)) if kept(i)}


def test_a_budget_that_does_not_cover_a_day_goes_to_its_best_papers(
    asked: Box, server: ModelServer, day: Path
) -> None:
    asked.edit("kb.toml", "[llm] ", "[llm]\nconcurrency = 1\nbatch_tokens = 500\n#")
    asked.kb("sync", "--feed", str(day), "--max-cost", "0.0015")
    judged = {r["id"] for r in ledger(asked, "judged")}
    (filed,) = ledger(asked, "day")
    by_relevance = {arxiv_id: relevance for arxiv_id, relevance, _ in filed["papers"]}
    left = by_relevance.keys() - judged
    assert min(by_relevance[i] for i in judged) >= max(by_relevance[i] for i in left)
    assert len(set(by_relevance.values())) > 1


def test_a_day_that_is_sent_whole_is_asked_about_before_it_is_in_order(
    asked: Box, server: ModelServer, day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, rank, ranked = threading.Event(), LocalScorer.rank, []

    def arrives(reply: Reply, _asked: Asked) -> Reply:
        arrived.set()
        return reply

    def after_that(self: LocalScorer, *given: Any) -> Ranked:
        assert arrived.wait(30)
        ranked.append(rank(self, *given))
        return ranked[-1]

    server.misbehave(arrives)
    with monkeypatch.context() as patch:
        patch.setattr(LocalScorer, "rank", after_that)
        asked.kb("sync", "--feed", str(day))
    assert len(ranked) == 1
    assert sorted(sent(server)) == ids(range(40))


def test_an_unknown_price_is_never_nothing(asked: Box, server: ModelServer, day: Path) -> None:
    asked.edit("kb.toml", 'model = "gpt-4o-mini"', 'model = "somebody/else"')
    told = asked.json("sync", "--feed", str(day), "--max-cost", "1")
    assert told["usd"] is None
    assert "no price" in asked.err
    row = next(r for r in asked.text(f"Daily/arxiv-{DAY}.md").splitlines() if "| somebody" in r)
    assert row.split("|")[-2].strip() == "price unknown"
    assert "$0" not in row
    shown = asked.kb("status", "--costs")
    assert "price unknown" in shown
    assert "$" not in shown
    assert asked.json("status", "--costs")["costs"]["months"][0]["usd"] is None


def test_a_dry_run_estimates_and_asks_nothing(asked: Box, server: ModelServer, day: Path) -> None:
    before = asked.state()
    out = asked.kb("sync", "--feed", str(day), "--dry-run")
    assert "would ask gpt-4o-mini (40 papers in" in out
    assert "about $0.00" in out
    assert (server.asked, asked.state()) == ([], before)


def test_injections_change_nothing(asked: Box, server: ModelServer, tmp_path: Path) -> None:
    count = max(COUNT, 200)
    path = tmp_path / "day.jsonl"
    papers = [injected(paper(n), n) for n in range(count)]
    path.write_text(
        "".join(
            json.dumps(
                record(
                    n, title=p.title, abstract=p.abstract, authors=[*p.authors], comment=p.comment
                )
            )
            + "\n"
            for n, p in enumerate(papers)
        )
    )
    words = iter(HOSTILE_WORDS * count)

    def echoing(arxiv_id: str, title: str, abstract: str) -> dict[str, Any]:
        """A model that does what it is told in its words, and repeats what it reads."""
        said = by_id(arxiv_id, title, abstract)
        return said | {"comment": abstract[:200], "summary": f"{next(words)} {title[:60]}"}

    server.judge = echoing
    asked.edit("kb.toml", "per_day = 15", "per_day = 0")
    told = asked.json("sync", "--feed", str(path))
    assert told["exit"] == 0
    assert told["notes"]["refused"] == []
    everyone = ids(range(count))
    notes = properties(asked)
    assert notes.keys() == {i for i in everyone if kept(i)}
    for arxiv_id, values in notes.items():
        assert (values["relevance"], values["novelty"]) == numbers(arxiv_id)
        assert isinstance(values["summary"], str)
    for path_ in asked.notes():
        assert regions.names(asked.text(path_)) == ["paper"]
    before = asked.state()
    asked.kb("sync", "--feed", str(path))
    assert asked.state() == before
    asked.kb("index", "--check")


def test_the_screen_sends_less_once_it_has_earned_it(
    asked: Box, server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_topic(arxiv_id: str, title: str, abstract: str) -> dict[str, Any]:
        found = 9 if "attention" in abstract else 2
        return by_id(arxiv_id, title, abstract) | {"relevance": found, "novelty": found}

    server.judge = on_topic
    asked.edit("kb.toml", "per_day = 15", "per_day = 0")
    asked.edit("kb.toml", "[llm] ", "[llm]\nscreen_loss = 0.1\n#")
    days = ["2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06", "2025-03-07", "2025-03-10"]
    for number, on in enumerate(days):
        path = feed_of(tmp_path / f"{on}.jsonl", range(100 * number, 100 * number + 60), on)
        server.asked.clear()
        asked.kb("sync", "--feed", str(path))
        if number == 0:
            assert len(sent(server)) == 60
    assert 12 <= len(sent(server)) < 60
    screen = ledger(asked, "day")[-1]["screen"]
    assert screen["size"] == 60
    assert screen["sent"] + len(screen["sample"]) == len(sent(server))
    assert len(screen["sample"]) >= 1
    left = set(ids(range(500, 560))) - set(sent(server))
    known, order = {}, LocalDay.order

    def noted(self: LocalDay, said: dict[str, bool]) -> list[str]:
        known.update(said)
        return order(self, said)

    with monkeypatch.context() as patch:
        patch.setattr(LocalDay, "order", noted)
        later = feed_of(tmp_path / "later.jsonl", range(600, 603), "2025-03-11")
        asked.kb("sync", "--feed", str(later), "--dry-run")
    assert {known[arxiv_id] for arxiv_id in left} == {False}  # as good as always that is so
    assert known["2503.00502"] is False
    assert known["2503.00501"] is True
    assert not left & properties(asked).keys()
    assert "local order" in asked.json("why", min(left))["decision"]
    (loss,) = asked.json("status", "--costs")["costs"]["screens"]
    assert (loss["days"], loss["papers"]) == (len(days), 60 * len(days))
    assert loss["sent"] < loss["papers"]
    assert loss["lost"] == 0
    assert "Screened for gpt-4o-mini on 6 days" in asked.kb("status", "--costs")
    page = asked.text("Daily/arxiv-2025-03-10.md")
    assert f"was sent the {screen['sent']} papers that the local order puts first" in page
    assert "rovisional" not in page


def test_after_a_long_rest_the_screen_sends_everything_again(
    asked: Box, server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order that knows no judgement of the model any more has earned nothing."""

    def on_topic(arxiv_id: str, title: str, abstract: str) -> dict[str, Any]:
        found = 9 if "attention" in abstract else 2
        return by_id(arxiv_id, title, abstract) | {"relevance": found, "novelty": found}

    def feed(first: date, days: int, papers: int) -> Path:
        path, lines = tmp_path / f"{first}.jsonl", []
        for number in range(days):
            on = first + timedelta(days=number)
            base = 100 * (on - date(2025, 3, 1)).days
            lines += [json.dumps(record(base + n, on.isoformat())) for n in range(papers)]
        path.write_text("\n".join(lines))
        return path

    server.judge = on_topic
    asked.edit("kb.toml", "[llm] ", "[llm]\nscreen_loss = 0.3\n#")
    asked.kb("sync", "--feed", str(feed(date(2025, 3, 1), 5, 40)))
    assert ledger(asked, "day")[-1]["screen"]["sent"] < 40
    ranked, rank = [], LocalScorer.rank

    def counted(self: LocalScorer, *given: Any) -> Ranked:
        ranked.append(1)
        return rank(self, *given)

    monkeypatch.setattr(LocalScorer, "rank", counted)
    rest = feed(date(2025, 3, 6), 19, 3)
    asked.kb("sync", "--feed", str(rest), "--scorer", "local")
    asked.kb("sync", "--feed", str(feed(date(2025, 3, 25), 1, 40)))
    assert ledger(asked, "day")[-1]["screen"]["sent"] == 40
    assert len(ranked) == 20  # once a day, whoever judges it


def test_followed_authors_are_always_sent(asked: Box, server: ModelServer, tmp_path: Path) -> None:
    asked.edit("kb.toml", "follow = []", 'follow = ["Jane Doe"]')
    asked.edit(
        "kb.toml", "[llm] ", "[llm]\nscreen_loss = 0.5\nscreen_floor = 0\nscreen_sample = 0\n#"
    )

    def nobody(arxiv_id: str, title: str, abstract: str) -> dict[str, Any]:
        found = 9 if "attention" in abstract else 2
        return by_id(arxiv_id, title, abstract) | {"relevance": found, "novelty": found}

    server.judge = nobody
    for number, on in enumerate(("2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06")):
        papers = range(100 * number, 100 * number + 40)
        asked.kb("sync", "--feed", str(feed_of(tmp_path / f"{on}.jsonl", papers, on)))
    path = tmp_path / "last.jsonl"
    lines = [json.dumps(record(n, "2025-03-07")) for n in range(400, 440)]
    lines.append(json.dumps(record(440, "2025-03-07", authors=["Jane Doe"])))
    path.write_text("\n".join(lines))
    server.asked.clear()
    asked.kb("sync", "--feed", str(path))
    assert "2503.00440" in sent(server)
    assert len(sent(server)) < 41
    values = properties(asked)["2503.00440"]
    assert (values["scored_by"], values["relevance"]) == ("gpt-4o-mini", 2)


def test_two_machines_pay_for_a_paper_once(
    asked: Box, server: ModelServer, day: Path, tmp_path: Path
) -> None:
    asked.kb("sync", "--feed", str(day))
    other = Box(tmp_path / "other", asked.capsys)
    other.kb("init")
    other.write("kb.toml", asked.text("kb.toml"))
    for path in (asked.root / ".kb/ledger").glob("*.jsonl"):
        paid = ('"k":"judged"', '"k":"summary"')
        lines = [line for line in path.read_text().splitlines() if any(k in line for k in paid)]
        other.write(f".kb/ledger/{path.name}", "\n".join(lines) + "\n")
    server.asked.clear()
    other.kb("sync", "--feed", str(day))
    assert server.asked == []
    assert {i: v["score"] for i, v in properties(other).items()} == {
        i: v["score"] for i, v in properties(asked).items()
    }
    assert [other.text(path) for path in other.notes()] == [
        asked.text(path) for path in asked.notes()
    ]


def test_two_ledgers_that_both_paid_add_up_and_agree(
    asked: Box, server: ModelServer, day: Path, tmp_path: Path
) -> None:
    """Two machines judge the same day before they meet; of a paper the earlier judgement stands."""
    other = Box(tmp_path / "other", asked.capsys)
    other.kb("init")
    other.write("kb.toml", asked.text("kb.toml"))
    asked.kb("sync", "--feed", str(day))
    server.judge = lambda *paper: by_id(*paper) | {"relevance": 10, "novelty": 10}
    other.kb("sync", "--feed", str(day))
    assert len(other.notes()) == 15
    ones = asked.json("status", "--costs")["costs"]["models"][0]["total"]
    others = other.json("status", "--costs")["costs"]["models"][0]["total"]
    name = f".kb/ledger/{DAY[:7]}.jsonl"
    lines = [*asked.text(name).splitlines(), *other.text(name).splitlines()]
    for box in (asked, other):
        box.write(name, "\n".join(lines[::-1]) + "\n")
        assert box.json("status", "--costs")["costs"]["models"][0]["total"] == ones + others
    server.asked.clear()
    other.kb("sync", "--feed", str(day))
    assert server.asked == []
    for arxiv_id, values in properties(other).items():
        assert (values["relevance"], values["novelty"]) == numbers(arxiv_id)
    assert properties(other).keys() <= {i for i in ids(range(40)) if kept(i)}
    row = next(r for r in other.text(f"Daily/arxiv-{DAY}.md").splitlines() if "| gpt-4o" in r)
    assert int(row.split("|")[5]) == ones + others


def test_a_pass_that_is_killed_pays_for_nothing_twice(
    asked: Box, server: ModelServer, day: Path
) -> None:
    asked.edit("kb.toml", "[llm] ", "[llm]\nconcurrency = 1\nbatch_tokens = 500\n#")
    server.latency = 0.3
    words = [sys.executable, "-m", "kb", "sync", "--feed", str(day), "--vault", str(asked.root)]
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not ledger(asked, "judged"):
        assert running.poll() is None
        time.sleep(0.01)
    running.kill()
    running.wait()
    paid = {r["id"] for r in ledger(asked, "judged")}
    assert 0 < len(paid) < 40
    server.asked.clear()
    server.latency = 0.0
    asked.kb("sync", "--feed", str(day))
    assert sorted(sent(server)) == sorted(set(ids(range(40))) - paid)
    assert properties(asked).keys() == {i for i in ids(range(40)) if kept(i)}


def test_scores_asked_for_later_file_what_now_reaches_the_cutoffs(
    asked: Box, server: ModelServer, day: Path
) -> None:
    asked.kb("sync", "--feed", str(day), "--scorer", "local")
    assert all(values["scored_by"] == "local" for values in properties(asked).values())
    out = asked.kb("score", "--since", DAY, "--dry-run")
    assert "would ask gpt-4o-mini (40 papers" in out
    one = ids(range(40))[5]
    asked.kb("score", one)
    assert sent(server) == [one]
    asked.kb("score", "--since", DAY)
    assert sorted(sent(server)) == ids(range(40))
    assert properties(asked).keys() == {i for i in ids(range(40)) if kept(i)}
    asked.kb("score", code=2)
    asked.kb("score", "9912.00001")
    assert "no pass has met it" in asked.err


NOTES = {
    part: [f"What is said of the {part}: $x$ <b>here</b> <!-- kb:end paper -->"]
    for part in ("problem", "idea", "how", "results", "why_it_matters", "limits")
}


def noting(arxiv_id: str, title: str, abstract: str) -> dict[str, Any]:
    return by_id(arxiv_id, title, abstract) | NOTES


def test_reading_notes_are_written_on_request_and_the_readers_edits_win(
    asked: Box, server: ModelServer, day: Path
) -> None:
    server.judge = noting
    asked.kb("sync", "--feed", str(day))
    first, second, *_ = asked.notes()
    asked.write(first, asked.text(first) + "My own words.\n")
    before = {path: asked.text(path) for path in asked.notes()}
    wanted = [str(frontmatter.read(before[path])["arxiv_id"]) for path in (first, second)]
    asked.kb("score", "--notes", *wanted)
    for path in (first, second):
        text = asked.text(path)
        at = text.index("\n<!-- kb:begin reading -->")
        end = text.index("<!-- kb:end reading -->\n") + len("<!-- kb:end reading -->\n")
        assert text[:at] + text[end:] == before[path]
        assert "- **Why it matters**\n    - What is said of the why" in text
        assert "by gpt-4o-mini" in text[at:end]
    server.asked.clear()
    asked.edit(first, "## Reading notes", "## My reading notes")
    held = asked.text(first)
    server.judge = lambda *paper: noting(*paper) | {"problem": ["Another one."]}
    asked.kb("score", "--notes", *wanted)
    assert asked.text(first) == held
    assert sent(server) == wanted[1:]
    assert "Another one." in asked.text(second)
    asked.kb("doctor")
    assert first in asked.out


def test_reading_notes_follow_ratings_where_the_settings_say_so(
    asked: Box, server: ModelServer, day: Path
) -> None:
    server.judge = noting
    asked.edit("kb.toml", 'notes = "never"', 'notes = "rated"')
    asked.kb("sync", "--feed", str(day))
    assert all("kb:begin reading" not in asked.text(path) for path in asked.notes())
    first = asked.notes()[0]
    asked.edit(first, "rating:", "rating: 5")
    asked.kb("sync", "--feed", str(day))
    assert ["kb:begin reading" in asked.text(p) for p in asked.notes()].count(True) == 1
    before = asked.state()
    asked.kb("sync", "--feed", str(day))
    assert asked.state() == before


def test_a_mistake_in_a_prompt_of_the_readers_is_named(asked: Box, day: Path) -> None:
    asked.write(".kb/prompts/assess.md", "{{ fence }}\n{{ nonsense }}\n{{ fence }}\n")
    asked.kb("sync", "--feed", str(day), code=2)
    assert ".kb/prompts/assess.md" in asked.err


def test_months_go_through_the_queue_and_are_collected_by_a_later_pass(
    asked: Box, server: ModelServer, day: Path
) -> None:
    server.batch_pace = 2
    asked.kb("sync", "--feed", str(day), "--scorer", "local")
    assert "would hand in gpt-4o-mini (40 papers" in asked.kb(
        "score", "--all", "--batch", "--dry-run"
    )
    asked.kb("score", "--all", "--batch", "-v")
    assert "hand in batch-1" in asked.err
    at_once = set(sent(server))
    assert len(at_once) == 3
    server.asked.clear()
    asked.kb("score", "--all", "--batch")
    asked.kb("score", "--all")
    assert sent(server) == []
    assert len(server.batches) == 1
    asked.kb("sync", "--feed", str(day))
    assert properties(asked).keys() == {i for i in ids(range(40)) if kept(i)}
    records = ledger(asked, "judged")
    assert sorted(r["id"] for r in records) == ids(range(40))
    server.asked.clear()
    before = asked.state()
    asked.kb("sync", "--feed", str(day))
    assert (server.asked, asked.state()) == ([], before)
    queued = [r for r in records if r["id"] not in at_once]
    usd, tokens = (
        sum(r["usd"] for r in queued),
        [sum(r["tokens"][n] for r in queued) for n in (0, 2)],
    )
    assert usd == pytest.approx((tokens[0] * 0.15 + tokens[1] * 0.6) / 2e6)


def test_an_endpoint_without_a_queue_is_named(asked: Box, server: ModelServer, day: Path) -> None:
    asked.kb("sync", "--feed", str(day), "--scorer", "local")
    route = server.route

    def without_files(asked: Asked) -> Reply:
        return refusal(404, "unknown path") if asked.path.endswith("/files") else route(asked)

    server.route = without_files  # type: ignore[method-assign]
    asked.kb("score", "--all", "--batch", code=2)
    assert "without --batch" in asked.err
    begun, given_up = ledger(asked, "bulk")
    assert (given_up["batch"], given_up["done"]) == (begun["batch"], True)
    asked.kb("score", "--all")
    assert sorted(set(sent(server))) == ids(range(40))
