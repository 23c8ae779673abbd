"""frontmatter-modified-date and MetaEdit: plugins that set properties while somebody writes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from standins.feeds import TITLE
from standins.revised import Revised, changed_lines
from standins.vaultfiles import save_by_rename, save_in_place

from kb.vault import disk

TYPED = "one line\ntwo lines\nthree lines\nfour lines\n"


@pytest.mark.parametrize("save", [save_in_place, save_by_rename])
def test_frontmatter_modified_date_32_what_is_typed_meanwhile_is_not_lost(
    one: Revised, monkeypatch: pytest.MonkeyPatch, save: Callable[[Path, bytes], None]
) -> None:
    """Four lines typed while a property was updated were gone; a save at the last moment stands, and
    kb makes its change at the next pass."""
    real = disk.copy_standing
    saved: list[str] = []

    def copy_standing(path: str, source: int, target: int) -> None:
        if path == one.note and not saved:
            saved.append(one.text() + TYPED)
            save(one.box.root / path, saved[0].encode())
        real(path, source, target)

    monkeypatch.setattr(disk, "copy_standing", copy_standing)
    told = one.revise()
    assert [each["path"] for each in told["notes"]["deferred"]] == [one.note]
    assert one.text() == saved[0]
    one.version -= 1
    one.revise()
    assert one.text().endswith(TYPED)
    assert "version: 2\n" in one.text()


def test_metaedit_42_the_same_words_in_the_text_are_not_replaced(one: Revised) -> None:
    """A property was changed by replacing its text wherever the note had it; kb changes the one line
    at the top."""
    words = 'version: 1\nstatus: unread\n    version: 1\n"version": 1\n'
    one.write(one.text().replace("tags: [paper]\n", 'tags: [paper]\nold: "version: 1"\n') + words)
    before = one.text()
    one.revise()
    changed = changed_lines(before, one.text())
    assert changed[0] == ("version: 1\n", "version: 2\n")
    assert len(changed) == 2, "and the abstract"
    assert one.text().endswith(words)
    assert '\nold: "version: 1"\n' in one.text()


MEANWHILE = {
    "lines above": ("---\n\n<!-- kb:begin", "---\n\nfirst of all\n\n<!-- kb:begin"),
    "a property above": ("version: 1\n", "mood: good\nversion: 1\n"),
    "a property of kb's": (f'title: "{TITLE.format(number=1)}"', "title: My name for it"),
    "kb's region": ("## Abstract\n", "## Abstract\n\nI do not believe this.\n"),
}


@pytest.mark.parametrize(("old", "new"), MEANWHILE.values(), ids=MEANWHILE)
def test_metaedit_108_a_note_that_changed_since_it_was_read_is_not_overwritten(
    one: Revised, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    """Text was overwritten by an update made from an older reading of the note; kb looks at the note
    again when it writes, and what the reader changed since the pass began stays."""

    def change() -> None:
        one.box.edit(one.note, old, new)
        then = time.time() - 60  # the feed took its time
        os.utime(one.box.root / one.note, (then, then))

    one.box.edit("kb.toml", "quiet = 0", "quiet = 10")
    before = one.text().replace(old, new, 1)
    one.revise_meanwhile(change, monkeypatch, title="A title of arXiv's")
    changed = {line for line, _ in changed_lines(before, one.text())}
    assert "version: 1\n" in changed
    assert new.replace("version: 1", "version: 2") in one.text()
    ours = ("version: 1\n", "title: ", "# Linear attention", "We study linear attention")
    assert all(line.startswith(ours) for line in changed)
    assert not changed & set(new.splitlines(keepends=True)) - {"version: 1\n"}
