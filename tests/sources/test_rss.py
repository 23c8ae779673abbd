from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from kb.sources.rss import NotAFeed, parse_rss

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">
  <channel>
    <title>cs.LG updates on arXiv.org</title>
    <lastBuildDate>Thu, 06 Mar 2025 05:00:03 +0000</lastBuildDate>
    <pubDate>Thu, 06 Mar 2025 00:00:00 -0500</pubDate>
    <skipDays><day>Saturday</day><day>Sunday</day></skipDays>
"""
TAIL = "</channel></rss>"
PUBLISHED = "Thu, 06 Mar 2025 00:00:00 -0500"


def item(
    arxiv_id: str = "2513.00001v1",
    kind: str = "new",
    *,
    title: str = "A title",
    abstract: str = "What it says.",
    more: str = "<category>cs.LG</category>",
) -> str:
    return f"""<item><title>{title}</title><link>https://arxiv.org/abs/{arxiv_id}</link>
    <description>arXiv:{arxiv_id} Announce Type: {kind} \nAbstract: {abstract}</description>
    <guid isPermaLink="false">oai:arXiv.org:{arxiv_id}</guid>{more}
    <pubDate>{PUBLISHED}</pubDate><arxiv:announce_type>{kind}</arxiv:announce_type>
    <dc:creator>Ada Invented, Bo Made-Up, Jr., Cy O'Fiction (Somewhere, Far)</dc:creator></item>"""


def feed(*items: str) -> bytes:
    return (HEAD + "".join(items) + TAIL).encode()


def test_an_item_is_read_whole() -> None:
    more = (
        "<category>stat.ML</category><category>cs.LG</category><category>68T05</category>"
        "<arxiv:journal_reference>J. Inv. 3 (2025)</arxiv:journal_reference><arxiv:DOI>10.1/x</arxiv:DOI>"
    )
    parsed = parse_rss(
        feed(item("2513.00001v3", "replace", title="Of $x &lt; y$\n  and\tz", more=more))
    )
    (paper,) = parsed.items
    assert paper.id == "2513.00001"
    assert paper.version == 3
    assert paper.title == "Of $x < y$ and z"
    assert paper.abstract == "What it says."
    assert paper.authors == ("Ada Invented", "Bo Made-Up Jr.", "Cy O'Fiction")
    assert paper.categories == ("stat.ML", "cs.LG")
    assert paper.announce_type == "replace"
    assert paper.announced == date(2025, 3, 6)
    assert (paper.submitted, paper.revised) == (None, None)
    assert (paper.journal, paper.doi) == ("J. Inv. 3 (2025)", "10.1/x")
    assert parsed.problems == ()


def test_the_head_of_the_feed() -> None:
    parsed = parse_rss(feed())
    assert parsed.day == date(2025, 3, 6)
    assert parsed.built == datetime(2025, 3, 6, 5, 0, 3, tzinfo=UTC)
    assert parsed.skip_days == {"Saturday", "Sunday"}
    assert parsed.items == ()


@pytest.mark.parametrize("kind", ["new", "cross", "replace", "replace-cross"])
def test_announce_types(kind: str) -> None:
    assert parse_rss(feed(item(kind=kind))).items[0].announce_type == kind


def test_an_unknown_announce_type_is_left_empty() -> None:
    assert parse_rss(feed(item(kind="withdraw"))).items[0].announce_type == ""


def test_old_style_ids() -> None:
    assert parse_rss(feed(item("hep-th/9913001v2"))).items[0].id == "hep-th/9913001"


def test_a_bad_item_is_a_problem_and_the_rest_goes_on() -> None:
    parsed = parse_rss(
        feed(
            item(), item("nonsense"), item("2513.00002v1", title=""), item("2513.00003v1", more="")
        )
    )
    assert [paper.id for paper in parsed.items] == ["2513.00001"]
    assert [problem.where for problem in parsed.problems] == ["item 2", "item 3", "item 4"]
    assert "not an arXiv id" in parsed.problems[0].why
    assert parsed.problems[1].why == "2513.00002 has no title"
    assert parsed.problems[2].why == "2513.00003 has no category"


def test_paragraphs_of_an_abstract_are_kept() -> None:
    parsed = parse_rss(feed(item(abstract="One line\nwraps.\n  A second\nparagraph.")))
    assert parsed.items[0].abstract == "One line wraps.\n\nA second paragraph."


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Thu, 06 Mar 2025 00:00:00 -0500", date(2025, 3, 6)),
        ("Thu, 10 Jul 2025 00:00:00 -0400", date(2025, 7, 10)),
        ("Thu, 06 Mar 2025 00:00:00 -0400", date(2025, 3, 6)),  # summer's offset in winter
        ("Thu, 06 Mar 2025 05:00:00 +0000", date(2025, 3, 6)),
        ("Thu, 10 Jul 2025 03:59:00 GMT", date(2025, 7, 9)),
        ("Mon, 10 Mar 2025 04:00:00 +0000", date(2025, 3, 10)),  # the first day of summer time
        ("never", None),
    ],
)
def test_the_day_is_the_date_in_eastern_time(written: str, day: date | None) -> None:
    assert parse_rss(feed().replace(PUBLISHED.encode(), written.encode())).day == day


