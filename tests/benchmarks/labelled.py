"""Real announcement days with what a reader's model said of them, and a stand-in that says it again.

The days are those of `data/arxiv-days`; they are no part of the repository.
"""

from __future__ import annotations

import functools
import gzip
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from standins.openai_server import Asked, Item, Reply

from kb.scorers.llm import batches

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "arxiv-days"
KEPT_FROM, KEPT_STEP = 1024, 128
"""An endpoint has the beginning of a prompt at hand from so many tokens on, in such steps."""
_FRAME = 3
"""Tokens around each message, and before the answer."""


@dataclass(frozen=True)
class Day:
    """One labelled announcement day; `papers` as the listing has them."""

    date: str
    era: str
    cutoffs: tuple[int, int]
    papers: tuple[dict[str, Any], ...]
    labels: dict[str, dict[str, Any]]

    @functools.cached_property
    def selected(self) -> frozenset[str]:
        listed = {paper["id"] for paper in self.papers}
        return frozenset(i for i, label in self.labels.items() if label["selected"]) & listed


def load(data: Path) -> dict[str, list[Day]]:
    """The days of each era in order, without papers that were taken for an author's name."""
    eras: dict[str, list[Day]] = {}
    for file in sorted((data / "labels").glob("*.json")):
        told = json.loads(file.read_text("utf-8"))
        meta, labels = told["meta"], told["labels"]
        by_author = {i for i, label in labels.items() if label["source"] == "author_match"}
        with gzip.open(data / "listings" / f"{meta['date']}.jsonl.gz", "rt", encoding="utf-8") as f:
            papers = [json.loads(line) for line in f]
        scanned = {p["id"]: p for p in papers if p["in_scan"] and p["id"] not in by_author}
        cutoffs = meta["cutoffs"]["relevance"], meta["cutoffs"]["novelty"]
        day = Day(meta["date"], meta["era"], cutoffs, tuple(scanned.values()), labels)
        eras.setdefault(day.era, []).append(day)
    return eras


def counter() -> tuple[Callable[[str], int], bool]:
    """How many tokens a text has, and whether they are o200k's own."""
    try:
        import bpe_openai  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return batches.tokens, False
    encode = bpe_openai.get_encoding("o200k_base").encode
    return lambda text: len(encode(text, disallowed_special=())), True


def of_messages(messages: Sequence[dict[str, str]], count: Callable[[str], int]) -> int:
    """Tokens of a prompt, with those that stand around its messages."""
    return _FRAME + sum(_FRAME + 1 + count(message["content"]) for message in messages)


def says(day: Day, arxiv_id: str, abstract: str) -> Item:
    """What the labels say of a paper; the summary is the beginning of the abstract."""
    label = day.labels.get(arxiv_id, {})
    numbers = label.get("relevance"), label.get("novelty")
    if None in numbers:
        numbers = (min(day.cutoffs) - 3,) * 2
    item: Item = {"id": arxiv_id, "relevance": numbers[0], "novelty": numbers[1], "topics": []}
    if not label.get("selected"):
        return item | {"comment": "", "summary": ""}
    comment = " ".join(str(label["comment"]).split()[:30])
    return item | {"comment": comment, "summary": " ".join(abstract.split()[:40])}


class Meter:
    """Counts the tokens of each request of a day, and says them as the endpoint's usage."""

    def __init__(self, count: Callable[[str], int], at_once: int) -> None:
        self.count = count
        self.at_once = at_once
        """So many requests go out before the first has told the endpoint what is said to all."""
        self._numbers = itertools.count(1)

    def __call__(self, reply: Reply, asked: Asked) -> Reply:
        number = next(self._numbers)
        prompt = of_messages(asked.messages, self.count)
        same = self.count(asked.messages[0]["content"]) if len(asked.messages) > 1 else 0
        known = same >= KEPT_FROM and number > self.at_once
        cached = same // KEPT_STEP * KEPT_STEP if known else 0
        completion = self.count(reply.content())
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        return replace(reply, usage=usage)
