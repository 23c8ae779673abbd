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
from kb.repository import dead_runs, record
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
    assert reader.git("fsck", "--strict", "--no-dangling") == ""


def test_ref_locks_of_a_dead_run_go_with_its_index_lock(
    reader: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_runs, "_REF_LOCK_SECONDS", 0.3)
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
    monkeypatch.setattr(dead_runs, "_host", lambda: "another")
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


def test_what_dead_runs_left_is_cleared_without_a_commit(reader: Person) -> None:
    """A pass that has nothing to commit must not leave the reader's git blocked."""
    mark = reader.folder.parent / "mark"
    reader.hook("post-commit", f"echo $$ > '{mark}'.part; mv '{mark}'.part '{mark}'; exec sleep 60")
    reader.write("note.md", "by kb\n")
    before = reader.index("note.md")
    repository = opened(reader)
    process = start(reader, "note.md")
    until(mark)
    process.kill()
    process.wait()
    repository.clear_dead_locks()
    assert (repository.git_dir / "index.lock").exists(), "its git is still alive"
    os.killpg(os.getpgid(int(mark.read_text())), signal.SIGKILL)
    repository.clear_dead_locks()
    assert left(repository) == []
    assert reader.index("note.md") == before
    assert reader.git("status", "--porcelain", "note.md") == ""
    assert reader.files() == {"note.md"}


def test_files_beside_a_lock_that_is_gone_are_cleared(reader: Person) -> None:
    repository = opened(reader)
    for name in ("", ".note", ".lock", ".SQUASH_MSG"):
        (repository.git_dir / f"kb-index-1-2{name}").write_bytes(b"x")
    index = (repository.git_dir / "index").read_bytes()
    repository.clear_dead_locks()
    assert left(repository) == []
    assert (repository.git_dir / "index").read_bytes() == index
    assert not (repository.git_dir / "SQUASH_MSG").exists()


@pytest.mark.parametrize("data", [b"", b"DIRC", b'{"kb": 2}', b'{"kb": 1, "host": "another"}'])
def test_a_lock_that_is_not_provably_ours_is_not_cleared(reader: Person, data: bytes) -> None:
    lock = reader.folder / ".git/index.lock"
    lock.write_bytes(data)
    opened(reader).clear_dead_locks()
    assert lock.read_bytes() == data


@pytest.mark.parametrize("hook", ["pre-commit", "post-commit"])
def test_a_git_of_ours_that_is_killed_leaves_no_lock(
    reader: Person, monkeypatch: pytest.MonkeyPatch, hook: str
) -> None:
    monkeypatch.setattr(dead_runs, "_REF_LOCK_SECONDS", 0.3)
    reader.hook(hook, "touch .git/refs/heads/main.lock .git/HEAD.lock; kill -9 $PPID")
    reader.write("note.md", "by kb\n")
    before = reader.index("note.md")
    with pytest.raises(GitFailed, match="was killed by signal 9"):
        opened(reader).commit(["note.md"], "x")
    assert left(opened(reader)) == []
    assert reader.index("note.md") == before
    reader.hook(hook, "exit 0")
    made = opened(reader).commit(["note.md"], "again")
    assert (made is None) == (hook == "post-commit")
    assert reader.files() == {"note.md"}
    assert reader.git("status", "--porcelain", "note.md") == ""


def test_a_lock_from_before_our_git_was_killed_is_not_its_own(
    reader: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_runs, "_REF_LOCK_SECONDS", 0.1)
    theirs = reader.folder / ".git/next-index-1.lock"
    theirs.write_bytes(b"")
    os.utime(theirs, (1, 1))
    reader.hook("pre-commit", "kill -9 $PPID")
    reader.write("note.md", "by kb\n")
    with pytest.raises(GitFailed, match="was killed"):
        opened(reader).commit(["note.md"], "x")
    assert [Path(each).name for each in left(opened(reader))] == [theirs.name]
