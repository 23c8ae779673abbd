"""Fault 8: a repository in every state that git and its users can bring it into."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from faults.git_cases import try_state
from faults.states import hooks, index, kept, locks, names, settings, under_way
from faults.tally import Tally, silent
from faults.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from faults.tally import Progress

STATES = (
    *kept.STATES,
    *under_way.STATES,
    *locks.STATES,
    *index.STATES,
    *hooks.STATES,
    *settings.STATES,
    *names.STATES,
)


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """All states, or `count` drawn by `seed`, each with the values of `git.commit` it names."""
    trials = [(mode, state) for state in STATES for mode in state.modes]
    if count < len(trials):
        trials = random.Random(seed).sample(trials, count)
    trials.sort(key=lambda trial: trial[0])
    tally = Tally()
    tally.figures["states there are"] = len({state.name for state in STATES})
    world, built = None, ""
    for number, (mode, state) in enumerate(trials):
        progress(number, len(trials))
        if world is None or built != mode:
            world, built = World(folder / mode, commit=mode), mode
        with tally.trial(f"{state.name}, git.commit {mode}"):
            try_state(world, mode, state)
    return tally
