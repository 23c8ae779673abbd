"""obsidian-zotero-integration: a plugin that imports papers as notes, again and again."""

from __future__ import annotations

from pathlib import Path

import pytest
from standins.box import Box
from standins.feeds import ON_TOPIC, TITLE
from standins.revised import Revised

from kb.core import frontmatter

NAME = TITLE.format(number=1)
OLD = "---\nrating: 9 # of ten\n{trace}tags:\n- read\n---\nMy notes of two years.\n"


@pytest.mark.parametrize("trace", ["", "url: https://arxiv.org/abs/2502.00001v1\n"])
def test_zotero_integration_201_a_note_of_the_same_name_is_not_replaced(
    empty: Box, tmp_path: Path, trace: str
) -> None:
    """Notes made with another plugin were overwritten because they had the name that an import would
    use; kb makes its own beside such a note, or joins it if it is on the same paper."""
    old = OLD.format(trace=trace)
    path = f"arXiv/Papers/2025-02/{NAME}.md"
    empty.write(path, old)
    empty.kb("init", "--root", "arXiv")
    one = Revised(empty, tmp_path)
    empty.edit("kb.toml", 'name = "{title}"', 'quiet = 0\nname = "{title}"')
    empty.edit("kb.toml", "relevance = 7", "relevance = 1")
    one.file()
    one.revise()
    if not trace:
        assert empty.text(path) == old
        assert len(empty.notes()) == 2
        return
    text = empty.text(path)
    assert len(empty.notes()) == 1
    assert text.endswith("\n---\nMy notes of two years.\n")
    assert [line for line in text.splitlines() if line in old.splitlines()] == old.splitlines()
    assert frontmatter.read(text)["arxiv_id"] == "2502.00001"


def test_zotero_integration_282_what_stands_outside_of_the_markers_stays(one: Revised) -> None:
    """A second import kept only what stood between its marks of persistence; with kb it is the other
    way round: what stands outside of its own marks is never touched."""
    text = one.text()
    for at, words in {
        "<!-- kb:begin paper -->": "above it\n\n<!-- kb:begin paper -->",
        "<!-- kb:end paper -->": "<!-- kb:end paper -->\n\nright below\n",
        "## Notes\n": "## My own heading\n\n%% begin notes %%\nby hand\n%% end notes %%\n",
    }.items():
        assert text.count(at) == 1
        text = text.replace(at, words)
    one.write(text)
    one.revise()
    above, heading, below = text.partition("## Abstract\n\n")
    expected = above + heading + below.replace(ON_TOPIC, "Better words, version 2.", 1)
    assert one.text() == expected.replace("version: 1\n", "version: 2\n")


def test_zotero_integration_309_many_at_once_do_not_lose_their_words(
    box: Box, tmp_path: Path
) -> None:
    """Words that outlived the import of one item were lost when several came in one go; a pass that
    brings all notes up to date keeps each one's own."""
    many = Revised(box, tmp_path, papers=12)
    many.begin()
    mine = {path: f"\nwhat I think of {path}\n" for path in box.notes()}
    for path, words in mine.items():
        box.write(path, box.text(path) + words)
    assert many.revise()["notes"]["updated"] == 12
    for path, words in mine.items():
        assert "version: 2\n" in box.text(path)
        assert box.text(path).endswith(f"## Notes\n{words}")


def test_zotero_integration_351_properties_are_not_reset_by_a_second_import(
    one: Revised,
) -> None:
    """To import a paper again set its properties back without a word; those of the reader, and those
    of kb's that the reader changed, stay through imports of the same and of newer versions."""
    for old, new in {
        "status: unread": "status: reading",
        "rating:\n": "rating: 4\nshelf: [here, there]\n",
        "relevance: 8": "relevance: 3",
        "topics: [": 'topics: ["Mine", ',
        f'title: "{NAME}"': "title: As I call it",
        "tags: [paper]": "tags: []",
    }.items():
        one.box.edit(one.note, old, new)
    head = frontmatter.split(one.text())[0]
    one.file()
    assert frontmatter.split(one.text())[0] == head
    one.revise(title="As they call it now")
    assert frontmatter.split(one.text())[0] == head.replace("version: 1\n", "version: 2\n")
