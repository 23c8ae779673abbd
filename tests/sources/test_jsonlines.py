from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.core.papers import Paper
from kb.sources.jsonlines import parse_line, parse_record

if TYPE_CHECKING:
    from pathlib import Path

SNAPSHOT: dict[str, Any] = {
    "id": "2513.00001",
    "submitter": "Ada Invented",
    "authors": "Ada Invented, Bo Made-Up and Cy Fiction (Somewhere, Far)",
    "title": "A title that\n  is wrapped",
    "comments": "12 pages,\n  3 figures",
    "journal-ref": "J. Inv. 3",
    "doi": "10.1/x",
    "report-no": None,
    "categories": "stat.ML cs.LG",
    "license": None,
    "abstract": "  First paragraph\nwraps.\n  Second one.\n",
    "versions": [
        {"version": "v1", "created": "Mon, 3 Mar 2025 19:18:42 GMT"},
        {"version": "v2", "created": "Tue, 4 Mar 2025 09:00:00 GMT"},
    ],
    "update_date": "2025-03-05",
    "authors_parsed": [
        ["Invented", "Ada", ""],
        ["Made-Up", "Bo", "Jr."],
        ["Fiction", "Cy", "", "Far"],
    ],
}
LISTED: dict[str, Any] = {
    "id": "2513.00002",
    "title": "Another",
    "abstract": "It says more.",
    "authors": ["Ada Invented", "Bo Made-Up"],
    "categories": ["cs.LG", "stat.ML", "68T05"],
    "primary": "stat.ML",
    "comment": "Short",
    "announced": "2025-03-06",
    "in_scan": True,
}


def changed(record: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {k: v for k, v in (record | changes).items() if v is not ...}


def test_the_layout_of_the_public_snapshot() -> None:
    assert parse_record(SNAPSHOT) == Paper(
        id="2513.00001",
        version=2,
        title="A title that is wrapped",
        authors=("Ada Invented", "Bo Made-Up Jr.", "Cy Fiction"),
        abstract="First paragraph wraps.\n\nSecond one.",
        categories=("stat.ML", "cs.LG"),
        submitted=datetime(2025, 3, 3, 19, 18, 42, tzinfo=UTC),
        revised=datetime(2025, 3, 4, 9, tzinfo=UTC),
        comment="12 pages, 3 figures",
        journal="J. Inv. 3",
        doi="10.1/x",
    )


def test_the_layout_of_saved_listings() -> None:
    assert parse_record(LISTED) == Paper(
        id="2513.00002",
        title="Another",
        authors=("Ada Invented", "Bo Made-Up"),
        abstract="It says more.",
        categories=("stat.ML", "cs.LG"),
        announced=date(2025, 3, 6),
        comment="Short",
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A. Invented, B. Made and C. Fiction", ("A. Invented", "B. Made", "C. Fiction")),
        ("A. Invented, and B. Made", ("A. Invented", "B. Made")),
        ("A. Invented; and", ("A. Invented",)),
        ("A. Invented, Jr., B. Made III", ("A. Invented Jr.", "B. Made III")),
        ("A. Invented (1), B. Made (2) ((1) Here, (2) There)", ("A. Invented", "B. Made")),
        ("Alexandra Andersen", ("Alexandra Andersen",)),
        ("A. (Invented", ("A. (Invented",)),
        (r"Andr\'e Made, Erd\H{o}s Xan", (r"Andr\'e Made", r"Erd\H{o}s Xan")),
        ("", ()),
    ],
)
def test_authors_as_one_text(text: str, names: tuple[str, ...]) -> None:
    assert parse_record(changed(SNAPSHOT, authors=text, authors_parsed=...)).authors == names


def test_odd_parsed_authors_are_passed_over() -> None:
    record = changed(SNAPSHOT, authors="A. Invented", authors_parsed=[["Invented"], None])
    assert parse_record(record).authors == ("A. Invented",)


def test_versions_out_of_order_and_without_times() -> None:
    versions = [
        {"version": "v10", "created": "Tue, 4 Mar 2025 09:00:00 GMT"},
        {"version": "v9", "created": "not a time"},
        {"version": "v1", "created": "Mon, 3 Mar 2025 19:18:42 GMT"},
        {"version": "latest"},
        "v3",
    ]
    paper = parse_record(changed(SNAPSHOT, versions=versions))
    assert paper.version == 10
    assert paper.submitted == datetime(2025, 3, 3, 19, 18, 42, tzinfo=UTC)
    assert paper.revised == datetime(2025, 3, 4, 9, tzinfo=UTC)


