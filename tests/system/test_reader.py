"""What a reader does to notes and pages, and what becomes of it at the next pass."""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standins.box import Box
from standins.feeds import ON_TOPIC, rss
from standins.revised import Revised

from kb import sync
from kb.core import frontmatter
from kb.core.history import Record
from kb.errors import KbError
from kb.vault.ledger import Ledger


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


def test_a_few_notes_deleted_are_deleted_and_a_lost_folder_is_asked_about(
    box: Box, feed: Path, tmp_path: Path
) -> None:
    box.kb("sync", "--feed", str(feed), "--until", "2025-03-05")
    notes = box.notes()
    assert 6 < len(notes) < 20
    for note in notes[:2]:
        (box.root / note).unlink()
    box.kb("index")
    assert len(box.notes()) == len(notes) - 2
    mine = "Reading/mine.md"
    (box.root / "Reading").mkdir()
    (box.root / notes[2]).rename(box.root / mine)
    shutil.move(str(box.root / "Papers"), str(tmp_path / "away"))
    (box.root / "Papers").mkdir()
    for words in ("index",), ("status",), ("doctor",), ("undo",):
        box.kb(*words, code=1)
        assert "Papers is gone or empty" in box.err
    (box.root / "Papers").rmdir()
    shutil.move(str(tmp_path / "away"), str(box.root / "Papers"))
    box.kb("index")
    assert len(box.notes()) == len(notes) - 3


def test_a_lost_folder_of_pages_is_asked_about_and_made_again_on_request(
    box: Box, tmp_path: Path
) -> None:
    from standins.vaults import record

    path = tmp_path / "f.jsonl"
    days = ("2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06")
    lines = [json.dumps(record(n + 10 * i, day)) for i, day in enumerate(days) for n in range(9)]
    path.write_text("\n".join(lines))
    box.kb("sync", "--feed", str(path))
    pages = sorted((box.root / "Daily").iterdir())
    assert len(pages) == 4
    shutil.rmtree(box.root / "Daily")
    box.kb("index", code=1)
    assert "Daily is gone or empty, and 4 files were in it" in box.err
    box.kb("sync", "--feed", str(path), "--accept-deletions")
    assert sorted((box.root / "Daily").iterdir()) == pages
    box.kb("index", "--check")


def test_a_ledger_that_is_gone_is_asked_about_and_begun_anew_on_request(
    filled: Box, feed: Path
) -> None:
    notes = filled.notes()
    shutil.rmtree(filled.root / ".kb/ledger")
    filled.kb("sync", "--feed", str(feed), code=1)
    assert ".kb/ledger is gone" in filled.err
    assert filled.notes() == notes
    filled.kb("sync", "--feed", str(feed), "--accept-deletions")
    assert filled.notes() == notes
    assert filled.git("status", "--porcelain") == " M kb.toml\n"
    filled.kb("index", "--check")


def test_a_vault_without_its_settings_is_remembered(filled: Box) -> None:
    (filled.root / "kb.toml").unlink()
    filled.kb("index", code=2)
    assert "was a vault of kb, but its kb.toml is gone" in filled.err


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


def test_a_note_that_an_editor_has_just_emptied_to_save_it_is_left_to_the_next_pass(
    filled: Box,
) -> None:
    from kb.cli.opening import vault_at
    from kb.core.plan import NoteEdit
    from kb.core.report import Report
    from kb.sync.writing import Writer

    note, other = filled.notes()[:2]
    for between in ("", filled.text(other)):
        edit = NoteEdit(
            id="2503.99999", path=note, why="a test",
            apply=lambda text: (frontmatter.edit(text, {"version": 7}), {"version": 7}, False),
        )  # fmt: skip
        filled.write(note, between)
        with vault_at(str(filled.root)) as vault:
            report = Report()
            assert (
                Writer(vault, vault.new_scan(), report, at="", dry_run=False).edit(edit, None)
                is None
            )
        assert filled.text(note) == between
        assert [problem.where for problem in report.deferred] == [note]


