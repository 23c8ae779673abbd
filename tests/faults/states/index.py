"""Ways in which git keeps its index, and flags of its entries."""

from __future__ import annotations

from faults.git_cases import Case, State

NOTE = "Papers/2025-02/Linear attention number 1.md"


SPARSE = ("Papers", "Weekly", "Monthly", ".kb", "Reading", "Templates")


def sparse_checkout_without_a_folder_of_the_readers(case: Case) -> None:
    case.git("sparse-checkout", "set", *SPARSE, "Daily")


def sparse_checkout_without_a_folder_of_kbs(case: Case) -> None:
    case.git("sparse-checkout", "set", *SPARSE)


def sparse_index(case: Case) -> None:
    case.git("sparse-checkout", "set", "--sparse-index", *SPARSE, "Daily")


def split_index(case: Case) -> None:
    case.git("config", "core.splitIndex", "true")
    case.git("update-index", "--split-index")


def index_of_many_files(case: Case) -> None:
    case.git("config", "feature.manyFiles", "true")
    case.git("update-index", "--index-version", "4", "--untracked-cache")


def fsmonitor(case: Case) -> None:
    monitor = case.world.folder / "away"
    monitor.write_text("#!/bin/sh\nprintf 'token\\0/\\0'\n")
    monitor.chmod(0o755)
    case.git("config", "core.fsmonitor", str(monitor))
    case.git("update-index", "--fsmonitor")
    case.git("status", "-s")


def assume_unchanged(case: Case) -> None:
    case.git("update-index", "--assume-unchanged", "changed.md", NOTE)
    case.left_out.add(NOTE)


def skip_worktree(case: Case) -> None:
    case.git("update-index", "--skip-worktree", "changed.md", NOTE)
    case.left_out.add(NOTE)


def intent_to_add(case: Case) -> None:
    case.git("add", "-N", "untracked.md", "Reading")


def staged_by_the_reader(case: Case) -> None:
    """Notes and pages are staged too, and changed again; what is on disk is committed."""
    case.git("add", "Papers", "Reading", "Daily")
    with (case.root / NOTE).open("a") as file:
        file.write("one more line\n")


ALL = ("notes", "own", "off")
STATES = (
    State(sparse_checkout_without_a_folder_of_the_readers),
    State(sparse_checkout_without_a_folder_of_kbs),
    State(sparse_index),
    State(split_index),
    State(index_of_many_files),
    State(fsmonitor),
    State(assume_unchanged),
    State(skip_worktree),
    State(intent_to_add),
    State(staged_by_the_reader, modes=ALL),
)
