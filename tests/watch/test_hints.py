from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from kb.watch.hints import AT_MOST, QUIET, Bell, Hints


def test_what_was_touched_is_gathered_and_taken_once(bell: Bell) -> None:
    hints = Hints(bell)
    assert hints.due() is None
    hints.add("a.md", "b.md")
    hints.add("a.md")
    assert hints.take()[:2] == (frozenset({"a.md", "b.md"}), False)
    assert hints.due() is None
    assert hints.take()[:2] == (frozenset(), False)


def test_one_waits_for_quiet_and_not_for_ever(bell: Bell) -> None:
    hints = Hints(bell)
    before = time.monotonic()
    hints.add("a.md")
    first = hints.due()
    assert first is not None
    assert first >= before + QUIET
    hints._first = before - AT_MOST  # events have come all the time since
    hints.add("a.md")
    assert hints.due() == before


def test_after_lost_events_everything_is_looked_at_once_they_end(bell: Bell) -> None:
    hints = Hints(bell)
    hints.add("a.md")
    hints.lost()
    hints._first = time.monotonic() - 60
    before = time.monotonic()
    hints.add("b.md")
    due = hints.due()
    assert due is not None
    assert due >= before + QUIET
    assert hints.take().everything
    assert not hints.take().everything


def test_a_bell_wakes_who_waits_and_is_still_afterwards(bell: Bell) -> None:
    threading.Timer(0.05, bell.ring).start()
    bell.wait(30)
    for _ in range(100_000):
        bell.ring()  # nobody listens, and it is never full
    bell.wait(30)
    begun = time.monotonic()
    bell.wait(0.05)
    assert time.monotonic() - begun >= 0.04, "it does not ring any more"


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there is no such signal here")
def test_a_signal_rings_it_whatever_the_thread_is_at(bell: Bell) -> None:
    former = signal.signal(signal.SIGUSR1, lambda *_: bell.ring())
    try:
        for _ in range(200):
            os.kill(os.getpid(), signal.SIGUSR1)
            bell.wait(30)
    finally:
        signal.signal(signal.SIGUSR1, former)
