"""A scan that is kept in step by hints knows what a fresh one would find."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standins.vaults import note_text

from kb.config import Settings
from kb.core.notes import Note
from kb.vault.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.vault.scan import Scan

PLACES = ("a.md", "b.md", "B.md", "Papers/a.md", "Papers/x/c.md", "Other/c.md", "x.sync-conflict-20250306-101010-ABCDEFG.md")  # fmt: skip
FOLDERS = ("Papers", "Papers/x", "Other", ".trash", "Elsewhere")
TEXTS = (
    note_text(1),
    note_text(2),
    note_text(2).replace("status: unread", "status: read"),
    note_text(3).replace("version: 1", "version: ["),
    note_text(3) + "\0",
    "---\nurl: https://arxiv.org/abs/2503.00002\n---\n",
    "no note of a paper\n",
    "",
)


class At:
    """Says of every paper that its note was last at one place."""

    def __init__(self, path: str) -> None:
        self.path = path

    def get(self, _: str) -> str:
        return self.path


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    root = tmp_path / "vault"
    root.mkdir()
    with Vault(root, Settings(), folder=tmp_path / "cache") as opened:
        yield opened


def told(scan: Scan) -> dict[str, object]:
    """All that anybody asks of a scan."""
    days = sorted(scan.notes.days())
    return {
        "notes": dict(scan.notes),
        "by day": [scan.notes.ids_on(day) for day in (*days, None)],
        "unread": scan.notes.best_unread(9),
        "counts": (scan.notes.listed, scan.notes.unread, len(scan.notes)),
        "traced": dict(scan.traced),
        "duplicates": scan.duplicates,
        "refused": scan.refused,
        "paths": set(scan.paths()),
        "at": {path: scan.notes.id_at(path) for path in scan.paths()},
        "unclear": {path for path in scan.paths() if scan.is_unclear(path)},
        "stems": scan.stems,
    }


steps = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(PLACES), st.sampled_from(TEXTS)),
    st.tuples(st.just("remove"), st.sampled_from(PLACES), st.just("")),
    st.tuples(st.just("rename"), st.sampled_from(PLACES), st.sampled_from(PLACES)),
    st.tuples(st.just("move folder"), st.sampled_from(FOLDERS), st.sampled_from(FOLDERS)),
)


def act(root: Path, what: str, one: str, other: str) -> set[str]:
    """Does one thing; gives back what a listener would have been told."""
    path = root / one
    path.parent.mkdir(parents=True, exist_ok=True)
    if what == "write":
        path.write_text(other)
    elif what == "remove":
        path.unlink(missing_ok=True)
    elif what == "rename" and path.is_file():
        (root / other).parent.mkdir(parents=True, exist_ok=True)
        path.replace(root / other)
        return {one, other}
    elif what == "move folder" and path.is_dir() and not (root / other).exists():
        (root / other).parent.mkdir(parents=True, exist_ok=True)
        if not other.startswith(f"{one}/"):
            shutil.move(path, root / other)
        return {one, other}
    return {one}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200
)
@given(st.lists(steps, min_size=1, max_size=12), st.sampled_from(PLACES), st.integers(1, 4))
def test_hints_lead_to_what_a_full_comparison_finds(
    vault: Vault, done: list[tuple[str, str, str]], home: str, every: int
) -> None:
    root = vault.root
    for each in root.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    kept = vault.scan(At(home))
    hints: set[str] = set()
    for number, (what, one, other) in enumerate(done, 1):
        hints |= {hint for hint in act(root, what, one, other) if not hint.startswith(".")}
        if number % every == 0:
            kept.look_at(hints, At(home))
            hints.clear()
    changes = kept.look_at(hints, At(home))
    assert told(kept) == told(vault.scan(At(home)))
    again = kept.compare(At(home))
    assert not again.papers, f"{again} after {changes}"
    assert told(kept) == told(vault.scan(At(home)))


def test_what_kb_wrote_itself_is_nothing_new(vault: Vault) -> None:
    scan = vault.scan()
    vault.files.write("a.md", note_text(1).encode(), expect=None)
    note = vault.scan().note_at("a.md")
    scan.wrote("a.md", len(note_text(1).encode()), note)
    assert not scan.differs(["a.md"])
    assert scan.note_at("a.md") == note
    (vault.root / "a.md").write_text(note_text(2))
    scan.wrote("a.md", 1, note)
    assert scan.differs(["a.md"]), "somebody wrote after kb did"
    assert scan.look_at(["a.md"], At("")).papers == {"2503.00001", "2503.00002"}


def test_a_file_read_at_the_moment_of_its_change_is_read_again(vault: Vault) -> None:
    """Two saves within one tick of the file system's clock may leave the same time and size."""
    file = vault.root / "a.md"
    file.write_text(note_text(1))
    scan = vault.scan()
    stamp = file.stat()
    with file.open("r+") as held:
        held.write(note_text(1).replace("status: unread", "status: readin"))
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    scan.compare(At(""))
    assert scan.notes["2503.00001"].status == "readin"


def test_a_hint_at_a_folder_that_is_reached_by_a_link_changes_nothing(vault: Vault) -> None:
    hidden = vault.root / ".store"
    hidden.mkdir()
    (hidden / "a.md").write_text(note_text(1))
    (vault.root / "Papers").symlink_to(".store")
    scan = vault.scan()
    assert [note.path for note in scan.notes.values()] == ["Papers/a.md"]
    scan.look_at(["Papers/a.md"], At(""))
    assert [note.path for note in scan.notes.values()] == ["Papers/a.md"]


def test_what_was_read_is_remembered_in_the_cache(vault: Vault) -> None:
    file = vault.root / "a.md"
    file.write_text(note_text(1))
    os.utime(file, (1_700_000_000, 1_700_000_000))
    vault.scan()
    [row] = vault.cache.notes()
    cached = (*row[:4], b'{"id":"2503.00009","path":"a.md"}', "2503.00009", *row[6:])
    vault.cache.put_notes([cached], [])
    scan = vault.scan()
    assert scan.notes["2503.00009"] == Note(path="a.md", id="2503.00009")
    assert scan.notes.mark("2503.00009") == ("unread", False)
    assert scan.notes.best_unread(5) == ["2503.00009"]


def test_no_number_in_a_note_is_too_large_to_be_remembered(vault: Vault) -> None:
    file = vault.root / "a.md"
    text = note_text(1).replace("relevance: 8", f"relevance: {10**40}")
    file.write_text(text.replace("rating:", "rating: 1e300").replace("score: 14", "score: -1e99"))
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert told(vault.scan()) == told(vault.scan())


def test_it_is_known_what_has_changed_of_a_note(vault: Vault) -> None:
    file = vault.root / "a.md"
    file.write_text(note_text(1))
    scan = vault.scan()
    [day] = scan.notes.days()

    def changed(old: str, new: str) -> dict[date | None, set[str]]:
        scan.notes.settle()
        file.write_text(file.read_text().replace(old, new, 1))
        scan.look_at(["a.md"], {})
        return dict(scan.notes.stirred)

    assert changed("status: unread", "status: read") == {day: {"status"}}
    assert changed("rating:", "rating: 5") == {day: {"rating"}}
    assert changed("An invented paper", "Another paper") == {day: {"face"}}
    assert changed("## Notes", "## Notes\n\nA word.") == {}
