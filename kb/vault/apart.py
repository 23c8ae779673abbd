"""Work that another process does meanwhile: a new cache reads every note and renders every page, and one
process of Python uses one core."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import pickle
import select
import signal
import sys
import time
import warnings
from contextlib import contextmanager
from itertools import zip_longest
from typing import TYPE_CHECKING, BinaryIO, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

log = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")
WORTH = 200
"""Files from which on another process is worth its making."""
_TOGETHER = 25
_LEAST, _SHARE = 10.0, 3.0
"""Seconds for which a copy is waited for, and beside them times the seconds that it has had: one that
was made while another thread held a lock may wait for it for ever."""


def halves(items: Sequence[T]) -> tuple[list[T], list[T]]:
    """The items in two parts that take about as long: neighbours, which have much in common, are in one."""
    mine: list[T] = []
    others: list[T] = []
    for at in range(0, len(items), 2 * _TOGETHER):
        mine += items[at : at + _TOGETHER]
        others += items[at + _TOGETHER : at + 2 * _TOGETHER]
    return mine, others


def each(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """What `work` makes of each of the items; of many, half is done apart."""
    if len(items) < WORTH:
        return list(map(work, items))
    mine, others = items[::2], items[1::2]
    with apart(lambda: list(map(work, others))) as had:
        done = list(map(work, mine))
        return [one for pair in zip_longest(done, had()) for one in pair][: len(items)]


def can_help() -> bool:
    """Whether this system lets a process go on twice, and has a core to spare for it."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


@contextmanager
def apart(work: Callable[[], R]) -> Iterator[Callable[[], R]]:
    """Lets a copy of this process do `work`, which reads and changes nothing outside itself.

    What it gives back is had from the function that is yielded; where the copy failed, or there is
    none, that function does the work. No copy outlives the block, nor this process.
    """
    if not can_help():
        yield work
        return
    reading, writing = os.pipe()
    here, begun = os.getpid(), time.monotonic()
    try:
        with warnings.catch_warnings():
            # Other threads may be there: the copy has none of them, and takes no lock of theirs.
            warnings.simplefilter("ignore", DeprecationWarning)
            copy = os.fork()
    except OSError as error:  # too many processes, or no memory for one more
        log.debug("all is done by one process: %s", error)
        os.close(reading)
        os.close(writing)
        yield work
        return
    if not copy:
        _do(work, here, reading, writing)
    os.close(writing)
    with open(reading, "rb") as told:  # noqa: PTH123
        try:
            yield lambda: _had(told, work, _LEAST + _SHARE * (time.monotonic() - begun))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(copy, signal.SIGKILL)
            os.waitpid(copy, 0)


def _do(work: Callable[[], object], parent: int, reading: int, writing: int) -> None:
    """The copy's part; it never returns."""
    try:
        gc.disable()
        os.close(reading)
        _die_with(parent)
        with open(writing, "wb") as told:
            told.write(pickle.dumps(work(), pickle.HIGHEST_PROTOCOL))
    finally:
        os._exit(0)


def _had(told: BinaryIO, work: Callable[[], R], patience: float) -> R:
    """What the copy told; where it raised something that is told to nobody, and comes up here."""
    heard = select.select([told], [], [], patience)[0]
    if not heard or not (said := told.read()):
        return work()
    result: R = pickle.loads(said)  # noqa: S301 - what a copy of this process has made
    return result


def _die_with(parent: int) -> None:
    """So that a vault is not locked any longer by what a killed pass has left (prctl(2))."""
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
