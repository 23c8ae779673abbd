"""What a model that judges costs, and what the screen before it saves and loses, on real days.

    python tests/benchmarks/model_cost.py [--screen LOSS[,FLOOR[,SAMPLE]] ...] [--model NAME]
                                           [--era E1] [--days N] [--data DIR] [--jobs 2]

Replays the labelled days of `data/arxiv-days` era by era in order, each as a whole pass of `kb sync` in
a vault with the topics of the era and the cutoffs of the day. The model is a stand-in that answers from
the labels; a paper without a label is below the cutoffs. It counts tokens as o200k does (with the
package bpe-openai; where that is missing, by the reckoning of kb, which says so), and has the beginning
of a prompt at hand, as OpenAI does: from 1,024 tokens on, in steps of 128, not for the requests of a
day that go out together first.

Beside each run with the screen, by its settings `llm.screen_loss`, `screen_floor` and `screen_sample`,
stands the same run with `llm.screen = false`, which sends everything. `kept` are the labelled selections that got a note.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.labelled import (
    DATA,
    KEPT_FROM,
    KEPT_STEP,
    Day,
    Meter,
    counter,
    load,
    of_messages,
    says,
)
from faults.passes import kb, private
from standins.openai_server import ModelServer

from kb.core.inline import one_line
from kb.core.papers import Paper
from kb.core.topics import parse_topics
from kb.scorers.llm import tasks
from kb.scorers.llm.prompts import Prompts

MODEL = "gpt-4o-mini"
SCREENS = ("0.03", "0.5,0.31,0.005")
"""What comes with kb; and a share that is the same every day, about a third of the tokens."""
AT_ONCE = 8
LEARNING = 10
"""Days of an era that the screen may take to earn what it saves after them."""


@dataclass(frozen=True)
class Bill:
    """What one day took, or several together."""

    papers: int = 0
    sent: int = 0
    requests: int = 0
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    usd: float = 0.0
    selected: int = 0
    kept: int = 0
    seconds: float = 0.0
    """Of work in this process, the model's included."""

    @property
    def tokens(self) -> int:
        return self.prompt + self.completion

    @property
    def share_kept(self) -> float:
        return self.kept / self.selected if self.selected else 1.0


def total(bills: Sequence[Bill]) -> Bill:
    names = [field.name for field in fields(Bill)]
    return Bill(**{name: sum(getattr(bill, name) for bill in bills) for name in names})


# Runs


def settings(root: Path, url: str, model: str, screen: str) -> None:
    """A vault that keeps all that reaches the cutoffs and leaves git alone."""
    asked = f"[llm]\nscreen = {str(bool(screen)).lower()}\nconcurrency = {AT_ONCE}\n"
    told = zip(("loss", "floor", "sample"), screen.split(",") if screen else (), strict=False)
    asked += "".join(f"screen_{name} = {float(value)}\n" for name, value in told)
    text = (root / "kb.toml").read_text()
    for old, new in {
        'model = "gpt-4o-mini"': f'model = "{model}"',
        'base_url = ""': f'base_url = "{url}"',
        "daily_budget = 1.0": "daily_budget = 1000",
        'summaries = "kept"': 'summaries = "never"',
        "overview = true": "overview = false",
        "per_day = 15": "per_day = 0",
        'commit = "notes"': 'commit = "off"',
        'name = "{title}"': 'quiet = 0\nname = "{title}"',
        "[llm] ": f"{asked}#",
    }.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    (root / "kb.toml").write_text(text)


def cut_off(root: Path, cutoffs: tuple[int, int]) -> None:
    text = (root / "kb.toml").read_text()
    for name, number in zip(("relevance", "novelty"), cutoffs, strict=True):
        text, found = re.subn(rf"(?m)^{name} = \d+", f"{name} = {number}", text)
        assert found == 1, name
    (root / "kb.toml").write_text(text)


