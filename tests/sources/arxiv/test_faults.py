"""Every fault on order: nothing is marked done that was not seen, nothing is lost afterwards."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

import pytest
from standins.arxiv_faults import API_ONLY, FAULTS, RSS_ONLY
from standins.arxiv_papers import invent_days
from standins.arxiv_reader import HASTY, STEADY, Reader
from standins.arxiv_server import ArxivStandIn

from kb.core.announcements import days_between
from kb.errors import TryLater

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kb.sources.arxiv import Answer

START, TODAY = date(2025, 3, 12), date(2025, 3, 17)
PAPERS = invent_days(date(2025, 2, 24), 18, 24, held=0.05, crossed=0.05)
LONG = {"429 retry-after an hour", "429 retry-after a date", "503 retry-after"}
WELL_FORMED = {"yesterday's feed", "empty feed"}
"""Nothing tells these from an answer at once; asked again in the same minute they would come again."""
HANGING = {"silence", "endless drip", "endless drip of headers"}
# The API completes the feed; bytes that are no text are replaced; each paper is listed by some page
# when the answer is read from both ends.
HARMLESS = {
    ("a third of the feed", "rss"),
    ("not utf-8", "api"),
    ("not utf-8", "rss"),
    ("duplicate entries", "api"),
    ("overlapping pages", "api"),
}
CASES: list[tuple[str, Literal["api", "rss"]]] = [
    *((name, "api") for name in sorted(FAULTS) if name not in RSS_ONLY),
    *((name, "rss") for name in sorted(FAULTS) if name not in API_ONLY),
]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with ArxivStandIn(PAPERS, today=TODAY) as server:
        yield Reader(server, tmp_path, page_size=30)


def attempt(reader: Reader, hours: float = 1) -> Answer | None:
    try:
        return reader.read(TODAY, hours=hours, backlog_days=4)
    except TryLater:
        return None


def accounted(reader: Reader, first: date) -> None:
    """Every finished day holds all its papers, each on its day."""
    truth = reader.announced(first, TODAY)
    for arxiv_id, day in truth.items():
        if day in reader.finished and reader.outcomes[day] == "done":
            assert arxiv_id in reader.filed, f"{arxiv_id} of {day} is missing"


def all_there(reader: Reader, first: date) -> None:
    assert set(days_between(first, TODAY)) <= set(reader.finished)
    assert reader.announced(first, TODAY).keys() <= reader.filed.keys() | reader.backlog.keys()


@pytest.mark.parametrize(("name", "path"), CASES)
def test_a_later_pass_survives(reader: Reader, name: str, path: Literal["api", "rss"]) -> None:
    reader.read(START, backlog_days=4)
    reader.patience = HASTY if name in HANGING else reader.patience
    reader.server.fault(name, path=path)
    answer = attempt(reader)
    accounted(reader, START)
    if (name, path) not in HARMLESS:
        assert answer is None or answer.retry
        assert {"2025-03-13", "2025-03-17"} - {f"{day}" for day in reader.finished}
    reader.server.heal()
    reader.patience = STEADY
    healed = attempt(reader, hours=4)
    assert healed is not None
    assert healed.retry is None
    all_there(reader, START)


@pytest.mark.parametrize(("name", "path"), CASES)
def test_a_first_pass_survives(reader: Reader, name: str, path: Literal["api", "rss"]) -> None:
    reader.patience = HASTY if name in HANGING else reader.patience
    reader.server.fault(name, path=path)
    answer = attempt(reader)
    accounted(reader, TODAY)
    if (name, path) not in HARMLESS:
        assert answer is None or answer.retry
        assert TODAY not in reader.finished
    if not reader.finished:
        assert not reader.backlog
    reader.server.heal()
    reader.patience = STEADY
    healed = attempt(reader, hours=4)
    assert healed is not None
    assert healed.retry is None
    all_there(reader, TODAY)
    assert reader.backlog


@pytest.mark.parametrize(
    ("name", "path"),
    [case for case in CASES if case[0] not in WELL_FORMED | LONG],
)
def test_a_fault_that_passes_is_not_noticed(
    reader: Reader, name: str, path: Literal["api", "rss"]
) -> None:
    reader.patience = HASTY if name in HANGING else reader.patience
    reader.server.fault(name, path=path, times=1)
    answer = attempt(reader)
    assert answer is not None
    assert answer.retry is None
    all_there(reader, TODAY)
