from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kb.errors import TryLater
from kb.repository import index_lock, record
from kb.repository.command import GitFailed
from kb.repository.git import Repository
from kb.repository.index_lock import common_dir

if TYPE_CHECKING:
    from standins.person import Person

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no proof of death can be had there")

COMMITS = """
import sys
from pathlib import Path
from kb.repository.git import Repository
Repository.find(Path(sys.argv[1])).commit(sys.argv[2:], "A pass")
"""


def opened(person: Person) -> Repository:
    repository = Repository.find(person.folder)
    assert repository is not None
    return repository


def left(repository: Repository) -> list[str]:
    patterns = ("kb-*", "*.lock", "refs/heads/*.lock")
    return [str(each) for pattern in patterns for each in repository.git_dir.glob(pattern)]


def start(person: Person, *paths: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMITS, str(person.folder), *paths],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def until(path: Path) -> None:
    ends = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.mark.parametrize("hook", ["pre-commit", "post-commit"])
def test_killed_with_all_its_children_the_next_pass_goes_on(reader: Person, hook: str) -> None:
    """Before HEAD moves the commit is as if it had never begun, after it the index follows."""
    mark = reader.folder.parent / "mark"
    reader.hook(hook, f"echo $$ > '{mark}'.part; mv '{mark}'.part '{mark}'; exec sleep 60")
    reader.write("note.md", "by kb\n")
    reader.write("fresh.md", "by kb\n")
    before = reader.index("note.md", "fresh.md")
    repository = opened(reader)
    process = start(reader, "note.md", "fresh.md")
    until(mark)
    process.kill()
    process.wait()
    group = os.getpgid(int(mark.read_text()))
    assert left(repository) != []
    # While git or its hook lives, the lock is theirs.
    with pytest.raises(TryLater):
        repository.commit(["changed.md"], "x", wait_seconds=0.2)
    os.killpg(group, signal.SIGKILL)
    reader.hook(hook, "exit 0")
    sha = repository.commit(["note.md", "fresh.md"], "Again")
    assert left(repository) == []
    if hook == "pre-commit":
        assert sha == repository.head()
    else:
        assert sha is None
        assert reader.git("log", "-1", "--format=%s") == "A pass\n"
    assert reader.files() == {"note.md", "fresh.md"}
    assert reader.index("note.md", "fresh.md") == before
    assert reader.git("status", "--porcelain", "note.md", "fresh.md") == ""
    assert reader.git("show", ":staged.md") == "staged once\n"
    assert reader.git("fsck", "--strict") == ""


def test_ref_locks_of_a_dead_run_go_with_its_index_lock(
    reader: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_lock, "_REF_LOCK_SECONDS", 0.3)
    mark = reader.folder.parent / "mark"
    lock = reader.folder / ".git/refs/heads/main.lock"
    reader.hook("pre-commit", f"touch '{lock}'; echo $$ > '{mark}'; exec sleep 60")
    reader.write("note.md", "by kb\n")
    process = start(reader, "note.md")
    until(mark)
    process.kill()
    process.wait()
    os.killpg(os.getpgid(int(mark.read_text())), signal.SIGKILL)
    reader.hook("pre-commit", "exit 0")
    assert opened(reader).commit(["note.md"], "Again")
    assert left(opened(reader)) == []


def test_a_note_of_another_machine_is_not_ours(
    reader: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = reader.folder / ".git/index.lock"
    note = b'{"kb": 1, "host": "another", "work": "kb-index-1-2", "head": ""}'
    lock.write_bytes(note)
    reader.write("note.md", "by kb\n")
    with pytest.raises(TryLater):
        opened(reader).commit(["note.md"], "x", wait_seconds=0.2)
    assert lock.read_bytes() == note
    monkeypatch.setattr(index_lock, "_host", lambda: "another")
    assert opened(reader).commit(["note.md"], "x")


def test_without_hard_links(reader: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    reader.write("note.md", "by kb\n")
    assert opened(reader).commit(["note.md"], "x")
    (reader.folder / ".git/index.lock").write_bytes(b"")
    reader.write("note.md", "by kb again\n")
    with pytest.raises(TryLater):
        opened(reader).commit(["note.md"], "x", wait_seconds=0.2)
    (reader.folder / ".git/index.lock").unlink()
    assert left(opened(reader)) == []


def test_the_common_folder_of_a_worktree(reader: Person) -> None:
    reader.git("worktree", "add", "-q", "-b", "side", "../side")
    side = Repository.find(reader.folder.parent / "side")
    assert side is not None
    assert common_dir(side.git_dir).resolve() == opened(reader).git_dir
    assert common_dir(opened(reader).git_dir) == opened(reader).git_dir


def test_a_hook_that_hangs_after_the_commit_does_not_undo_it(
    reader: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "HOOKS_SECONDS", 1.0)
    reader.hook("post-commit", "sleep 60")
    reader.write("note.md", "by kb\n")
    before = reader.index("note.md")
    with pytest.raises(GitFailed, match="no end after 1 s"):
        opened(reader).commit(["note.md"], "x")
    assert reader.files() == {"note.md"}
    assert reader.index("note.md") == before
    assert reader.git("status", "--porcelain", "note.md") == ""
    assert left(opened(reader)) == []
