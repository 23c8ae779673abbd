from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from standins.arxiv_papers import invent_days
from standins.arxiv_world import FIRST, HOLIDAY, PAPERS, WEDNESDAY, WITH_HOLIDAY, complete, misfiled

from kb.core.announcements import back, days_between, next_day, previous_day, window
from kb.errors import TryLater
from kb.sources.arxiv import Known
from kb.sources.arxiv.days import missing_days

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.arxiv_reader import Reader


def test_the_first_pass_files_the_current_day_and_sees_the_backlog(
    make: Callable[..., Reader],
) -> None:
    reader = make()
    answer = reader.read(WEDNESDAY)
    [day] = answer.days
    assert (day.day, day.outcome) == (WEDNESDAY, "done")
    assert answer.retry is None
    assert {paper.id for paper in day.papers} == reader.announced(WEDNESDAY, WEDNESDAY).keys()
    assert day.announced_count == len(day.papers)
    assert all(paper.submitted and paper.abstract for paper in day.papers)
    truth = reader.announced(back(WEDNESDAY, 20), previous_day(WEDNESDAY))
    first = back(WEDNESDAY, 20)
    inside = {p.id for p in reader.server.papers if p.announced >= first}
    assert reader.backlog.keys() == (truth.keys() & inside) - reader.filed.keys()
    assert min(reader.backlog.values()) == back(WEDNESDAY, 20)
    own = {paper.id: paper.announced for paper in reader.server.papers}
    assert sum(own[arxiv_id] != on for arxiv_id, on in reader.backlog.items()) <= 0.02 * len(truth)


