"""Hooks that fail, take their time, or change what is committed."""

from __future__ import annotations

from faults.git_cases import Case, State


def failing_pre_commit(case: Case) -> None:
    case.hook("pre-commit", "echo not today; exit 1")


def failing_commit_msg(case: Case) -> None:
    case.hook("commit-msg", "echo not today; exit 1")


def failing_prepare_commit_msg(case: Case) -> None:
    case.hook("prepare-commit-msg", "echo not today; exit 1")


def failing_reference_transaction(case: Case) -> None:
    case.hook("reference-transaction", "echo not today >&2; exit 1")


def failing_post_commit(case: Case) -> None:
    case.hook("post-commit", "echo not today; exit 1")


def failing_hook_elsewhere(case: Case) -> None:
    hooks = case.world.folder / "away"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\necho not today; exit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    case.settings(("core.hooksPath", str(hooks)))


def no_hook_elsewhere(case: Case) -> None:
    (case.world.folder / "away/pre-commit").unlink()


def slow_hooks(case: Case) -> None:
    case.hook("pre-commit", "sleep 0.5")
    case.hook("post-commit", "sleep 0.5 &")


def hook_that_formats_and_adds(case: Case) -> None:
    """As formatters do: notes that are committed are changed on disk and staged again."""
    case.hook(
        "pre-commit",
        "for each in Papers/2025-02/*5[1-3].md; do\n"
        'grep -q formatted "$each" || echo formatted >> "$each"; git add "$each"; done',
    )


def hook_that_formats(case: Case) -> None:
    case.hook(
        "pre-commit",
        "for each in Papers/2025-02/*5[1-3].md; do\n"
        'grep -q formatted "$each" || echo formatted >> "$each"; done',
    )


def hook_that_adds_a_file_of_the_readers(case: Case) -> None:
    case.hook("pre-commit", "echo more >> log.txt; git add log.txt; git add untracked.md")
    case.added_by_hook |= {"log.txt", "untracked.md"}


def hook_that_changes_the_message(case: Case) -> None:
    case.hook("commit-msg", "echo 'Reviewed-by: me' >> \"$1\"")


def hook_that_stages_afterwards(case: Case) -> None:
    case.hook("post-commit", "git add untracked.md")
    case.added_by_hook |= {"untracked.md"}


STATES = (
    State(failing_pre_commit, "held", ("not today",), 1, Case.no_hooks, ("notes", "own")),
    State(failing_commit_msg, "held", ("not today",), 1, Case.no_hooks),
    State(failing_prepare_commit_msg, "held", ("not today",), 1, Case.no_hooks),
    State(failing_reference_transaction, "held", ("git",), 1, Case.no_hooks),
    State(failing_post_commit),
    State(failing_hook_elsewhere, "held", ("not today",), 1, no_hook_elsewhere),
    State(slow_hooks),
    State(hook_that_formats_and_adds),
    State(hook_that_formats, passes=2),
    State(hook_that_adds_a_file_of_the_readers, says=("untracked.md",)),
    State(hook_that_changes_the_message),
    State(hook_that_stages_afterwards),
)
