from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from standins.person import Person, leftovers, opened

from kb.errors import Problem
from kb.repository import command
from kb.repository.git import Repository

if TYPE_CHECKING:
    from pathlib import Path


def test_no_repository(tmp_path: Path) -> None:
    assert Repository.find(tmp_path) is None


def test_a_new_repository_and_its_first_commit(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path, branch="trunk")
    assert repository.state().branch == "trunk"
    assert repository.state().head is None
    assert repository.head() is None
    assert repository.last_pass() == []
    (tmp_path / "a.md").write_text("a")
    (tmp_path / "b.md").write_text("b")
    person = Person(tmp_path)
    person.git("add", "b.md")
    sha = repository.commit(["a.md"], "First pass")
    assert sha == repository.head()
    assert person.files() == {"a.md"}
    assert set(person.index()) == {"a.md", "b.md"}
    assert person.git("status", "--porcelain") == "A  b.md\n"
    assert person.git("log", "--format=%an <%ae> %cn %s") == "kb <kb@localhost> kb First pass\n"
    assert leftovers(repository) == []


def test_a_vault_in_a_subfolder(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.git("init", "-q", "-b", "main")
    person.write("code.py", "print()")
    person.write("docs/vault/Papers/a.md", "a")
    person.write("docs/vault/b.md", "b")
    repository = opened(tmp_path / "docs/vault")
    assert repository.top == tmp_path.resolve()
    assert repository.uncommitted(["."]) == ["Papers/a.md", "b.md"]
    sha = repository.commit(["Papers/a.md", "b.md"], "notes\n\nkb-pass: x")
    assert person.files() == {"docs/vault/Papers/a.md", "docs/vault/b.md"}
    assert repository.tracked(["b.md", "c.md"]) == {"b.md"}
    assert sha is not None
    assert [each.path for each in repository.changes_of(sha)] == ["Papers/a.md", "b.md"]
    assert [each.sha for each in repository.last_pass()] == [sha]
    other = tmp_path / "other"
    other.mkdir()
    assert opened(other).last_pass() == []


def test_a_repository_that_ignores_the_vault_is_none_of_its_own(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.git("init", "-q")
    person.write(".gitignore", "/my-vault/\n")
    person.write("my-vault/a.md", "a")
    assert Repository.find(tmp_path / "my-vault") is None
    inner = Repository.create(tmp_path / "my-vault")
    assert inner.commit(["a.md"], "a") is not None
    assert person.git("status", "--porcelain") == "?? .gitignore\n"


def test_inside_the_git_folder_or_a_bare_repository_there_is_none(reader: Person) -> None:
    assert Repository.find(reader.folder / ".git") is None
    reader.git("init", "-q", "--bare", "../bare")
    assert Repository.find(reader.folder.parent / "bare") is None


def test_misleading_variables_are_not_obeyed(
    reader: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a hook of another repository, or a shell set up for dot files."""
    command._git.cache_clear()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    reader.write("note.md", "again\n")
    assert opened(reader.folder).commit(["note.md"], "note") is not None
    assert reader.files() == {"note.md"}


@pytest.mark.parametrize("reader", ["staging"], indirect=True)
def test_the_readers_index_and_work_stay_as_they_were(reader: Person) -> None:
    reader.write("note.md", "by kb\n")
    reader.write("Daily/arxiv.md", "by kb\n")
    before, status = reader.index("note.md"), reader.git("status", "--porcelain")
    assert "MM staged.md" in status
    repository = opened(reader.folder)
    sha = repository.commit(["note.md", "Daily/arxiv.md"], "A day\n\nkb-pass: 1")
    assert reader.files() == {"note.md", "Daily/arxiv.md"}
    assert sha == reader.git("rev-parse", "HEAD").strip()
    assert reader.index("note.md", "Daily/arxiv.md") == before
    assert reader.git("status", "--porcelain").splitlines() == [
        " M changed.md",
        " D gone.md",
        "A  new.md",
        "MM staged.md",
        "?? untracked.md",
    ]
    assert reader.git("show", ":staged.md") == "staged once\n"
    assert reader.git("fsck", "--strict") == ""
    assert leftovers(repository) == []


def test_deletions_are_committed(reader: Person) -> None:
    before = reader.index("gone.md")
    repository = opened(reader.folder)
    assert repository.uncommitted(["gone.md"]) == ["gone.md"]
    repository.commit(["gone.md"], "gone")
    assert reader.git("show", "--format=", "--name-status") == "D\tgone.md\n"
    assert reader.index() == before
    assert repository.commit(["gone.md", "never.md"], "gone") is None


def test_what_the_reader_removed_with_git_is_committed(reader: Person) -> None:
    reader.git("rm", "-q", "note.md")
    reader.git("rm", "-q", "--cached", "changed.md")
    repository = opened(reader.folder)
    assert repository.commit(["note.md", "changed.md"], "x", wait_seconds=0.5)
    assert reader.files() == {"note.md", "changed.md"}
    assert reader.git("status", "--porcelain", "note.md", "changed.md") == ""
    assert reader.git("show", "HEAD:changed.md") == "changed since\n"


def test_what_was_only_staged_and_is_gone_is_no_commit(reader: Person) -> None:
    reader.write("fleeting.md", "staged\n")
    reader.git("add", "fleeting.md")
    (reader.folder / "fleeting.md").unlink()
    repository = opened(reader.folder)
    assert repository.commit(["fleeting.md"], "x", wait_seconds=0.5) is None
    reader.write("note.md", "by kb\n")
    assert repository.commit(["fleeting.md", "note.md"], "x", wait_seconds=0.5)
    assert reader.files() == {"note.md"}
    assert reader.git("status", "--porcelain", "fleeting.md") == ""


def test_what_the_reader_only_intends_to_add_stays_so(reader: Person) -> None:
    reader.git("add", "--intent-to-add", "untracked.md")
    reader.write("note.md", "by kb\n")
    assert opened(reader.folder).commit(["note.md"], "x")
    assert reader.files() == {"note.md"}
    assert reader.git("status", "--porcelain", "untracked.md") == " A untracked.md\n"


@pytest.mark.parametrize("ignorecase", ["false", "true"])
def test_what_is_tracked_in_an_ignored_folder_is_committed(reader: Person, ignorecase: str) -> None:
    reader.git("config", "core.ignorecase", ignorecase)
    reader.write("Daily/a.md", "one\n")
    repository = opened(reader.folder)
    assert repository.commit(["Daily/a.md"], "x")
    reader.write(".gitignore", "Daily/\n")
    reader.write("Daily/a.md", "two\n")
    problems: list[Problem] = []
    assert repository.commit(["Daily/a.md"], "x", problems=problems)
    (reader.folder / "Daily/a.md").unlink()
    assert repository.commit(["Daily/a.md"], "x", problems=problems)
    assert problems == []
    assert reader.git("show", "--format=", "--name-status") == "D\tDaily/a.md\n"


def test_the_readers_edits_in_a_given_file_come_along(reader: Person) -> None:
    repository = opened(reader.folder)
    repository.commit(["staged.md", "new.md"], "both")
    assert reader.git("show", "HEAD:staged.md") == "staged once\nand changed again\n"
    assert reader.git("status", "--porcelain", "staged.md", "new.md") == ""


def test_nothing_to_commit_is_no_commit(reader: Person) -> None:
    repository = opened(reader.folder)
    head, index = repository.head(), (repository.git_dir / "index").read_bytes()
    assert repository.commit(["note.md"], "x") is None
    assert repository.commit([], "x") is None
    assert repository.head() == head
    assert (repository.git_dir / "index").read_bytes() == index


NAMES = [
    "[1].md",
    ":(glob)x.md",
    ":!x.md",
    "*.md",
    "a b.md",
    " lead.md",
    "é 漢 😀.md",
    "-n.md",
    '"quoted".md',
    "back\\slash.md",
    "line\nbreak.md",
    "tab\t.md",
]


@pytest.mark.skipif(os.name == "nt", reason="names that Windows does not know")
def test_names_mean_themselves(reader: Person) -> None:
    """A note named [1].md was read by git as a glob (gitwatch, obsidian-git)."""
    repository = opened(reader.folder)
    for name in NAMES:
        reader.write(name, "ours\n")
    reader.write("1.md", "theirs\n")
    reader.write("x.md", "theirs\n")
    assert repository.uncommitted(NAMES) == sorted(NAMES)
    repository.commit(NAMES, "odd names")
    assert reader.files() == set(NAMES)
    assert repository.tracked([*NAMES, "1.md", "x.md"]) == set(NAMES)
    for name in NAMES:
        reader.write(name, "ours again\n")
    sha = repository.commit(NAMES, "odd names again")
    assert reader.files() == set(NAMES)
    assert sha is not None
    changes = repository.changes_of(sha)
    assert [each.path for each in changes] == sorted(NAMES)
    assert {(each.before, each.after) for each in changes} == {(b"ours\n", b"ours again\n")}


def test_thousands_of_paths(reader: Person) -> None:
    paths = [f"Papers/2025-03/A rather long title of a paper, number {n}.md" for n in range(2000)]
    for path in paths:
        reader.write(path, path)
    repository = opened(reader.folder)
    assert repository.uncommitted(paths) == sorted(paths)
    repository.commit(paths, "many")
    assert reader.files() == set(paths)
    assert repository.uncommitted(["Papers"]) == []


def test_ignored_files_are_left_out_and_told(reader: Person) -> None:
    reader.write(".gitignore", "Secret/\n*.tmp.md\n")
    for path in ("Secret/a.md", "b.tmp.md", "c.md"):
        reader.write(path, "x")
    repository = opened(reader.folder)
    problems: list[Problem] = []
    assert repository.is_ignored("Secret/a.md")
    assert not repository.is_ignored(":(glob)c.md")
    assert not repository.is_ignored("c.md")
    assert repository.commit(["Secret/a.md", "b.tmp.md", "c.md"], "x", problems=problems)
    assert reader.files() == {"c.md"}
    assert sorted(str(each) for each in problems) == [
        "Secret/a.md: is ignored by git, so it is not committed",
        "b.tmp.md: is ignored by git, so it is not committed",
    ]
    assert repository.uncommitted(["Secret", "b.tmp.md"]) == []


def test_a_repository_inside_the_vault_is_not_ours(reader: Person) -> None:
    reader.write("Inner/a.md", "x")
    Person(reader.folder / "Inner").git("init", "-q")
    problems: list[Problem] = []
    repository = opened(reader.folder)
    assert repository.commit(["Inner/a.md"], "x", problems=problems) is None
    assert [each.where for each in problems] == ["Inner/a.md"]
    assert "repository of its own" in problems[0].why
