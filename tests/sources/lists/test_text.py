from __future__ import annotations

import pytest
from ftfy import bad_codecs
from hypothesis import given
from hypothesis import strategies as st

from kb.sources.lists import NotAList, read_list
from kb.sources.lists.text import decode, mend

bad_codecs.ok()  # the encodings that give every byte a letter

WORDS = "It’s naïve — “quoted” 🔹 ✅ done…"


@pytest.mark.parametrize(
    "encoding", ["sloppy-windows-1252", "sloppy-windows-1254", "macroman", "latin-1"]
)
def test_utf8_read_as_something_else_is_put_right(encoding: str) -> None:
    assert mend(WORDS.encode().decode(encoding)) == WORDS


def test_stretches_broken_in_different_ways_on_one_line_are_put_right() -> None:
    pieces = [
        "one’s 🔹".encode().decode("sloppy-windows-1254"),
        "two’s ✅".encode().decode("sloppy-windows-1252"),
        "three’s",
    ]
    assert mend(" and ".join(pieces)) == "one’s 🔹 and two’s ✅ and three’s"


@pytest.mark.parametrize(
    "line",
    [
        "plain",
        "São Paulo, Erdoğan, Łódź, naïve café – “sound” text…",
        "SÃO PAULO",
        "什么 да 日本",
        # The last byte of these became a blank, or nothing: which letter it was is a guess.
        "a \u011f\u0178\u201d Key",
        "a \u011f\u0178\u00a7 Here",
        "lost ï¿½ for good",
        "lost \ufffd for good",
    ],
)
def test_what_is_sound_or_cannot_be_told_for_certain_is_left(line: str) -> None:
    assert mend(line) == line


@given(st.text())
def test_mending_never_crashes_and_adds_no_line(line: str) -> None:
    assert mend(line).count("\n") == line.count("\n")


@given(st.text(alphabet=st.characters(max_codepoint=0x17F, categories=["L", "Nd", "Zs"])))
def test_text_that_was_mended_is_sound(line: str) -> None:
    once = mend(line)
    assert mend(once) == once


def test_encodings() -> None:
    assert decode("\ufeffä".encode()) == ("ä", "")
    assert decode("ä".encode("utf-16")) == ("ä", "")
    assert decode("“ä”".encode("cp1252")) == ("“ä”", "Windows-1252")


def test_an_old_encoding_is_told() -> None:
    text = "| Title | Notes |\n|---|---|\n| [Dégâts](https://arxiv.org/abs/2413.00001) | é |\n"
    listing = read_list(text.encode("cp1252"), "old.md")
    assert listing.papers[0].title == "Dégâts"
    assert [str(problem) for problem in listing.problems] == [
        "old.md:1: the file is not UTF-8 and was read as Windows-1252"
    ]


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"PK\x03\x04", b"\x1f\x8b\x08", b"a\x00b"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(NotAList, match=r"x\.bin is "):
        read_list(data, "x.bin")


def test_the_form_can_be_given() -> None:
    assert read_list(b"2413.00001\n", "x.md", form="ids").ids == ("2413.00001",)
    with pytest.raises(ValueError, match="no format"):
        read_list(b"", "x.md", form="docx")
