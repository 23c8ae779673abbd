"""What a pass tells of git, and leaves of it, through the real command line."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from kb.repository import dead_runs

if TYPE_CHECKING:
    from pathlib import Path

    from standins.box import Box

pytestmark = pytest.mark.skipif(os.name == "nt", reason="hooks, and proof that a process has died")


def hook(box: Box, script: str) -> None:
    file = box.root / ".git/hooks/pre-commit"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_a_hook_that_fails_is_told_beside_everything_else(box: Box, feed: Path) -> None:
    hook(box, "echo not today; exit 1")
    told = box.json("sync", "--feed", str(feed), code=1)
    assert told["exit"] == 1
    assert told["notes"]["created"] > 0
    assert told["commit"] is None
    assert "not today" in told["person"]
    assert "not today" in box.kb("sync", "--feed", str(feed), code=1) + box.err
    hook(box, "exit 0")
    box.kb("sync", "--feed", str(feed))
    assert box.git("status", "--porcelain", "--", "Papers", "Daily", ".kb") == ""


def test_undo_tells_that_git_did_not_commit(box: Box, feed: Path) -> None:
    box.kb("sync", "--feed", str(feed))
    hook(box, "echo not today; exit 1")
    assert "Undone" in box.kb("undo", code=1)
    assert "not today" in box.err
    assert json.loads(box.kb("undo", "--json", code=1))["exit"] == 1


def test_a_pass_with_nothing_to_commit_clears_what_a_dead_one_left(box: Box, feed: Path) -> None:
    box.kb("sync", "--feed", str(feed))
    git = box.root / ".git"
    work = git / "kb-index-1-2"
    os.close(dead_runs.sign(git / "index.lock", work, box.git("rev-parse", "HEAD").strip()))
    work.write_bytes(b"")
    assert "Nothing to do" in box.kb("sync", "--feed", str(feed)).splitlines()[-1]
    assert not (git / "index.lock").exists()
    assert not work.exists()


def test_a_lock_that_another_git_left_stays_where_nothing_is_to_commit(
    box: Box, feed: Path
) -> None:
    box.kb("sync", "--feed", str(feed))
    lock = box.root / ".git/index.lock"
    lock.write_bytes(b"")
    box.kb("sync", "--feed", str(feed))
    assert lock.exists()


def test_a_note_whose_name_changed_in_case_only_is_committed(box: Box, feed: Path) -> None:
    """Where the disk takes no notice of case, git keeps the former name: here a second link."""
    box.kb("sync", "--feed", str(feed))
    note = box.root / box.notes()[0]
    former, latter = (note.with_stem(name) for name in (note.stem.lower(), note.stem.upper()))
    note.rename(former)
    box.kb("index")
    former.rename(latter)
    with latter.open("a") as file:
        file.write("\nmore words\n")
    os.link(latter, former)
    (box.root / ".git/info/exclude").write_text(f"{latter.name}\n")
    box.kb("index")
    known = former.relative_to(box.root).as_posix()
    assert box.git("show", f"HEAD:{known}").endswith("more words\n")


def test_a_note_that_can_be_read_but_not_edited_is_committed_at_once(box: Box, feed: Path) -> None:
    note = "Papers/Mine.md"
    box.write(note, '---\narxiv_id: "2503.00000"\n---\n<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n')
    broken = "Papers/Broken.md"
    box.write(broken, '---\narxiv_id: "2503.00003"\n')
    told = box.json("sync", "--feed", str(feed), code=1)
    assert {refusal["path"] for refusal in told["notes"]["refused"]} == {note, broken}
    assert box.git("status", "--porcelain", "--", "Papers") == f"?? {broken}\n"
    assert box.json("sync", "--feed", str(feed))["commit"] is None
