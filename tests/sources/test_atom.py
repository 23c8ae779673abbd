from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kb.sources.atom import NotAFeed, parse_atom

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom"
  xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/api/x</id><title>arXiv Query</title>
  <opensearch:itemsPerPage>2</opensearch:itemsPerPage>
  <opensearch:totalResults>41</opensearch:totalResults>
  <opensearch:startIndex>20</opensearch:startIndex>"""
ENTRY = """<entry><id>http://arxiv.org/abs/2513.00001v2</id><title>A title</title>
  <updated>2025-03-07T09:00:00Z</updated>
  <link href="https://arxiv.org/abs/2513.00001v2" rel="alternate" type="text/html"/>
  <summary>What it says.</summary>
  <category term="stat.ML"/><category term="cs.LG"/><category term="62G08"/>
  <published>2025-03-05T18:30:00Z</published>
  <arxiv:comment>12 pages,
  3 figures</arxiv:comment><arxiv:primary_category term="cs.LG"/>
  <arxiv:journal_ref>J. Inv. 3</arxiv:journal_ref><arxiv:doi>10.1/x</arxiv:doi>
  <author><name>Ada Invented</name><arxiv:affiliation>Far</arxiv:affiliation></author>
  <author><name>Bo Made-Up</name></author></entry>"""


def page(*entries: str) -> bytes:
    return (HEAD + "".join(entries) + "</feed>").encode()


def test_an_entry_is_read_whole() -> None:
    answer = parse_atom(page(ENTRY))
    (paper,) = answer.papers
    assert (paper.id, paper.version) == ("2513.00001", 2)
    assert (paper.title, paper.abstract) == ("A title", "What it says.")
    assert paper.authors == ("Ada Invented", "Bo Made-Up")
    assert paper.categories == ("cs.LG", "stat.ML")
    assert paper.primary == "cs.LG"
    assert paper.submitted == datetime(2025, 3, 5, 18, 30, tzinfo=UTC)
    assert paper.revised == datetime(2025, 3, 7, 9, tzinfo=UTC)
    assert paper.announced is None
    assert paper.comment == "12 pages, 3 figures"
    assert (paper.journal, paper.doi) == ("J. Inv. 3", "10.1/x")
    assert not paper.withdrawn
    assert (answer.total, answer.start, answer.error, answer.problems) == (41, 20, None, ())


def test_the_layout_before_2025() -> None:
    """Hard-wrapped lines, and namespaces on each element."""
    data = b"""<?xml version="1.0" encoding="UTF-8"?>
    <feed xmlns="http://www.w3.org/2005/Atom">
    <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">1</opensearch:totalResults>
    <opensearch:startIndex xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">0</opensearch:startIndex>
    <entry><id>http://arxiv.org/abs/hep-th/9913001v1</id><published>1999-01-04T10:00:00Z</published>
    <updated>1999-01-04T10:00:00Z</updated>
    <title>A title that is too long
  for one line</title><summary>  First paragraph
wraps.
  Second one.
</summary><author><name>Ada Invented</name></author>
    <arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">1 page</arxiv:comment>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="hep-th"/>
    <category term="hep-th"/></entry></feed>"""
    answer = parse_atom(data)
    (paper,) = answer.papers
    assert (paper.id, paper.title) == ("hep-th/9913001", "A title that is too long for one line")
    assert paper.abstract == "First paragraph wraps.\n\nSecond one."
    assert paper.comment == "1 page"
    assert (answer.total, answer.start) == (1, 0)


def test_an_empty_answer_is_an_answer() -> None:
    answer = parse_atom(page())
    assert answer.papers == ()
    assert answer.total == 41


def test_an_error_entry() -> None:
    entry = """<entry><id>https://arxiv.org/api/errors#incorrect_id</id><title>Error</title>
      <summary>incorrect id format for abc</summary></entry>"""
    answer = parse_atom(page(entry))
    assert answer.error == "incorrect id format for abc"
    assert (answer.papers, answer.problems) == ((), ())


def test_a_paper_called_error_is_a_paper() -> None:
    answer = parse_atom(page(ENTRY.replace("A title", "Error")))
    assert answer.error is None
    assert answer.papers[0].title == "Error"


def test_a_bad_entry_is_a_problem_and_the_rest_goes_on() -> None:
    answer = parse_atom(
        page(ENTRY.replace("2513.00001v2", "??"), ENTRY, ENTRY.replace("A title", " "))
    )
    assert len(answer.papers) == 1
    assert [problem.where for problem in answer.problems] == ["entry 1", "entry 3"]
    nowhere = ENTRY.replace("stat.ML", "").replace("cs.LG", "")
    assert parse_atom(page(nowhere)).problems[0].why == "2513.00001 has no category"


def test_times_that_are_none() -> None:
    entry = ENTRY.replace("2025-03-05T18:30:00Z", "soon").replace("2025-03-07", "9999-03-07")
    (paper,) = parse_atom(page(entry)).papers
    assert (paper.submitted, paper.revised) == (None, None)


@pytest.mark.parametrize(
    ("comment", "abstract", "withdrawn"),
    [
        ("This paper has been withdrawn by the author due to an error", "We show.", True),
        ("Withdrawn", "We show.", True),
        ("paper withdrawn, Lemma 2 is wrong", "We show.", True),
        ("12 pages; withdrawn by arXiv administrators", "We show.", True),
        ("", "This paper has been withdrawn.", True),
        ("", "(This submission was temporarily withdrawn)", True),
        ("Supersedes another paper, which has been withdrawn", "We show.", False),
        ("This paper was withdrawn from a conference for lack of funds", "We show.", False),
        ("", "The drug was withdrawn from the market.", False),
        ("", "The recently withdrawn drug is studied.", False),
        ("", "We study bids that were withdrawn.", False),
        ("", "This paper studies money withdrawn by customers.", False),
    ],
)
def test_withdrawals_are_told_from_talk_of_withdrawing(
    comment: str, abstract: str, withdrawn: bool
) -> None:
    entry = ENTRY.replace("12 pages,\n  3 figures", comment).replace("What it says.", abstract)
    assert parse_atom(page(entry)).papers[0].withdrawn is withdrawn


@pytest.mark.parametrize("data", [b"", b"<html>", b"<rss/>", page(ENTRY)[:-9], b"{}"])
def test_what_is_no_feed_is_refused(data: bytes) -> None:
    with pytest.raises(NotAFeed):
        parse_atom(data)


def test_every_capture(shared_data: Path) -> None:
    wire = shared_data / "arxiv-wire" / "atom_api"
    seen = 0
    for capture in sorted(wire.glob("*.capture.json")):
        body = json.loads(capture.read_text("utf-8"))["body"]
        answer = parse_atom(body.encode())
        assert answer == parse_atom(
            capture.with_name(capture.name.replace(".capture.json", ".xml")).read_bytes()
        )
        assert answer.problems == ()
        assert answer.total is not None
        assert body.count("<entry>") == len(answer.papers) + (answer.error is not None)
        for paper in answer.papers:
            assert paper.submitted is not None
            assert paper.revised is not None
            assert paper.submitted <= paper.revised
            assert "\n" not in paper.title
        seen += len(answer.papers)
    assert seen == 125
    assert parse_atom((wire / "search_page2.xml").read_bytes()).start == 10
