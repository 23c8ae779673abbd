"""Syncthing, vdirsyncer and gitwatch: tools that carry files elsewhere while somebody edits them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from standins.box import Box
from standins.person import Person
from standins.revised import Revised
from standins.vaults import record

from kb.vault import disk

COPIES = (
    "{stem}.sync-conflict-20250211-101500-ABCDEFG.md",
    "{stem} (Ada's conflicted copy 2025-02-11).md",
    "{stem} [conflict].md",
)


@pytest.mark.parametrize("copy", COPIES)
def test_syncthing_220_a_conflict_copy_is_neither_edited_nor_taken_for_the_note(
    one: Revised, copy: str
) -> None:
    """Of two versions of a file one was overwritten; since then sync tools put the other beside it,
    and there it stays, untouched and unrecorded, even where the note itself has moved on."""
    note, text = Path(one.note), one.text()
    beside = note.with_name(copy.format(stem=note.stem)).as_posix()
    one.box.write(beside, text + "\nfrom the other machine\n")
    moved = "Reading/Mine.md"
    one.box.write(moved, text + "\nfrom this machine\n")
    (one.box.root / note).unlink()
    before = one.box.state()[beside]
    told = one.revise()
    assert "version: 2\n" in one.box.text(moved)
    assert one.box.text(moved).endswith("from this machine\n")
    assert one.box.state()[beside] == before
    assert [each for each in told["problems"] if "arxiv_id" in each["why"]] == []
    tracked = one.box.git("ls-files", "-z").split("\0")
    assert moved in tracked
    assert beside not in tracked


def test_syncthing_3742_a_file_that_came_in_the_last_moment_is_not_replaced(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new file was silently replaced by an incoming one of the same name, as it had not been
    scanned yet; kb's new files take a free name, and never the place of one that just came."""
    real, came = disk.move_to_free_name, dict[str, str]()

    def move_to_free_name(old: Path, new: Path) -> None:
        path = new.relative_to(box.root).as_posix()
        if path.endswith(".md") and not came:
            came[path] = "just came\n"
            box.write(path, came[path])
        real(old, new)

    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    feed = tmp_path / "f.jsonl"
    feed.write_text(json.dumps(record(3)))
    monkeypatch.setattr(disk, "move_to_free_name", move_to_free_name)
    box.kb("sync", "--feed", str(feed))
    ((path, words),) = came.items()
    assert box.text(path) == words
    monkeypatch.undo()


@pytest.fixture
def sixty(box: Box, tmp_path: Path) -> Box:
    """A vault with sixty notes."""
    box.edit("kb.toml", "per_day = 15", "per_day = 0")
    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    feed = tmp_path / "sixty.jsonl"
    feed.write_text("\n".join(json.dumps(record(n)) for n in range(60)))
    box.kb("sync", "--feed", str(feed))
    assert len(box.notes()) == 60
    return box


@pytest.mark.parametrize("left", ["nothing", "an empty folder", "a file"])
def test_vdirsyncer_42_an_empty_folder_is_not_taken_for_a_wish_to_delete(
    sixty: Box, tmp_path: Path, left: str
) -> None:
    """The path of a storage was changed to an empty folder, and everything was deleted on the other
    side; kb stops before a vault whose notes are gone, and goes on where they are back."""
    papers, away = sixty.root / "Papers", tmp_path / "away"
    shutil.move(papers, away)
    if left == "an empty folder":
        papers.mkdir()
    elif left == "a file":
        papers.write_text("")
    before, head = sixty.state(), sixty.git("rev-parse", "HEAD")
    for words in (["index"], ["sync", "--feed", str(tmp_path / "sixty.jsonl")]):
        sixty.kb(*words, code=1)
        assert "60 of 60 notes have vanished" in sixty.err
    assert (sixty.state(), sixty.git("rev-parse", "HEAD")) == (before, head)
    if papers.is_dir():
        papers.rmdir()
    papers.unlink(missing_ok=True)
    shutil.move(away, papers)
    told = sixty.json("sync", "--feed", str(tmp_path / "sixty.jsonl"))
    assert (told["commit"], told["pages"], told["notes"]["created"]) == (None, 0, 0)


def test_gitwatch_106_nothing_is_committed_into_somebody_s_rebase(one: Revised) -> None:
    """The thread was not to be had; the tool commits whatever changes, whenever it does. In the
    midst of a rebase kb writes its files, leaves git alone, and commits when the rebase is over."""
    person = Person(one.box.root)
    person.git("config", "user.name", "A reader")
    person.git("config", "user.email", "reader@localhost")
    for number in (1, 2):
        one.box.write(f"Ideas/{number}.md", "mine\n")
        person.git("add", "Ideas")
        person.git("commit", "-q", "-m", f"idea {number}")
    person.git("stash", "push", "-q", "--", "kb.toml")
    person.git("-c", "sequence.editor=sed -i.bak s/^pick/edit/", "rebase", "-q", "-i", "HEAD~2")
    settings = one.box.text("kb.toml")
    one.box.edit("kb.toml", "relevance = 7", "relevance = 1")
    one.box.edit("kb.toml", 'name = "{title}"', 'quiet = 0\nname = "{title}"')
    head, index = person.git("rev-parse", "HEAD"), person.index()
    told = one.revise()
    assert "rebase is under way" in json.dumps(told["problems"])
    assert "version: 2\n" in one.text()
    assert (person.git("rev-parse", "HEAD"), person.index()) == (head, index)
    one.box.write("kb.toml", settings)
    waiting = one.text()
    person.git("stash", "-q")
    for _ in range(2):
        person.git("rebase", "--continue")
    person.git("stash", "pop", "-q")
    assert not (one.box.root / ".git/rebase-merge").exists()
    assert person.git("log", "-2", "--format=%s").split("\n")[:2] == ["idea 2", "idea 1"]
    one.box.kb("index")
    assert person.git("show", f"HEAD:{one.note}") == one.text() == waiting
