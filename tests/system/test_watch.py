"""`kb watch` as a process of its own, with real files and real signals."""

from __future__ import annotations

import os
import re
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
from kb.vault.cache import vault_cache_folder
from kb.vault.lock import VaultLock


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
            [sys.executable, "-m", "kb", "watch", "-v", "--vault", str(box.root)],
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


def log_of(tmp_path: Path) -> str:
    return (tmp_path / "watch.log").read_text("utf-8")


def test_the_readers_settings_take_effect_and_a_mistake_stops_nothing(
    box: Box, watcher: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    good = box.text("kb.toml")
    box.write("kb.toml", good + "\nspeed = 3\n")
    until(lambda: "unknown key sync.speed" in log_of(tmp_path))
    note = box.notes()[0]
    week = next((box.root / "Weekly").glob("*.md"))
    box.edit(note, "status: unread", "status: reading")
    until(lambda: "| reading |" in week.read_text())
    told = box.json("status")
    assert [each["path"] for each in told["mistakes"]] == ["kb.toml"]
    assert told["watcher"]["runs"]
    assert told["watcher"]["pid"] == watcher.pid
    assert told["watcher"]["since"] > "2025"
    until(lambda: box.json("status")["watcher"]["last"]["did"].startswith(("3 pages", "commit")))
    assert "A watcher runs since" in box.kb("status")
    box.write("kb.toml", good.replace('links = "markdown"', 'links = "wiki"'))
    until(lambda: "without a mistake again" in log_of(tmp_path))
    until(lambda: "[[" in week.read_text())


def test_there_is_one_watcher_at_a_time(box: Box, watcher: subprocess.Popen[bytes]) -> None:
    box.kb("watch", code=75)
    assert f"process {watcher.pid}" in box.err
    watcher.send_signal(signal.SIGTERM)
    assert watcher.wait(timeout=10) == 0
    told = box.json("status")["watcher"]
    assert (told["runs"], told["since"]) == (False, None)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no such signal here")
def test_a_signal_lets_it_read_everything_again(
    box: Box, watcher: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    before = log_of(tmp_path).count("full comparison")
    watcher.send_signal(signal.SIGHUP)
    until(lambda: "told to read everything again" in log_of(tmp_path))
    until(lambda: log_of(tmp_path).count("full comparison") > before)
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(timeout=10) == 0


def test_commits_are_gathered_and_say_what_changed(
    box: Box, watcher: subprocess.Popen[bytes]
) -> None:
    box.write("kb.toml", re.sub(r"settle = \d+", "settle = 4", box.text("kb.toml")))
    before = int(box.git("rev-list", "--count", "HEAD"))
    for note in box.notes()[:3]:
        box.edit(note, "status: unread", "status: read")
        time.sleep(0.5)
    (box.root / box.notes()[3]).unlink()
    until(lambda: box.git("status", "--porcelain") == " M kb.toml\n")
    assert int(box.git("rev-list", "--count", "HEAD")) == before + 1
    said = box.git("log", "-1", "--format=%B")
    assert said.startswith("Update 4 paper notes\n")
    assert said.count("\n- ") == 4
    assert said.count(": gone from here") == 1


def test_it_waits_for_another_pass_in_peace_also_with_a_commit_that_is_due(
    box: Box, watcher: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    box.write("kb.toml", re.sub(r"settle = \d+", "settle = 2", box.text("kb.toml")))
    until(lambda: " pass: " in log_of(tmp_path))
    note = box.notes()[0]
    before = log_of(tmp_path).count("pages written")
    box.edit(note, "status: unread", "status: reading")
    week = next((box.root / "Weekly").glob("*.md"))
    until(lambda: "| reading |" in week.read_text())
    until(lambda: log_of(tmp_path).count("pages written") > before)  # and the lock is free
    with VaultLock(vault_cache_folder(box.root), box.root):
        time.sleep(7)  # the commit is due meanwhile
        tries = log_of(tmp_path).count("is held by")
    assert 0 < tries < 10, "it tries again every other second, not all the time"
    until(lambda: "reading" in box.git("show", f"HEAD:{note}"))


@pytest.mark.skipif(os.name == "nt", reason="hooks are shell scripts")
def test_it_ends_at_once_though_a_hook_hangs_and_the_next_start_commits(
    box: Box, watcher: subprocess.Popen[bytes]
) -> None:
    hook = box.root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nsleep 600 & echo $! > hook.pid; wait\n")
    hook.chmod(0o755)
    box.write("kb.toml", re.sub(r"settle = \d+", "settle = 0.5", box.text("kb.toml")))
    note = box.notes()[0]
    box.edit(note, "status: unread", "status: reading")
    until((box.root / "hook.pid").is_file)
    watcher.send_signal(signal.SIGTERM)
    assert watcher.wait(timeout=10) == 0
    week = next((box.root / "Weekly").glob("*.md"))
    assert "| reading |" in week.read_text()
    hook.unlink()
    os.kill(int(box.text("hook.pid")), signal.SIGKILL)
    (box.root / "hook.pid").unlink()
    until(lambda: "reading" in _committed(box, note))


def _committed(box: Box, note: str) -> str:
    box.kb("index")
    return box.git("show", f"HEAD:{note}")


def test_once_is_one_pass(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    today = current_day(datetime.now(UTC))
    with ArxivStandIn(invent_days(back(today, 25), 30, 8), today=today) as server:
        monkeypatch.setenv("KB_ARXIV_URL", server.url)
        told = box.json("watch", "--once")
    assert told["days"][-1]["outcome"] == "done"
