from __future__ import annotations

import pytest
from standins.vaults import TEMPLATE, note_text

from kb.core.ownership import is_untouched


def test_a_note_as_kb_made_it_is_untouched() -> None:
    assert is_untouched(note_text(), TEMPLATE, "T")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## Notes\n", "## Notes\n\nmy thoughts\n"),
        ("status: unread", "status: reading"),
        ("rating:\n", "rating: 4\n"),
        ("tags: [paper]\n", "tags: [paper]\nproject: mine\n"),
        ("---\n\n<!-- kb:begin", "---\n\nmine\n\n<!-- kb:begin"),
        ("<!-- kb:end paper -->", "<!-- kb:end -->"),
        ("## Notes", "## Gedanken"),
    ],
)
def test_any_word_of_the_reader_counts(old: str, new: str) -> None:
    text = note_text()
    assert old in text
    assert not is_untouched(text.replace(old, new), TEMPLATE, "T")


def test_blank_lines_and_line_ends_do_not_count() -> None:
    assert is_untouched(note_text().replace("\n", "\r\n") + "\r\n\r\n", TEMPLATE, "T")
