from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from standins.arxiv_papers import invent_days
from standins.arxiv_reader import STEADY
from standins.arxiv_server import ArxivStandIn

from kb.errors import KbError, TryLater
from kb.sources.arxiv import ArxivSource
from kb.sources.arxiv.pacing import FILE, Pacing, is_loopback, lane
from kb.sources.arxiv.transport import ARXIV, NEARBY, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAPERS = invent_days(date(2025, 3, 3), 3, 10)
ID = PAPERS[0].id
NOW = datetime(2025, 3, 5, 12, tzinfo=UTC)


@dataclass
class Clock:
    """Time that passes only where somebody sleeps."""

    at: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def server() -> Iterator[ArxivStandIn]:
    with ArxivStandIn(PAPERS, today=date(2025, 3, 5)) as standin:
        yield standin


@pytest.fixture
def clock() -> Clock:
    return Clock()


def get(server: ArxivStandIn, folder: Path, clock: Clock, **how: float) -> bytes:
    transport = Transport(
        Pacing(folder, clock.now, clock.sleep),
        replace(STEADY, **how),  # type: ignore[arg-type]
        lambda _url, _body: None,
        sleep=clock.sleep,
    )
    try:
        return transport.get(f"{server.url}/rss/cs.LG").content
    finally:
        transport.close()


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.3.2.1/api", True),
        ("http://localhost:1/", True),
        ("http://[::1]:8000/", True),
        ("https://export.arxiv.org/api/query", False),
        ("http://127.0.0.1.example.org/", False),
        ("http://localhost.example.org/", False),
        ("http://192.168.0.1/", False),
    ],
)
def test_only_this_machine_is_near(url: str, *, near: bool) -> None:
    assert is_loopback(url) is near
    assert (lane(url) == "arxiv") is not near


def test_retries_back_off(server: ArxivStandIn, tmp_path: Path, clock: Clock) -> None:
    server.fault("500", times=3)
    assert get(server, tmp_path, clock, tries=4, backoff=5)
    assert clock.slept == [5, 10, 20]
    assert len(server.requests) == 4


def test_tries_are_bounded(server: ArxivStandIn, tmp_path: Path, clock: Clock) -> None:
    server.fault("406")
    with pytest.raises(TryLater, match="406"):
        get(server, tmp_path, clock, tries=3)
    assert len(server.requests) == 3


def test_a_short_retry_after_is_waited_for(
    server: ArxivStandIn, tmp_path: Path, clock: Clock
) -> None:
    server.fault("503 retry-after", times=1)  # 7200 seconds
    assert get(server, tmp_path, clock, longest_wait=7200)
    assert clock.slept == [7200]


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ("429 retry-after an hour", 3600),
        ("429 retry-after a date", 3600),
        ("503 retry-after", 7200),
    ],
)
def test_a_long_retry_after_is_remembered(
    server: ArxivStandIn, tmp_path: Path, clock: Clock, fault: str, seconds: float
) -> None:
    server.fault(fault, times=1)
    with pytest.raises(TryLater) as told:
        get(server, tmp_path, clock)
    assert told.value.seconds == pytest.approx(seconds, abs=2)
    assert len(server.requests) == 1
    with pytest.raises(TryLater, match="rest") as told:
        get(server, tmp_path, clock)
    assert told.value.seconds == pytest.approx(seconds, abs=2)
    assert len(server.requests) == 1, "it asked although it was told to wait"
    clock.at += seconds + 2
    assert get(server, tmp_path, clock)


def test_refusal_without_a_time_is_remembered_too(
    server: ArxivStandIn, tmp_path: Path, clock: Clock
) -> None:
    server.fault("html with status 200", times=2)  # "Rate exceeded."
    with pytest.raises(TryLater):
        get(server, tmp_path, clock, tries=2, rest=600)
    with pytest.raises(TryLater, match="rest"):
        get(server, tmp_path, clock, tries=2, rest=600)
    assert len(server.requests) == 2
    clock.at += 601
    assert get(server, tmp_path, clock)


