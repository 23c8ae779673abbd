from __future__ import annotations

from datetime import date
from typing import Any

from kb.core.gathered import gather
from kb.core.listed import DayTotals, Listed, Listing
from kb.errors import Problem
from kb.sources.lists.spool import Spool

DAY = date(2025, 3, 6)


def listing(name: str, *ids: str | None, day: date | None = None, **more: Any) -> Listing:
    entries = tuple(
        Listed(line=at, id=each, title=f"{each} in {name}", announced=day)
        for at, each in enumerate(ids, 1)
    )
    told = DayTotals(day=day) if day else None
    return Listing(name=name, form="markdown", entries=entries, rows=len(ids), day=told, **more)


LISTS = [
    listing("a.md", "2503.00001", "2503.00002", None, odd=(Problem("a.md:9", "what is it?"),)),
    listing("b.md", "2503.00002", "2503.00003", "2503.00002", day=DAY, topics_text="# Topics\n"),
    listing("c.md", "2503.00003", day=date(2025, 3, 5), mended=2),
    *(listing(f"{number}.md", f"2504.{number:05}") for number in range(10)),
    listing("z.md", "2503.00001"),
]


def test_what_is_laid_aside_comes_back_as_it_was() -> None:
    with Spool() as spool:
        for each in LISTS:
            spool.add(each)
        expected = gather(LISTS)
        assert spool.papers == list(expected)
        assert {each: spool.gathered(each) for each in reversed(spool.papers)} == expected
        assert [spool.listing(number) for number in range(len(LISTS))] == LISTS
        assert list(spool.on(DAY)) == [LISTS[1]]
        assert [spool.announced(each) for each in spool.papers[:3]] == [None, DAY, date(2025, 3, 5)]


def test_what_is_told_of_a_list_is_at_hand() -> None:
    with Spool() as spool:
        for each in LISTS:
            spool.add(each)
        a, b, c, *_ = spool.outlines
        assert (a.name, a.papers, a.rows, a.without, a.odd) == ("a.md", 2, 3, 1, 1)
        assert a.problems == LISTS[0].problems
        assert (b.papers, b.day, b.topics, a.topics) == (2, DAY, True, False)
        assert c.mended == 2
