from __future__ import annotations

from pathlib import Path

import pytest
from faults import hostile_names


def test_hostile_titles_and_ids_become_sound_names(tmp_path: Path) -> None:
    tally = hostile_names.run(1000, seed=11, folder=tmp_path)
    tally.holds()
    assert tally.figures["files"] >= 50
    assert tally.figures["refused"] < 500


@pytest.mark.parametrize(
    "path",
    [
        *("a", "/a.md", "../a.md", "Papers/../a.md", "Papers/.md", "Papers/a..md", "Papers/a .md"),
        *(
            "Papers/nul.md",
            "con.x/a.md",
            "a:b.md",
            "a#b.md",
            "a%%b.md",
            "e\u0301.md",
            "a\u202eb.md",
        ),
        *("a\\b.md", "a\nb.md", f"{'é' * 61}.md"),
    ],
)
def test_the_rules_tell_a_name_that_is_not_legal(path: str) -> None:
    with pytest.raises(AssertionError):
        hostile_names.check_path(path)


def test_the_rules_tell_names_that_are_one_on_some_disk() -> None:
    assert hostile_names.alike("Étude") == hostile_names.alike("e\u0301TUDE")
    assert hostile_names.alike("a") != hostile_names.alike("b")