def test_a_moved_note_that_is_empty_for_a_moment_is_not_taken_for_deleted(filled: Box) -> None:
    """An editor that saves in place, or a sync tool, empties a file before it writes it."""
    note, moved = filled.notes()[0], "Reading/moved.md"
    (filled.root / "Reading").mkdir()
    (filled.root / note).rename(filled.root / moved)
    filled.kb("index")
    text = filled.text(moved)
    gone = frontmatter.read(text)["arxiv_id"]
    filled.write(moved, "")
    filled.kb("index")
    filled.write(moved, text)
    filled.kb("index")
    assert "deleted" not in filled.json("why", str(gone))["decision"]
    filled.write(moved, "")
    filled.kb("index")
    filled.kb("index")
    assert "deleted" not in filled.json("why", str(gone))["decision"]
    (filled.root / moved).unlink()
    filled.kb("index")
    assert "deleted" in filled.json("why", str(gone))["decision"]


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


def judged(box: Box, arxiv_id: str, relevance: int, **more: object) -> None:
    """A model's assessment arrives by git, as another machine would have written it."""
    record = {
        "v": 1, "k": "judged", "id": arxiv_id, "ver": 1, "by": "a-model", "prompt": "9f2c",
        "r": relevance, "n": 8, "topics": ["Model Architecture"], "comment": "a second look",
        "tokens": [412, 0, 38], "usd": 0.0012, "at": "2030-01-01T00:00:00.000Z",
    } | more  # fmt: skip
    with (box.root / ".kb/ledger/2025-03.jsonl").open("a") as ledger:
        ledger.write(json.dumps(record) + "\n")


def test_a_later_assessment_shows_in_the_note_and_on_pages(filled: Box) -> None:
    note = filled.notes()[0]
    filled.edit(note, "## Notes\n", "## Notes\n\nmine\n")
    judged(filled, arxiv_id(filled, note), 9)
    judged(filled, arxiv_id(filled, note), 2, at="2030-01-02T00:00:00.000Z")  # asked twice
    told = filled.json("index")
    assert told["notes"]["updated"] == 1
    text = filled.text(note)
    assert "\nrelevance: 9\nnovelty: 8\nscore: 17\nscored_by: a-model\n" in text
    assert "a second look" in text
    assert text.endswith("## Notes\n\nmine\n")
    assert "| 9/8 |" in filled.text("Weekly/arxiv-2025-W10.md")
    before = filled.state()
    filled.kb("index")
    assert filled.state() == before


def test_a_note_below_the_cutoffs_goes_only_if_nobody_used_it(filled: Box, feed: Path) -> None:
    plain, worded, linked, rated, moved, overruled = filled.notes()[:6]
    ids = {note: arxiv_id(filled, note) for note in filled.notes()[:6]}
    filled.edit(worded, "## Notes\n", "## Notes\n\nmy words\n")
    stem = Path(linked).stem
    filled.write("Diary.md", f"See [[{stem}]].\n")
    filled.edit(rated, "rating:\n", "rating: 4\n")
    (filled.root / moved).rename(filled.root / "elsewhere.md")
    filled.edit(overruled, "relevance: ", "relevance: 1")
    for each in ids.values():
        judged(filled, each, 2)
    told = filled.json("index")
    assert f"remove {plain} (relevance 2 is below the cutoff 7)" in told["actions"]
    assert not (filled.root / plain).exists()
    assert "below the cutoffs" in filled.json("why", ids[plain])["decision"]
    for note in (worded, linked, rated, "elsewhere.md"):
        assert "\nkept: false\n" in filled.text(note)
        assert "\nrelevance: 2\n" in filled.text(note)
        assert "its note stays" in filled.json("why", ids.get(note, ids[moved]))["decision"]
    assert "\nrelevance: 1" in filled.text(overruled)
    assert "relevance: 2" not in filled.text(overruled)
    page = filled.text("Weekly/arxiv-2025-W10.md") + filled.text("Home.md")
    assert not any(each in page for each in (Path(plain).stem + ".md", "elsewhere.md"))
    assert filled.git("status", "--porcelain") == " M kb.toml\n?? Diary.md\n"
    filled.edit(worded, "kept: false", "kept: true")  # the reader wants it all the same
    filled.kb("sync", "--feed", str(feed))
    assert "my words" in filled.text(worded)
    assert "\nkept: true\n" in filled.text(worded)
    assert not (filled.root / plain).exists()
    before = filled.state()
    filled.kb("sync", "--feed", str(feed))
    assert filled.state() == before


