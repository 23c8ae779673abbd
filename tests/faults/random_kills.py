"""Fault 2: SIGKILL at random times, of kb alone or of kb with the git and hooks it has started."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from faults.tally import Tally, silent
from faults.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from faults.tally import Progress


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """`count` passes killed at moments drawn by `seed`; then I1 to I4."""
    world = World(folder)
    chance = random.Random(seed)
    lasts = max(_duration(world) for _ in range(2))
    tally = Tally()
    for number in range(count):
        progress(number, count)
        world.restore()
        with_children = chance.random() < 0.5
        moment = chance.uniform(0, lasts)
        with tally.trial(f"after {moment * 1000:.0f} ms{', with git' if with_children else ''}"):
            process = world.start()
            deadline = time.monotonic() + moment
            while not process.ended() and time.monotonic() < deadline:
                time.sleep(0.001)
            process.kill(children=with_children)
            ended = process.wait()
            tally.figures["killed" if ended.code == -9 else "had ended"] += 1
            world.check_broken_off()
            world.check_recovered()
    return tally


def _duration(world: World) -> float:
    world.restore()
    begun = time.monotonic()
    ended = world.run()
    assert ended.code == 0, ended
    return time.monotonic() - begun