def test_a_second_pass_asks_nothing(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.read(WEDNESDAY)
    asked = len(reader.server.requests)
    answer = reader.read(WEDNESDAY, hours=9)
    assert answer.days == ()
    assert answer.retry is None
    assert len(reader.server.requests) == asked


def test_day_after_day_every_paper_comes_on_its_day(make: Callable[..., Reader]) -> None:
    reader = make(WITH_HOLIDAY)
    days = days_between(WEDNESDAY, date(2025, 3, 21))
    for day in days:
        answer = reader.read(day)
        assert answer.retry is None
    complete(reader, WEDNESDAY, days[-1])
    assert reader.outcomes[HOLIDAY] == "holiday"
    truth = reader.announced(WEDNESDAY, days[-1])
    assert {arxiv_id: reader.filed[arxiv_id] for arxiv_id in truth if arxiv_id in reader.filed} == {
        arxiv_id: day for arxiv_id, day in truth.items() if arxiv_id in reader.filed
    }


def test_the_api_may_be_a_day_behind(make: Callable[..., Reader]) -> None:
    reader = make()
    for day in days_between(WEDNESDAY, date(2025, 3, 12)):
        reader.server.api_day = previous_day(day)
        assert reader.read(day).retry is None
    complete(reader, WEDNESDAY, date(2025, 3, 12))


@pytest.mark.parametrize("shuffled", [False, True])
def test_missed_weeks_are_filled(make: Callable[..., Reader], *, shuffled: bool) -> None:
    papers = invent_days(FIRST, 36, 60, held=0.04, crossed=0.03, shuffled=shuffled)
    reader = make(papers)
    reader.read(WEDNESDAY)
    last = date(2025, 3, 21)
    answer = reader.read(last)
    assert [day.outcome for day in answer.days] == ["done"] * 12
    complete(reader, WEDNESDAY, last)
    assert len(misfiled(reader, WEDNESDAY, last)) <= 0.01 * len(reader.filed)


def test_a_first_pass_without_its_backlog_files_nothing(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.server.fault("503", path="api")
    with pytest.raises(TryLater, match="503"):
        reader.read(WEDNESDAY)
    assert not reader.finished


def test_only_the_kinds_asked_for_are_judged(make: Callable[..., Reader]) -> None:
    reader = make()
    answer = reader.read(WEDNESDAY, announce=frozenset({"new"}))
    [day] = answer.days
    assert day.papers
    assert all(p.primary in ("cs.LG", "cs.AI") for p in (*day.papers, *answer.backlog))
    assert all(p.announce_type == "new" for p in (*day.papers, *answer.backlog))
    assert day.announced_count > len(day.papers)
    reader.read(date(2025, 3, 11), announce=frozenset({"new"}))
    by_id = {paper.id: paper for paper in reader.server.papers}
    assert all(by_id[i].categories[0] in ("cs.LG", "cs.AI") for i in reader.filed)


def test_a_late_cross_list_is_filed_on_the_day_it_is_found(make: Callable[..., Reader]) -> None:
    papers = [replace(paper) for paper in PAPERS]
    crossed = next(
        p
        for p in papers
        if p.announced == WEDNESDAY and not {"cs.LG", "cs.AI"} & set(p.categories) and not p.crossed
    )
    crossed.crossed = {"cs.AI": date(2025, 3, 6)}
    reader = make(papers)
    reader.read(WEDNESDAY)
    answer = reader.read(date(2025, 3, 10))
    [late] = [paper for paper in answer.late if paper.id == crossed.id]
    assert late.announced == date(2025, 3, 10)
    assert late.announce_type == "cross"
    complete(reader, WEDNESDAY, date(2025, 3, 10))


def test_new_versions_of_noted_papers_are_updates(make: Callable[..., Reader]) -> None:
    papers = [replace(paper) for paper in PAPERS]
    ours = [p for p in papers if p.announced == date(2025, 2, 6) and p.categories[0] == "cs.LG"]
    thursday = next_day(WEDNESDAY)
    ours[0].replaced = {thursday: "Version two"}
    ours[1].replaced = {thursday: "This paper has been withdrawn by the authors"}
    ours[2].replaced = {thursday: "Nobody noted this one"}
    reader = make(papers)
    reader.read(WEDNESDAY)
    reader.noted = {ours[0].id, ours[1].id, ours[3].id}
    answer = reader.read(thursday)
    assert {p.id: (p.version, p.withdrawn, p.announced) for p in answer.updates} == {
        ours[0].id: (2, False, None),
        ours[1].id: (2, True, None),
    }
    assert answer.updates[0].submitted == ours[0].submitted


def test_old_ids_in_a_feed(make: Callable[..., Reader]) -> None:
    old = replace(
        PAPERS[0],
        id="hep-th/9901001",
        categories=["hep-th"],
        submitted=datetime(1999, 1, 1, tzinfo=UTC),
        announced=date(1999, 1, 4),
        crossed={"cs.LG": WEDNESDAY},
    )
    reader = make([*PAPERS, old])
    answer = reader.read(WEDNESDAY)
    [found] = [p for p in answer.days[-1].papers if p.id == old.id]
    assert found.submitted == old.submitted
    assert found.announce_type == "cross"


def test_exactly_the_days_asked_for_are_filled(make: Callable[..., Reader]) -> None:
    reader = make()
    since, until = date(2025, 2, 24), date(2025, 2, 26)
    answer = reader.read(WEDNESDAY, since=since, until=until, backlog_days=5)
    assert [day.day for day in answer.days] == days_between(since, until)
    assert {day.outcome for day in answer.days} == {"done"}
    assert max(reader.backlog.values()) == date(2025, 2, 21)
    assert not any(address.startswith("/rss") for address, _, _ in reader.server.requests)
    answer = reader.read(WEDNESDAY, since=date(2025, 2, 21))
    assert [day.day for day in answer.days] == [
        date(2025, 2, 21),
        *days_between(date(2025, 2, 27), WEDNESDAY),
    ]


def test_a_month_of_absence_is_made_up_for(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.read(date(2025, 2, 12), backlog_days=3)
    last = date(2025, 3, 28)
    assert reader.read(last).retry is None
    complete(reader, date(2025, 2, 12), last)


def test_missing_days() -> None:
    current = date(2025, 3, 7)
    assert missing_days(Known({}), current) == [current]
    assert missing_days(Known({}), date(2025, 3, 8)) == [current]
    known = Known({date(2025, 3, 3): frozenset(), date(2025, 3, 5): frozenset({"2503.00001"})})
    assert missing_days(known, current) == [date(2025, 3, 4), date(2025, 3, 6), current]
    assert missing_days(known, current, since=date(2025, 2, 27), until=date(2025, 3, 4)) == [
        date(2025, 2, 27),
        date(2025, 2, 28),
        date(2025, 3, 4),
    ]
    assert missing_days(known, current, until=date(2025, 3, 4)) == [date(2025, 3, 4)]
    ancient = Known({date(2020, 1, 1): frozenset()})
    assert missing_days(ancient, current)[0] >= current - timedelta(days=60)
    assert missing_days(Known({current: frozenset()}), current) == []


def test_a_paper_submitted_after_the_freeze_waits(make: Callable[..., Reader]) -> None:
    """At eight in the evening the API has tomorrow's papers, under tomorrow's ids."""
    reader = make()
    reader.read(previous_day(WEDNESDAY))
    reader.server.api_day = next_day(WEDNESDAY)
    answer = reader.read(WEDNESDAY, now=window(next_day(WEDNESDAY))[1] + timedelta(hours=7))
    assert [day.day for day in answer.days] == [WEDNESDAY]
    tomorrow = {p.id for p in reader.server.papers if p.announced == next_day(WEDNESDAY)}
    assert not reader.filed.keys() & tomorrow
