"""Work that has to wait for the disk, told apart from the waiting: several files wait together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

R = TypeVar("R")
Wait = Callable[[], None]
"""Blocks until the disk has done its part; raises OSError where it has not."""
Steps = Generator[Wait, None, R]
"""Yields what is to be waited for, and goes on after it; an OSError of the disk is raised there."""


def run(steps: Steps[R]) -> R:
    """What the work gives back."""
    error: BaseException | None = None
    try:
        while True:
            wait = next(steps) if error is None else steps.throw(error)
            error = _outcome(wait)
    except StopIteration as done:
        result: R = done.value
        return result


def run_together(works: Sequence[Steps[R]]) -> list[R | Exception]:
    """What each work gives back, or the error that it raised. They take turns in this thread and wait
    side by side; each goes on to its end whatever becomes of the others."""
    results: dict[int, R | Exception] = {}
    errors: dict[int, BaseException | None] = dict.fromkeys(range(len(works)))
    try:
        while errors:
            waits: dict[int, Wait] = {}
            for number, error in errors.items():
                work = works[number]
                try:
                    waits[number] = next(work) if error is None else work.throw(error)
                except StopIteration as done:
                    results[number] = done.value
                except Exception as told:  # noqa: BLE001 - the caller's to raise
                    results[number] = told
            errors = _outcomes(waits)
    finally:
        for work in works:
            work.close()
    return [results[number] for number in range(len(works))]


def _outcomes(waits: dict[int, Wait]) -> dict[int, BaseException | None]:
    found: dict[int, BaseException | None] = {}

    def wait(number: int) -> None:
        found[number] = _outcome(waits[number])

    if not waits:
        return found
    here, *others = waits
    threads = [threading.Thread(target=wait, args=(number,)) for number in others]
    for thread in threads:
        thread.start()
    wait(here)
    for thread in threads:
        thread.join()
    return dict(sorted(found.items()))


def _outcome(wait: Wait) -> BaseException | None:
    try:
        wait()
    except BaseException as error:  # noqa: BLE001 - it is raised in the work that waited
        return error
    return None
