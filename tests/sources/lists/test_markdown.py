from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standins import digests

from kb.core.papers import find_arxiv_ids
from kb.sources.lists import FORMS, read_list

if TYPE_CHECKING:
    from kb.core.listed import Listing

A = "https://arxiv.org/abs/2413.00001"
B = "https://arxiv.org/pdf/2413.00002"

READING = f"""[**Clouds from above**]({A})
- The problem
- It's the *view*, I think
    - from above  \t
        - as "birds" see it
 - odd indent
    2. a number out of place

- After an empty line


[**Fog**](http://arxiv.org/pdf/hep-th/9901001v2)
- Don’t know yet
***

[Elsewhere](https://example.org/paper)
- noted
[**Fog**]({B})

Words without a bullet,
on two lines.
"""


def read(text: str, name: str = "list.md") -> Listing:
    listing = read_list(text.encode(), name)
    assert listing.rows == len(listing.entries) + len(listing.odd)
    return listing


def test_a_reading_list_keeps_every_word_below_its_titles() -> None:
    listing = read(READING)
    assert [(entry.id, entry.title) for entry in listing.entries] == [
        ("2413.00001", "Clouds from above"),
        ("hep-th/9901001", "Fog"),
        (None, "Elsewhere"),
        ("2413.00002", "Fog"),
    ]
    assert [entry.bullets for entry in listing.entries] == [
        (
            "- The problem\n- It's the *view*, I think\n    - from above  \t\n"
            '        - as "birds" see it\n - odd indent\n    2. a number out of place\n\n'
            "- After an empty line"
        ),
        "- Don’t know yet",
        "- noted",
        "Words without a bullet,\non two lines.",
    ]
    assert [problem.where for problem in listing.problems] == ["list.md:16", "list.md:18"]


def test_the_readers_words_are_not_mended() -> None:
    broken = "don’t".encode().decode("cp1252")
    (entry,) = read(f"[T{broken}]({A})\n- {broken}\n").entries
    assert entry.title == "Tdon’t"
    assert entry.bullets == f"- {broken}"


def test_lists_under_headings() -> None:
    text = f"""# Things, May 2024

## Agents
- [Toy planners]({A}) - short and *sweet*
  - a good idea
  - builds on [that](https://arxiv.org/abs/2413.00009) a lot
- [ ] [Elsewhere](https://example.org/x)
1. 🔥 [Numbered]({B}) (ICX)
* **Bold title**, A. Poe. [[pdf](https://www.alphaxiv.org/abs/2413.00003)] [[code](https://example.org)]
- [Section](#agents)
- 2413.00004
"""
    listing = read(text)
    assert [(entry.id, entry.title, entry.summary) for entry in listing.entries] == [
        ("2413.00001", "Toy planners", "short and *sweet*"),
        (None, "Elsewhere", ""),
        ("2413.00002", "Numbered", "(ICX)"),
        (
            "2413.00003",
            "Bold title",
            (
                "**Bold title**, A. Poe. [[pdf](https://www.alphaxiv.org/abs/2413.00003)]"
                " [[code](https://example.org)]"
            ),
        ),
        ("2413.00004", "", ""),
    ]
    assert listing.entries[0].bullets.startswith("  - a good idea\n  - builds on")
    assert {entry.listed for entry in listing.entries} == {"2024-05"}
    assert [str(problem) for problem in listing.doubts] == [
        (
            "list.md:6: the notes on 'Toy planners' mention 2413.00009, which was not taken for a listed"
            " paper"
        )
    ]


def test_papers_nested_in_a_list_are_papers_of_their_own() -> None:
    listing = read(f"- [Survey]({A})\n  - [Part]({B})\n    - a note\n")
    assert [(entry.id, entry.bullets) for entry in listing.entries] == [
        ("2413.00001", f"  - [Part]({B})\n    - a note"),
        ("2413.00002", "    - a note"),
    ]


def test_headings_that_are_titles() -> None:
    text = f"""# Log

## 1. [Linked heading]({A})
Some words.
### Deeper
More words.

## A heading over its link
**Paper:** <{B}>

- a thought on https://example.org

## Two links
https://arxiv.org/abs/2413.00003
https://arxiv.org/abs/2413.00004
"""
    listing = read(text)
    assert [(entry.id, entry.title, entry.listed) for entry in listing.entries] == [
        ("2413.00001", "Linked heading", "Log"),
        ("2413.00002", "A heading over its link", "Log"),
        ("2413.00003", "", "Two links"),
        ("2413.00004", "", "Two links"),
    ]
    assert listing.entries[0].bullets == "Some words.\n### Deeper\nMore words."
    assert listing.entries[1].bullets == "- a thought on https://example.org"


