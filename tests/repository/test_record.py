from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from standins.person import Person, leftovers, opened

from kb.errors import Problem, TryLater
from kb.repository import record
from kb.repository.command import GitFailed

if TYPE_CHECKING:
    from collections.abc import Callable


def test_waits_for_another_git(reader: Person) -> None:
    repository = opened(reader.folder)
    reader.write("note.md", "by kb\n")
    for lock in ("index.lock", "HEAD.lock", "refs/heads/main.lock"):
        reader.write("note.md", f"{lock}\n")
        held = repository.git_dir / lock
        held.write_bytes(b"")
        timer = threading.Timer(0.3, held.unlink)
        timer.start()
        assert repository.commit(["note.md"], "x", wait_seconds=10)
        timer.join()
        assert reader.files() == {"note.md"}


@pytest.mark.parametrize("lock", ["index.lock", "HEAD.lock", "refs/heads/main.lock"])
def test_a_lock_of_somebody_elses_is_never_removed(reader: Person, lock: str) -> None:
    repository = opened(reader.folder)
    reader.write("note.md", "by kb\n")
    held = repository.git_dir / lock
    held.write_bytes(b"DIRC")
    os.utime(held, (1, 1))
    head = repository.head()
    with pytest.raises(TryLater, match=re.escape(str(held))):
        repository.commit(["note.md"], "x", wait_seconds=0.2)
    assert held.read_bytes() == b"DIRC"
    assert repository.head() == head
    held.unlink()
    assert leftovers(repository) == []
    assert repository.commit(["note.md"], "x")


def test_a_lock_taken_after_ours_is_waited_for_by_git(reader: Person) -> None:
    held = reader.folder / ".git/refs/heads/main.lock"
    reader.hook("pre-commit", f"touch '{held}'")
    reader.write("note.md", "by kb\n")
    repository = opened(reader.folder)
    with pytest.raises(TryLater, match="another git holds a lock"):
        repository.commit(["note.md"], "x", wait_seconds=0.3)
    held.unlink()
    assert leftovers(repository) == []


def test_a_failing_hook_is_told_and_leaves_the_staging_alone(reader: Person) -> None:
    reader.hook("pre-commit", "echo no secrets please; echo line 2 is bad >&2; exit 1")
    reader.write("note.md", "by kb\n")
    reader.write("fresh.md", "by kb\n")
    before, index = reader.index(), (reader.folder / ".git/index").read_bytes()
    repository = opened(reader.folder)
    with pytest.raises(GitFailed, match=r"no secrets please; line 2 is bad; .*next pass") as told:
        repository.commit(["note.md", "fresh.md"], "x")
    assert "no secrets please" in told.value.output
    assert reader.index() == before
    assert (reader.folder / ".git/index").read_bytes() == index
    assert leftovers(repository) == []
    reader.hook("pre-commit", "exit 0")
    assert repository.commit(["note.md", "fresh.md"], "x")


def test_a_git_that_a_truncated_file_brought_down_is_started_again(reader: Person) -> None:
    """Git maps a long file into its memory; an editor that saves in place then ends it by SIGBUS."""
    once = reader.folder / ".git/once"
    reader.hook("pre-commit", f"[ -e '{once}' ] || {{ touch '{once}'; kill -BUS $PPID; sleep 1; }}")
    reader.write("note.md", "by kb\n")
    staging = reader.index("note.md")
    repository = opened(reader.folder)
    assert repository.commit(["note.md"], "x")
    assert once.exists()
    assert reader.files() == {"note.md"}
    assert reader.index("note.md") == staging
    assert leftovers(repository) == []


