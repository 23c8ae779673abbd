from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kb.core import announcements
from kb.watch.timetable import JITTER, next_pass


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the zone cannot be set here")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("times", "now", "due"),
    [
        (["07:30"], "2025-03-06T05:00", "2025-03-06T06:30"),
        (["07:30"], "2025-03-06T06:30", "2025-03-07T06:30"),
        (["07:30"], "2025-03-06T08:00", "2025-03-07T06:30"),
        (["19:00", "07:30"], "2025-03-06T08:00", "2025-03-06T18:00"),
        (["07:30"], "2025-03-29T20:00", "2025-03-30T05:30"),  # clocks went forward in that night
        (["07:30"], "2025-03-30T00:30", "2025-03-30T05:30"),
        (["07:30"], "2025-10-25T20:00", "2025-10-26T06:30"),  # and back
    ],
)
def test_named_times_are_those_of_the_clock_on_the_wall(
    berlin: None, times: list[str], now: str, due: str
) -> None:
    assert next_pass(times, at(now), chance=random.Random(1)).astimezone(UTC) == at(due)


@pytest.mark.parametrize("now", ["2025-03-06T05:00", "2025-03-08T12:00", "2025-03-09T23:59"])
def test_by_itself_some_minutes_after_the_day_is_out(now: str) -> None:
    out = announcements.next_out(at(now))
    found = {next_pass(["auto"], at(now), chance=random.Random(seed)) for seed in range(50)}
    assert len(found) == 50, "not all ask at the same moment"
    assert all(out <= due <= out + JITTER for due in found)
    assert all(due > at(now) for due in found)


def test_whatever_comes_first() -> None:
    now = at("2025-03-06T05:00")
    out = announcements.next_out(now)
    soon = (now.astimezone() + timedelta(minutes=5)).strftime("%H:%M")
    assert next_pass(["auto", soon], now, chance=random.Random(1)) < out
    assert next_pass([], now, chance=random.Random(1)) >= out
