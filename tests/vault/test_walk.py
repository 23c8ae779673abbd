from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from kb.vault.disk import DiskError
from kb.vault.walk import Walk, is_conflict_copy

if TYPE_CHECKING:
    from pathlib import Path


def make(root: Path, *paths: str) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(path.encode())


def found(root: Path) -> list[str]:
    walk = Walk(root)
    entries = list(walk.all({}))
    for entry in entries:  # each is told alike where it is asked for alone
        if walk.is_plain(entry.path.rpartition("/")[0]):
            assert walk.entry(entry.path, {}) == entry
    return [entry.path for entry in entries]


def test_finds_markdown_files_and_nothing_else(tmp_path: Path) -> None:
    make(
        tmp_path,
        *("b.md", "a.MD", "Papers/2025-03/é.md", "Papers/x y.md", "A/z.md"),
        *("picture.png", "md", ".hidden.md", "notes.md.bak"),
        *(".obsidian/x.md", ".git/x.md", ".trash/x.md", ".kb/x.md", "node_modules/p/README.md"),
    )
    (tmp_path / "folder.md").mkdir()
    assert found(tmp_path) == ["a.MD", "b.md", "A/z.md", "Papers/x y.md", "Papers/2025-03/é.md"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_tells_what_is_no_note_though_it_has_the_name_of_one(tmp_path: Path) -> None:
    make(tmp_path, "a.md")
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "nowhere.md").symlink_to("gone.md")
    (tmp_path / "link").symlink_to("gone")
    passed_over: dict[str, str] = {}
    assert [entry.path for entry in Walk(tmp_path).all(passed_over)] == ["a.md"]
    assert {path: why.split()[1] for path, why in passed_over.items()} == {
        "pipe.md": "not",
        "nowhere.md": "a",
    }


def test_tells_size_and_time(tmp_path: Path) -> None:
    make(tmp_path, "a.md")
    os.utime(tmp_path / "a.md", ns=(1, 1_700_000_000_123_456_700))
    told = (tmp_path / "a.md").stat()
    entry = ("a.md", 4, 1_700_000_000_123_456_700, told.st_ctime_ns)
    assert list(Walk(tmp_path).all({})) == [entry]
    assert Walk(tmp_path).entry("a.md", {}) == entry


def test_a_vault_inside_the_vault_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, ".obsidian/app.json", "a.md", "Other/.obsidian/app.json", "Other/b.md")
    assert found(tmp_path) == ["a.md"]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights there")
def test_links(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    make(root, "a.md", "Real/b.md", ".store/c.md", ".store/deep/d.md", "text.txt")
    make(tmp_path, "outside/x.md")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "out.md").symlink_to(tmp_path / "outside/x.md")
    (root / "loop").symlink_to(root)
    (root / "again").symlink_to(root / "Real")
    (root / "again.md").symlink_to("a.md")
    (root / "Hidden").symlink_to(".store")
    (root / ".store/deep/up").symlink_to("..")
    (root / "note.md").symlink_to("text.txt")
    (root / "nowhere.md").symlink_to("gone.md")
    assert sorted(found(root)) == [
        "Hidden/c.md",
        "Hidden/deep/d.md",
        "Real/b.md",
        "a.md",
        "note.md",
    ]


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_names_that_are_not_unicode_are_left_out(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.md")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes Unicode only")
    make(tmp_path, "café.md")
    assert found(tmp_path) == ["café.md"]


def test_a_vault_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DiskError):
        found(tmp_path / "gone")


@pytest.mark.parametrize(
    "name",
    [
        "Note.sync-conflict-20240101-120000-ABCDEFG.md",
        "Note (Ada's conflicted copy 2024-01-01).md",
        "Note (conflicted copy 2024-01-01 120000).md",
        "Note (Conflicted copy phone 202501011200).md",
        "Note (SFConflict ada@example.org 2024-01-01-12-00-00).md",
        "Note (Case Conflict).md",
        "Note [conflicted].md",
        "Note [Conflict (2)].md",
        "Note_conflict-20240101-120000.md",
        "Note_LOCAL_4711.md",
        "~syncthing~Note.md.tmp",
        "Note.md~",
    ],
)
def test_conflict_copies(name: str) -> None:
    assert is_conflict_copy(name)


@pytest.mark.parametrize(
    "name",
    [
        "Note.md",
        "Conflict (of interest) in review.md",
        "Copy and (conflicted) agents.md",
        "On conflicted copy detection.md",
        "Sync conflict 2024.md",
        "LOCAL_SGD.md",
        "Federated LOCAL_SGD_2.md",
        "A [Conflicting] Title.md",
    ],
)
def test_ordinary_names(name: str) -> None:
    assert not is_conflict_copy(name)
