"""Fault 3: the disk answers EIO, ENOSPC, EACCES, EROFS or EDQUOT at one call of a pass."""

from __future__ import annotations

import errno
import random
from typing import TYPE_CHECKING

from faults.calls import Strace, Within
from faults.tally import Tally, silent
from faults.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from faults.processes import Ended
    from faults.tally import Progress

CODES = (errno.EIO, errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT)
EXPECTED = {0, 1, 2, 75}


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """At most `count` of (call, error), drawn by `seed`; then one clear error and I1 to I4."""
    world = World(folder)
    calls = Strace() if Strace.works() else Within()
    trials = [(point, code) for point in calls.points(world) for code in CODES]
    drawn = random.Random(seed).sample(trials, min(count, len(trials)))
    tally = Tally()
    tally.figures["calls and errors there are"] = len(trials)
    for number, (point, code) in enumerate(drawn):
        progress(number, len(drawn))
        world.restore()
        with tally.trial(f"{point} {errno.errorcode[code]}"):
            ended = calls.fail(world, point, code)
            tally.figures[f"exit {ended.code}"] += 1
            _check_told(ended)
            tally.figures["locks that git itself could not remove"] += _delete_locks_of_git(world)
            world.check_broken_off()
            world.check_recovered()
    return tally


def _delete_locks_of_git(world: World) -> int:
    """Where git could not unlink its own lock on a ref, a person has to: nothing proves whose it is."""
    git_dir = world.root / ".git"
    left = [
        lock for lock in (git_dir / "HEAD.lock", *git_dir.glob("refs/**/*.lock")) if lock.exists()
    ]
    for lock in left:
        lock.unlink()
    return len(left)


def _check_told(ended: Ended) -> None:
    """One clear error where the pass could not do its part, and never a trace."""
    assert ended.code in EXPECTED, ended
    assert "Traceback" not in ended.err, ended
    if ended.code != 0:
        told = [line for line in ended.err.splitlines() if line.startswith("kb: ")]
        assert told, ended