def test_the_version_in_the_id_counts_where_there_is_no_other() -> None:
    assert parse_record(changed(LISTED, id="arXiv:2513.00002v4")).version == 4


def test_fields_of_our_own() -> None:
    record = changed(
        LISTED,
        version=3,
        submitted="2025-03-05T10:00:00Z",
        announce_type="cross",
        withdrawn=True,
        source="sample",
    )
    paper = parse_record(record)
    assert (paper.version, paper.announce_type, paper.withdrawn, paper.source) == (
        3,
        "cross",
        True,
        "sample",
    )
    assert paper.submitted == datetime(2025, 3, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize("source", ["hand", "import", "nonsense", 7])
def test_a_record_cannot_claim_another_source(source: object) -> None:
    assert parse_record(changed(LISTED, source=source)).source == ""


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ([], "not a JSON object"),
        (changed(LISTED, id=...), "missing field `id`"),
        (changed(LISTED, id=2513.00002), "field `id` must be text"),
        (changed(LISTED, id="2513"), "'2513' is not an arXiv id"),
        (changed(LISTED, title=...), "missing field `title`"),
        (changed(LISTED, title=" \n"), "field `title` is empty"),
        (changed(LISTED, abstract=None), "missing field `abstract`"),
        (changed(LISTED, authors=...), "missing field `authors`"),
        (changed(LISTED, authors=[1]), "field `authors` must be text or a list of texts"),
        (changed(LISTED, categories=...), "missing field `categories`"),
        (
            changed(LISTED, categories={"cs.LG": 1}),
            "field `categories` must be text or a list of texts",
        ),
        (
            changed(LISTED, categories="68T05", primary=...),
            "field `categories` names no arXiv category",
        ),
        (
            changed(LISTED, announced="yesterday"),
            "field `announced` must be a day such as 2025-03-06",
        ),
        (changed(LISTED, announced=20250306), "field `announced` must be a day such as 2025-03-06"),
    ],
)
def test_what_is_wrong_is_named(record: object, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_record(record)
    assert str(caught.value).startswith(why)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "not JSON (Expecting property name"),
        (b'{"id": "\xff"}', "not UTF-8 (byte 9)"),
        (b"[" * 100_000, "not JSON that can be read"),
        (b"1" * 10_000, "not JSON that can be read"),
        (b"null", "not a JSON object"),
    ],
)
def test_lines_that_are_no_json(line: bytes, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_line(line)
    assert str(caught.value).startswith(why)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse_line(b"\xef\xbb\xbf" + json.dumps(LISTED).encode()).id == "2513.00002"


def test_control_characters_and_halves_of_characters_go() -> None:
    paper = parse_line(json.dumps(changed(LISTED, title="A\x00 ti\ud83dtle\u202e\x85 x")).encode())
    assert paper.title == "A title x"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda v: st.lists(v) | st.dictionaries(st.text(), v),
)


@given(st.sampled_from(sorted(SNAPSHOT)), json_values)
def test_any_value_in_any_field_gives_a_paper_or_a_sentence(name: str, value: object) -> None:
    outcome: Paper | str
    try:
        outcome = parse_record(changed(SNAPSHOT, **{name: value}))
    except ValueError as error:
        outcome = str(error)
    if isinstance(outcome, str):
        assert "\n" not in outcome
        assert "field" in outcome or "arXiv id" in outcome
    else:
        assert outcome.title
        assert outcome.categories
        assert all("\n" not in text for text in (outcome.title, outcome.comment, *outcome.authors))


def test_real_listings_have_no_bad_line(shared_data: Path) -> None:
    import gzip

    listing = shared_data / "arxiv-days" / "listings" / "2025-05-26.jsonl.gz"
    lines = gzip.decompress(listing.read_bytes()).splitlines()
    papers = [parse_line(line) for line in lines]
    assert len(papers) > 300
    for paper, line in zip(papers, lines, strict=True):
        assert paper.primary == json.loads(line)["primary"]
