from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.core import frontmatter
from kb.core.foreign import Facts, conventions, facts


def test_a_note_of_zotero_integration() -> None:
    text = """---
title: "Counting toy clouds"
authors: Ada van der Made, Bo Roe
year: 2024
citekey: "@made2024"
itemType: preprint
DOI: 10.48550/arXiv.2413.00001
url: http://arxiv.org/abs/2413.00001
publication: J. Toy
status: "🟩 done"
rating: 4
tags: [clouds, literature/toy]
---
> [!abstract] also [[other note]] on arXiv:2413.00009
"""
    head, body = frontmatter.split(text)
    found = facts(frontmatter.read(head), body)
    assert (found.title, found.authors, found.year) == (
        "Counting toy clouds",
        ("Ada van der Made", "Bo Roe"),
        2024,
    )
    assert (found.id, found.ids, found.mentioned) == (
        "2413.00001",
        ("2413.00001",),
        ("2413.00009",),
    )
    assert (found.doi, found.url) == (
        "10.48550/arXiv.2413.00001",
        "http://arxiv.org/abs/2413.00001",
    )
    assert (found.status, found.rating, found.journal) == ("read", 4, "J. Toy")
    assert found.citekey == "made2024"
    assert found.names["doi"] == "DOI"
    assert found.names["journal"] == "publication"
    assert found.liked


def test_a_clipping_of_a_web_page() -> None:
    found = facts(
        {
            "title": "[2413.00001] Counting toy clouds",
            "source": "https://arxiv.org/abs/2413.00001",
            "author": ["[[Ada Made]]", "[[People/Bo Roe|Bo Roe]]"],
            "published": date(2024, 3, 6),
            "created": date(2025, 1, 1),
            "description": "Abstract page",
            "tags": ["clippings"],
        }
    )
    assert (found.id, found.year, found.authors) == ("2413.00001", 2024, ("Ada Made", "Bo Roe"))
    assert (found.status, found.rating, found.liked) == ("", None, False)
    assert found.names["url"] == "source"


@pytest.mark.parametrize(
    ("values", "arxiv_id"),
    [
        ({"arxiv": "2413.00001"}, "2413.00001"),
        ({"arXiv ID": "arXiv:2413.00001v2"}, "2413.00001"),
        ({"arxiv_id": 2413.1}, "2413.10000"),
        ({"arxiv": 704.1}, "0704.1000"),
        ({"eprint": "hep-th/9901001"}, "hep-th/9901001"),
        ({"doi": "https://doi.org/10.48550/arXiv.2413.00001"}, "2413.00001"),
        ({"pdf": "[pdf](https://arxiv.org/pdf/2413.00001v1.pdf)"}, "2413.00001"),
        ({"aliases": ["arXiv:2413.00001"]}, "2413.00001"),
        (
            {"links": ["https://example.org", "https://www.alphaxiv.org/abs/2413.00001"]},
            "2413.00001",
        ),
        ({"journal": "arXiv preprint arXiv:2413.00001"}, "2413.00001"),
        ({"extra": "arXiv:2413.00001 [cs]"}, "2413.00001"),
        ({"url": "https://arxiv.org/abs/2413.00001", "related": "arXiv:2413.00002"}, "2413.00001"),
        ({"related": "arXiv:2413.00002"}, "2413.00002"),
        ({"related": ["arXiv:2413.00002", "arXiv:2413.00003"]}, None),
        ({"url": "https://arxiv.org/abs/2413.00001", "doi": "10.48550/arXiv.2413.00002"}, None),
        ({"rating": 2413.1, "version": "2413.00001"}, None),
        ({"arxiv": "yes", "title": "2413.00001"}, None),
    ],
)
def test_the_paper_a_note_is_on(values: dict[str, Any], arxiv_id: str | None) -> None:
    assert facts(values).id == arxiv_id


