"""How papers are divided, and how fast they go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kb.scorers.llm.batches import divide, smaller, tokens
from kb.scorers.llm.pacing import Pace


def sizes(count: int, each: int = 300, **limits: int) -> list[int]:
    told = {"tokens": 12_000, "most": 30, "at_once": 8} | limits
    return [len(batch) for batch in divide(range(count), lambda _: each, **told)]


def test_a_day_goes_in_whole_rounds() -> None:
    assert sizes(0) == []
    assert sizes(1) == [1]
    assert sizes(30) == [30]
    assert sizes(31) == [16, 15]
    assert sizes(320) == [40] * 8
    assert len(sizes(330)) == 11
    assert sorted(sizes(320, at_once=1)) == [29] * 10 + [30]
    assert sizes(320, at_once=20)[0] == 30


def test_long_papers_make_small_batches() -> None:
    assert sizes(4, 12_000) == [1, 1, 1, 1]
    assert sizes(4, 90_000) == [1, 1, 1, 1]
    assert max(sizes(100, 1200)) <= 14


@given(
    st.lists(st.integers(1, 5000), max_size=200),
    st.integers(500, 20_000),
    st.integers(1, 50),
    st.integers(1, 16),
)
def test_nothing_is_lost_or_turned_around(
    weights: list[int], limit: int, most: int, at_once: int
) -> None:
    numbered = list(enumerate(weights))
    batches = divide(numbered, lambda each: each[1], tokens=limit, most=most, at_once=at_once)
    assert [each for batch in batches for each in batch] == numbered
    assert all(batches)
    assert all(len(batch) <= most * 4 / 3 + 1 for batch in batches)


@given(st.integers(1, 200))
def test_smaller_is_smaller_until_they_are_alone(count: int) -> None:
    parts = smaller(range(count))
    assert [each for part in parts for each in part] == list(range(count))
    assert all(len(part) < count or count == 1 for part in parts)
    if count <= 4:
        assert all(len(part) == 1 for part in parts)


def test_tokens_of_any_script() -> None:
    assert tokens("") == 0
    assert tokens("word " * 460) == 501
    assert tokens("注意力" * 100) > 150
    assert tokens("\ud800") > 0


def test_without_limits_nothing_waits() -> None:
    pace = Pace()
    for _ in range(1000):
        assert pace.wait(0.0, 10**6) == 0
        pace.note(0.0, 10**6)


def test_requests_a_minute() -> None:
    pace = Pace(requests=2)
    pace.note(0.0, 10)
    assert pace.wait(1.0, 10) == 0
    pace.note(10.0, 10)
    assert pace.wait(11.0, 10) == 49
    assert pace.wait(60.0, 10) == 0
    pace.note(60.0, 10)
    assert pace.wait(60.0, 10) == 10


def test_tokens_a_minute() -> None:
    pace = Pace(tokens=100)
    pace.note(0.0, 40)
    pace.note(20.0, 40)
    assert pace.wait(21.0, 20) == 0
    assert pace.wait(21.0, 30) == 39
    assert pace.wait(21.0, 90) == 59
    assert pace.wait(21.0, 500) == 59, "more than the limit goes when the minute is empty"
    assert pace.wait(80.0, 500) == 0


def test_rest_holds_for_all() -> None:
    pace = Pace()
    pace.rest(30.0)
    pace.rest(20.0)
    assert pace.wait(10.0, 1) == 20
    assert pace.wait(31.0, 1) == 0


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=60), st.integers(0, 5), st.integers(0, 100)
)
def test_no_minute_holds_more_than_its_limit(asked: list[int], requests: int, most: int) -> None:
    pace, now, sent = Pace(requests, most), 0.0, []
    for weight in asked:
        now += pace.wait(now, weight)
        assert pace.wait(now, weight) == 0
        pace.note(now, weight)
        sent.append((now, weight))
    for at, _ in sent:
        minute = [weight for when, weight in sent if at - 60 < when <= at]
        assert not requests or len(minute) <= requests
        assert not most or sum(minute) <= most or len(minute) == 1
