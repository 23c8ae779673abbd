"""A vault with conventions of its own: names of properties, files and folders, columns of tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from standins.box import Box

from kb.core import frontmatter

NAMES = """
[notes.properties]
arxiv_id = "arXiv"
status = "reading state"
rating = "my stars"
relevance = "how close"
summary = "tldr"
pdf = false
"""


@pytest.fixture
def named(box: Box, feed: Path) -> Box:
    box.write("kb.toml", box.text("kb.toml") + NAMES)
    (box.root / "Papers.base").unlink()
    box.kb("init")
    box.kb("sync", "--feed", str(feed))
    assert len(box.notes()) >= 6
    return box


def values(box: Box, note: str) -> dict[str, object]:
    return frontmatter.read(box.text(note))


def test_notes_have_the_names_and_everything_reads_them(named: Box, feed: Path) -> None:
    one, two, three = named.notes()[:3]
    first = values(named, one)
    assert first["reading state"] == "unread"
    assert first["my stars"] is None
    assert not {"arxiv_id", "status", "rating", "relevance", "summary", "pdf"} & first.keys()
    before = named.state()
    assert named.json("sync", "--feed", str(feed))["notes"]["created"] == 0
    assert named.state() == before

    page = f"Daily/arxiv-{first['announced']}.md"
    text = named.text(page)
    at = text.index(f"**arXiv** [{first['arXiv']}]")
    ticked = text[at:].replace("- [ ] read", "- [x] read", 1).replace("- [ ] star", "- [x] star", 1)
    named.write(page, text[:at] + ticked)
    named.edit(two, f"how close: {values(named, two)['how close']}", "how close: 2")
    named.edit(three, "reading state: unread", "reading state: skip")
    named.kb("index")
    assert (values(named, one)["reading state"], values(named, one)["my stars"]) == ("read", 5)
    assert "status" not in values(named, one)
    weekly = named.text("Weekly/arxiv-2025-W10.md")
    assert "| read |" in weekly
    assert "| skip |" in weekly
    assert "| 2/" in weekly
    assert str(first["tldr"]).split()[0] in weekly
    lines = [json.loads(line) for line in named.kb("export", "--format", "jsonl").splitlines()]
    found = {line["id"]: line for line in lines}
    assert found[str(first["arXiv"])]["rating"] == 5
    assert found[str(values(named, two)["arXiv"])]["relevance"] == 2
    assert named.json("why", str(first["arXiv"]))["note"] == one
    named.kb("index", "--check")
    named.kb("doctor")
    named.kb("undo")


def test_names_that_come_later_are_for_new_notes(box: Box, feed: Path) -> None:
    box.kb("sync", "--feed", str(feed))
    old = box.notes()
    before = {note: box.text(note) for note in old}
    page = box.text("Weekly/arxiv-2025-W10.md")
    box.write("kb.toml", box.text("kb.toml") + NAMES)
    box.kb("index", "--check")
    assert {note: box.text(note) for note in box.notes()} == before
    assert box.text("Weekly/arxiv-2025-W10.md") == page
    box.kb("doctor", code=1)
    (line,) = (x for x in box.out.splitlines() if "settings for notes" in x)
    assert f"{len(old)} older ones differ" in line
    assert "rating is my stars" in line
    assert "pdf is off" in line
    assert "Papers.base calls properties by their former names" in box.out
    (box.root / "Papers.base").unlink()
    box.kb("init")
    assert 'hasProperty("arXiv")' in box.text("Papers.base")
    assert json.loads(box.text(".obsidian/types.json"))["types"]["my stars"] == "number"
    box.kb("doctor")


def test_another_name_is_read_at_once_whatever_the_cache_holds(named: Box) -> None:
    note = named.notes()[0]
    named.edit(note, "my stars:", "my stars: 4\nmine: 2")
    named.kb("index")
    found = {line["path"]: line for line in exported(named)}
    assert found[note]["rating"] == 4
    named.edit("kb.toml", '"my stars"', '"mine"')
    found = {line["path"]: line for line in exported(named)}
    assert found[note]["rating"] == 2
    named.edit("kb.toml", 'rating = "mine"\n', "")
    found = {line["path"]: line for line in exported(named)}
    assert "rating" not in found[note]


def exported(box: Box) -> list[dict[str, object]]:
    return [json.loads(line) for line in box.kb("export", "--format", "jsonl").splitlines()]


def test_tables_have_the_columns_that_are_asked_for(box: Box, feed: Path) -> None:
    box.edit(
        "kb.toml", "month_rows = 10", 'month_rows = 10\ncolumns = ["rating", "title", "primary"]'
    )
    box.kb("sync", "--feed", str(feed))
    note = box.notes()[0]
    monthly = "Monthly/arxiv-2025-03.md"
    assert "| Rating | Title | Category |" in box.text(monthly)
    box.edit(note, "rating:", "rating: 3")
    box.kb("index", "--check", code=1)
    box.kb("index")
    assert "| 3 | [" in box.text(monthly)
    box.edit(note, "primary: cs.LG", "primary: q-bio.NC")
    box.kb("index")
    assert "| q-bio.NC |" in box.text(monthly)
    assert "| Title | Summary | Topics | R/N | Status |" in box.text("Weekly/arxiv-2025-W10.md")


def test_files_and_folders_follow_their_templates(box: Box, feed: Path) -> None:
    box.edit("kb.toml", "Papers/{announced:%Y-%m}", "Papers/{year}/{primary}")
    box.edit("kb.toml", 'name = "{title}"', 'name = "{id} {title}"')
    box.kb("sync", "--feed", str(feed))
    notes = box.notes()
    assert notes
    for note in notes:
        assert note.startswith(f"Papers/2025/cs.LG/{values(box, note)['arxiv_id']} ")
    assert "every note follows them" in box.kb("doctor")
    box.edit("kb.toml", "Papers/{year}/{primary}", "Papers/all")
    assert f"{len(notes)} older ones differ" in box.kb("doctor")
    assert "it would lie elsewhere" in box.out


def test_a_template_may_name_what_a_paper_lacks(box: Box, tmp_path: Path) -> None:
    box.edit("kb.toml", "Papers/{announced:%Y-%m}", "Papers/{submitted:%Y}/{primary}")
    box.edit("kb.toml", 'name = "{title}"', 'name = "{first_author} - {title}"')
    listed = tmp_path / "list.md"
    listed.write_text("- [Some invented paper](https://arxiv.org/abs/2503.00001)\n")
    box.kb("import", "--offline", str(listed))
    assert box.notes() == ["Papers/unknown/unknown/Some invented paper.md"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{announced:%Y-%m}", "{anounced}", "anounced"),
        ('name = "{title}"', 'name = "{titel}"', "titel"),
        ("month_rows = 10", 'columns = ["summary"]', "'title' has to be among the columns"),
        ("month_rows = 10", 'week_columns = ["title", "sumary"]', "no column 'sumary'"),
        ('name = "{title}"', "[notes.properties]\narxiv_id = false", "arxiv_id cannot be off"),
        ('name = "{title}"', '[notes.properties]\nraitng = "x"', "did you mean rating?"),
        ('name = "{title}"', '[notes.properties]\nrating = "title"', "the name of title"),
    ],
)
def test_a_mistake_in_the_settings_is_named(box: Box, old: str, new: str, said: str) -> None:
    box.edit("kb.toml", old, new)
    box.kb("index", code=2)
    assert said in box.err
