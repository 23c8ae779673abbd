"""The real lists beside a checkout, where they are: exact counts, and no row lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kb.sources.lists import read_list

if TYPE_CHECKING:
    from pathlib import Path

    from kb.core.listed import Listing

# Distinct papers as the README of the data states them; rows, and rows without an arXiv paper.
COUNTS = {
    "monthly-table-2025-04.md": (5, 12, 7),
    "monthly-list-2024-03.md": (26, 33, 6),
    "monthly-list-2025-06.md": (24, 24, 0),
    "topic-table.md": (36, 36, 0),
    "reading-list.md": (20, 20, 0),
    "daily-digest-2025-01-31.md": (1, 1, 0),
    "daily-digest-2025-03-06.md": (17, 17, 0),
    "daily-digest-2026-04-09.md": (16, 16, 0),
}


@pytest.fixture
def reading(shared_data: Path) -> Path:
    folder = shared_data / "reading"
    if not folder.is_dir():
        pytest.skip("the lists are not here")
    return folder


def listing_of(folder: Path, name: str) -> Listing:
    return read_list((folder / name).read_bytes(), name)


@pytest.mark.parametrize("name", COUNTS)
def test_every_paper_is_read_and_no_row_lost(reading: Path, name: str) -> None:
    listing = listing_of(reading, name)
    papers, rows, without = COUNTS[name]
    assert (len(listing.ids), listing.rows, len(listing.without)) == (papers, rows, without)
    assert listing.odd == ()
    assert listing.rows == len(listing.entries)
    assert all(paper.title for paper in listing.papers)


def test_every_line_of_the_reading_list_is_a_title_or_somebodys_words(reading: Path) -> None:
    listing = listing_of(reading, "reading-list.md")
    source = (reading / "reading-list.md").read_text("utf-8").split("\n")
    words = [line for line in source if line.strip() and not line.startswith("[**")]
    kept = [line for paper in listing.papers for line in paper.bullets.split("\n") if line.strip()]
    assert kept == words
    assert [problem.where for problem in listing.doubts] == ["reading-list.md:281"]


def test_every_paper_of_a_digest_is_whole(reading: Path) -> None:
    for name in COUNTS:
        if not name.startswith("daily"):
            continue
        listing = listing_of(reading, name)
        assert listing.day is not None
        assert f"daily-digest-{listing.day.day}.md" == name
        assert listing.day.relevant == len(listing.papers)
        for paper in listing.papers:
            assert paper.authors
            assert paper.abstract
            assert paper.comment
            assert paper.relevance
            assert paper.novelty
            assert paper.announced == listing.day.day
            assert not set(" ".join(paper.authors)) & set("\\{}")


def test_the_tables_of_april_stand_under_their_weeks(reading: Path) -> None:
    listing = listing_of(reading, "monthly-table-2025-04.md")
    assert {paper.listed for paper in listing.papers} == {"2025-04 week 1"}
    assert listing.mended == 4
    assert not any("â€" in paper.summary for paper in listing.papers)


def test_tables_with_dates_know_them(reading: Path) -> None:
    march = listing_of(reading, "monthly-list-2024-03.md")
    assert all(str(entry.dated) == entry.listed for entry in march.entries)
    topics = listing_of(reading, "topic-table.md")
    assert {paper.listed[:4] for paper in topics.papers} == {"2025", "2026"}
    assert all(len(paper.listed) == 7 and paper.topics for paper in topics.papers)
