"""What a person has begun in git and not finished."""

from __future__ import annotations

from faults.git_cases import Case, State


def _all_mine(case: Case) -> None:
    case.git("add", "-A")
    case.git("commit", "-q", "-m", "all of mine")


def _two_sides(case: Case, *texts: str) -> None:
    """A branch `side` that is at odds with ours about one file of the reader's."""
    _all_mine(case)
    case.git("checkout", "-q", "-b", "side")
    case.write("staged.md", "side\n")
    case.git("commit", "-q", "-a", "-m", "side")
    case.git("checkout", "-q", "-")
    for text in texts or ("main\n",):
        case.write("staged.md", text)
        case.git("commit", "-q", "-a", "-m", text)


def merge(case: Case) -> None:
    _two_sides(case)
    case.git("merge", "-q", "side", code=1)


def rebase(case: Case) -> None:
    _two_sides(case)
    case.git("rebase", "-q", "side", code=1)


def rebase_by_apply(case: Case) -> None:
    _two_sides(case)
    case.git("rebase", "-q", "--apply", "side", code=1)


def rebase_stopped_to_edit(case: Case) -> None:
    _two_sides(case)
    edit = ("-c", "sequence.editor=sed -i.bak 1s/pick/edit/")
    case.git(*edit, "rebase", "-q", "-i", "HEAD~1")


def cherry_pick(case: Case) -> None:
    _two_sides(case)
    case.git("cherry-pick", "side", code=1)


def cherry_pick_between_two(case: Case) -> None:
    """Only git's `sequencer` tells of it."""
    _two_sides(case, "main\n", "main again\n")
    case.git("cherry-pick", "side", "HEAD~1", code=1)
    finish_by_commit(case)


def revert(case: Case) -> None:
    _two_sides(case, "main\n", "main again\n")
    case.git("revert", "--no-edit", "HEAD~1", code=1)


def revert_prepared(case: Case) -> None:
    _two_sides(case, "main\n", "main again\n")
    case.git("revert", "--no-commit", "HEAD")


def bisect(case: Case) -> None:
    _two_sides(case, "main\n", "main again\n")
    case.git("bisect", "start", "HEAD", "HEAD~2")


def am(case: Case) -> None:
    _two_sides(case)
    patch = case.git("format-patch", "-1", "side", "-o", str(case.world.folder / "away")).strip()
    case.git("am", "-q", patch, code=128)


def finish_by_commit(case: Case) -> None:
    case.write("staged.md", "resolved\n")
    case.git("add", "staged.md")
    case.git("commit", "-q", "-m", "resolved")


def finish_rebase(case: Case) -> None:
    """Git wants no work that is not staged there, so the reader puts kb's by for the while."""
    case.write("staged.md", "resolved\n")
    case.git("add", "staged.md")
    case.git("stash", "-q", "--keep-index", "-u")
    case.git("-c", "core.editor=true", "rebase", "--continue")
    case.git("stash", "pop", "-q")


def quit_bisect(case: Case) -> None:
    case.git("bisect", "reset")


def quit_am(case: Case) -> None:
    case.git("am", "--quit")


def quit_cherry_pick(case: Case) -> None:
    case.git("cherry-pick", "--quit")


def quit_revert(case: Case) -> None:
    case.git("revert", "--quit")


def conflict_without_a_merge(case: Case) -> None:
    """A stash that did not fit: entries of three stages, and nothing that tells of a merge."""
    _all_mine(case)
    case.write("staged.md", "stashed\n")
    case.git("stash", "-q")
    case.write("staged.md", "other\n")
    case.git("commit", "-q", "-a", "-m", "other")
    case.git("stash", "pop", code=1)


def _words_on_side(case: Case) -> None:
    _all_mine(case)
    case.git("checkout", "-q", "-b", "side")
    case.write("other.md", "side\n")
    case.git("add", "other.md")
    case.git("commit", "-q", "-m", "words worth keeping")
    case.git("checkout", "-q", "-")


def _keep(case: Case, name: str) -> None:
    case.kept[case.git_dir / name] = (case.git_dir / name).read_bytes()


def squash_merge_prepared(case: Case) -> None:
    _words_on_side(case)
    case.git("merge", "-q", "--squash", "side")
    _keep(case, "SQUASH_MSG")


def cherry_pick_prepared(case: Case) -> None:
    _words_on_side(case)
    case.git("cherry-pick", "--no-commit", "side")
    _keep(case, "MERGE_MSG")


def message_of_a_commit_that_failed(case: Case) -> None:
    """The reader's words lie in COMMIT_EDITMSG until they try again."""
    case.hook("commit-msg", "exit 1")
    case.git("commit", "-q", "-m", "words worth keeping", code=1)
    case.no_hooks()
    _keep(case, "COMMIT_EDITMSG")


def stash(case: Case) -> None:
    case.write("Diary.md", "put by\n")
    case.git("stash", "push", "-q", "--", "Diary.md")


ALL = ("notes", "own", "off")
COMMITTED_LATER = "committed by the next pass"
STATES = (
    State(
        merge, "held", ("a merge is under way", COMMITTED_LATER), end=finish_by_commit, modes=ALL
    ),
    State(rebase, "held", ("a rebase is under way",), end=finish_rebase),
    State(rebase_by_apply, "held", ("a rebase is under way",), end=finish_rebase),
    State(rebase_stopped_to_edit, "held", ("a rebase is under way",), end=finish_rebase),
    State(cherry_pick, "held", ("a cherry-pick is under way",), end=finish_by_commit),
    State(
        cherry_pick_between_two, "held", ("a cherry-pick or revert is under",), end=quit_cherry_pick
    ),
    State(revert, "held", ("a revert is under way",), end=finish_by_commit),
    State(revert_prepared, "held", ("a revert is under way",), end=quit_revert),
    State(bisect, "held", ("a bisect is under way",), end=quit_bisect),
    State(am, "held", ("a git am is under way",), end=quit_am),
    State(conflict_without_a_merge),
    State(squash_merge_prepared),
    State(cherry_pick_prepared),
    State(message_of_a_commit_that_failed),
    State(stash),
)