def test_hooks_see_what_is_committed(reader: Person) -> None:
    reader.hook("pre-commit", "git diff --cached --name-only -- '*.md' > ../seen")
    reader.hook("commit-msg", "echo 'Reviewed: yes' >> \"$1\"")
    reader.hook("post-commit", "git ls-files -s > ../after")
    reader.write("note.md", "by kb\n")
    reader.write("fresh.md", "by kb\n")
    opened(reader.folder).commit(["note.md", "fresh.md"], "Title\n\nkb-pass: 1")
    assert (reader.folder.parent / "seen").read_text().split() == ["fresh.md", "note.md"]
    assert (reader.folder.parent / "after").read_text() == reader.git("ls-files", "-s")
    assert "Reviewed: yes" in reader.git("log", "-1", "--format=%B")


def test_a_signature_that_fails_or_waits_is_told(
    reader: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = tmp_path / "signer"
    reader.git("config", "commit.gpgsign", "true")
    reader.git("config", "gpg.program", str(signer))
    reader.write("note.md", "by kb\n")
    repository = opened(reader.folder)
    before = reader.index()
    for script, why in (("exit 2", "could not sign"), ("sleep 60", "no end after")):
        signer.write_text(f"#!/bin/sh\n{script}\n")
        signer.chmod(0o755)
        monkeypatch.setattr(record, "SIGNING_SECONDS", 0.5)
        began = time.monotonic()
        with pytest.raises(GitFailed, match=why):
            repository.commit(["note.md"], "x")
        assert time.monotonic() - began < 20
    assert reader.index() == before
    assert (repository.git_dir / "index.lock").exists() is False
    reader.git("config", "commit.gpgsign", "false")
    assert repository.commit(["note.md"], "x")


def test_an_identity_is_lent_only_where_there_is_none(
    reader: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = opened(reader.folder)

    def author(text: str) -> str:
        reader.write("note.md", text)
        repository.commit(["note.md"], "x")
        return reader.git("log", "-1", "--format=%an <%ae> / %cn <%ce>").strip()

    assert author("1") == "A reader <reader@localhost> / A reader <reader@localhost>"
    reader.git("config", "--unset", "user.email")
    assert author("2") == "A reader <kb@localhost> / A reader <kb@localhost>"
    reader.git("config", "user.useConfigOnly", "true")
    reader.git("config", "--unset", "user.name")
    assert author("3") == "kb <kb@localhost> / kb <kb@localhost>"
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "ada@localhost")
    assert author("4") == "Ada <ada@localhost> / kb <kb@localhost>"


def test_commits_racing_a_persons(reader: Person) -> None:
    """The person stages and commits as fast as they can; ours hold our files and no other."""
    repository = opened(reader.folder)
    reader.git("reset", "-q", "--hard")
    stop = threading.Event()

    def work() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            reader.write("changed.md", f"{turn}\n")
            for words in (("add", "changed.md"), ("commit", "-q", "-m", "theirs")):
                with contextlib.suppress(AssertionError):  # the index was locked
                    reader.git(*words)
            time.sleep(0.01)

    person = threading.Thread(target=work)
    person.start()
    made = []
    for turn in range(15):
        reader.write(f"Daily/{turn}.md", "by kb\n")
        reader.write("note.md", f"{turn}\n")
        made.append(repository.commit([f"Daily/{turn}.md", "note.md"], "ours", wait_seconds=60))
    stop.set()
    person.join()
    ours = {f"Daily/{turn}.md" for turn in range(15)} | {"note.md"}
    assert len(set(made)) == 15
    log = [line.partition(" ") for line in reader.git("log", "--format=%H %s").splitlines()]
    assert {sha for sha, _, subject in log if subject == "ours"} == set(made)
    assert "theirs" in {subject for *_, subject in log}
    for sha, _, subject in log:
        if subject == "ours":
            assert {each for each in reader.files(sha) if not each.startswith("Daily/")} <= {
                "note.md"
            }
        elif subject == "theirs":
            assert "changed.md" in reader.files(sha)
    # Git itself can take back with one commit what was committed while it was starting; it heals.
    repository.commit(repository.uncommitted(["Daily", "note.md"]), "ours")
    assert repository.uncommitted(["Daily", "note.md"]) == []
    assert repository.tracked(ours) == ours
    assert reader.git("fsck", "--strict", "--no-dangling") == ""


def test_a_commit_made_by_somebody_else_meanwhile_is_not_taken_for_ours(reader: Person) -> None:
    theirs = "git commit-tree -p HEAD -m theirs HEAD^{tree}"
    reader.hook("pre-commit", f"unset GIT_INDEX_FILE; git update-ref HEAD $({theirs})")
    reader.write("note.md", "by kb\n")
    reader.write("fresh.md", "by kb\n")
    before = reader.index()
    repository = opened(reader.folder)
    with pytest.raises(GitFailed, match="but expected"):
        repository.commit(["note.md", "fresh.md"], "x", wait_seconds=0)
    assert reader.index() == before
    assert reader.git("log", "-1", "--format=%s") == "theirs\n"
    assert leftovers(repository) == []


def test_a_second_try_tells_what_was_told_before_it(reader: Person) -> None:
    reader.git("checkout", "-q", "--detach")
    reader.hook(
        "pre-commit",
        "test -e ../once || { touch ../once; unset GIT_INDEX_FILE;"
        " git update-ref HEAD $(git commit-tree -p HEAD -m moved HEAD^{tree}); }",
    )
    reader.write("note.md", "by kb\n")
    problems = [Problem("note.md", "was deferred")]
    assert opened(reader.folder).commit(["note.md"], "x", problems=problems)
    assert reader.git("log", "--format=%s").split() == ["x", "moved", "first"]
    assert problems[0] == Problem("note.md", "was deferred")
    assert [each.why[:16] for each in problems[1:]] == ["HEAD is detached"]


def test_a_full_disk_is_one_clear_error(reader: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    reader.write("note.md", "by kb\n")
    before = reader.index()
    monkeypatch.setattr(shutil, "copyfile", full)
    repository = opened(reader.folder)
    with pytest.raises(GitFailed, match=r"No space left on device; .*make room"):
        repository.commit(["note.md"], "x")
    assert leftovers(repository) == []
    assert reader.index() == before


@pytest.mark.parametrize("make", [Path.mkdir, getattr(os, "mkfifo", None)])
def test_what_is_no_file_any_more_does_not_stop_the_commit(
    reader: Person, make: Callable[[Path], None] | None
) -> None:
    if make is None:
        pytest.skip("no pipes here")
    odd = reader.folder / "note.md"
    odd.unlink()
    make(odd)
    if odd.is_dir():
        (odd / "inner.md").write_text("x")
    problems: list[Problem] = []
    assert opened(reader.folder).commit(["note.md", "changed.md"], "ours", problems=problems)
    assert reader.files() == {"changed.md"}
    assert [(each.where, "no regular file" in each.why) for each in problems] == [("note.md", True)]


def test_a_hook_that_formats_what_is_committed_leaves_nothing_staged(reader: Person) -> None:
    """Git's `commit --only` would keep the former content staged: the contrary of the hook's."""
    reader.hook("pre-commit", "echo formatted >> note.md; git add note.md")
    reader.write("note.md", "by kb\n")
    before = reader.index("note.md")
    problems: list[Problem] = []
    assert opened(reader.folder).commit(["note.md"], "x", problems=problems)
    assert reader.git("show", "HEAD:note.md") == "by kb\nformatted\n"
    assert reader.git("status", "--porcelain", "note.md") == ""
    assert reader.index("note.md") == before
    assert problems == []


@pytest.mark.parametrize("reader", ["staging"], indirect=True)
def test_what_a_hook_adds_is_told_and_the_readers_staging_stays(reader: Person) -> None:
    reader.hook("pre-commit", "git add untracked.md staged.md")
    reader.write("note.md", "by kb\n")
    before = reader.index("note.md", "untracked.md")
    problems: list[Problem] = []
    assert opened(reader.folder).commit(["note.md"], "x", problems=problems)
    assert reader.files() == {"note.md", "staged.md", "untracked.md"}
    assert [each.where for each in problems] == ["staged.md", "untracked.md"]
    assert "by a hook" in problems[0].why
    assert reader.index("note.md", "untracked.md") == before
    assert reader.git("show", ":staged.md") == "staged once\n"
    assert reader.git("status", "--porcelain", "untracked.md") == ""


@pytest.mark.parametrize("reader", ["unstaged"], indirect=True)
def test_a_commit_is_to_the_letter_what_git_commit_makes(reader: Person, tmp_path: Path) -> None:
    """Where there is a hook, `git commit` makes it; else it is made of the same steps."""
    message = "\n A day: 3 notes  \n\nmore — \t\n\n \n\nkb-pass: 1\n\n"
    told = []
    for name, hooked in (("a", True), ("b", False)):
        other = Person(tmp_path / name)
        shutil.copytree(reader.folder, other.folder)
        if hooked:
            other.hook("pre-commit", "exit 0")
        other.write("note.md", "by kb\n")
        other.write("Daily/new.md", "by kb\n")
        paths = ["note.md", "Daily/new.md", "gone.md"]
        assert opened(other.folder).commit(paths, message) == other.git("rev-parse", "HEAD").strip()
        told.append(
            [other.git("cat-file", "commit", "HEAD"), other.git("reflog", "--format=%gs", "main"),
             other.git("reflog", "--format=%gs"), other.git("ls-files", "-s"),
             other.git("status", "--porcelain")]
        )  # fmt: skip
    assert told[0] == told[1]


@pytest.mark.parametrize("reader", ["unstaged"], indirect=True)
def test_what_a_hook_adds_where_nothing_is_staged_is_told(reader: Person) -> None:
    reader.hook("pre-commit", "git add untracked.md staged.md")
    reader.write("note.md", "by kb\n")
    problems: list[Problem] = []
    assert opened(reader.folder).commit(["note.md"], "x", problems=problems)
    assert reader.files() == {"note.md", "staged.md", "untracked.md"}
    assert [each.where for each in problems] == ["staged.md", "untracked.md"]
    assert reader.git("status", "--porcelain", "note.md", "untracked.md", "staged.md") == ""


def test_hooks_are_found_wherever_they_are(reader: Person, tmp_path: Path) -> None:
    """What one adds to the commit is told, as it is for hooks of the repository."""
    elsewhere = tmp_path / "hooks"
    elsewhere.mkdir()
    (elsewhere / "pre-commit").write_text("#!/bin/sh\ngit add untracked.md\n")
    (elsewhere / "pre-commit").chmod(0o755)
    for named in (str(elsewhere), os.path.relpath(elsewhere, reader.folder)):
        reader.git("config", "core.hooksPath", named)
        reader.write("note.md", f"by kb, {named}\n")
        reader.write("untracked.md", f"not git's, {named}\n")
        problems: list[Problem] = []
        assert opened(reader.folder).commit(["note.md"], "x", problems=problems)
        assert [each.where for each in problems] == ["untracked.md"]


def test_a_lock_of_ours_that_cannot_be_removed_is_told_and_cleared_later(
    reader: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = opened(reader.folder)
    lock = repository.git_dir / "index.lock"
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == lock:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    reader.write("note.md", "by kb\n")
    problems: list[Problem] = []
    assert repository.commit(["note.md"], "x", problems=problems)
    assert [each.where for each in problems] == [str(lock)]
    assert "stops every git here" in problems[0].why
    with pytest.raises(GitFailed, match=r"index\.lock was left by a run of kb.*delete it"):
        repository.clear_dead_locks()
    assert lock.exists()
    monkeypatch.undo()
    repository.clear_dead_locks()
    assert leftovers(repository) == []
    assert reader.git("status", "--porcelain", "note.md") == ""
