"""`kb watch` as a process of its own, with real files and real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standins.arxiv_papers import invent_days
from standins.arxiv_server import ArxivStandIn
from standins.box import Box

from kb.core.announcements import back, current_day


def until(what: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until `what` holds; fails where it does not in time."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.05)


@pytest.fixture
def watcher(
    box: Box, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    today = current_day(datetime.now(UTC))
    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    with ArxivStandIn(invent_days(back(today, 25), 30, 8), today=today) as server:
        monkeypatch.setenv("KB_ARXIV_URL", server.url)
        log = (tmp_path / "watch.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "kb", "watch", "--vault", str(box.root)],
            stderr=log,
            env=os.environ.copy(),
        )
        try:
            until(lambda: bool(box.notes()) and "arXiv" in box.git("log", "--format=%s"))
            yield process
        finally:
            process.kill()
            process.wait()
            log.close()


def test_pages_follow_notes_and_the_watcher_leaves_cleanly(
    box: Box, watcher: subprocess.Popen[bytes]
) -> None:
    week = next((box.root / "Weekly").glob("*.md"))
    note = box.notes()[0]
    box.edit(note, "status: unread", "status: reading")
    until(lambda: "| reading |" in week.read_text())
    until(lambda: box.git("status", "--porcelain") == " M kb.toml\n")
    gone = box.notes()[1]
    (box.root / gone).unlink()
    until(lambda: Path(gone).stem.replace(" ", "%20") not in week.read_text())
    page = next((box.root / "Daily").glob("*.md"))
    text = page.read_text()
    page.write_text(text.replace("- [ ] star", "- [x] star", 1))
    until(lambda: any("rating: 5" in box.text(path) for path in box.notes()))
    until(
        lambda: (
            "- [x] star" in page.read_text() and box.git("status", "--porcelain") == " M kb.toml\n"
        )
    )
    head = box.git("rev-parse", "HEAD")
    time.sleep(2)
    assert box.git("rev-parse", "HEAD") == head, "an idle watcher commits nothing"
    watcher.send_signal(signal.SIGTERM)
    assert watcher.wait(timeout=10) == 0


def test_once_is_one_pass(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    today = current_day(datetime.now(UTC))
    with ArxivStandIn(invent_days(back(today, 25), 30, 8), today=today) as server:
        monkeypatch.setenv("KB_ARXIV_URL", server.url)
        told = box.json("watch", "--once")
    assert told["days"][-1]["outcome"] == "done"
