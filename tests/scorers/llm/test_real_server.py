"""The same against a real server, since the stand-in knows only what we know.

Opt-in: `KB_TEST_LLAMA_MODEL` names a GGUF file, which is then served by llama-cpp-python's server
(`KB_TEST_LLAMA_PYTHON`: the Python that has it, else this one). Or `KB_TEST_OPENAI_URL` names a server
that runs already, with `KB_TEST_OPENAI_MODEL` and, where it wants one, `OPENAI_API_KEY`. Of what the
model thinks nothing is expected, not even sense: random weights do.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from standins.box import Box
from standins.boxes import _private, box, empty
from standins.injections import injected
from standins.vaults import paper, record

from kb.config import LlmSettings
from kb.core import frontmatter, regions
from kb.core.topics import Topics
from kb.errors import KbError
from kb.scorers.llm import endpoint as endpoints
from kb.scorers.llm.asking import Patience
from kb.scorers.llm.outcome import Outcome
from kb.scorers.llm.scorer import ModelScorer

__all__ = ["_private", "box", "empty"]

MODEL_FILE, URL = os.environ.get("KB_TEST_LLAMA_MODEL"), os.environ.get("KB_TEST_OPENAI_URL")
KEY = os.environ.get("OPENAI_API_KEY", "")
pytestmark = pytest.mark.skipif(
    not (MODEL_FILE or URL),
    reason="no real server is named: KB_TEST_LLAMA_MODEL=FILE.gguf or KB_TEST_OPENAI_URL=URL",
)
PAPERS = [paper(number) for number in range(1, 5)]
START_UP = 120
CONTEXT = 8192
DEADLINE = 60
"""Seconds for one request: nonsense can be long."""


@dataclass(frozen=True)
class Served:
    url: str
    model: str


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if URL:
        yield Served(URL, os.environ.get("KB_TEST_OPENAI_MODEL", "default"))
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    words = [
        os.environ.get("KB_TEST_LLAMA_PYTHON", sys.executable), "-m", "llama_cpp.server",
        "--model", str(MODEL_FILE), "--model_alias", "local", "--n_ctx", str(CONTEXT),
        "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    with log.open("wb") as out:
        server = subprocess.Popen(words, stdout=out, stderr=out)
    try:
        url = f"http://127.0.0.1:{port}/v1"
        _wait_for(f"{url}/models", server, log)
        yield Served(url, "local")
    finally:
        server.kill()
        server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_UP
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, log.read_text("utf-8", "replace")[-2000:]
            assert time.monotonic() < until
            time.sleep(0.2)
        else:
            return


@pytest.fixture
def ask(real: Served, topics: Topics, monkeypatch: pytest.MonkeyPatch) -> ModelScorer:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    settings = LlmSettings(model=real.model, base_url=real.url, concurrency=2)
    where = endpoints.find(settings, os.environ)
    assert where is not None
    return ModelScorer(
        where, settings, topics, patience=Patience(deadline=DEADLINE, tries=2, backoff=1)
    )


def is_sound(outcome: Outcome[Any], asked: set[str]) -> None:
    """Each has an answer or a reason, never both; and all that was sent was counted."""
    assert outcome.judged.keys() | outcome.reasons.keys() == asked
    assert outcome.judged.keys().isdisjoint(outcome.reasons)
    assert outcome.stopped is None or isinstance(outcome.stopped, KbError)
    assert outcome.usage.requests > 0
    assert sum(each.share.prompt for each in outcome.judged.values()) <= outcome.usage.prompt


@pytest.mark.parametrize("hostile", [False, True])
def test_papers_are_judged_or_left(ask: ModelScorer, hostile: bool) -> None:
    papers = [injected(each, n) for n, each in enumerate(PAPERS)] if hostile else PAPERS
    outcome = ask.assess(papers)
    is_sound(outcome, {each.id for each in papers})
    for arxiv_id, judged in outcome.judged.items():
        assert judged.value.id == arxiv_id
        assert {judged.value.relevance, judged.value.novelty} <= set(range(1, 11))
        assert set(judged.value.topics) <= set(ask.topics)
        assert "\n" not in judged.value.comment + judged.value.summary


TASKS: dict[str, Callable[[ModelScorer], Outcome[Any]]] = {
    "screen": lambda scorer: scorer.screen(PAPERS),
    "summarise": lambda scorer: scorer.summarise(PAPERS[:2]),
    "notes": lambda scorer: scorer.notes(PAPERS[:1]),
    "month": lambda scorer: scorer.overview("2025-03", [(p.title, p.abstract) for p in PAPERS]),
}


@pytest.mark.parametrize("task", TASKS)
def test_the_other_tasks(ask: ModelScorer, task: str) -> None:
    asked = {"screen": PAPERS, "summarise": PAPERS[:2], "notes": PAPERS[:1], "month": []}[task]
    is_sound(TASKS[task](ask), {each.id for each in asked} or {"2025-03"})


def test_a_day_is_written_whatever_the_model_says(
    box: Box, real: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if KEY:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
    box.edit("kb.toml", 'base_url = ""', f'base_url = "{real.url}"\ntimeout = {DEADLINE}')
    box.edit("kb.toml", 'model = "gpt-4o-mini"', f'model = "{real.model}"')
    feed = tmp_path / "day.jsonl"
    feed.write_text("".join(json.dumps(record(n)) + "\n" for n in range(4)))
    words = [sys.executable, "-m", "kb", "sync", "--feed", str(feed), "--json"]
    done = subprocess.run(
        [*words, "--vault", str(box.root)], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 2, 75), done.stderr
    told = json.loads(done.stdout)
    assert told["days"][0]["outcome"] == "done"
    assert told["commit"]
    ledger = (box.root / ".kb/ledger/2025-03.jsonl").read_text().splitlines()
    judged = {r["id"] for r in map(json.loads, ledger) if r["k"] == "judged"}
    waiting = sum(box.json("status")["provisional"].values())
    assert len(judged) + waiting == 4
    for path in box.notes():
        values = frontmatter.read(box.text(path))
        assert regions.names(box.text(path)) == ["paper"]
        assert bool(values.get("provisional")) is (values["arxiv_id"] not in judged)
    box.kb("index", "--check")
    if told["tokens"]["prompt"]:
        assert box.json("status", "--costs")["costs"]["models"][0]["total"] > 0
