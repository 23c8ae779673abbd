from __future__ import annotations

from datetime import date
from typing import Any

from standins.vaults import paper

from kb.core.assessments import UNNAMED
from kb.core.gathered import gather, is_long, shortened
from kb.core.listed import Listed, Listing

ID = "2503.00001"


def listing(name: str, **said: Any) -> Listing:
    return Listing(name=name, form="markdown", entries=(Listed(line=3, id=ID, **said),))


def test_what_one_list_lacks_another_says() -> None:
    one = listing("a.md", title="Clouds", bullets="- a\n", topics=("Sky",))
    two = listing(
        "b.md", title="Clouds", comment="Good.", relevance=8, novelty=7, journal="J", doi="D"
    )
    rows = gather([one, two])[ID]
    assessment = rows.assessment()
    assert (assessment.score, assessment.by, assessment.topics) == (15, UNNAMED, ("Sky",))
    assert assessment.comment == "Good."
    made = rows.paper(None, None)
    assert made is not None
    assert (made.title, made.journal, made.doi, made.source) == ("Clouds", "J", "D", "import")
    assert rows.said() == "- a"


def test_arxiv_counts_over_lists() -> None:
    known = paper(1, doi="10.1/arxiv")
    rows = gather([listing("a.md", title=known.title, doi="10.1/list", journal="J")])[ID]
    made = rows.paper(known, date(2025, 3, 6))
    assert made is not None
    assert (made.doi, made.journal, made.authors) == ("10.1/arxiv", "J", known.authors)
    assert rows.misnamed(known) == []


def test_the_row_whose_title_fits_counts_most_and_the_other_is_told() -> None:
    known = paper(1)
    wrong = listing("wrong.md", title="Something else altogether", status="skip")
    right = listing("right.md", title=known.title, status="read")
    rows = gather([wrong, right])[ID].beside(known)
    assert rows.given(complete=True) == {"status": "read"}
    (problem,) = rows.misnamed(known)
    assert problem.where == "wrong.md:3"
    assert rows.beside(None) is rows


def test_a_paper_without_a_title_is_none() -> None:
    rows = gather([listing("ids.txt")])[ID]
    assert rows.paper(None, None) is None
    assert rows.assessment().score == 0
    assert rows.given(complete=False) == {"version": None}
    assert gather([listing("ids.txt", version=2)])[ID].given(complete=False) == {}


def test_a_day_takes_the_place_of_where_it_was_listed() -> None:
    plain = listing("a.md", listed="2025-04 week 1", title="Clouds")
    assert gather([plain])[ID].given(complete=True) == {"listed": "2025-04 week 1"}
    days = [listing("b.md", announced=date(2025, 3, n), listed=f"2025-03-0{n}") for n in (7, 6)]
    rows = gather([plain, *days])[ID]
    assert rows.announced == date(2025, 3, 6)
    assert rows.given(complete=True) == {}


def test_long_summaries_and_unknown_columns_are_words() -> None:
    long = "Clouds:\n\n- one\n- two"
    rows = gather(
        [listing("a.md", summary=long, extra=(("Mood", "high"), ("PDF", "x"), ("No", "")))]
    )
    assert rows[ID].said() == f"{long}\n\n**Mood** high"
    assert rows[ID].assessment().summary == "Clouds: one two"


def test_a_summary_is_cut_to_forty_words() -> None:
    assert not is_long(" ".join(["w"] * 40))
    assert is_long(" ".join(["w"] * 41))
    assert shortened(" ".join(["w"] * 41)).split() == ["w"] * 40 + ["…"]
    assert shortened("") == ""
