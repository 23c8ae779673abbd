from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.core.announcements import (
    Sighting,
    back,
    current_day,
    day_by_id,
    days_between,
    eastern,
    eastern_date,
    file_by_id,
    is_weekday,
    mailing_day,
    next_day,
    next_out,
    out_at,
    previous_day,
    thresholds,
    unbroken,
    window,
)

MONDAY, TUESDAY, WEDNESDAY = date(2025, 3, 3), date(2025, 3, 4), date(2025, 3, 5)
THURSDAY, FRIDAY = date(2025, 3, 6), date(2025, 3, 7)
WEEK = [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]

moments = st.datetimes(datetime(2007, 4, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment by the clock on arXiv's wall."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=eastern())


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (at(THURSDAY, 0, 29), WEDNESDAY),
        (at(THURSDAY, 0, 30), THURSDAY),
        (at(THURSDAY, 23, 59), THURSDAY),
        (at(MONDAY, 0, 10), date(2025, 2, 28)),
        (at(date(2025, 3, 8), 12), FRIDAY),
        (at(date(2025, 3, 9), 23), FRIDAY),
    ],
)
def test_the_current_day_is_the_last_whose_feed_is_out(now: datetime, day: date) -> None:
    assert current_day(now) == day
    assert current_day(now.astimezone(UTC)) == day


@given(moments)
def test_the_next_feed_is_the_first_moment_with_a_newer_day(now: datetime) -> None:
    following = next_out(now)
    assert following > now
    assert following.tzinfo is UTC
    assert current_day(following) == next_day(current_day(now))
    assert current_day(following - timedelta(seconds=1)) == current_day(now)


def test_the_feed_comes_by_the_clock_on_the_wall_in_summer_and_winter() -> None:
    assert out_at(date(2025, 3, 7)) == datetime(2025, 3, 7, 5, 30, tzinfo=UTC)
    assert out_at(date(2025, 3, 10)) == datetime(2025, 3, 10, 4, 30, tzinfo=UTC)
    assert out_at(date(2025, 11, 3)) == datetime(2025, 11, 3, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("submitted", "day"),
    [
        (at(MONDAY, 13, 59), TUESDAY),
        (at(MONDAY, 14), WEDNESDAY),
        (at(THURSDAY, 13, 59), FRIDAY),
        (at(THURSDAY, 14), date(2025, 3, 10)),
        (at(FRIDAY, 13, 59), date(2025, 3, 10)),
        (at(FRIDAY, 14), date(2025, 3, 11)),
        (at(date(2025, 3, 9), 12), date(2025, 3, 11)),
    ],
)
def test_a_paper_is_announced_by_the_calendar(submitted: datetime, day: date) -> None:
    assert mailing_day(submitted) == day


@given(moments)
def test_a_window_holds_what_is_announced_on_its_day(submitted: datetime) -> None:
    start, end = window(mailing_day(submitted))
    assert start <= submitted < end


@given(st.dates(date(2010, 1, 1), date(2035, 1, 1)).filter(is_weekday))
def test_windows_follow_each_other_without_a_gap(day: date) -> None:
    assert window(day)[1] == window(next_day(day))[0]
    assert mailing_day(window(day)[0]) == day
    assert mailing_day(window(day)[1] - timedelta(seconds=1)) == day
    assert previous_day(next_day(day)) == day


def test_a_window_over_the_change_of_the_clock_has_an_hour_less() -> None:
    start, end = window(date(2025, 3, 11))
    assert end - start == timedelta(days=3, hours=-1)
    start, end = window(date(2025, 11, 4))
    assert end - start == timedelta(days=3, hours=1)


def test_days_are_weekdays() -> None:
    assert days_between(MONDAY, date(2025, 3, 11)) == [*WEEK, date(2025, 3, 10), date(2025, 3, 11)]
    assert days_between(TUESDAY, MONDAY) == []
    assert back(date(2025, 3, 10), 6) == date(2025, 2, 28)
    assert eastern_date(datetime(2025, 3, 4, 4, 59, tzinfo=UTC)) == MONDAY


def days_of_papers(
    days: list[date], per_day: int, *, held: int = 0, joined: date | None = None, seed: int = 0
) -> tuple[list[Sighting], dict[str, date]]:
    """Sightings by submission time alone, and the truth; `joined` came out with the next day."""
    chance = random.Random(seed)
    sightings: list[Sighting] = []
    truth: dict[str, date] = {}
    number = 0
    for place, day in enumerate(days):
        if day == joined:
            continue
        dues = [day] * per_day
        if place and days[place - 1] == joined:
            dues += [days[place - 1]] * per_day
        if place > 3:
            dues += [days[place - 1 - chance.randrange(3)] for _ in range(held)]
        rows = []
        for due in dues:
            start, end = window(due)
            rows.append((start + (end - start) * chance.random(), due))
        for submitted, due in sorted(rows):
            number += 1
            arxiv_id = f"2503.{number:05d}"
            sightings.append(Sighting(arxiv_id, due, submitted=submitted))
            truth[arxiv_id] = day
    return sightings, truth


@pytest.mark.parametrize("seed", range(5))
def test_ids_tell_the_day_of_papers_that_were_held(seed: int) -> None:
    days = days_between(MONDAY, date(2025, 3, 21))
    sightings, truth = days_of_papers(days, 60, held=3, seed=seed)
    wrong_by_date = sum(s.day != truth[s.id] for s in sightings)
    filing = file_by_id(sightings, days)
    wrong = sum(filing.day_of[arxiv_id] != day for arxiv_id, day in truth.items())
    assert wrong_by_date >= 30
    assert wrong <= 3
    assert not filing.silent