def test_a_note_that_somebody_copied_is_not_removed(filled: Box) -> None:
    note = filled.notes()[0]
    filled.write("A copy of it.md", filled.text(note))
    judged(filled, arxiv_id(filled, note), 2)
    filled.kb("index")
    assert "\nkept: false\n" in filled.text(note)
    before = filled.state()
    filled.kb("index")
    assert filled.state() == before


def test_a_restored_note_is_kb_s_again(filled: Box, feed: Path, tmp_path: Path) -> None:
    note = filled.notes()[0]
    page = daily(filled, note)
    filled.edit(note, "## Notes\n", "## Notes\n\nmine\n")
    listed = filled.text(page)
    trash = tmp_path / "trash.md"
    shutil.move(filled.root / note, trash)
    filled.kb("index")
    assert filled.text(page) != listed
    shutil.move(trash, filled.root / note)
    told = filled.json("sync", "--feed", str(feed))
    assert f"return {note} (its note is there again)" in told["actions"]
    assert filled.text(page) == listed
    assert filled.json("why", arxiv_id(filled, note))["decision"].startswith("kept")
    judged(filled, arxiv_id(filled, note), 9)
    filled.kb("index")
    assert "\nrelevance: 9\n" in filled.text(note)  # kb still knows which words are its own
    assert filled.text(note).endswith("\n\nmine\n")


def test_a_moved_note_is_told_once_and_a_copy_of_it_is_not_taken_for_it(filled: Box) -> None:
    note = filled.notes()[0]
    (filled.root / note).rename(filled.root / "Zebra.md")
    told = filled.json("index")
    assert f"move {note} (now Zebra.md)" in told["actions"]
    filled.write("Aardvark.md", filled.text("Zebra.md"))
    told = filled.json("index")
    assert not any(action.startswith("move") for action in told["actions"])
    assert [p["where"] for p in told["problems"]] == ["Aardvark.md"]


def test_a_note_whose_id_was_edited(filled: Box, feed: Path) -> None:
    note = filled.notes()[0]
    former = arxiv_id(filled, note)
    before = filled.text(note)
    filled.edit(note, f'arxiv_id: "{former}"', 'arxiv_id: "2401.00001"')
    told = filled.json("sync", "--feed", str(feed))
    assert [p["where"] for p in told["problems"]] == [note]
    assert f"from {former} to 2401.00001" in told["problems"][0]["why"]
    assert len(filled.notes()) == len({arxiv_id(filled, each) for each in filled.notes()})
    assert filled.json("index")["problems"] == []
    filled.write(note, before)
    filled.kb("index")
    assert filled.json("why", former)["decision"].startswith("kept")


def test_a_note_whose_id_is_no_id_is_refused_and_not_taken_for_deleted(filled: Box) -> None:
    note = filled.notes()[0]
    former = arxiv_id(filled, note)
    filled.edit(note, f'arxiv_id: "{former}"', 'arxiv_id: "my favourite"')
    told = filled.json("index", code=1)
    assert told["notes"]["refused"][0]["path"] == note
    assert "my favourite" in told["notes"]["refused"][0]["why"]
    assert "deleted" not in filled.json("why", former)["decision"]
    filled.kb("index")
    filled.edit(note, "my favourite", former)
    filled.kb("index")
    assert filled.json("status")["refused"] == []


def test_a_note_that_cannot_be_read_for_a_while_keeps_its_place(filled: Box) -> None:
    note = filled.notes()[0]
    page = daily(filled, note)
    sound = filled.text(page)
    filled.edit(note, "status: unread", "status: [unread")
    filled.kb("index", code=1)
    assert Path(note).name.replace(" ", "%20") in filled.text(page)
    assert not (filled.root / "Monthly/arxiv-imported.md").exists()
    filled.edit(note, "status: [unread", "status: unread")
    filled.kb("index")
    assert filled.text(page) == sound


def test_a_page_with_the_reader_s_own_property_is_not_removed(filled: Box) -> None:
    month, text = "Monthly/arxiv-2025-04.md", filled.text("Monthly/arxiv-2025-03.md")
    filled.write(month, text)
    filled.kb("index")
    assert not (filled.root / month).exists()
    for mine in ("mood: good", "# a good month"):
        filled.write(month, text.replace("---\n", f"---\n{mine}\n", 1))
        filled.kb("index")
        assert mine in filled.text(month)


