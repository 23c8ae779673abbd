"""The large vaults of the benchmarks are what kb itself would have made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from standins import large_vaults
from standins.box import Box
from standins.boxes import _private, empty

from kb.core import notes
from kb.core.folding import fold
from kb.sync import rendering
from kb.vault import apart
from kb.vault.ledger import Ledger

__all__ = ["_private", "empty"]
NOTES = 300


def test_kb_finds_nothing_to_do_in_it(empty: Box) -> None:
    made = large_vaults.make(empty.root, NOTES)
    before, head = empty.state(), empty.git("rev-parse", "HEAD")
    assert empty.git("status", "--porcelain") == ""
    empty.kb("index", "--check")
    empty.kb("index")
    assert empty.json("index")["pages"] == 0
    assert (empty.state(), empty.git("rev-parse", "HEAD")) == (before, head)
    assert empty.notes() == sorted(made.notes)
    assert len(made.notes) == NOTES
    assert len(list(empty.root.glob("Daily/*.md"))) == NOTES // large_vaults.PER_DAY
    assert (empty.root / "Diary").is_dir()


def test_what_two_processes_make_of_it_is_the_same(
    empty: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all notes and pages, that is, with a new cache."""
    large_vaults.make(empty.root, 60)
    before = empty.state()
    lost, spoiled, *_ = (f"Daily/{page.name}" for page in sorted(empty.root.glob("Daily/*.md")))
    for module in (apart, rendering):
        monkeypatch.setattr(module, "WORTH", 2)
    for number in (0, 1):
        if number:
            harm(empty.root, lost, spoiled)
        monkeypatch.setenv("KB_CACHE_DIR", str(tmp_path / f"new {number}"))
        assert empty.json("index")["pages"] == number * 2
        now = empty.state()
        assert {path: text for path, (text, _) in now.items()} == {
            path: text for path, (text, _) in before.items()
        }


def harm(root: Path, lost: str, spoiled: str) -> None:
    (root / lost).unlink()
    text = (root / spoiled).read_text("utf-8")
    (root / spoiled).write_text(text.replace("**Why**", "Why", 1), "utf-8")


def test_notes_and_ledger_agree_and_the_seed_decides(empty: Box, tmp_path: Path) -> None:
    made = large_vaults.make(empty.root, 60, seed=3)
    history = fold(Ledger(empty.root).records())
    assert history.unknown == 0
    assert {written.path for written in history.wrote.values()} == set(made.notes)
    for arxiv_id, written in history.wrote.items():
        note = notes.read(written.path, empty.text(written.path))
        assert (note.id, note.refused) == (arxiv_id, "")
        assert note.regions == written.regions
        for key, value in note.values.items():
            if key not in notes.SHARED:
                assert not notes.changed_by_reader(key, value, written.keys), (key, value)
    assert {day.relevant for day in history.real_days()} == {large_vaults.PER_DAY}
    again = tmp_path / "again"
    large_vaults.make(again, 60, seed=3)
    same = ["diff", "-r", "-q", "-x", ".git", "-x", "ledger", str(empty.root), str(again)]
    assert subprocess.run(same, check=False, capture_output=True, text=True).stdout == ""
