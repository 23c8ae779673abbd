from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standins.vaults import note_text

from kb.core import regions, words

LINES = st.text(
    st.sampled_from("ab-*`~<>!#:{}[]() \t\n"), max_size=60
) | st.sampled_from(
    ["<!-- kb:end paper -->", "<!-- kb:begin paper -->\nx", "```\nopen", "## Notes", "---", "%%"]
)  # fmt: skip


def test_words_stand_below_the_heading_of_the_notes() -> None:
    text = words.added(note_text(), "- one\n\t- two  ")
    assert text == note_text().rstrip("\n") + "\n\n- one\n\t- two  \n"


def test_what_the_template_puts_below_the_heading_follows() -> None:
    assert words.added("# A\n## Notes\n\n## More\n", "mine") == "# A\n## Notes\n\nmine\n\n## More\n"


def test_without_a_heading_they_stand_at_the_end() -> None:
    text = "---\na: 1\n---\nWords.\n"
    assert words.added(text, "mine") == f"{text}\nmine\n"


def test_a_heading_inside_a_region_is_none() -> None:
    text = regions.wrap("paper", "## Notes\n")
    assert words.added(text, "mine") == f"{text}\nmine\n"


def test_held_words_are_found_again_whatever_was_made_harmless() -> None:
    said = "- one\n- <!-- kb:end paper -->\n<!-- kb:end paper -->"
    assert not words.holds(note_text(), said)
    assert words.holds(words.added(note_text(), said), said)
    assert words.holds(words.added(note_text(), "- one"), "- one")


@given(st.lists(LINES, min_size=1, max_size=6).map("\n".join))
def test_no_words_can_touch_a_region(said: str) -> None:
    before = note_text()
    after = words.added(before, said)
    found = regions.find(after, "paper")
    expected = regions.find(before, "paper")
    assert found is not None
    assert expected is not None
    assert (found.inner, regions.names(after)) == (expected.inner, ["paper"])
    assert words.holds(after, said)


def test_a_note_whose_markers_do_not_add_up_is_refused() -> None:
    with pytest.raises(regions.RegionError):
        words.added("<!-- kb:begin paper -->\n## Notes\n", "mine")