def replay(days: Sequence[Day], topics: str, screen: str, model: str, folder: Path) -> list[Bill]:
    """A pass a day; without `screen` everything is sent."""
    count, _ = counter()
    bills = []
    with private(folder), ModelServer(models=(model,)) as server:
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            os.environ.pop(name, None)
        root = folder / "vault"
        assert kb(root, "init").code == 0
        settings(root, server.url, model, screen)
        (root / "Topics.md").write_text(topics, encoding="utf-8")
        for day in days:
            cut_off(root, day.cutoffs)
            server.judge = lambda i, _title, abstract, day=day: says(day, i, abstract)  # type: ignore[misc]
            bills.append(one_day(root, server, day, Meter(count, AT_ONCE)))
    shutil.rmtree(folder)
    return bills


def one_day(root: Path, server: ModelServer, day: Day, meter: Meter) -> Bill:
    feed = root.parent / f"{day.date}.jsonl"
    feed.write_text("".join(json.dumps(paper) + "\n" for paper in day.papers))
    server.asked.clear()
    server.behave()
    server.misbehave(meter)
    ran = kb(root, "sync", "--feed", str(feed), "--scorer", "llm")
    assert ran.code == 0, ran.errors
    record = filed(root, day.date)
    scanned = {arxiv_id for arxiv_id, *_ in record["papers"]}
    tokens = ran.told["tokens"]
    return Bill(
        papers=len(scanned),
        sent=sum(len(chat.ids) for chat in server.chats),
        requests=len(server.chats),
        prompt=tokens["prompt"],
        cached=tokens["cached"],
        completion=tokens["completion"],
        usd=ran.told["usd"] or 0.0,
        selected=len(day.selected & scanned),
        kept=len(day.selected & set(record["kept"])),
        seconds=ran.seconds,
    )


def filed(root: Path, day: str) -> dict[str, Any]:
    """The day's record."""
    lines = (root / f".kb/ledger/{day[:7]}.jsonl").read_text().splitlines()
    records = (json.loads(line) for line in lines)
    (found,) = (each for each in records if each["k"] == "day" and each["day"] == day)
    assert isinstance(found, dict)
    return found


# Prompt overhead


