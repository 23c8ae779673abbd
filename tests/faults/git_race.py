"""Fault 8: commits of kb while a person stages and commits in the same repository."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from faults.git_cases import Case
from faults.tally import Tally, silent
from faults.world import World

if TYPE_CHECKING:
    from faults.tally import Progress

_CHANGED = ("diff-tree", "-r", "-z", "--no-commit-id", "--name-only", "--no-renames")


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """`count` commits of kb, each by a process of its own, while a person is at git."""
    world = World(folder)
    case = Case(world, "notes", world.root, dict(world.env))
    tally = Tally()
    stop, told = folder / "stop", folder / "told.json"
    env = {**world.env, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "faults.git_person", str(world.root), str(stop), str(told)]
    chance = random.Random(seed)
    assert case.run().code == 0
    start = case.look()
    person = subprocess.Popen(command, env=env)
    try:
        while tally.tried < count:
            progress(tally.tried, count)
            _commit_once(world, tally, chance)
    finally:
        stop.touch()
        person.wait(60)
    seen = json.loads(told.read_text())
    tally.figures["commits of the person"] = seen["commits"]
    tally.figures["turns of the person"] = seen["turns"]
    tally.figures["times the person met a lock"] = seen["refused"]
    tally.failures += seen["faults"]
    with tally.trial("in the end"):
        assert seen["turns"] > count // 10, f"the person came to {seen['turns']} turns only"
        for number in range(2):
            ended = case.run()
            assert ended.code == 0, f"pass {number} after it: {ended}"
        _check(case, start.head, seen["staged"])
    return tally


def _commit_once(world: World, tally: Tally, chance: random.Random) -> None:
    """A word of the reader's in one note; `kb index` commits it, unless the person came first."""
    note = chance.choice(world.notes())
    with note.open("ab") as file:
        file.write(b"\none more line %d\n" % chance.randrange(10**6))
    ended = world.run("index")
    if "ommit " in ended.out or ended.code != 0:
        with tally.trial(f"commit {tally.tried}"):
            assert ended.code == 0, ended
    elif "committed by the next pass" in ended.err:
        tally.figures["times kb put it off"] += 1
    else:
        tally.figures["times the person had committed it"] += 1


def _check(case: Case, start: str, staged: dict[str, str]) -> None:
    log = case.git("log", "--format=%H %s%x00%(trailers:key=kb-pass)", f"{start}..HEAD")
    ours = [line.split(" ", 1)[0] for line in log.splitlines() if "kb-pass:" in line]
    for sha in ours:
        changed = case.git(*_CHANGED, sha).split("\0")[:-1]
        foreign = [path for path in changed if not case.ours(path)]
        assert not foreign, f"kb committed {foreign}"
    now = case.look()
    for path, blob in staged.items():
        assert blob in now.index[path][0], f"{path} is no longer staged"
    words = ("status", "--porcelain", "-z", "--no-renames", "-uall")
    status = [line for line in case.git(*words).split("\0") if line]
    assert not [line for line in status if case.ours(line[3:])], f"not committed: {status}"
    assert not now.locks, f"left in the repository: {now.locks}"
    case.git("fsck", "--strict", "--no-dangling", "--no-progress")
