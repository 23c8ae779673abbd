from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standins.entries import BARE, ENTRIES, HARD, PLAIN

from kb.core.exports.atom import atom
from kb.core.exports.entries import Entry
from kb.sources.atom import parse_atom
from kb.sources.xml import child, children, parse_xml, text_of

NAMED = {"title": "Kept papers", "address": "urn:uuid:00000000-0000-4000-8000-000000000000"}


def test_the_feed_is_read_by_kbs_own_reader() -> None:
    page = parse_atom(atom([PLAIN, HARD], **NAMED).encode())
    assert (page.problems, page.error) == ((), None)
    first, second = page.papers
    assert (first.id, first.title, first.authors) == (PLAIN.id, PLAIN.title, PLAIN.authors)
    assert (first.categories, first.primary) == (("cs.LG", "stat.ML"), "cs.LG")
    assert first.submitted == datetime(2024, 12, 30, tzinfo=UTC)
    assert (first.doi, first.journal, first.comment) == (
        PLAIN.doi,
        PLAIN.journal,
        PLAIN.author_comment,
    )
    assert first.abstract == PLAIN.abstract
    assert second.id == "hep-th/9901001"


def test_the_elements_that_every_feed_needs() -> None:
    root = parse_xml(atom([PLAIN, BARE], **NAMED).encode())
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    assert [text_of(root, name) for name in ("id", "title", "updated")] == [
        NAMED["address"],
        "Kept papers",
        "2025-04-01T00:00:00Z",
    ]
    assert child(root, "author") is not None
    for entry in children(root, "entry"):
        for name in ("id", "title", "updated"):
            assert text_of(entry, name)
        (alternate,) = (e for e in children(entry, "link") if e.get("rel") == "alternate")
        assert alternate.get("href") == text_of(entry, "id")
        (summary,) = children(entry, "summary")
        assert summary.get("type") == "text"


def test_why_a_paper_was_kept_is_shown_as_html() -> None:
    root = parse_xml(atom([HARD], **NAMED).encode())
    (entry,) = children(root, "entry")
    shown = text_of(entry, "content")
    assert "<b>Why it is here</b> (relevance 7, novelty 6, by cloud-4o)" in shown
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_an_empty_feed_is_a_feed() -> None:
    assert parse_atom(atom([], **NAMED).encode()).papers == ()


@given(st.lists(ENTRIES, max_size=5), st.text(max_size=20))
def test_any_papers_make_well_formed_xml(entries: list[Entry], title: str) -> None:
    root = parse_xml(atom(entries, title=title, address=NAMED["address"]).encode())
    assert [text_of(entry, "id") for entry in children(root, "entry")] == [e.url for e in entries]


def test_feedparser_finds_nothing_wrong() -> None:
    feedparser = pytest.importorskip("feedparser", reason="feedparser is not installed")
    found = feedparser.parse(atom([PLAIN, HARD, BARE], **NAMED).encode())
    assert not found.bozo
    assert found.version == "atom10"
    assert [entry.id for entry in found.entries] == [PLAIN.url, HARD.url, BARE.url]
    assert all(entry.updated_parsed for entry in found.entries)
