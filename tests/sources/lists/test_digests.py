from __future__ import annotations

from datetime import date

import pytest
from standins import digests

from kb.core.listed import DayTotals, Usage
from kb.core.topics import parse_topics
from kb.sources.lists import read_list


def test_the_first_generation() -> None:
    listing = read_list(digests.FIRST.encode(), "2025-02-03.md")
    (paper,) = listing.entries
    assert (listing.form, listing.rows, listing.problems) == ("digest", 1, ())
    assert (paper.id, paper.line) == ("2502.00001", 19)
    assert paper.title == "Counting clouds: what [b] leaves out"
    assert paper.authors == ("Ada Invented", "Bo Made-Up")
    assert (
        paper.abstract
        == r"We count clouds with codes (\ie, tokens). A second line **of it** goes on."
    )
    assert paper.comment == "It counts, which matches counting."
    assert (paper.relevance, paper.novelty, paper.scored_by) == (9, 8, "")
    assert paper.announced == date(2025, 2, 3)
    assert listing.day == DayTotals(
        day=date(2025, 2, 3),
        scanned=120,
        relevant=1,
        usage=(Usage(prompt=12000, completion=800, total=12800, usd=0.38, usd_parts=(0.30, 0.08)),),
    )


def test_the_second_generation_names_its_model_and_all_papers() -> None:
    listing = read_list(digests.SECOND.encode(), "digest.md")
    first, second = listing.entries
    assert listing.day is not None
    assert (listing.day.announced, listing.day.scanned, listing.day.relevant) == (440, 230, 3)
    assert [usage.model for usage in listing.day.usage] == ["cloud-4o"]
    assert (first.id, first.version, first.scored_by) == ("2504.00002", 2, "cloud-4o")
    assert first.title == r"Fog of $\sqrt{n}$ kinds"
    assert first.authors == ("Cy Imagináry", "Di Zoë", "Roe Poe Jr.")
    assert first.comment == "A bound of ~O(1/n) on fog."
    assert (first.relevance, first.novelty) == (10, 7)
    assert (second.id, second.relevance, second.novelty) == ("2504.00004", None, 8)


def test_what_a_digest_gets_wrong_is_told_by_line() -> None:
    listing = read_list(digests.SECOND.encode(), "digest.md")
    assert listing.rows == len(listing.entries) + len(listing.odd) == 3
    assert [(problem.where, problem.why) for problem in listing.odd] == [
        ("digest.md:19", "'A cloud in the contents only' is in the contents and has no section")
    ]
    told = {problem.where: problem.why for problem in listing.doubts}
    assert told["digest.md:1"] == "the digest says 3 relevant papers and has 2"
    lines = [problem.why for problem in listing.doubts if problem.where == "digest.md:42"]
    assert lines == [
        "the link leads to 2504.00003, the id below says 2504.00004",
        "the relevance '11' is no whole number from 1 to 10",
    ]


def test_the_third_generation_groups_by_topic() -> None:
    listing = read_list(digests.THIRD.encode(), "digest.md")
    assert listing.problems == ()
    assert listing.ids == ("2605.00001", "2605.00002", "2605.00003")
    shapes = "Shapes, Sizes, and Large Clouds"
    assert [paper.topics for paper in listing.entries] == [
        (shapes, "Names"),
        (shapes,),
        ("Names", shapes, "Weather at Large"),
    ]
    assert listing.entries[0].extra == (("Topic Match", "The shape is the point."),)
    assert {paper.scored_by for paper in listing.entries} == {"cloud-5"}
    assert listing.day == DayTotals(
        day=date(2026, 5, 6),
        announced=610,
        scanned=400,
        relevant=3,
        usage=(
            Usage(
                model="cloud-5",
                prompt=180000,
                completion=23000,
                total=203000,
                usd=0.81,
                usd_parts=(0.46, 0.35),
            ),
        ),
    )


def test_a_day_on_which_every_call_failed() -> None:
    listing = read_list(digests.EMPTY.encode(), "digest.md")
    assert (listing.form, listing.rows, listing.problems) == ("digest", 0, ())
    assert listing.day is not None
    assert (listing.day.day, listing.day.announced) == (date(2025, 2, 4), 400)


