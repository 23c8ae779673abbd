from __future__ import annotations

import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from standins.entries import ENTRIES, HARD, PLAIN

from kb.core.exports.entries import Entry
from kb.core.exports.records import COLUMNS, csv_table, json_lines
from kb.core.listed import Listed
from kb.sources.files import read_feed
from kb.sources.lists import read_list

KEPT = ("id", "version", "title", "authors", "abstract", "comment", "summary", "topics", "relevance",
        "novelty", "scored_by", "announced", "doi", "journal", "status", "rating")  # fmt: skip


def folded(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


def same(read: Listed, written: Entry) -> None:
    for name in KEPT:
        assert folded(getattr(read, name)) == folded(getattr(written, name)), name
    assert read.dated == written.submitted


def test_a_table_with_a_header() -> None:
    header, row = csv_table([PLAIN]).splitlines()
    assert header == ",".join(COLUMNS)
    assert row.startswith(
        "Counting toy clouds,Ada van der Made; The Cloud Team,2413.00001,2,2024-12-31,"
    )
    assert csv_table([PLAIN], ("title", "status")) == "title,status\nCounting toy clouds,read\n"


def test_no_cell_is_a_formula() -> None:
    evil = Entry(
        id="2413.00001", title='=HYPERLINK("https://example.org")', comment="-1+1", summary="'x"
    )
    row = csv_table([evil], ("title", "comment", "summary")).splitlines()[1]
    assert row == '"\'=HYPERLINK(""https://example.org"")",\'-1+1,\'\'x'
    (read,) = read_list(csv_table([evil]).encode(), "x.csv").entries
    same(read, evil)


@given(st.lists(ENTRIES | st.sampled_from([PLAIN, HARD]), max_size=6))
def test_any_table_is_read_back_equal(entries: list[Entry]) -> None:
    listing = read_list(csv_table(entries).encode(), "x.csv", form="csv")
    assert listing.odd == ()
    for read, written in zip(listing.entries, entries, strict=True):
        if written is not HARD:
            same(read, written)
        assert read.id == written.id


@given(st.lists(ENTRIES, min_size=1, max_size=6))
def test_any_json_lines_are_read_back_equal(entries: list[Entry]) -> None:
    listing = read_list(json_lines(entries).encode(), "x.jsonl")
    assert (listing.form, listing.odd) == ("jsonl", ())
    for read, written in zip(listing.entries, entries, strict=True):
        same(read, written)


def test_json_lines_leave_out_what_is_not_known() -> None:
    assert json.loads(json_lines([Entry(id="2413.00001", title="T")])) == {
        "id": "2413.00001",
        "title": "T",
        "url": "https://arxiv.org/abs/2413.00001",
        "pdf": "https://arxiv.org/pdf/2413.00001",
    }


def test_a_feed_can_be_made_of_json_lines(tmp_path_factory: object) -> None:
    import io

    stream = io.BytesIO(json_lines([PLAIN]).encode())
    feed = read_feed("-", stdin=stream, mailing_day=lambda moment: moment.date())
    assert [(paper.id, paper.announced) for paper in feed.papers] == [
        ("2413.00001", date(2024, 12, 31))
    ]
