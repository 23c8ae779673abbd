from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from standins.person import Person, leftovers, opened

from kb.errors import Problem, TryLater

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_worktree(reader: Person) -> None:
    reader.git("worktree", "add", "-q", "-b", "side", "../side")
    side = Person(reader.folder.parent / "side")
    side.write("note.md", "by kb\n")
    before = reader.index()
    repository = opened(side.folder)
    assert repository.state().branch == "side"
    assert repository.commit(["note.md"], "side")
    assert side.files() == {"note.md"}
    assert reader.index() == before
    assert reader.git("log", "--format=%s", "main") == "first\n"


def test_a_submodule(reader: Person, tmp_path: Path) -> None:
    outer = Person(tmp_path / "outer")
    outer.folder.mkdir()
    outer.git("init", "-q")
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", "../vault", "notes")
    inner = Person(outer.folder / "notes")
    inner.write("note.md", "by kb\n")
    repository = opened(inner.folder)
    assert repository.top == inner.folder.resolve()
    assert repository.commit(["note.md"], "in the submodule")
    assert inner.files() == {"note.md"}
    assert outer.git("diff", "--cached", "--name-only").split() == [".gitmodules", "notes"]


def test_a_detached_head_goes_on_with_a_warning(reader: Person) -> None:
    reader.git("checkout", "-q", "--detach")
    reader.write("note.md", "by kb\n")
    problems: list[Problem] = []
    repository = opened(reader.folder)
    assert repository.state().branch is None
    assert repository.commit(["note.md"], "x", problems=problems)
    assert "HEAD is detached" in problems[0].why
    assert reader.git("log", "--format=%s", "main") == "first\n"


def merge(person: Person) -> None:
    person.git("merge", "side", code=1)


def rebase(person: Person) -> None:
    person.git("rebase", "side", code=1)


def apply_rebase(person: Person) -> None:
    person.git("rebase", "--apply", "side", code=1)


def cherry_pick(person: Person) -> None:
    person.git("cherry-pick", "side", code=1)


def revert(person: Person) -> None:
    person.git("revert", "--no-edit", "HEAD~1", code=1)


def bisect(person: Person) -> None:
    person.git("bisect", "start")


@pytest.mark.parametrize(
    ("begin", "named"),
    [
        (merge, "merge"),
        (rebase, "rebase"),
        (apply_rebase, "rebase"),
        (cherry_pick, "cherry-pick"),
        (revert, "revert"),
        (bisect, "bisect"),
    ],
)
def test_stands_back_while_the_reader_is_in_the_middle_of_something(
    reader: Person, begin: Callable[[Person], None], named: str
) -> None:
    reader.git("reset", "-q", "--hard")
    reader.git("checkout", "-q", "-b", "side")
    reader.write("staged.md", "side\n")
    reader.git("commit", "-q", "-a", "-m", "side")
    reader.git("checkout", "-q", "main")
    for text in ("main\n", "main again\n"):
        reader.write("staged.md", text)
        reader.git("commit", "-q", "-a", "-m", text)
    begin(reader)
    reader.write("note.md", "by kb\n")
    repository = opened(reader.folder)
    before, head = reader.index(), repository.head()
    assert repository.state().busy == named
    with pytest.raises(TryLater, match=f"a {named} is under way.* next pass"):
        repository.commit(["note.md"], "x")
    assert (reader.index(), repository.head()) == (before, head)
    assert repository.uncommitted(["note.md"]) == ["note.md"]


def test_a_file_in_conflict_is_left_to_the_reader(reader: Person) -> None:
    reader.git("reset", "-q", "--hard")
    reader.write("staged.md", "stashed\n")
    reader.git("stash", "-q")
    reader.write("staged.md", "other\n")
    reader.git("commit", "-q", "-a", "-m", "other")
    reader.git("stash", "pop", code=1)
    reader.write("note.md", "by kb\n")
    before = reader.index("note.md")
    problems: list[Problem] = []
    repository = opened(reader.folder)
    assert repository.commit(["staged.md", "note.md"], "x", problems=problems)
    assert reader.files() == {"note.md"}
    assert [each.where for each in problems] == ["staged.md"]
    assert reader.index("note.md") == before


def test_patches_being_applied_are_not_a_rebase(reader: Person) -> None:
    reader.git("reset", "-q", "--hard")
    reader.write("staged.md", "other\n")
    reader.git("commit", "-q", "-a", "-m", "other")
    patch = reader.git("format-patch", "-1", "-o", "..").strip()
    reader.write("staged.md", "again\n")
    reader.git("commit", "-q", "-a", "-m", "again")
    reader.git("am", "-q", patch, code=128)
    assert opened(reader.folder).state().busy == "git am"
    reader.git("am", "--quit")
    assert opened(reader.folder).state().busy is None


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (("merge", "-q", "--squash", "side"), "SQUASH_MSG"),
        (("cherry-pick", "--no-commit", "side"), "MERGE_MSG"),
    ],
)
def test_a_message_that_git_has_prepared_for_the_reader_stays(
    reader: Person, words: tuple[str, ...], file: str
) -> None:
    """Git removes it at every commit; without it the reader's next one has no words."""
    reader.git("reset", "-q", "--hard")
    reader.git("checkout", "-q", "-b", "side")
    reader.write("staged.md", "side\n")
    reader.git("commit", "-q", "-a", "-m", "words worth keeping")
    reader.git("checkout", "-q", "main")
    reader.git(*words)
    prepared = (reader.folder / ".git" / file).read_bytes()
    reader.write("note.md", "by kb\n")
    repository = opened(reader.folder)
    assert repository.commit(["note.md"], "A day\n\nkb-pass: 1")
    assert (repository.git_dir / file).read_bytes() == prepared
    assert leftovers(repository) == []
    reader.git("-c", "core.editor=true", "commit", "-q")
    assert "words worth keeping" in reader.git("log", "-1", "--format=%B")
    assert reader.files() == {"staged.md"}


def test_the_message_of_a_commit_that_failed_stays(reader: Person) -> None:
    reader.hook("commit-msg", "exit 1")
    reader.git("commit", "-q", "-m", "words worth keeping", code=1)
    reader.hook("commit-msg", "exit 0")
    draft = reader.folder / ".git/COMMIT_EDITMSG"
    for turn in range(2):
        reader.write("note.md", f"by kb, {turn}\n")
        assert opened(reader.folder).commit(["note.md"], "A day\n\nkb-pass: 1")
        assert draft.read_text() == "words worth keeping\n"


def test_files_outside_of_a_sparse_checkout_are_committed(reader: Person) -> None:
    reader.write("Daily/a.md", "x")
    reader.git("add", "Daily")
    reader.git("commit", "-q", "-m", "x", "--", "Daily")
    reader.git("sparse-checkout", "set", "Papers")
    assert not (reader.folder / "Daily").exists()
    before = reader.index("Daily/b.md")
    reader.write("Daily/b.md", "by kb\n")
    assert opened(reader.folder).commit(["Daily/b.md"], "x")
    assert reader.files() == {"Daily/b.md"}
    assert reader.index("Daily/b.md") == before
    assert not (reader.folder / "Daily/a.md").exists()