def test_a_trace_in_the_text_counts_where_properties_have_none() -> None:
    text = "Read https://arxiv.org/pdf/2413.00001 today."
    assert facts({"title": "T"}, text).id == "2413.00001"
    assert facts({"title": "T"}, text + " and arXiv:2413.00002").id is None
    assert facts({"arxiv": "2413.00003"}, text).id == "2413.00003"


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (["Ada Made", "Bo Roe"], ("Ada Made", "Bo Roe")),
        ("Ada Made, Bo Roe and Cy Poe", ("Ada Made", "Bo Roe", "Cy Poe")),
        ("Made, Ada; Roe, Bo", ("Ada Made", "Bo Roe")),
        ("Made, Ada and Roe, Bo", ("Ada Made", "Bo Roe")),
        ("Ada Made; Bo Roe; Cy Poe", ("Ada Made", "Bo Roe", "Cy Poe")),
        ("Ada Made and Bo Roe", ("Ada Made", "Bo Roe")),
        ("Made, Ada", ("Ada Made",)),
        ("Ada Made, Bo Roe", ("Ada Made", "Bo Roe")),
        (["[[Ada Made]]", "[Bo Roe](People/Bo.md)"], ("Ada Made", "Bo Roe")),
        ([{"given": "Ada", "family": "Made"}, {"name": "Team"}], ("Ada Made", "Team")),
        ("[[Ada Made]], [[Bo Roe]]", ("Ada Made", "Bo Roe")),
        (None, ()),
        ([], ()),
        (7, ("7",)),
    ],
)
def test_authors(value: object, names: tuple[str, ...]) -> None:
    assert facts({"authors": value}).authors == names


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"status": "To Read"}, "unread"),
        ({"status": "in-progress"}, "reading"),
        ({"Read Status": "Finished"}, "read"),
        ({"status": "[[Status/Done]]"}, "read"),
        ({"status": "#status/reading"}, "reading"),
        ({"status": ["abandoned"]}, "skip"),
        ({"status": "🟥"}, "unread"),
        ({"status": "for the seminar"}, "for the seminar"),
        ({"read": True}, "read"),
        ({"read": False}, "unread"),
        ({"finished": "yes"}, "read"),
        ({"date-read": date(2024, 1, 1)}, "read"),
        ({"date read": "2024-01-01"}, "read"),
        ({"date read": None}, ""),
        ({"tags": ["paper", "status/read"]}, "read"),
        ({"tags": "paper, to-read"}, "unread"),
        ({"tags": ["read", "done"]}, ""),
        ({"status": None, "read": True}, "read"),
        ({}, ""),
    ],
)
def test_how_far_the_reader_is(values: dict[str, Any], status: str) -> None:
    assert facts(values).status == status


@pytest.mark.parametrize(
    ("value", "rating"),
    [
        (4, 4), ("4", 4), (4.5, 5), ("3,5", 4), (8, 4), ("8/10", 4), ("4/5", 4), ("2 of 3", 3), ("⭐⭐⭐", 3),
        ("★★☆☆☆", 2), ("⭐⭐⭐⭐⭐", 5), (0, None), (11, None), ("good", None), (None, None), (True, None),
        ("7 / 0", None), (0.2, 1), ([5], 5),
    ],
)  # fmt: skip
def test_ratings_on_any_scale(value: object, rating: int | None) -> None:
    assert facts({"my_rating": value}).rating == rating


@pytest.mark.parametrize(
    ("values", "liked"),
    [
        ({"rating": 4}, True),
        ({"rating": "9/10"}, True),
        ({"rating": 2, "status": "read"}, False),
        ({"status": "done"}, True),
        ({"status": "unread"}, False),
        ({}, False),
    ],
)
def test_what_was_liked_there(values: dict[str, Any], liked: bool) -> None:
    assert facts(values).liked is liked


def test_of_two_names_for_one_thing_the_plainer_counts() -> None:
    found = facts(
        {
            "pdf": "https://example.org/x.pdf",
            "Full Title": "Long",
            "URL": "https://example.org",
            "Title": "T",
        }
    )
    assert (found.title, found.url) == ("T", "https://example.org")
    assert found.names == {"title": "Title", "url": "URL"}
    assert facts({"title": "", "Full Title": "Long"}).title == "Long"


def test_a_vaults_own_names() -> None:
    notes = [
        facts({"Title": "A", "Link": "https://example.org"}),
        facts({"Title": "B", "url": "https://example.org"}),
        facts({"title": "C", "url": "https://example.org", "readStatus": "done"}),
        Facts(),
    ]
    assert conventions(notes) == {}
    assert conventions([*notes[:2], *notes[:2]]) == {"title": "Title"}


def test_a_habit_is_followed_only_where_kb_could_write_and_read_the_same() -> None:
    def habit(*values: Mapping[str, object]) -> dict[str, str]:
        return conventions([facts(each) for each in values])

    assert habit(*[{"myRating": 4, "creators": ["Ada Example"], "readStatus": "read"}] * 3) == {
        "rating": "myRating", "authors": "creators", "status": "readStatus",
    }  # fmt: skip
    assert habit(*[{"myRating": 4}] * 2) == {}
    assert habit(*[{"myRating": 4}] * 3, *[{"title": "T"}] * 3) == {}
    assert habit(*[{"stars": "⭐⭐⭐", "author": "A, B", "rating": None}] * 3) == {}
    assert habit(*[{"readStatus": "done"}] * 3) == {}
    assert habit({"stars": 8}, *[{"stars": 4}] * 3) == {}
    assert habit(*[{"read": True, "source": "https://arxiv.org/abs/2503.00001"}] * 3) == {}


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
_KEYS = st.text(max_size=10) | st.sampled_from(
    [
        "title",
        "authors",
        "year",
        "doi",
        "url",
        "arxiv",
        "status",
        "rating",
        "read",
        "tags",
        "date-read",
    ]
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=6), st.text(max_size=50))
def test_no_properties_are_too_much(values: dict[str, Any], text: str) -> None:
    found = facts(values, text)
    assert found.rating is None or 1 <= found.rating <= 5
    assert set(found.ids).isdisjoint(found.mentioned)
