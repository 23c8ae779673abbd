from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, fromstring

import pytest
from standins import arxiv_xml
from standins.arxiv_papers import Invented, invent_days
from standins.arxiv_reader import STEADY
from standins.arxiv_server import ArxivStandIn

from kb.core.announcements import window
from kb.errors import TryLater
from kb.sources.arxiv import ArxivSource
from kb.sources.arxiv.api import paper_of
from kb.sources.atom import parse_atom
from kb.sources.rss import parse_rss

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = date(2025, 3, 12)
PAPERS = invent_days(date(2025, 3, 3), 8, 40)
NOW = datetime(2025, 3, 12, 6, tzinfo=UTC)
START, END = window(date(2025, 3, 3))[0], NOW


@pytest.fixture
def server() -> Iterator[ArxivStandIn]:
    with ArxivStandIn(PAPERS, today=TODAY) as standin:
        yield standin


def ask(
    server: ArxivStandIn, folder: Path, *, page_size: int = 1000, query_limit: int = 30_000
) -> ArxivSource:
    return ArxivSource(
        server.url,
        folder,
        lambda: NOW,
        patience=STEADY,
        page_size=page_size,
        query_limit=query_limit,
    )


def expected(*categories: str) -> set[str]:
    return {p.id for p in PAPERS if set(categories) & set(p.categories)}


def test_every_paper_of_a_window_comes_once(server: ArxivStandIn, tmp_path: Path) -> None:
    source = ask(server, tmp_path, page_size=7)
    found = source.submitted_between(["cs.LG", "cs.AI"], START, END)
    assert {paper.id for paper in found} == expected("cs.LG", "cs.AI")
    assert len(found) == len({paper.id for paper in found})
    assert [p.submitted for p in found] == sorted(p.submitted for p in found if p.submitted)
    first = found[0]
    truth = next(p for p in PAPERS if p.id == first.id)
    assert (first.title, first.authors, first.abstract) == (
        truth.title,
        tuple(truth.authors),
        truth.abstract,
    )
    assert (first.submitted, first.categories, first.version) == (
        truth.submitted,
        tuple(truth.categories),
        1,
    )
    source.close()


def test_a_window_with_too_many_papers_is_split(server: ArxivStandIn, tmp_path: Path) -> None:
    source = ask(server, tmp_path, page_size=20, query_limit=60)
    found = source.submitted_between(["cs.LG", "cs.AI", "cs.CV", "math.AP"], START, END)
    assert {paper.id for paper in found} == expected("cs.LG", "cs.AI", "cs.CV", "math.AP")
    asked = {query["search_query"] for _, query, _ in server.requests}
    assert len(asked) > 3
    source.close()


def test_a_minute_with_too_many_papers_ends_the_splitting(
    server: ArxivStandIn, tmp_path: Path
) -> None:
    source = ask(server, tmp_path, query_limit=0)
    with pytest.raises(TryLater, match="more papers than it gives out"):
        source.submitted_between(["cs.LG"], START, END)
    source.close()


def test_papers_by_id(server: ArxivStandIn, tmp_path: Path) -> None:
    source = ask(server, tmp_path)
    ids = [paper.id for paper in PAPERS[:130]]
    found = source.by_ids([*ids, ids[0], "1234.56789"])
    assert [paper.id for paper in found] == ids
    assert source.by_ids(["1234.56789"]) == []
    assert source.by_ids([]) == []
    assert [p.version for p in source.by_ids([ids[0] + "v1"])] == [1]
    source.close()


def test_the_requests_name_kb(server: ArxivStandIn, tmp_path: Path) -> None:
    source = ask(server, tmp_path)
    source.announcement_feed(["cs.LG", "cs.AI"])
    source.by_ids([PAPERS[0].id])
    assert [address for address, _, _ in server.requests] == ["/rss/cs.LG+cs.AI", "/api/query"]
    assert all(headers["User-Agent"].startswith("kb/") for _, _, headers in server.requests)
    source.close()


