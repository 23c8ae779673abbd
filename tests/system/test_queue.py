"""Papers in a provider's queue, and passes that die on the way there and back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standins.asked import ids, kept, ledger, properties, sent
from standins.box import Box
from standins.openai_server import Asked, ModelServer, Reply, refusal

from kb.sync.judging import completing, queue

EVERYONE = ids(range(40))


@pytest.fixture
def local(asked: Box, day: Path) -> Box:
    """The day judged by the local scorer."""
    asked.kb("sync", "--feed", str(day), "--scorer", "local")
    return asked


def at_batches(server: ModelServer, act: Callable[[Callable[[], Reply]], Reply]) -> None:
    """Lets `act` answer where a batch is handed in; it is given what makes the true answer."""
    route = server.route

    def other(asked: Asked) -> Reply:
        if (asked.method, asked.path) == ("POST", "/v1/batches"):
            return act(lambda: route(asked))
        return route(asked)

    server.route = other  # type: ignore[method-assign]


def behave(server: ModelServer) -> None:
    del server.route


def killed_at_batches(box: Box, server: ModelServer, *, taken: bool) -> None:
    """Runs `kb score --all --batch` and kills it (SIGKILL) while the provider answers; with `taken` the
    provider has the batch by then."""
    words = [sys.executable, "-m", "kb", "score", "--all", "--batch", "--vault", str(box.root)]
    running: list[subprocess.Popen[bytes]] = []

    def kill(answer: Callable[[], Reply]) -> Reply:
        reply = answer() if taken else refusal(500, "nobody hears this")
        running[0].kill()
        running[0].wait()
        return reply

    at_batches(server, kill)
    running.append(subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert running[0].wait() == -9
    behave(server)


def is_settled(box: Box, server: ModelServer, day: Path) -> None:
    """Every paper is judged once, paid for once, and filed; nothing is left to do."""
    assert sorted(r["id"] for r in ledger(box, "judged")) == EVERYONE
    assert properties(box).keys() == {i for i in EVERYONE if kept(i)}
    server.asked.clear()
    before = box.state()
    box.kb("sync", "--feed", str(day))
    box.kb("score", "--all", "--batch")
    assert (server.asked, box.state()) == ([], before)


@pytest.mark.parametrize("keeps_metadata", [True, False])
def test_a_batch_whose_pass_was_killed_before_it_could_say_so_is_found_again(
    local: Box, server: ModelServer, day: Path, keeps_metadata: bool
) -> None:
    server.keeps_metadata = keeps_metadata
    server.batch_pace = 2
    killed_at_batches(local, server, taken=True)
    assert len(server.batches) == 1
    assert all("id" not in r for r in ledger(local, "bulk"))
    at_once = set(sent(server))
    server.asked.clear()
    local.kb("score", "--all", "--batch", "-v")
    assert "find batch-1 (37 papers" in local.err
    assert sent(server) == []
    local.kb("sync", "--feed", str(day))
    assert len(server.batches) == 1
    is_settled(local, server, day)
    told = [r for r in ledger(local, "judged") if r["id"] not in at_once]
    usd = sum(r["tokens"][0] * 0.15 + r["tokens"][2] * 0.6 for r in told) / 2e6
    assert sum(r["usd"] for r in told) == pytest.approx(usd, rel=1e-4)


def test_a_batch_is_found_among_hundreds(local: Box, server: ModelServer, day: Path) -> None:
    killed_at_batches(local, server, taken=True)
    mine = server.batches["batch-1"]
    for number in range(2, 250):
        server.batches[f"batch-{number}"] = replace(mine, id=f"batch-{number}", metadata={"x": "y"})
    local.kb("score", "--all", "--batch", "-v")
    assert "find batch-1 (" in local.err
    local.kb("sync", "--feed", str(day))
    is_settled(local, server, day)


def test_a_batch_whose_pass_was_killed_before_the_provider_had_it_is_handed_in_again(
    local: Box, server: ModelServer, day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at_batches(local, server, taken=False)
    assert (len(server.files), server.batches) == (1, {})
    server.asked.clear()
    local.kb("score", "--all", "--batch")
    assert "may still be on its way to the provider" in local.err
    assert (sent(server), server.batches) == ([], {})
    local.kb("sync", "--feed", str(day), "--no-commit")
    assert sent(server) == [], "nobody asks about them meanwhile"
    monkeypatch.setattr(queue, "_ON_ITS_WAY", timedelta(0))
    local.kb("score", "--all", "--batch", "-v")
    assert "it never reached the provider" in local.err
    assert "hand in batch-1" in local.err
    local.kb("sync", "--feed", str(day))
    is_settled(local, server, day)


@pytest.mark.parametrize("status", [None, 500])
def test_an_answer_that_is_lost_leaves_nothing_in_doubt_for_long(
    local: Box, server: ModelServer, day: Path, status: int | None
) -> None:
    def lost(answer: Callable[[], Reply]) -> Reply:
        reply = answer()
        return refusal(status, "oh no") if status else replace(reply, manner="reset")

    at_batches(server, lost)
    local.kb("score", "--all", "--batch", code=75)
    assert "whether it has the batch will show" in local.err
    behave(server)
    local.kb("score", "--all", "--batch", "-v")
    assert "find batch-1 (" in local.err
    assert len(server.batches) == 1
    local.kb("sync", "--feed", str(day))
    is_settled(local, server, day)


def test_a_batch_that_is_refused_leaves_the_papers_free(
    local: Box, server: ModelServer, day: Path
) -> None:
    at_batches(server, lambda _answer: refusal(429, "Too many batches."))
    local.kb("score", "--all", "--batch", code=75)
    behave(server)
    local.kb("score", "--all", "--batch", "-v")
    assert "hand in batch-1" in local.err
    local.kb("sync", "--feed", str(day))
    is_settled(local, server, day)


def test_where_batches_cannot_be_listed_one_is_given_up_in_the_end(
    local: Box, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at_batches(local, server, taken=False)
    route = server.route

    def unlisted(asked: Asked) -> Reply:
        if (asked.method, asked.path) == ("GET", "/v1/batches"):
            return refusal(404, "unknown path")
        return route(asked)

    server.route = unlisted  # type: ignore[method-assign]
    local.kb("score", "--all", "--batch")
    assert "cannot be collected" in local.err
    assert server.batches == {}
    monkeypatch.setattr(queue, "_ON_ITS_WAY", timedelta(0))
    monkeypatch.setattr(queue, "_AT_LAST", timedelta(0))
    local.kb("score", "--all", "--batch", "-v")
    assert "is given up" in local.err
    assert "hand in batch-1" in local.err


def test_a_pass_that_dies_while_it_collects_books_nothing_twice(
    local: Box, server: ModelServer, day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.kb("score", "--all", "--batch")

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(completing, "file", dies)
        local.kb("sync", "--feed", str(day), code=130)
    assert sorted(r["id"] for r in ledger(local, "judged")) == EVERYONE
    local.kb("sync", "--feed", str(day))
    assert len(ledger(local, "judged")) == len(EVERYONE)
    spent = [r for r in ledger(local, "spent") if r["task"] == "assess"]
    assert len(spent) == 2, "that of the three asked first, and that of the queue"
    is_settled(local, server, day)


def test_what_is_in_the_queue_counts_in_the_budget_of_its_day(
    local: Box, server: ModelServer
) -> None:
    server.batch_pace = 9
    local.kb("score", EVERYONE[0])
    usd = next(r["usd"] for r in ledger(local, "judged"))
    local.edit("kb.toml", "daily_budget = 1.0", f"daily_budget = {4 * usd}")
    local.kb("score", "--all", "--batch")
    assert "the others wait" in local.err
    for _ in range(3):
        local.kb("score", "--all", "--batch")
    about = sum(r["about"] for r in ledger(local, "bulk") if "id" in r)
    spent = sum(r["usd"] for r in [*ledger(local, "judged"), *ledger(local, "spent")])
    assert 0 < about + spent <= 4 * usd
    assert sum(len(r["days"]) for r in ledger(local, "bulk") if "id" in r) < 39