def overhead(days: Sequence[Day], topics: str, count: Callable[[str], int]) -> str:
    """All of a prompt but titles, ids and abstracts, in batches of 30, for one paper."""
    told = parse_topics(topics)
    relevance, novelty = days[-1].cutoffs
    prompts = Prompts(
        {
            "about": told.about, "topics": told.topics, "language": "English",
            "negative_keywords": told.negative_keywords, "relevance": relevance, "novelty": novelty,
        }
    )  # fmt: skip
    papers = [
        Paper(id=p["id"], title=p["title"], authors=(), abstract=p["abstract"], categories=())
        for day in days
        for p in day.papers
    ]
    task = tasks.assess([topic.name for topic in told.topics])
    size = task.at_once
    whole = said = stable = 0
    for first in range(0, len(papers) - size + 1, size):
        batch = papers[first : first + size]
        messages = prompts.say("assess", batch).messages(system=True)
        whole += of_messages(messages, count)
        stable = count(messages[0]["content"])
        said += sum(
            count(text) for p in batch for text in (p.id, one_line(p.title), one_line(p.abstract))
        )
    each = (whole - said) / (len(papers) // size * size)
    cached = stable // KEPT_STEP * KEPT_STEP / size if stable >= KEPT_FROM else 0.0
    schema = count(json.dumps(task.schema)) / size
    return (
        f"{each:.1f} tokens a paper, {cached:.1f} of them cached where the endpoint keeps prompts;"
        f" reach: 45 (the JSON schema of the answer beside the messages: {schema:.1f} more, as text)"
    )


# What is printed


def line(label: str, screened: Bill, whole: Bill) -> str:
    def pair(a: float, b: float, form: str) -> str:
        return f"{a:{form}} /{b:{form}}"

    papers = max(1, screened.papers)
    return (
        f"{label:<30} {screened.papers:6}  {screened.sent / papers:4.0%}"
        f" |{pair(screened.tokens / papers, whole.tokens / papers, '6.1f')} {screened.tokens / max(1, whole.tokens):6.1%}"
        f" |{pair(screened.requests, whole.requests, '5d')}"
        f" |{pair(screened.usd, whole.usd, '8.4f')}"
        f" |{pair(screened.kept, screened.selected, '5d')}  {screened.share_kept:6.1%}"
        f" | {screened.cached / papers:5.1f}"
    )


HEAD = (
    f"{'':<30} papers  sent |  tokens a paper, share |   requests   |        USD         "
    "| selections kept     | cached a paper"
)


def spans(eras: dict[str, list[Day]], bills: dict[str, list[Bill]]) -> Iterator[tuple[str, Bill]]:
    """All days, those after the tenth of an era, each era, and the last era from its fifth day."""
    yield "all days", total([bill for era in eras for bill in bills[era]])
    after = [bill for era in eras for bill in bills[era][LEARNING:]]
    yield f"AFTER DAY {LEARNING} OF AN ERA", total(after)
    for era in eras:
        yield f"{era}, all", total(bills[era])
        if len(bills[era]) > LEARNING:
            yield f"{era}, after day {LEARNING}", total(bills[era][LEARNING:])
    last = list(eras)[-1]
    yield f"{last}, from day 5", total(bills[last][4:])
    yield "first day of each era", total([bills[era][0] for era in eras])


def show(
    name: str,
    eras: dict[str, list[Day]],
    screened: dict[str, list[Bill]],
    whole: dict[str, list[Bill]],
) -> None:
    print(f"\n{name}: with the screen / with everything sent\n{HEAD}")
    for era, days in eras.items():
        for day, one, other in zip(days, screened[era], whole[era], strict=True):
            print(line(f"{day.era} {day.date}", one, other))
    print(HEAD)
    others = dict(spans(eras, whole))
    for label, bill in spans(eras, screened):
        print(line(label, bill, others[label]))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--screen", nargs="+", default=SCREENS, metavar="LOSS[,FLOOR[,SAMPLE]]")
    parser.add_argument("--model", default=MODEL, help="whose price is reckoned with")
    parser.add_argument("--era", help="only eras whose name begins so")
    parser.add_argument("--days", type=int, help="only the first so many days of an era")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder arxiv-days")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time")
    options = parser.parse_args()
    if not (options.data / "listings").is_dir():
        print(f"The labelled days are not at {options.data}; give their folder with --data.")
        return 1
    eras = {
        era: days[: options.days]
        for era, days in load(options.data).items()
        if era.startswith(options.era or "")
    }
    topics = {
        era: (options.data / "topics" / f"{era}.topics.txt").read_text("utf-8") for era in eras
    }
    count, exact = counter()
    print(
        f"tokens: {'o200k' if exact else 'as kb reckons them (bpe-openai is missing)'}; prices: {options.model}"
    )
    for era, days in eras.items():
        print(f"{era}: {len(days)} days, overhead of a prompt {overhead(days, topics[era], count)}")
    begun = time.perf_counter()
    runs = list(itertools.product(["", *options.screen], eras))
    spawn = multiprocessing.get_context("spawn")
    bills: dict[tuple[str, str], list[Bill]] = {}
    with (
        tempfile.TemporaryDirectory() as scratch,
        ProcessPoolExecutor(options.jobs, mp_context=spawn) as pool,
    ):
        jobs = {
            (screen, era): pool.submit(
                replay, eras[era], topics[era], screen, options.model, Path(scratch) / f"{number}"
            )
            for number, (screen, era) in enumerate(runs)
        }
        bills = {run: job.result() for run, job in jobs.items()}
    whole = {era: bills["", era] for era in eras}
    for screen in options.screen:
        show(f"screen = {screen}", eras, {era: bills[screen, era] for era in eras}, whole)
    worked = sum(bill.seconds for of_era in bills.values() for bill in of_era)
    days_run = sum(len(of_era) for of_era in bills.values())
    print(
        f"\n{days_run} passes in {time.perf_counter() - begun:.0f} s, {worked / max(1, days_run):.2f} s of"
        " processor time each, the stand-in's part included"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