def test_progress_is_told(server: ArxivStandIn, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    source = ArxivSource(
        server.url, tmp_path, lambda: NOW, lambda *step: told.append(step), patience=STEADY
    )
    found = source.submitted_between(["cs.LG"], START, END, "the backlog")
    assert told[-1] == ("the backlog", len(found), len(found))
    source.close()


def test_pages_that_lose_a_paper_are_read_from_the_other_end(
    server: ArxivStandIn, tmp_path: Path
) -> None:
    server.fault("duplicate entries", path="api")
    source = ask(server, tmp_path, page_size=30)
    found = source.submitted_between(["cs.LG", "cs.AI"], START, END)
    assert {paper.id for paper in found} == expected("cs.LG", "cs.AI")
    assert {query["sortOrder"] for _, query, _ in server.requests} == {"ascending", "descending"}
    source.close()


def test_short_pages_are_no_fault(
    server: ArxivStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("standins.arxiv_server.PAGE_LIMIT", 9)
    source = ask(server, tmp_path, page_size=50)
    found = source.submitted_between(["cs.LG"], START, END)
    assert {paper.id for paper in found} == expected("cs.LG")
    source.close()


def test_the_answer_arrives_packed(server: ArxivStandIn, tmp_path: Path) -> None:
    source = ask(server, tmp_path)
    feed = source.announcement_feed(["cs.LG"])
    assert feed.day == TODAY
    assert feed.skip_days == {"Saturday", "Sunday"}
    assert source.problems == []
    source.close()


# The stand-in beside what arXiv really answers.


def shape(element: Element) -> list[tuple[str, tuple[str, ...]]]:
    """Names with namespaces and attribute names, in order, each repetition once."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for child in element:
        one = (child.tag, tuple(child.attrib))
        if not found or found[-1] != one:
            found.append(one)
    return found


def _in_order(names: list[str], order: list[str]) -> bool:
    rest = iter(order)
    return all(name in rest for name in names)


def rich() -> Invented:
    return Invented(
        id="2503.00001",
        title="A title & more",
        authors=["A. Author", "B. Author"],
        abstract="An abstract with $x < y$.",
        categories=["cs.LG", "cs.AI"],
        submitted=datetime(2025, 3, 1, 12, tzinfo=UTC),
        announced=TODAY,
        comment="9 pages",
        journal="J. Imag. Res. 1",
        doi="10.1/1",
        affiliation="Nowhere",
    )


def test_the_stand_in_has_the_layout_of_the_api(shared_data: Path) -> None:
    folder = shared_data / "arxiv-wire" / "atom_api"
    ours = fromstring(
        arxiv_xml.atom(
            [arxiv_xml.entry(rich(), TODAY)], total=1, start=0, per_page=10, asked={"id_list": "x"}
        )
    )
    (entry,) = ours.iter("{http://www.w3.org/2005/Atom}entry")
    order = [name for name, _ in shape(entry)]
    pages = [*folder.glob("search_*.xml"), folder / "one_id.xml", folder / "old_style_id.xml"]
    assert len(pages) >= 5
    for path in pages:
        theirs = fromstring(path.read_bytes())
        assert shape(theirs) == shape(ours), path.name
        assert theirs.tag == ours.tag
        for real in theirs.iter("{http://www.w3.org/2005/Atom}entry"):
            names = [name for name, _ in shape(real)]
            assert set(shape(real)) <= set(shape(entry)), path.name
            assert _in_order(names, order), path.name
    head = (folder / "one_id.xml").read_text("utf-8").splitlines()
    invented = arxiv_xml.atom([], total=1, start=0, per_page=100, asked={}).splitlines()
    assert head[:2] == invented[:2]
    error = fromstring(arxiv_xml.error("incorrect id format for abc"))
    theirs = fromstring((folder / "error_400_incorrect_id.xml").read_bytes())
    assert shape(error) == shape(theirs)
    assert [shape(e) for e in error.iter()] == [shape(e) for e in theirs.iter()]


def test_the_stand_in_has_the_layout_of_the_feed(shared_data: Path) -> None:
    (head,) = (shared_data / "arxiv-wire" / "rss").glob("*.txt")
    theirs = head.read_text("utf-8").splitlines()
    ours = arxiv_xml.rss(
        [arxiv_xml.item(rich(), "new", date(2025, 9, 18))],
        name="cs.AI",
        day=date(2025, 9, 18),
        skip=["Sunday", "Saturday"],
    ).splitlines()
    cut = next(n for n, line in enumerate(theirs) if "<item>" in line)
    assert ours[: cut + 1] == theirs[: cut + 1]
    assert ours[cut + 3].startswith("      <description>arXiv:2503.00001v1 Announce Type: new ")
    assert theirs[cut + 3].endswith("Announce Type: new ")
    assert ours[cut + 4].startswith("Abstract: ")
    assert theirs[cut + 4].startswith("Abstract: ")


def test_both_parsers_read_the_stand_in_alike(server: ArxivStandIn, tmp_path: Path) -> None:
    source = ask(server, tmp_path)
    by_api = {p.id: p for p in source.submitted_between(["cs.LG"], START, END)}
    for paper in source.announcement_feed(["cs.LG"]).items:
        full = by_api[paper.id]
        assert (paper.title, paper.authors, paper.abstract, paper.categories) == (
            full.title,
            full.authors,
            full.abstract,
            full.categories,
        )
    source.close()


def test_the_package_and_our_parser_read_captures_alike(shared_data: Path) -> None:
    from arxiv import _feed

    seen = 0
    for path in sorted((shared_data / "arxiv-wire" / "atom_api").glob("*.xml")):
        if "error" in path.name:
            continue
        body = path.read_bytes()
        papers = [paper_of(result) for result in _feed.parse(body).results]
        assert papers == list(parse_atom(body).papers), path.name
        seen += len(papers)
    assert seen > 100


def test_a_result_without_what_a_paper_needs_is_refused() -> None:
    import arxiv

    with pytest.raises(ValueError, match="no title"):
        paper_of(arxiv.Result("http://arxiv.org/abs/2503.00001v1", categories=["cs.LG"]))
    with pytest.raises(ValueError, match="no category"):
        paper_of(arxiv.Result("http://arxiv.org/abs/2503.00001v1", title="T"))
    with pytest.raises(ValueError, match="not an arXiv id"):
        paper_of(arxiv.Result("http://example.org/", title="T"))


def test_one_entry_that_cannot_be_read_is_reported(server: ArxivStandIn, tmp_path: Path) -> None:
    broken = next(p for p in server.papers if "cs.LG" in p.categories)
    title, broken.title = broken.title, ""
    source = ask(server, tmp_path)
    found = source.submitted_between(["cs.LG"], START, END)
    broken.title = title
    assert {paper.id for paper in found} == expected("cs.LG") - {broken.id}
    assert [problem.why for problem in source.problems] == [f"{broken.id} has no title"]
    source.close()


def test_the_feed_of_the_stand_in_says_its_day() -> None:
    for day in (date(2025, 3, 8), date(2025, 3, 10), date(2025, 11, 3)):
        feed = parse_rss(arxiv_xml.rss([], name="cs.AI", day=day, skip=["Sunday"]).encode())
        assert feed.day == day
        assert feed.built
        assert feed.built - timedelta(seconds=2) == datetime.fromisoformat(
            f"{day}T{'04' if day == date(2025, 3, 10) else '05'}:00:00+00:00"
        )
    assert format_datetime(NOW)


def test_known_ids_are_not_lost_in_an_empty_page(server: ArxivStandIn, tmp_path: Path) -> None:
    server.fault("empty first page", path="api", times=1)
    source = ask(server, tmp_path)
    assert len(source.by_ids([PAPERS[0].id])) == 1
    server.fault("empty first page", path="api")
    with pytest.raises(TryLater, match="empty page"):
        source.by_ids([PAPERS[0].id])
    source.close()
