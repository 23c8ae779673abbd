from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from standins.arxiv_papers import invent_days
from standins.arxiv_world import FIRST, HOLIDAY, WEDNESDAY, WITH_HOLIDAY, complete, misfiled

from kb.core.announcements import back, days_between, next_day, previous_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.arxiv_reader import Reader


def test_a_holiday_in_a_missed_week_shows_in_the_next_feed(make: Callable[..., Reader]) -> None:
    reader = make(WITH_HOLIDAY)
    reader.read(WEDNESDAY)
    monday = next_day(HOLIDAY)
    answer = reader.read(monday)
    assert {day.day: day.outcome for day in answer.days}[HOLIDAY] == "holiday"
    complete(reader, WEDNESDAY, monday)
    assert len(misfiled(reader, WEDNESDAY, monday)) <= 2


def test_a_holiday_whose_next_feed_was_missed_too_shows_in_the_ids(
    make: Callable[..., Reader],
) -> None:
    papers = invent_days(FIRST, 36, 280, holidays=frozenset({HOLIDAY}), held=0.04)
    reader = make(papers)
    reader.server.holidays = frozenset({HOLIDAY})
    reader.read(WEDNESDAY)
    last = date(2025, 3, 20)
    reader.read(last)
    assert [day for day, outcome in reader.outcomes.items() if outcome == "holiday"] == [HOLIDAY]
    complete(reader, WEDNESDAY, last)
    assert len(misfiled(reader, WEDNESDAY, last)) <= 0.01 * len(reader.filed)


def test_an_unlisted_holiday_stays_open_until_the_next_day(make: Callable[..., Reader]) -> None:
    reader = make(WITH_HOLIDAY, skip_holidays=False)
    reader.read(previous_day(HOLIDAY))
    answer = reader.read(HOLIDAY)
    assert [day.outcome for day in answer.days] == ["open"]
    assert answer.retry
    assert "holiday" in answer.retry
    answer = reader.read(next_day(HOLIDAY))
    assert answer.retry is None
    assert [day.outcome for day in answer.days] == ["holiday", "done"]
    complete(reader, previous_day(HOLIDAY), next_day(HOLIDAY))


def test_a_small_category_has_quiet_days(make: Callable[..., Reader]) -> None:
    reader = make(WITH_HOLIDAY, categories=("math.KT",))
    days = days_between(WEDNESDAY, date(2025, 3, 21))
    for day in days:
        assert reader.read(day).retry is None
    truth = reader.announced(WEDNESDAY, days[-1])
    assert {day for day, outcome in reader.outcomes.items() if outcome == "done"} >= set(
        truth.values()
    )
    assert reader.outcomes[HOLIDAY] == "holiday"
    # A first pass on a quiet day goes back to the last day with papers.
    assert {d for d, o in reader.outcomes.items() if o == "quiet"} >= set(days) - set(
        truth.values()
    ) - {HOLIDAY}
    assert truth.keys() <= reader.filed.keys()


def test_quiet_days_are_told_from_a_holiday_afterwards(make: Callable[..., Reader]) -> None:
    reader = make(WITH_HOLIDAY, categories=("math.KT",), skip_holidays=False)
    reader.read(date(2025, 3, 12))
    reader.read(next_day(HOLIDAY))
    truth = reader.announced(date(2025, 3, 12), next_day(HOLIDAY))
    assert reader.outcomes[HOLIDAY] == "holiday"
    assert reader.outcomes[date(2025, 3, 13)] == (
        "done" if date(2025, 3, 13) in truth.values() else "quiet"
    )
    assert truth.keys() <= reader.filed.keys()


@pytest.mark.parametrize("day", [date(2025, 3, 8), date(2025, 3, 9)])
def test_a_newcomer_on_a_weekend_has_friday(make: Callable[..., Reader], day: date) -> None:
    reader = make()
    reader.server.api_day = date(2025, 3, 7)
    answer = reader.read(day, now=datetime(day.year, day.month, day.day, 15, tzinfo=UTC))
    assert [(found.day, found.outcome) for found in answer.days] == [(date(2025, 3, 7), "done")]
    assert answer.retry is None
    assert reader.filed.keys() == {
        paper.id
        for paper in reader.server.papers
        if paper.announced == date(2025, 3, 7) and {"cs.LG", "cs.AI"} & set(paper.categories)
    }
    assert reader.backlog


