"""Templater: a plugin that fills new notes from templates, by code that stands in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from standins.box import Box
from standins.feeds import TITLE
from standins.revised import Revised
from standins.vaults import record

from kb.core import frontmatter


def only(path: Path) -> Path:
    """A feed of one paper, on topic, as JSON lines."""
    path.write_text(json.dumps(record(3)))
    return path


@pytest.mark.parametrize("words", ["", "months of work\n", "---\ntags: [old]\n---\n"])
@pytest.mark.parametrize(
    "name", ["Linear attention with kernel 3", "LINEAR ATTENTION with kernel 3"]
)
def test_templater_1269_a_note_that_is_there_is_not_taken_for_a_new_one(
    box: Box, tmp_path: Path, name: str, words: str
) -> None:
    """Old notes were now and then overwritten with the template for new ones; a name that is taken,
    be the file still empty, is left to whoever has it."""
    box.edit("kb.toml", "relevance = 7", "relevance = 1")
    taken = f"Papers/2025-03/{name}.md"
    box.write(taken, words)
    before = box.state()[taken]
    assert box.json("sync", "--feed", str(only(tmp_path / "f.jsonl")))["notes"]["created"] == 1
    assert box.state()[taken] == before
    (ours,) = set(box.notes()) - {taken}
    assert ours.casefold() != taken.casefold()
    assert frontmatter.read(box.text(ours))["arxiv_id"] == "2503.00003"


def test_templater_1629_code_in_a_template_is_neither_run_nor_changed(
    box: Box, tmp_path: Path
) -> None:
    """The thread was not to be had. Templates of other tools stay byte for byte, and their code in
    kb's own template comes out as it went in, also when the note is edited later."""
    theirs = (
        '---\ncreated: <% tp.date.now() %>\n"tags": {{tags}}\n---\n<%* await tp.file.move() %>\n'
    )
    box.write("Templates/Daily.md", theirs)
    code = '<% tp.file.cursor() %> <%* tR += "x" -%>'
    box.edit("Templates/Paper.md", "## Notes\n", f"## Notes\n\n{code}\n")
    one = Revised(box, tmp_path)
    one.begin()
    assert one.text().endswith(f"## Notes\n\n{code}\n")
    one.revise()
    assert one.text().endswith(f"## Notes\n\n{code}\n")
    assert box.text("Templates/Daily.md") == theirs
    assert TITLE.format(number=1) in one.text()
