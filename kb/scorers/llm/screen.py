"""How much of a day is sent to a model, by what the local order has earned on days before.

A day is put in the order of the local scorer and its best part is sent. How large that part is follows
from where in the order the kept papers of earlier days stood: as small as would have lost no more of
them than allowed, everything while too little is known. Of the rest a small random sample is sent all
the same, so that what is lost is measured.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS = 20
"""So many days back the order is believed to be like today's,"""
HALF_LIFE = 12
"""and so many days back half as much: the order gets better with what it learns."""
LEAST_DAYS = 3
_SEEN_ANYWAY = 0.5
"""One more kept paper than was seen is reckoned with, by half, beyond the share."""
_HEAVIEST = 3.0
"""A kept paper of the sample stands for others that nobody saw; for so many at most, lest one find
turn everything over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """One day on which a model judged what it was sent. Places count in the local order, from 0."""

    size: int
    sent: int
    """The best so many papers were sent."""
    kept: tuple[int, ...]
    """Places of the papers that the model's judgement kept, those of the sample included."""
    sample: tuple[int, ...] = ()
    """Places of the papers beyond `sent` that were sent all the same."""

    @property
    def weight(self) -> float:
        """How many unsent papers one of the sample stands for."""
        return (self.size - self.sent) / len(self.sample) if self.sample else 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A day divided, each part in the local order."""

    best: tuple[str, ...]
    sample: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def sent(self) -> tuple[str, ...]:
        return self.best + self.sample


@dataclass(frozen=True, slots=True)
class Loss:
    """What the screen cost, as far as the samples tell."""

    kept: int
    """Kept papers that were seen."""
    sampled: int
    """Papers of the samples."""
    found: int
    """Kept ones among those; all others like them were lost."""
    lost: float
    """Kept papers that were never seen, estimated."""

    @property
    def share(self) -> float:
        """Of all papers that would have been kept, those that were lost."""
        total = self.kept + self.lost
        return self.lost / total if total else 0.0


def share(days: Sequence[Screened], *, loss: float, floor: float) -> float:
    """Which part of the next day is sent, from `floor` to 1.

    `days` in order of time, the oldest first; only the last 20 count. `loss`: which part of the
    papers that would be kept may be lost, all days together.
    """
    recent = [day for day in days[-DAYS:] if day.size]
    if len(recent) < LEAST_DAYS:
        return 1.0
    places = sorted(
        ((place + 1) / day.size, _weight(day, place) * math.pow(0.5, age / HALF_LIFE))
        for age, day in enumerate(reversed(recent))
        for place in day.kept
    )
    total = sum(weight for _, weight in places)
    allowed = loss * total - _SEEN_ANYWAY
    if allowed < 0:
        return 1.0
    beyond = 0.0
    for place, weight in reversed(places):
        beyond += weight
        if beyond > allowed:
            return min(1.0, max(floor, place))
    return floor


def _weight(day: Screened, place: int) -> float:
    return max(1.0, min(day.weight, _HEAVIEST)) if place >= day.sent else 1.0


def choose(order: Sequence[str], part: float, *, sample: float, seed: str) -> Choice:
    """Divides a day: `order` is its papers, the best first.

    The same `seed`, such as the day's date, gives the same sample for the same order; at least one
    paper is sampled where any is left out and `sample` is not 0.
    """
    count = min(len(order), math.ceil(part * len(order) - 1e-9))
    rest = order[count:]
    wanted = min(len(rest), math.ceil(sample * len(rest) - 1e-9))
    drawn = set(random.Random(seed).sample(range(len(rest)), wanted))  # noqa: S311
    return Choice(
        tuple(order[:count]),
        tuple(each for place, each in enumerate(rest) if place in drawn),
        tuple(each for place, each in enumerate(rest) if place not in drawn),
    )


def measured(days: Sequence[Screened]) -> Loss:
    """What was lost on these days. Without samples nothing is known, and 0 is said."""
    kept = sum(len(day.kept) for day in days)
    sampled = sum(len(day.sample) for day in days)
    unsent = sum(day.size - day.sent - len(day.sample) for day in days if day.sample)
    found = sum(place >= day.sent for day in days for place in day.kept)
    lost = found * unsent / sampled if sampled else 0.0
    return Loss(kept, sampled, found, lost)