@pytest.mark.parametrize(
    ("heading", "name", "ids", "day"),
    [
        ("03/06/2025", "d.md", "2503.00001", date(2025, 3, 6)),
        ("13/03/2025", "d.md", "2503.00001", date(2025, 3, 13)),
        ("06/03/2025", "d.md", "2503.00001", date(2025, 3, 6)),
        ("06/03/2025", "d.md", "2506.00001", date(2025, 6, 3)),
        ("2025-03-06", "d.md", "2503.00001", date(2025, 3, 6)),
        ("of March 6th, 2025", "d.md", "2503.00001", date(2025, 3, 6)),
        ("", "arxiv-2025-03-06.md", "2503.00001", date(2025, 3, 6)),
        ("", "d.md", "2503.00001", None),
    ],
)
def test_the_day_of_a_digest(heading: str, name: str, ids: str, day: date | None) -> None:
    """Month first, unless the ids of its papers were given out in the month of the other reading."""
    text = digests.FIRST.replace("02/03/2025", heading).replace("2502.00001", ids)
    listing = read_list(text.encode(), name)
    assert listing.day is not None
    assert listing.day.day == day
    assert [paper.announced for paper in listing.entries] == [day]
    assert bool(listing.doubts) == (day is None)


def test_the_topics_of_each_generation_become_a_topics_file() -> None:
    first = parse_topics(read_list(digests.FIRST.encode(), "d.md").topics_text)
    assert [(t.name, t.relevant, t.not_relevant) for t in first.topics] == [
        ("Counting", "Anything that counts clouds.", "Rain gauges."),
        ("Naming", "New names for clouds.", "Old names."),
    ]
    assert first.keywords == ("Cumulus", "CU", "Fog", "Mist")
    assert first.negative_keywords == ("Rain", "Snow", "Umbrellas")
    assert first.about == "Use these to focus on clouds:"
    second = parse_topics(read_list(digests.SECOND.encode(), "d.md").topics_text)
    assert second.keywords == ("Fog", "Mist")
    assert set(second.negative_keywords) == {"Sunshine", "Lighthouses"}
    third = parse_topics(read_list(digests.THIRD.encode(), "d.md").topics_text)
    assert [(t.name, t.relevant, t.not_relevant) for t in third.topics] == [
        ("Shapes, Sizes, and Large Clouds", "round and long ones.", "flat maps."),
        ("Names", "new names.", "lists of old ones."),
    ]
    assert third.negative_keywords == ("umbrellas", "boats and bridges")
    assert not first.unplaced + second.unplaced + third.unplaced


def test_a_section_without_an_id_is_a_row_without_paper() -> None:
    text = digests.FIRST.replace("https://arxiv.org/abs/2502.00001", "https://example.org/p")
    listing = read_list(text.replace("**ArXiv ID:** 2502.00001\n", "").encode(), "d.md")
    assert [entry.id for entry in listing.entries] == [None]
    assert [str(problem) for problem in listing.without] == [
        "d.md:19: 'Counting clouds: what [b] leaves out': its link leads to example.org, not to arXiv"
    ]


def test_one_row_a_model_is_a_table_of_usage_too() -> None:
    table = (
        "| Model | Prompt tokens | Cached | Completion | Total | Cost |\n|---|---|---|---|---|---|\n"
        "| small | 100 | 50 | 10 | 110 | $0.01 |\n| large | 1,000 | | 100 | 1100 | $1.5 |\n"
    )
    text = (
        digests.EMPTY.partition("|")[0]
        + table
        + digests.EMPTY[digests.EMPTY.index("Total ArXiv") :]
    )
    listing = read_list(text.encode(), "d.md")
    assert listing.day is not None
    assert listing.day.usage == (
        Usage(model="small", prompt=100, cached=50, completion=10, total=110, usd=0.01),
        Usage(model="large", prompt=1000, completion=100, total=1100, usd=1.5),
    )