def test_a_hanging_server_is_asked_twice_at_most(
    server: ArxivStandIn, tmp_path: Path, clock: Clock
) -> None:
    server.fault("endless drip of headers")
    with pytest.raises(TryLater, match=r"was not \w+ after"):
        get(server, tmp_path, clock, tries=9, deadline=0.1)
    assert len(server.requests) == 2


def test_no_server_at_all(tmp_path: Path, clock: Clock) -> None:
    with ArxivStandIn([], today=date(2025, 3, 5)) as gone:
        pass
    with pytest.raises(TryLater, match="connection failed"):
        get(gone, tmp_path, clock)


def test_a_proxy_is_not_asked_for_this_machine(
    server: ArxivStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    source = ArxivSource(server.url, tmp_path, lambda: NOW)
    assert source.by_ids([ID])
    source.close()


def test_the_pace_is_kept_between_questions(tmp_path: Path, clock: Clock) -> None:
    pacing = Pacing(tmp_path, clock.now, clock.sleep)
    for _ in range(3):
        with pacing.turn("arxiv", 3, 60):
            clock.at += 1
    assert clock.slept == [3, 3]
    clock.at += 2
    with pacing.turn("arxiv", 3, 60):
        pass
    assert clock.slept == [3, 3, 1]


def test_a_clock_set_back_does_not_stop_it(tmp_path: Path, clock: Clock) -> None:
    pacing = Pacing(tmp_path, clock.now, clock.sleep)
    with pacing.turn("arxiv", 3, 60):
        pass
    pacing.cool_down("arxiv", 30)
    clock.at -= 1_000_000
    with pacing.turn("arxiv", 3, 60):
        pass
    assert clock.slept == [3]


def test_a_broken_file_counts_as_none(tmp_path: Path, clock: Clock) -> None:
    pacing = Pacing(tmp_path, clock.now, clock.sleep)
    for text in ("", "[]", '{"last": 3, "until": {"arxiv": "soon"}}', "\udcff"):
        (tmp_path / FILE).write_text(text, "utf-8", errors="surrogateescape")
        with pacing.turn("arxiv", 3, 60):
            pass


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(KbError, match="KB_CACHE_DIR"),
        Pacing(tmp_path / "file" / "cache", clock.now).turn("arxiv", 3, 60),
    ):
        pass


def test_only_one_holds_the_lane(tmp_path: Path, clock: Clock) -> None:
    pacing = Pacing(tmp_path, clock.now, clock.sleep)
    with (
        pacing.turn("arxiv", 3, 60),
        pytest.raises(TryLater, match="another kb"),
        Pacing(tmp_path, clock.now, clock.sleep).turn("arxiv", 3, 60),
    ):
        pass


def _take_turns(folder: str, every: float, turns: int, stamps: str) -> None:
    from pathlib import Path

    pacing = Pacing(Path(folder), time.time)
    for _ in range(turns):
        with pacing.turn("arxiv", every, 60), Path(stamps).open("a") as log:
            log.write(f"{time.time()}\n")


def test_processes_share_one_pace(tmp_path: Path) -> None:
    stamps = tmp_path / "stamps"
    context = multiprocessing.get_context("spawn")
    others = [
        context.Process(target=_take_turns, args=(str(tmp_path), 0.15, 3, str(stamps)))
        for _ in range(2)
    ]
    for other in others:
        other.start()
    for other in others:
        other.join()
    at = sorted(map(float, stamps.read_text().split()))
    assert len(at) == 6
    assert min(b - a for a, b in pairwise(at)) >= 0.149


def test_the_terms_of_use_are_in_the_defaults() -> None:
    assert ARXIV.every == 3
    assert NEARBY.every == 0
    assert NEARBY.deadline <= 10
