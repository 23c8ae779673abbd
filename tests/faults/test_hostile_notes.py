from __future__ import annotations

from pathlib import Path

import pytest
from faults import hostile_notes
from faults.oracle import complaint, region_complaint

NOTE = "---\ntitle: Lamps # mine\nlist:\n- a\n\nstatus: unread\n---\nbody\n"
PAGE = "a\n<!-- kb:begin paper -->\nold\n<!-- kb:end paper -->\nb\n"


def test_hostile_notes_keep_every_other_byte_or_are_refused(tmp_path: Path) -> None:
    tally = hostile_notes.run(1000, seed=4, folder=tmp_path)
    tally.holds()
    assert tally.figures["changed"] > 400
    assert tally.figures["regions replaced"] > 200
    assert tally.figures["in a vault edited"] > 10
    assert tally.figures["in a vault refused"] > 10


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("unread", "read", ""),
        ("status: unread", "status: 'read'", ""),
        ("status: unread\n", "status: reading\n", "status reads"),
        ("status: unread\n", "", "status is not there"),
        (" # mine\nlist:\n- a\n\nstatus: unread", "\nlist:\n- a\n\nstatus: read", "a comment"),
        ("Lamps # mine\nlist:\n- a\n\nstatus: unread", "Lamps # mine\nlist:\n- a\nstatus: read", "a blank line"),
        ("- a\n\nstatus: unread", "  - a\n\nstatus: read", "more lines"),
        ("Lamps # mine\nlist:\n- a\n\nstatus: unread", "'Lamps' # mine\nlist:\n- a\n\nstatus: read", "another key"),
        ("status: unread\n---\nbody", "status: read\n---\nbody ", "the body"),
        ("status: unread\n---\n", "status: read\n--- \n", "a fence"),
        ("status: unread\n", "status: read\r\n", "a new line ends otherwise"),
        ("status: unread", "status: read\nmine: 1", "another key"),
        ("status: unread", "status:\n  read", "more lines"),
    ],
)  # fmt: skip
def test_the_oracle_sees_what_an_editor_did_besides(old: str, new: str, wrong: str) -> None:
    assert old in NOTE
    found = complaint(NOTE, NOTE.replace(old, new), {"status": "read"})
    assert found.startswith(wrong)
    assert bool(found) == bool(wrong)


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        (PAGE, PAGE.replace("old\n", "\nnew\n\n"), ""),
        (PAGE, PAGE.replace("old\n", "new\n"), "the region reads"),
        (PAGE, PAGE.replace("old\n", "\nnew\n\n").replace("b", "c"), "something outside"),
        (f"```\n{PAGE}", f"```\n{PAGE}".replace("old\n", "\nnew\n\n"), "there is no such region"),
        (PAGE + PAGE, (PAGE + PAGE).replace("old\n", "\nnew\n\n", 1), "the markers do not add up"),
    ],
)
def test_the_oracle_sees_what_a_replacement_did_besides(
    before: str, after: str, wrong: str
) -> None:
    found = region_complaint(before, after, "paper", "new")
    assert found.startswith(wrong)
    assert bool(found) == bool(wrong)
