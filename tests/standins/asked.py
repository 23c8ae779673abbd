"""A vault with a model that answers, and what a test wants to know of both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from standins.box import Box
from standins.openai_server import ModelServer, numbers, retold
from standins.vaults import record

from kb.core import frontmatter
from kb.scorers.llm import scorer
from kb.scorers.llm.asking import Patience

DAY = "2025-03-06"


def kept(arxiv_id: str) -> bool:
    """By the rule of the stand-in."""
    relevance, novelty = numbers(arxiv_id)
    return relevance >= 7 and novelty >= 6


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(models=("gpt-4o-mini", "gpt-4o", "somebody/else")) as running:
        running.retell = retold
        yield running


@pytest.fixture
def asked(box: Box, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> Box:
    """A vault with a model that answers, and does not keep us waiting where it fails."""
    box.edit("kb.toml", 'base_url = ""', f'base_url = "{server.url}"')
    monkeypatch.setattr(scorer, "Patience", partial(Patience, backoff=0.01))
    return box


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """One day of forty papers."""
    return feed_of(tmp_path / "day.jsonl", range(40))


def feed_of(path: Path, papers: range, on: str = DAY, **more: Any) -> Path:
    path.write_text("".join(json.dumps(record(n, on, **more)) + "\n" for n in papers))
    return path


def ids(papers: range) -> list[str]:
    return [f"2503.{n:05}" for n in papers]


def properties(box: Box) -> dict[str, dict[str, Any]]:
    found = (frontmatter.read(box.text(path)) for path in box.notes())
    return {str(values["arxiv_id"]): values for values in found}


def ledger(box: Box, kind: str) -> list[dict[str, Any]]:
    lines = [
        json.loads(line)
        for path in sorted((box.root / ".kb/ledger").glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    return [line for line in lines if line["k"] == kind]


def sent(server: ModelServer) -> list[str]:
    """Ids of the papers that were to be judged, request by request."""
    return [arxiv_id for chat in server.chats if not chat.retells for arxiv_id in chat.ids]


def retold_about(server: ModelServer) -> list[str]:
    """What summaries and overviews were asked about, request by request."""
    return [name for chat in server.chats if chat.retells for name in chat.ids]
