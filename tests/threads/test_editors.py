"""obsidian.nvim and QOwnNotes: editors that write frontmatter and name files by themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from standins.box import Box
from standins.revised import Revised
from standins.vaults import record

from kb.core import frontmatter

BROKEN = {
    "bullets of Markdown": ("tags: [paper]\n", "tags:\n  * foo\n"),
    "a bracket left open": ('aliases: ["arXiv', 'aliases: [["arXiv'),
    "a colon too many": ('title: "', "title: On this: "),
    "a tab": ("rating:\n", "rating:\n\tgood: 1\n"),
    "a key twice": ("rating:\n", "rating:\nrating: 5\n"),
    "no end": ("tags: [paper]\n---\n", "tags: [paper]\n"),
}


@pytest.mark.parametrize(("old", "new"), BROKEN.values(), ids=BROKEN)
def test_obsidian_nvim_712_broken_frontmatter_is_not_replaced(
    one: Revised, old: str, new: str
) -> None:
    """YAML with a slip in it was replaced by an empty block at the next save; kb leaves the whole
    note as it is, names it, and goes on with it once it is mended."""
    whole = one.text()
    one.box.edit(one.note, old, new)
    broken = one.text()
    told = one.revise(code=1)
    assert [each["path"] for each in told["notes"]["refused"]] == [one.note]
    assert one.text() == broken
    one.write(whole)
    one.version -= 1
    one.revise()
    assert frontmatter.read(one.text())["version"] == 2


TITLES = (
    "What is attention?",
    'A "quoted" <b>name</b>',
    "Either / or \\ neither",
    "Colons: two: of them:",
    "Stars * and | pipes",
    "[1] in #brackets^",
    "CON",
    "ends in dots...",
    "???",
    ".hidden",
    "../../outside",
    "x" * 300,
)


@pytest.mark.parametrize("title", TITLES)
def test_qownnotes_513_a_title_does_not_become_an_illegal_name(
    box: Box, tmp_path: Path, title: str
) -> None:
    """A question mark in a title made a file name that Windows refuses, and the note was gone; a name
    is legal everywhere, and the title is kept whole in the note."""
    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    feed = tmp_path / "f.jsonl"
    feed.write_text("\n".join(json.dumps(record(n, title=title)) for n in (3, 6)))
    assert box.json("sync", "--feed", str(feed))["notes"]["created"] == 2
    paths = [Path(path) for path in box.notes()]
    assert len({path.name.casefold() for path in paths}) == 2
    for path in paths:
        assert path.parent.as_posix() == "Papers/2025-03"
        assert not set(path.stem) & set('\\/:*?"<>|#^[]')
        assert path.stem.strip(". ") == path.stem
        assert path.stem.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL"}
        assert len(path.stem.encode()) <= 120
        assert frontmatter.read(box.text(path.as_posix()))["title"] == title
    before = box.state()
    box.kb("sync", "--feed", str(feed))
    assert box.state() == before


@pytest.mark.parametrize("title", ["What now?", "Now: {{ this }} / that", "CON", "???"])
def test_qownnotes_682_a_new_title_does_not_cost_the_note(one: Revised, title: str) -> None:
    """Put into the title of a note, such a character had the note deleted, as its file was to be
    renamed; kb never renames a note, whatever its paper is called by now."""
    one.write(one.text() + "\nmy words\n")
    note = one.note
    one.revise(title=title.replace("{", "{{").replace("}", "}}"))
    assert one.note == note
    assert frontmatter.read(one.text())["title"] == title
    assert one.text().endswith("my words\n")