def test_links_in_prose_are_papers() -> None:
    listing = read(
        f"We follow [Clouds]({A}) and [2](https://huggingface.co/papers/2413.00002), also"
        " arXiv:2413.00003v2.\n[Only a start]({B}) of a sentence.\n"
    )
    assert [(entry.id, entry.version, entry.title) for entry in listing.entries] == [
        ("2413.00001", None, "Clouds"),
        ("2413.00002", None, ""),
        ("2413.00003", 2, ""),
    ]
    assert not any(entry.bullets for entry in listing.entries)


def test_code_and_properties_hold_no_headings_or_titles() -> None:
    text = f"---\nurl: {A}\n# remark: x\n---\n[T]({B})\n\n```sh\n# not a heading\n[no]({A})\n```\nafter\n"
    listing = read(text)
    assert [entry.id for entry in listing.entries] == ["2413.00001", "2413.00002"]
    assert listing.entries[1].bullets.endswith("```\nafter")


def test_a_table_ends_the_notes_above_it() -> None:
    text = f"[T]({A})\n- note\n\n| Title | Topics |\n|---|---|\n| [U]({B}) | x |\n"
    listing = read(text)
    assert [(entry.title, entry.bullets) for entry in listing.entries] == [
        ("T", "- note"),
        ("U", ""),
    ]


PIECES = st.sampled_from(
    [
        *(f"[T]({A})", f"- [U]({B}) x", f"| [V]({A}) | y |", "| Title | Topics |", "|---|---|", "- note"),
        *("# Heading", "## Week 1/4", "    - deep", "", "", "```", "text", "| a | b |", "<table><tr>"),
        *("<td>", "</table>", "**ArXiv ID:** 2413.00001", "**Relevance:** 9", "---", "> q", "[", "]("),
        *("## 1. [X](https://arxiv.org/abs/2413.00003)", "Total relevant papers: 2", "@article{a,"),
        *("title = {x}", "}", "2413.00005", "[]()", "\\|", "`|`", "&nbsp;", "<br>", "{", '[{"id":1}]'),
        *("Total scanned papers: 1", "1. [X](#a)", "**Abstract:** z", "\t- tab", "* * *", "$x|y$"),
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map("\n".join))
def test_no_row_of_any_markdown_is_lost(text: str) -> None:
    """Every id in the file is a paper of the listing, or told of with its line."""
    listing = read(text)
    told = " ".join(str(problem) for problem in listing.problems)
    if listing.form == "markdown":
        for found in find_arxiv_ids(text):
            assert found.id in listing.ids or found.id in told
    lines = text.count("\n") + 1
    assert all(1 <= entry.line <= lines for entry in listing.entries)
    assert all(int(problem.where.rpartition(":")[2]) <= lines for problem in listing.problems)


@given(st.text(), st.sampled_from([None, *FORMS]))
def test_no_text_is_too_much(text: str, form: str | None) -> None:
    text = text.replace("\x00", "")
    listing = read_list(text.encode("utf-8", "replace"), "x.md", form=form)
    assert listing.rows == len(listing.entries) + len(listing.odd)


@given(
    st.integers(0, 2000),
    st.integers(1, 60),
    st.sampled_from(["", "|", "[", "](", "\n", "{", "<td>"]),
)
def test_a_digest_with_a_hole_is_read(start: int, length: int, patch: str) -> None:
    text = digests.THIRD[:start] + patch + digests.THIRD[start + length :]
    listing = read(text)
    assert listing.papers


@pytest.mark.parametrize(
    "text",
    ["[" * 20_000, "](" * 10_000, "**a" * 10_000, "<a href=" * 5_000, "| " * 20_000 + "\n" + "|-" * 20_000, "- " * 9_000],
)  # fmt: skip
def test_hostile_lines_are_read_in_no_time(text: str) -> None:
    assert read(text + f"\n\n[T]({A})\n").ids == ("2413.00001",)