def test_a_newcomer_on_a_holiday_has_the_day_before(make: Callable[..., Reader]) -> None:
    reader = make(WITH_HOLIDAY)
    answer = reader.read(HOLIDAY)
    assert [(day.day, day.outcome) for day in answer.days] == [
        (previous_day(HOLIDAY), "done"),
        (HOLIDAY, "holiday"),
    ]
    assert answer.retry is None
    assert reader.filed
    assert not set(reader.filed) & set(reader.backlog)


def test_yesterdays_feed_is_of_yesterday(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.read(WEDNESDAY)
    thursday = next_day(WEDNESDAY)
    reader.server.fault("yesterday's feed", path="rss")
    answer = reader.read(thursday)
    assert [day.outcome for day in answer.days] == ["open"]
    assert answer.retry
    assert "2025-03-05" in answer.retry
    reader.server.heal()
    reader.read(thursday, hours=2)
    complete(reader, WEDNESDAY, thursday)


def test_yesterdays_feed_fills_yesterday(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.server.api_day = date(2025, 2, 28)
    reader.server.fault("yesterday's feed", path="rss")
    answer = reader.read(WEDNESDAY)
    assert [(day.day, day.outcome) for day in answer.days] == [
        (previous_day(WEDNESDAY), "done"),
        (WEDNESDAY, "open"),
    ]
    assert answer.retry


def test_a_third_of_a_feed_is_completed(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.read(WEDNESDAY)
    reader.server.fault("a third of the feed", path="rss")
    answer = reader.read(next_day(WEDNESDAY))
    assert answer.days[-1].outcome == "done"
    assert "lacked" in answer.days[-1].why
    complete(reader, WEDNESDAY, next_day(WEDNESDAY))


def test_a_third_of_a_feed_is_not_believed_alone(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.read(WEDNESDAY)
    thursday = next_day(WEDNESDAY)
    reader.server.api_day = WEDNESDAY
    reader.server.fault("a third of the feed", path="rss")
    answer = reader.read(thursday)
    assert [day.outcome for day in answer.days] == ["open"]
    # The next day's pass fills it from the API.
    reader.server.heal()
    reader.server.api_day = None
    reader.read(next_day(thursday))
    complete(reader, WEDNESDAY, next_day(thursday))
    assert not misfiled(reader, WEDNESDAY, next_day(thursday))


def test_an_empty_feed_is_not_a_quiet_day_where_the_api_has_papers(
    make: Callable[..., Reader],
) -> None:
    reader = make()
    reader.read(WEDNESDAY)
    thursday = next_day(WEDNESDAY)
    for api_day in (thursday, WEDNESDAY):
        reader.server.api_day = api_day
        reader.server.fault("empty feed", path="rss", times=1)
        answer = reader.read(thursday)
        assert [day.outcome for day in answer.days] == ["open"]
    reader.server.heal()
    reader.server.api_day = None
    reader.read(thursday)
    complete(reader, WEDNESDAY, thursday)


def test_the_feed_of_today_counts_although_the_api_is_out(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.read(WEDNESDAY)
    friday = date(2025, 3, 7)
    reader.server.fault("500", path="api")
    answer = reader.read(friday)
    assert [day.outcome for day in answer.days] == ["open", "done"]
    assert answer.retry
    reader.server.heal()
    assert reader.read(friday, hours=2).retry is None
    complete(reader, WEDNESDAY, friday)


def test_the_api_alone_decides_once_the_day_is_old(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.read(WEDNESDAY)
    reader.server.fault("html with status 200", path="rss")
    assert reader.read(next_day(WEDNESDAY)).retry
    answer = reader.read(next_day(WEDNESDAY), hours=22)
    assert [day.outcome for day in answer.days] == ["done"]
    assert answer.retry is None


def test_a_feed_that_is_out_early_is_read(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.read(previous_day(WEDNESDAY))
    reader.server.today = WEDNESDAY
    thursday = next_day(WEDNESDAY)
    early = datetime(2025, 3, 6, 5, 5, tzinfo=UTC)  # five past midnight
    answer = reader.read(thursday, now=early)
    assert [(day.day, day.outcome) for day in answer.days] == [
        (WEDNESDAY, "done"),
        (thursday, "done"),
    ]
    complete(reader, previous_day(WEDNESDAY), thursday)


def test_an_old_feed_is_enough_where_the_api_is_out(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.read(previous_day(WEDNESDAY))
    reader.server.fault("503", path="api")
    answer = reader.read(WEDNESDAY, hours=22)
    assert [day.outcome for day in answer.days] == ["done"]
    complete(reader, previous_day(WEDNESDAY), WEDNESDAY)


def test_an_api_that_has_half_of_a_day_does_not_finish_it(make: Callable[..., Reader]) -> None:
    reader = make()
    reader.read(previous_day(WEDNESDAY))
    everything = reader.server.papers
    some = {p.id for p in [p for p in everything if p.announced == WEDNESDAY][::4]}
    reader.server.papers = [p for p in everything if p.announced != WEDNESDAY or p.id in some]
    reader.server.fault("500", path="rss")
    answer = reader.read(WEDNESDAY, hours=22)
    assert [day.outcome for day in answer.days] == ["open"]
    assert "too few" in answer.days[0].why
    reader.server.papers = everything
    assert reader.read(WEDNESDAY, hours=23).retry is None
    complete(reader, previous_day(WEDNESDAY), WEDNESDAY)


def quiet_day(reader: Reader) -> date:
    """A weekday on which nothing was announced in the reader's categories."""
    days = days_between(date(2025, 3, 4), date(2025, 3, 12))
    return next(
        d for d in days if not reader.announced(d, d) and reader.announced(back(d, 1), back(d, 1))
    )


@pytest.mark.parametrize("fault", ["500", "yesterday's feed"])
def test_a_control_question_without_an_answer_leaves_the_day_open(
    make: Callable[..., Reader], fault: str
) -> None:
    reader = make(categories=("math.KT",))
    day = quiet_day(reader)
    reader.read(previous_day(day))
    reader.server.fault(fault, path="rss", after=1)
    answer = reader.read(day)
    assert [found.outcome for found in answer.days] == ["open"]
    reader.server.heal()
    assert [found.outcome for found in reader.read(day, hours=2).days] == ["quiet"]


def test_the_control_question_shows_papers_that_the_feed_lacks(
    make: Callable[..., Reader],
) -> None:
    reader = make(categories=("math.KT",))
    day = next_day(quiet_day(reader))
    while not reader.announced(day, day):
        day = next_day(day)
    reader.read(previous_day(day))
    reader.server.api_day = previous_day(day)
    reader.server.fault("empty feed", path="rss", times=1)
    answer = reader.read(day)
    assert answer.days[-1].outcome == "open"
    assert "wider one" in answer.days[-1].why
    reader.read(day)
    assert reader.announced(day, day).keys() <= reader.filed.keys()


def test_a_missed_quiet_day_waits_for_its_control_question(make: Callable[..., Reader]) -> None:
    reader = make(categories=("math.KT",))
    day = quiet_day(reader)
    reader.read(previous_day(day))
    reader.server.fault("500", path="api", after=1)
    answer = reader.read(next_day(day))
    assert answer.days[0].outcome == "open"
    assert answer.retry
    reader.server.heal()
    reader.read(next_day(day), hours=2)
    assert reader.outcomes[day] == "quiet"


def test_an_api_that_stands_still_decides_nothing(make: Callable[..., Reader]) -> None:
    reader = make(categories=("math.KT",))
    day = quiet_day(reader)
    reader.read(previous_day(day))
    reader.server.api_day = previous_day(day)
    reader.server.fault("500", path="rss")
    answer = reader.read(next_day(day))
    assert {found.outcome for found in answer.days} == {"open"}


def test_control_questions_are_few(make: Callable[..., Reader]) -> None:
    papers = invent_days(FIRST, 45, 30, rare={"math.KT": 15})
    reader = make(papers, categories=("math.KT",))
    reader.read(date(2025, 2, 26), backlog_days=10)
    for _ in range(4):
        before = len(reader.server.requests)
        answer = reader.read(date(2025, 3, 26))
        assert len(reader.server.requests) - before <= 16
        if not answer.retry:
            break
    assert answer.retry is None
    assert set(days_between(date(2025, 3, 3), date(2025, 3, 26))) <= set(reader.finished)
