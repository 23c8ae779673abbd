"""Fault 7: ten rival passes of kb, started at the same moment on one vault."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import re
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faults.processes import Process
from faults.tally import Tally, silent
from faults.world import World, files_of

from kb.vault.lock import VaultLock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from multiprocessing.synchronize import Event
    from pathlib import Path

    from faults.processes import Ended
    from faults.tally import Progress

RIVALS = 10
EVERY = 4
"""In every fourth round the one that works is killed, and the rivals start once more."""
HELD = re.compile(
    r"^kb: .+ is held by `kb sync .*` \(process (\d+) on .+\), for \d+ (s|min|h); try"
)


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """`count` rounds: one works, the others leave with 75 or find nothing to do, one result."""
    world = World(folder)
    (folder / "link").symlink_to(world.root, target_is_directory=True)
    chance = random.Random(seed)
    tally = Tally()
    for number in range(count):
        progress(number, count)
        world.restore()
        killed = number % EVERY == EVERY - 1
        with tally.trial(f"round {number}{', killed' if killed else ''}"):
            if killed:
                _killed(world, chance, tally)
            else:
                _undisturbed(world, chance, tally)
            world.check_recovered(recovers=False)
    return tally


def _undisturbed(world: World, chance: random.Random, tally: Tally) -> None:
    worked = _judge(_start(world, chance), tally)
    assert worked == 1, f"{worked} did the work"
    assert _commits(world) == 1
    assert _told(world, "day") == 1, "the day is told twice"
    assert _told(world, "pass") == 1, "two passes are told of"


def _killed(world: World, chance: random.Random, tally: Tally) -> None:
    rivals = _start(world, chance)
    owner = _owner(world, {each.process.pid: each for each in rivals})
    time.sleep(chance.uniform(0, 0.3))
    owner.process.kill(children=chance.random() < 0.5)
    assert owner.process.wait().code in (-9, 0)
    worked = _judge([each for each in rivals if each is not owner], tally, [owner])
    again = _judge(_start(world, chance), tally)
    tally.figures["winners killed"] += 1
    tally.figures["passes that went on from a dead one"] += worked + again
    assert worked + again <= 1, f"{worked} and then {again} did the work"
    assert 1 <= _commits(world) <= 2, _commits(world)


@dataclass(frozen=True, slots=True)
class Rival:
    """One process, and how it names the vault."""

    process: Process
    vault: tuple[str, ...]


def _start(world: World, chance: random.Random) -> list[Rival]:
    """All of them are loaded and wait; then they run at once."""
    gate = multiprocessing.get_context("fork").Event()
    names = _names(world)
    chance.shuffle(names)
    rivals = []
    for number in range(RIVALS):
        named = names[number % len(names)]
        words = ["sync", "--feed", str(world.feed), "--json", *named]
        told = world.folder / f"told-{number}"
        process = Process(words, world.env, told, first=lambda: _wait(world, gate))
        rivals.append(Rival(process, named))
    gate.set()
    return rivals


def _names(world: World) -> list[tuple[str, ...]]:
    """Different spellings of the one vault."""
    root, link = world.root, world.folder / "link"
    spelt = (f"{root}", f"{root}/", f"{link}", f"{link}/", "vault", f"./{link.name}/../vault")
    return [("--vault", each) for each in spelt]


def _wait(world: World, gate: Event) -> None:
    os.chdir(world.folder)
    sys.argv = ["kb", "sync", "--feed"]
    gate.wait()


def _owner(world: World, rivals: dict[int, Rival]) -> Rival:
    """Who of them holds the vault; one of them must soon."""
    folder = next((world.cache / "vaults").iterdir())
    lock = VaultLock(folder, world.root)
    for _ in range(2000):
        if (owner := lock.owner()) is not None and owner.pid in rivals:
            return rivals[owner.pid]
        time.sleep(0.005)
    raise AssertionError("nobody took the lock")


def _judge(rivals: list[Rival], tally: Tally, dead: Iterable[Rival] = ()) -> int:
    """How many of them wrote something; the others must have said why they did not."""
    pids = {each.process.pid for each in (*rivals, *dead)}
    worked = stood_back = 0
    for each in rivals:
        ended = each.process.wait()
        assert "Traceback" not in ended.err, ended
        if ended.code == 75:
            stood_back += 1
            held = HELD.match(ended.err)
            assert held is not None, ended
            assert int(held[1]) in pids, f"names {held[1]}, which is none of {pids}"
        else:
            assert ended.code == 0, ended
            worked += _did_something(ended)
    tally.figures["left with 75"] += stood_back
    tally.figures["did the work"] += worked
    tally.figures["came when it was done"] += len(rivals) - stood_back - worked
    return worked


def _did_something(ended: Ended) -> bool:
    told: dict[str, Any] = json.loads(ended.out)
    wrote = told["notes"]["created"] or told["notes"]["updated"] or told["pages"]
    return bool(wrote or told["commit"])


def _commits(world: World) -> int:
    return int(world.person.git("rev-list", "--count", f"{world.before.head}..HEAD"))


def _told(world: World, kind: str) -> int:
    """How many records of that kind the pass has added to the ledger, repetition counted."""
    return _count(files_of(world.root), kind) - _count(world.before.files, kind)


def _count(files: Mapping[str, bytes], kind: str) -> int:
    ledger = [data for path, data in files.items() if path.startswith(".kb/ledger/")]
    return sum(json.loads(line)["k"] == kind for data in ledger for line in data.splitlines())
