"""Fault 1: SIGKILL at every write, rename, fsync, link and unlink of a pass."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from faults.calls import Strace, Within
from faults.tally import Tally, silent
from faults.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from faults.tally import Progress


KILLED = (-9, 137)
"""What kb leaves with, or strace in its stead."""


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """At most `count` of the points, drawn by `seed`, each kind in proportion; then I1 to I4."""
    world = World(folder)
    within, strace = Within(), Strace()
    trials: list[tuple[str, object]] = []
    points = within.points(world)
    trials += [("before", point) for point in points]
    trials += [("torn", point) for point in points if point.name == "write"]
    if strace.works():
        world.restore()
        trials += [("strace", point) for point in strace.points(world)]
    drawn = random.Random(seed).sample(trials, min(count, len(trials)))
    tally = Tally()
    tally.figures["points there are"] = len(trials)
    for number, (way, point) in enumerate(drawn):
        progress(number, len(drawn))
        world.restore()
        with tally.trial(f"{way} {point}"):
            if way == "strace":
                ended = strace.kill(world, point)  # type: ignore[arg-type]
            else:
                ended = within.kill(world, point, torn=way == "torn")  # type: ignore[arg-type]
            killed = "kb killed" if ended.code in KILLED else "git killed"
            tally.figures[killed if ended.code else "met nobody"] += 1
            world.check_broken_off()
            world.check_recovered()
    with tally.trial("points that are met"):
        assert tally.figures["met nobody"] <= len(drawn) / 10, "kill nobody"
    return tally
