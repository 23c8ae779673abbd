"""Locks of git's: held, left by kb or its git, left by another."""

from __future__ import annotations

import os
import subprocess
import time

from faults.git_cases import Case, State


def _dies_in_a_hook(case: Case, hook: str, script: str = "") -> None:
    """A pass whose kb, git and hook are all killed while the hook runs."""
    mark = case.world.folder / "gitconfig"
    case.before = case.look()
    case.hook(hook, f"{script}\ntouch '{mark}'; exec sleep 60")
    process = case.world.start()
    ends = time.monotonic() + 60
    while not mark.exists():
        assert time.monotonic() < ends
        assert not process.ended(), process.wait()
        time.sleep(0.01)
    process.kill(children=True)
    process.wait()
    case.no_hooks()
    assert (case.git_dir / "index.lock").exists()


def our_dead_pass_before_its_commit(case: Case) -> None:
    _dies_in_a_hook(case, "pre-commit")


def our_dead_pass_with_the_branch_locked(case: Case) -> None:
    _dies_in_a_hook(case, "pre-commit", f"touch '{case.git_dir}/refs/heads/main.lock'")


def our_dead_pass_after_its_commit(case: Case) -> None:
    """The next pass has nothing to commit; the reader's git must not be blocked by it."""
    _dies_in_a_hook(case, "post-commit")


def _git_is_killed(case: Case, hook: str, script: str = "") -> None:
    """By itself, as where memory runs out: kb lives on."""
    case.hook(hook, f"{script}\nkill -9 $PPID")


def our_git_killed_before_its_commit(case: Case) -> None:
    _git_is_killed(case, "pre-commit")


def our_git_killed_with_the_branch_locked(case: Case) -> None:
    _git_is_killed(case, "pre-commit", f"touch '{case.git_dir}/refs/heads/main.lock'")


def our_git_killed_after_its_commit(case: Case) -> None:
    _git_is_killed(case, "post-commit")


def index_locked_by_a_live_git(case: Case) -> None:
    """`git commit -a` holds the index while its editor is open; the reader then thinks better."""
    person = subprocess.Popen(
        ["git", "-c", "core.editor=sleep 2; false", "commit", "-q", "-a"],
        cwd=case.root, env=case.world.env, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    case.alongside.append(person)
    lock = case.git_dir / "index.lock"
    ends = time.monotonic() + 20
    while not (case.git_dir / "COMMIT_EDITMSG").exists() or not lock.exists():
        assert time.monotonic() < ends
        time.sleep(0.01)


def _foreign_lock(case: Case, name: str) -> None:
    lock = case.git_dir / name
    lock.write_bytes(b"")
    os.utime(lock, (1, 1))
    case.wait_seconds = 0.3


def index_locked_by_a_dead_git(case: Case) -> None:
    _foreign_lock(case, "index.lock")


def head_locked_by_a_dead_git(case: Case) -> None:
    _foreign_lock(case, "HEAD.lock")


def branch_locked_by_a_dead_git(case: Case) -> None:
    _foreign_lock(case, "refs/heads/main.lock")


def remove_locks(case: Case) -> None:
    for lock in ("index.lock", "HEAD.lock", "refs/heads/main.lock"):
        (case.git_dir / lock).unlink(missing_ok=True)


COMMITTED_LATER = "committed by the next pass"
STATES = (
    State(our_dead_pass_before_its_commit, modes=("notes", "own")),
    State(our_dead_pass_with_the_branch_locked),
    State(our_dead_pass_after_its_commit),
    State(our_git_killed_before_its_commit, "held", ("killed by signal 9",), 1, Case.no_hooks),
    State(our_git_killed_with_the_branch_locked, "held", ("killed by signal 9",), 1, Case.no_hooks),
    State(our_git_killed_after_its_commit, says=("killed by signal 9",), code=1),
    State(index_locked_by_a_live_git),
    State(index_locked_by_a_dead_git, "held", ("index.lock", COMMITTED_LATER), end=remove_locks),
    State(head_locked_by_a_dead_git, "held", ("HEAD.lock", COMMITTED_LATER), end=remove_locks),
    State(branch_locked_by_a_dead_git, "held", ("main.lock", COMMITTED_LATER), end=remove_locks),
)