def test_a_feed_without_date_of_its_own_takes_its_items() -> None:
    data = feed(item()).replace(f"    <pubDate>{PUBLISHED}</pubDate>\n    <skip".encode(), b"<skip")
    assert data.count(b"pubDate") == 2
    assert parse_rss(data).day == date(2025, 3, 6)


def test_an_item_of_another_day_keeps_its_day() -> None:
    other = item().replace(PUBLISHED, "Wed, 05 Mar 2025 00:00:00 -0500")
    assert parse_rss(feed(other)).items[0].announced == date(2025, 3, 5)


def test_the_layout_before_2024() -> None:
    data = b"""<?xml version="1.0" encoding="UTF-8"?>
    <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
      xmlns:dc="http://purl.org/dc/elements/1.1/">
    <channel rdf:about="http://arxiv.org/"><title>cs.LG updates</title>
      <dc:date>2023-03-05T20:30:00-05:00</dc:date></channel>
    <item rdf:about="http://arxiv.org/abs/2313.00001">
      <title>An old title. (arXiv:2313.00001v2 [cs.LG] UPDATED)</title>
      <link>http://arxiv.org/abs/2313.00001</link>
      <description rdf:parseType="Literal">&lt;p&gt;It is p &amp;lt; 1.&lt;/p&gt;</description>
      <dc:creator>&lt;a href="http://arxiv.org/x"&gt;Ada Invented&lt;/a&gt;, &lt;a&gt;Bo Made&lt;/a&gt;</dc:creator>
    </item></rdf:RDF>"""
    parsed = parse_rss(data)
    (paper,) = parsed.items
    assert parsed.day == date(2023, 3, 6)  # announced on Sunday evening, Monday's mailing
    assert (paper.id, paper.version, paper.announce_type) == ("2313.00001", 2, "replace")
    assert paper.title == "An old title"
    assert paper.abstract == "It is p < 1."
    assert paper.authors == ("Ada Invented", "Bo Made")
    assert paper.categories == ("cs.LG",)


def test_a_withdrawn_paper() -> None:
    parsed = parse_rss(feed(item(abstract="This paper has been withdrawn by the authors.")))
    assert parsed.items[0].withdrawn


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (
            b"<!DOCTYPE html><html><head><title>Rate exceeded.</title>",
            "HTML page \\(Rate exceeded.\\)",
        ),
        (b"<?xml version='1.0'?>\n<html><body>", "HTML page instead"),
        (b"Rate exceeded.", "not well-formed"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'></feed>", "root is <feed>"),
        (b"<rss version='2.0'></rss>", "not an RSS feed"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel>&a;</channel></rss>", "entities"),
        (b"<?xml version='1.0' encoding='martian'?><rss/>", "encoding"),
    ],
)
def test_what_is_no_feed_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(NotAFeed, match=why):
        parse_rss(data)


def test_a_feed_cut_anywhere_is_refused() -> None:
    whole = feed(item(), item("2513.00002v1"))
    for end in range(0, len(whole), 37):
        with pytest.raises(NotAFeed):
            parse_rss(whole[:end])


def test_more_than_is_good_for_us_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.sources.xml.MAX_BYTES", 100)
    with pytest.raises(NotAFeed, match="too much"):
        parse_rss(feed())


def test_an_illegal_character_in_a_feed_cut_short() -> None:
    with pytest.raises(NotAFeed, match="cut short"):
        parse_rss(feed(item(title="A\x0b title"))[:-20])


def test_one_illegal_character_does_not_hide_the_day() -> None:
    parsed = parse_rss(feed(item(title="A\x0b ti&#7;t\x00le")))
    assert parsed.items[0].title == "A title"


def test_the_capture_is_refused_as_cut_short_and_read_when_mended(shared_data: Path) -> None:
    (capture,) = (shared_data / "arxiv-wire" / "rss").glob("*.txt")
    data = capture.read_bytes()
    with pytest.raises(NotAFeed, match="cut short"):
        parse_rss(data)
    rest = b"</description><category>cs.AI</category></item></channel></rss>"
    parsed = parse_rss(data + rest)
    assert parsed.day == date(2025, 9, 18)
    assert parsed.items[0].id == "2509.13332"
    assert parsed.items[0].announce_type == "new"
    assert parsed.items[0].announced == date(2025, 9, 18)
