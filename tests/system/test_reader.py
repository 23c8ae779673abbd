"""What a reader does to notes and pages, and what becomes of it at the next pass."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from standins.box import Box

from kb.core import frontmatter


@pytest.fixture
def filled(box: Box, feed: Path) -> Box:
    box.kb("sync", "--feed", str(feed))
    assert len(box.notes()) >= 6
    return box


def arxiv_id(box: Box, path: str) -> str:
    return str(frontmatter.read(box.text(path))["arxiv_id"])


def daily(box: Box, path: str) -> str:
    return f"Daily/arxiv-{frontmatter.read(box.text(path))['announced']}.md"


def tick(box: Box, note: str, task: str, mark: str = "x") -> None:
    page = daily(box, note)
    text = box.text(page)
    at = text.index(f"**arXiv** [{arxiv_id(box, note)}]")
    old = "- [ ] " if mark == "x" else "- [x] "
    box.write(page, text[:at] + text[at:].replace(f"{old}{task}", f"- [{mark}] {task}", 1))


def test_ticks_on_a_page_become_properties(filled: Box) -> None:
    one, two, three = filled.notes()[:3]
    tick(filled, one, "read")
    tick(filled, two, "skip")
    tick(filled, three, "star")
    filled.kb("index")
    assert "\nstatus: read\n" in filled.text(one)
    assert "\nstatus: skip\n" in filled.text(two)
    assert "\nrating: 5\n" in filled.text(three)
    assert "- [x] read" in filled.text(daily(filled, one))
    assert filled.git("status", "--porcelain") == " M kb.toml\n"
    before = filled.state()
    filled.kb("sync", "--feed", "sample", "--until", "2025-01-01")
    assert filled.state() == before
    tick(filled, one, "read", " ")
    filled.kb("index")
    assert "\nstatus: unread\n" in filled.text(one)


def test_a_status_changed_in_the_note_shows_on_every_page(filled: Box) -> None:
    note = filled.notes()[0]
    filled.edit(note, "status: unread", "status: reading")
    filled.kb("index", "--check", code=1)
    filled.kb("index")
    assert "| reading |" in filled.text("Weekly/arxiv-2025-W10.md")
    filled.kb("index", "--check")


def test_a_renamed_and_moved_note_is_followed(filled: Box) -> None:
    note = filled.notes()[0]
    (filled.root / "Reading").mkdir()
    (filled.root / note).rename(filled.root / "Reading/My favourite (really).md")
    filled.kb("index")
    assert "(../Reading/My%20favourite%20%28really%29.md)" in filled.text(
        "Weekly/arxiv-2025-W10.md"
    )
    assert filled.git("status", "--porcelain") == " M kb.toml\n"


def test_a_deleted_note_stays_deleted(filled: Box, feed: Path) -> None:
    note = filled.notes()[0]
    gone = arxiv_id(filled, note)
    (filled.root / note).unlink()
    filled.kb("sync", "--feed", str(feed))
    assert note not in filled.notes()
    assert gone not in filled.text(f"Daily/arxiv-{filled.json('why', gone)['announced']}.md")
    assert "deleted" in filled.json("why", gone)["decision"]
    assert filled.git("status", "--porcelain") == " M kb.toml\n"


def test_thirty_notes_gone_at_once_stop_the_pass(box: Box, tmp_path: Path) -> None:
    from standins.vaults import record

    box.edit("kb.toml", "per_day = 15", "per_day = 0")
    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    path = tmp_path / "f.jsonl"
    path.write_text("\n".join(json.dumps(record(n)) for n in range(60)))
    box.kb("sync", "--feed", str(path))
    assert len(box.notes()) == 60
    before = box.text("Home.md")
    shutil.move(str(box.root / "Papers"), str(tmp_path / "away"))
    box.kb("index", code=1)
    assert "60 of 60 notes have vanished" in box.err
    assert box.text("Home.md") == before
    shutil.move(str(tmp_path / "away"), str(box.root / "Papers"))
    box.kb("index")
    shutil.rmtree(box.root / "Papers")
    box.kb("sync", "--feed", str(path), "--accept-deletions")
    assert box.json("status")["notes"] == {}


def test_the_reader_s_words_around_a_region_stay(filled: Box, tmp_path: Path) -> None:
    page = "Weekly/arxiv-2025-W10.md"
    filled.edit(page, "---\n\n<!-- kb:begin page -->", "---\n\nmy week:\n\n<!-- kb:begin page -->")
    filled.write(page, filled.text(page) + "\n## Thoughts\n\nmine\n")
    filled.edit(filled.notes()[0], "status: unread", "status: read")
    filled.kb("index")
    text = filled.text(page)
    assert "\nmy week:\n" in text
    assert text.endswith("\n## Thoughts\n\nmine\n")
    assert "| read |" in text


def test_a_broken_note_is_named_once_and_left_alone(filled: Box) -> None:
    note = filled.notes()[0]
    filled.edit(note, 'title: "', 'title: ["')
    broken = filled.text(note)
    told = filled.json("index", code=1)
    assert [each["path"] for each in told["notes"]["refused"]] == [note]
    filled.kb("index", code=0)
    assert filled.text(note) == broken
    assert note in filled.kb("status")
    assert note in filled.kb("doctor", code=1)


def test_two_notes_with_one_id_are_told_and_the_written_one_is_listed(filled: Box) -> None:
    note = filled.notes()[0]
    filled.write("A copy of it.md", filled.text(note))
    told = filled.json("index")
    assert any("A copy of it.md" in p["where"] for p in told["problems"])
    assert "A%20copy" not in filled.text("Weekly/arxiv-2025-W10.md")


def test_what_is_rated_teaches_the_next_days(box: Box, feed: Path, tmp_path: Path) -> None:
    box.kb("sync", "--feed", str(feed), "--until", "2025-03-06")
    for note in box.notes():
        box.edit(note, "rating:\n", "rating: 5\n")
    box.kb("sync", "--feed", str(feed))
    assert box.json("status")["days"][-1]["outcome"] == "done"


def test_undo_takes_the_last_pass_back_and_nothing_of_the_reader(filled: Box, feed: Path) -> None:
    kept, *others = filled.notes()
    filled.edit(kept, "## Notes\n", "## Notes\n\nmy words\n")
    told = filled.json("undo")
    assert sorted(told["removed"]) == others
    assert filled.notes() == [kept]
    assert filled.git("log", "-1", "--format=%s").startswith('Undo "arXiv ')
    assert filled.git("status", "--porcelain") == " M kb.toml\n"
    filled.kb("sync", "--feed", str(feed))
    assert filled.notes() == [kept]
    assert len(filled.json("status")["days"]) == 3
    filled.kb("undo", code=2)


def test_undo_of_an_update_sets_former_values_back(box: Box, tmp_path: Path) -> None:
    from standins.feeds import ON_TOPIC, rss

    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    box.kb("sync", "--feed", str(rss(tmp_path / "1.xml", (1, "new", 1, ON_TOPIC))))
    (note,) = box.notes()
    before = box.text(note)
    box.kb(
        "sync",
        "--feed",
        str(rss(tmp_path / "2.xml", (1, "replace", 2, "Other words."), date="Tue, 11 Feb 2025")),
    )
    assert "version: 2" in box.text(note)
    box.edit(note, "## Notes\n", "## Notes\n\nmine\n")
    box.kb("undo")
    assert box.text(note) == before.replace("## Notes\n", "## Notes\n\nmine\n")
