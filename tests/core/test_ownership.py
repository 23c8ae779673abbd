from __future__ import annotations

import pytest
from standins.vaults import FORM, assessment, note_text, paper

from kb.core import composing, notes
from kb.core.history import Written
from kb.core.ownership import is_untouched

PATH = "Papers/2025-03/An invented paper, number 1.md"


def wrote(path: str = PATH, **more: bool) -> Written:
    return Written.of(
        path=path,
        keys=notes.remembered(composing.properties(paper(), assessment())),
        regions=notes.read(PATH, note_text()).regions,
        at="2025-03-06T06:00:00.000Z",
        adopted=more.get("adopted", False),
        moved=more.get("moved", False),
    )


WRITTEN = wrote()


def untouched(text: str, written: Written | None = WRITTEN) -> bool:
    return is_untouched(PATH, text, written, FORM)


def test_a_note_as_kb_made_it_is_untouched() -> None:
    assert untouched(note_text())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## Notes\n", "## Notes\n\nmy thoughts\n"),
        ("status: unread", "status: reading"),
        ("rating:\n", "rating: 4\n"),
        ("tags: [paper]\n", "tags: [paper]\nproject: mine\n"),
        ("tags: [paper]\n", "tags: [paper, mine]\n"),
        ('aliases: ["arXiv:2503.00001"]', 'aliases: ["arXiv:2503.00001", "mine"]'),
        ("relevance: 8", "relevance: 2"),
        ("relevance: 8", "relevance: 8  # really?"),
        ("tags: [paper]\n", "tags: [paper]\n# ask Ada\n"),
        ("tags: [paper]\n", "tags:\n  - paper\n"),
        ('title: "An', 'title: "My'),
        ('topics: ["Inventions"]\n', ""),
        ("We invent something. It", "They invent something. It"),
        ("---\n\n<!-- kb:begin", "---\n\nmine\n\n<!-- kb:begin"),
        ("<!-- kb:end paper -->", "<!-- kb:end -->"),
        ("## Notes", "## Gedanken"),
    ],
)
def test_any_word_of_the_reader_counts(old: str, new: str) -> None:
    text = note_text()
    assert old in text
    assert not untouched(text.replace(old, new))


def test_blank_lines_and_line_ends_do_not_count() -> None:
    assert untouched(note_text().replace("\n", "\r\n") + "\r\n\r\n")


def test_what_kb_has_not_made_or_the_reader_has_moved_is_not_kb_s() -> None:
    assert not untouched(note_text(), None)
    assert not untouched(note_text(), wrote(adopted=True))
    assert not untouched(note_text(), wrote(moved=True))
    assert not untouched(note_text(), wrote("elsewhere.md"))
