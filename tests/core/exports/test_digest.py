from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from standins import digests
from standins.entries import ENTRIES, HARD, PLAIN

from kb.core.exports.digest import digest
from kb.core.exports.entries import Entry
from kb.core.exports.marked import escaped, unescaped
from kb.core.listed import DayTotals, Listed, Listing, Usage
from kb.core.topics import parse_topics
from kb.sources.lists import read_list

if TYPE_CHECKING:
    from pathlib import Path

TOPICS = "# Topics\nFor one who counts.\n\n## Clouds\nRelevant: white ones\n\n---\n\n## Fog\nKeywords: mist\n"
CRITERIA = (
    f"{TOPICS}\n---\n\n# Relevance and novelty\n\n- **9-10** Very.\n\nKept: relevance 7 or more.\n"
)
DAY = DayTotals(
    day=date(2025, 3, 6),
    announced=442,
    scanned=236,
    relevant=2,
    usage=(
        Usage(model="cloud_4o", prompt=31316, cached=12, completion=4414, total=35730, usd=0.1203,
              usd_parts=(0.08, 0.0403)),
        Usage(model="other|one", total=7, usd=0.0),
    ),
)  # fmt: skip
SAME = ("id", "version", "title", "authors", "comment", "summary", "topics", "relevance", "novelty",
        "scored_by", "announced", "extra")  # fmt: skip


def entry_of(listed: Listed) -> Entry:
    return Entry(
        id=listed.id or "",
        abstract=listed.abstract,
        **{name: getattr(listed, name) for name in SAME if name != "id"},
    )


def again(listing: Listing, criteria: str = "") -> tuple[str, Listing]:
    assert listing.day is not None
    text = digest([entry_of(paper) for paper in listing.papers], listing.day, criteria)
    return text, read_list(text.encode(), "again.md")


def same_papers(one: Listing, other: Listing) -> None:
    assert one.day == other.day
    assert len(one.papers) == len(other.papers)
    for a, b in zip(one.papers, other.papers, strict=True):
        assert {name: getattr(a, name) for name in SAME} == {
            name: getattr(b, name) for name in SAME
        }


@pytest.mark.parametrize("text", [digests.FIRST, digests.THIRD, digests.EMPTY])
def test_a_digest_that_is_read_and_written_again_says_the_same(text: str) -> None:
    first = read_list(text.encode(), "first.md")
    written, second = again(first, f"{first.topics_text}\n---\n\n# Relevance and novelty\n")
    assert second.problems == ()
    same_papers(first, second)
    assert second.topics_text == first.topics_text
    third, _ = again(second, f"{first.topics_text}\n---\n\n# Relevance and novelty\n")
    assert third == written


def test_the_real_digests_as_well(shared_data: Path) -> None:
    files = sorted((shared_data / "reading").glob("daily-digest-*.md"))
    if not files:
        pytest.skip("the digests are not here")
    for file in files:
        first = read_list(file.read_bytes(), file.name)
        _, second = again(first, f"{first.topics_text}\n---\n\n# Relevance and novelty\n")
        same_papers(first, second)
        assert second.problems == ()
        assert second.topics_text == first.topics_text


def test_a_day_in_full() -> None:
    entries = [replace(PLAIN, announced=date(2025, 3, 6)), HARD]
    text = digest(entries, DAY, CRITERIA)
    listing = read_list(text.encode(), "x.md")
    assert listing.problems == ()
    assert listing.day == DAY
    plain, hard = listing.papers
    assert (plain.id, plain.version, plain.title) == (PLAIN.id, 2, PLAIN.title)
    assert (plain.abstract, plain.comment, plain.summary) == (
        PLAIN.abstract,
        PLAIN.comment,
        PLAIN.summary,
    )
    assert hard.comment == HARD.comment
    assert (hard.relevance, hard.novelty, hard.scored_by) == (7, 6, "cloud-4o")
    assert hard.topics == HARD.topics
    assert parse_topics(listing.topics_text).digest == parse_topics(TOPICS).digest
    assert "<!-- kb:end" not in text


def test_topics_are_sections_where_that_keeps_the_order() -> None:
    def made(*topics: str) -> list[Entry]:
        return [
            replace(PLAIN, id=f"2413.0000{n}", topics=(topic,) if topic else ())
            for n, topic in enumerate(topics)
        ]

    day = DayTotals(day=date(2025, 3, 6))
    assert digest(made("A", "A", "B"), day).count("\n### ") == 3
    for flat in (made("A", "B", "A"), made("A", ""), made("A")):
        text = digest(flat, day)
        assert "\n### " not in text
        assert [e.id for e in read_list(text.encode(), "x.md").papers] == [e.id for e in flat]


def test_a_day_without_papers_says_so() -> None:
    text = digest([], DayTotals(day=date(2025, 3, 6), announced=10, scanned=5, relevant=0))
    assert "No paper reached the cutoffs." in text
    listing = read_list(text.encode(), "x.md")
    assert (listing.rows, listing.problems) == (0, ())


def test_links_lead_to_their_sections() -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(digest([PLAIN, HARD], DAY, CRITERIA))
    inline = [child for token in tokens for child in token.children or ()]
    targets = {str(c.attrGet("href")) for c in inline if c.type == "link_open"}
    anchors = {c.content for c in inline if c.type == "html_inline"}
    inner = {target for target in targets if target.startswith("#")}
    assert inner == {"#paper-2413-00001", "#paper-hep-th-9901001"}
    assert {f'<a id="{target[1:]}">' for target in inner} <= anchors
    assert {a for a in anchors if not a.startswith(("<a id=", "</a>"))} == set()
    assert targets - inner == {PLAIN.url, HARD.url}
    headings = [t.tag for t in tokens if t.type == "heading_open" and t.level == 0]
    assert headings.count("h1") == 2


@given(st.text())
def test_escaped_text_is_read_back(text: str) -> None:
    folded = " ".join(escaped(text).split())
    assert escaped(unescaped(escaped(text))) == folded


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"])))
def test_plain_text_is_read_back_to_the_letter(text: str) -> None:
    assert unescaped(escaped(text)) == " ".join(text.split())


@given(st.lists(ENTRIES, max_size=5, unique_by=lambda e: e.id), st.sampled_from([CRITERIA, ""]))
def test_any_day_is_read_back(entries: list[Entry], criteria: str) -> None:
    """Whatever titles, comments and abstracts hold, no paper is lost, added or given other scores."""
    entries = [replace(entry, announced=date(2025, 3, 6)) for entry in entries]
    day = replace(DAY, relevant=len(entries))
    listing = read_list(digest(entries, day, criteria).encode(), "x.md")
    assert listing.day == day
    assert [(e.id, e.relevance, e.novelty, e.topics) for e in listing.entries] == [
        (e.id, e.relevance, e.novelty, e.topics) for e in entries
    ]
    for read, written in zip(listing.entries, entries, strict=True):
        assert read.authors == written.authors
        assert read.comment == " ".join(written.comment.split())
        assert read.summary == " ".join(written.summary.split())
        assert (read.scored_by, read.announced) == (written.scored_by, written.announced)