def test_what_a_pass_wrote_and_could_not_record_is_still_kb_s(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revised = Revised(box, tmp_path)
    revised.begin()

    append = Ledger.append

    def full(ledger: Ledger, month: str, records: list[Record]) -> str | None:
        if any(record["k"] == "wrote" for record in records):
            raise KbError("the disk is full")
        return append(ledger, month, records)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Ledger, "append", full)
        revised.revise(code=1)
    assert "\nversion: 2\n" in revised.text()
    box.kb("index")
    revised.revise()
    assert "\nversion: 3\n" in revised.text()
    assert "you changed kb's region" not in box.kb("doctor")


def test_a_clock_that_went_back_does_not_turn_kb_s_words_into_the_reader_s(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revised = Revised(box, tmp_path)
    revised.begin()
    defaults = sync.run.__kwdefaults__ or {}
    with monkeypatch.context() as ahead:
        ahead.setitem(defaults, "now", lambda: datetime(2040, 1, 1, tzinfo=UTC))
        revised.revise()
    revised.revise()
    assert "\nversion: 3\n" in revised.text()
    revised.revise()
    assert "\nversion: 4\n" in revised.text()


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there, and there are no pipes")
@pytest.mark.parametrize("what", ["name", "pipe", "link"])
def test_what_stands_in_a_note_s_place_is_not_taken_for_its_deletion(
    filled: Box, what: str
) -> None:
    note = filled.notes()[0]
    file, gone = filled.root / note, arxiv_id(filled, note)
    away = file.rename(filled.root.parent / "away.md")
    odd = file.with_name(os.fsdecode(b"caf\xe9.md"))
    if what == "name":
        try:
            shutil.copy(away, odd)
        except OSError:
            pytest.skip("this file system takes Unicode only")
        told = filled.json("index")
        assert [p["why"] for p in told["problems"]] == ["has a name that is not Unicode; rename it"]
        odd.unlink()
    else:
        os.mkfifo(file) if what == "pipe" else file.symlink_to(away)
        told = filled.json("index", code=1)
        assert [p["path"] for p in told["notes"]["refused"]] == [note]
        file.unlink()
    assert "deleted" not in filled.json("why", gone)["decision"]
    away.rename(file)
    filled.kb("index")
    assert filled.json("why", gone)["decision"].startswith("kept")


def test_a_paper_replaced_on_the_day_after_comes_in_one_pass(box: Box, tmp_path: Path) -> None:
    folder = tmp_path / "feeds"
    folder.mkdir()
    rss(folder / "1.xml", (1, "new", 1, ON_TOPIC))
    rss(folder / "2.xml", (1, "replace", 2, f"Other words. {ON_TOPIC}"), date="Tue, 11 Feb 2025")
    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    box.kb("sync", "--feed", str(folder))
    (note,) = box.notes()
    assert "\nversion: 2\n" in box.text(note)
    assert "Other words." in box.text(note)
    before = box.state()
    box.kb("sync", "--feed", str(folder))
    assert box.state() == before


def test_a_note_that_stays_as_the_reader_has_it_is_recorded_once(box: Box, tmp_path: Path) -> None:
    revised = Revised(box, tmp_path)
    revised.begin()
    text = revised.text().replace("version: 1", "version: 0").replace("# Linear", "# My linear")
    revised.write(re.sub("(?m)^(title|revised): .*", r"\1: mine", text))
    revised.revise()
    before = box.state()
    revised.version -= 1
    revised.revise()
    assert box.state() == before


def test_a_tick_on_a_page_that_cannot_be_written_is_not_forgotten(filled: Box) -> None:
    note = filled.notes()[0]
    page = daily(filled, note)
    filled.edit(note, "status: unread", "status: read")
    sound = filled.text(page)
    filled.write(page, sound.replace("<!-- kb:end page -->", ""))
    filled.kb("index", code=1)
    filled.write(page, f"{sound}\nmine\n")
    filled.kb("index")
    assert "\nstatus: read\n" in filled.text(note)
    assert "- [x] read" in filled.text(page)