def test_the_thresholds_do_not_fall() -> None:
    days = days_between(MONDAY, date(2025, 3, 21))
    sightings, _ = days_of_papers(days, 30, held=4)
    random.Random(1).shuffle(sightings)
    found = thresholds(sightings, days)
    assert all(found[a] <= found[b] for a, b in pairwise(days))


def test_a_feed_shows_that_arxiv_was_silent_the_day_before() -> None:
    sightings, _ = days_of_papers(WEEK, 20, joined=THURSDAY)
    # The papers due on Thursday stand in Friday's feed.
    told = [
        s._replace(day=FRIDAY, sure=True) if s.day in (THURSDAY, FRIDAY) else s for s in sightings
    ]
    filing = file_by_id(told, WEEK)
    assert THURSDAY not in filing.day_of.values()
    assert sum(day == FRIDAY for day in filing.day_of.values()) == 40


def test_a_third_of_a_feed_shows_it_too() -> None:
    sightings, truth = days_of_papers(WEEK, 30, joined=THURSDAY)
    told = [
        s._replace(day=FRIDAY, sure=True) if truth[s.id] == FRIDAY and n % 3 == 0 else s
        for n, s in enumerate(sightings)
    ]
    filing = file_by_id(told, WEEK)
    assert filing.silent == {THURSDAY}
    assert filing.day_of == truth


def test_mixed_ids_show_that_two_days_came_out_as_one() -> None:
    sightings, truth = days_of_papers(WEEK, 30, joined=WEDNESDAY)
    numbers = [s.id for s in sightings if truth[s.id] == THURSDAY]
    random.Random(3).shuffle(numbers)
    mixed = iter(numbers)
    shuffled = [s._replace(id=next(mixed)) if truth[s.id] == THURSDAY else s for s in sightings]
    filing = file_by_id(shuffled, WEEK)
    assert filing.silent == {WEDNESDAY}
    assert filing.day_of == truth


def test_a_day_that_begins_with_nothing_held_was_none() -> None:
    days = days_between(MONDAY, date(2025, 3, 21))
    holiday = date(2025, 3, 14)
    sightings, truth = days_of_papers(days, 100, held=12, joined=holiday)
    assert unbroken(sightings, days, usual=1.5) == [holiday]
    filing = file_by_id(sightings, days)
    assert filing.silent == {holiday}
    assert sum(filing.day_of[arxiv_id] != day for arxiv_id, day in truth.items()) <= 0.01 * len(
        truth
    )


def test_few_held_papers_prove_no_holiday() -> None:
    days = days_between(MONDAY, date(2025, 3, 21))
    sightings, _ = days_of_papers(days, 100, held=1, joined=date(2025, 3, 14))
    assert not file_by_id(sightings, days).silent


def test_a_known_holiday_sends_its_papers_on() -> None:
    sightings, truth = days_of_papers(WEEK, 10, joined=THURSDAY)
    assert file_by_id(sightings, WEEK, silent={THURSDAY}).day_of == truth


def test_numbers_begin_anew_with_the_month() -> None:
    days = [date(2025, 2, 28), MONDAY, TUESDAY]
    old, _ = days_of_papers(days[:2], 30)
    new, _ = days_of_papers(days[2:], 30)
    turned = [s._replace(id="2502" + s.id[4:]) for s in old]
    # Two papers of Tuesday were held since Monday: they open the new month.
    late = [s._replace(day=MONDAY) if s.id in ("2503.00001", "2503.00002") else s for s in new]
    limits = thresholds([*turned, *late], days)
    assert limits[TUESDAY] == (202503, 1)
    assert day_by_id("2503.00001", limits) == TUESDAY
    assert day_by_id("2502.00060", limits) == MONDAY


def test_old_ids_go_by_their_dates() -> None:
    days = [MONDAY, TUESDAY]
    sightings = [Sighting("hep-th/9901001", TUESDAY), Sighting("2503.00001", MONDAY)]
    filing = file_by_id(sightings, days)
    assert filing.day_of == {"hep-th/9901001": TUESDAY, "2503.00001": MONDAY}
    assert day_by_id("hep-th/9901001", filing.limits) is None


def test_days_without_papers_share_a_threshold_with_the_next() -> None:
    sightings = [Sighting("2503.00010", MONDAY), Sighting("2503.00900", THURSDAY)]
    limits = thresholds(sightings, WEEK)
    assert day_by_id("2503.00010", limits) == MONDAY
    assert day_by_id("2503.00500", limits) == MONDAY
    assert day_by_id("2503.00900", limits) == THURSDAY
    assert day_by_id("2503.00950", limits) == FRIDAY
    assert day_by_id("2502.00950", limits) is None
    assert file_by_id([], WEEK).day_of == {}
    assert file_by_id([Sighting("2503.00010", MONDAY)], []).day_of == {}


def test_a_month_that_turns_far_from_a_threshold_moves_none() -> None:
    sightings, _ = days_of_papers(WEEK[:2], 40)
    turned = [
        s._replace(id=("2502" if s.id < "2503.00020" else "2503") + s.id[4:]) for s in sightings
    ]
    limits = thresholds(turned, WEEK[:2])
    assert limits[TUESDAY] == (202503, 41)
