"""How much of a day is sent to a model, by what the local order has earned on days before.

A day is put in the order of the local scorer and its best part is sent. How large that part is follows
from where in the order the kept papers of earlier days stood: as small as would have lost no more of
them than allowed, everything while too little is known. Of the rest a small random sample is sent all
the same, so that what is lost is measured.

On a day of which only a part was sent, nobody saw a kept paper beyond that part. Were its absence taken
for a proof, each day would earn the next a smaller part. So places are estimated as such truncated data
are (Lynden-Bell 1971): going inwards from the end, each kept paper is set against those days only on
which it could have been seen.
"""

from __future__ import annotations

import bisect
import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS = 250
"""So many days back are looked at;"""
HALF_LIFE = 25
"""those so many days back count half: the order gets better with what it learns."""
LEAST_DAYS = 3
_UNSEEN = 0.5
"""Half a kept paper more than was seen is reckoned with beyond the share."""
_HEAVIEST = 3.0
"""A kept paper where few others could have been seen counts for so many at most, lest one find turn
everything over; several do."""


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
    def coverage(self) -> float:
        """Which part of the papers beyond `sent` was looked at."""
        return len(self.sample) / (self.size - self.sent) if self.size > self.sent else 1.0


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

    `days` in order of time, the oldest first. `loss`: which part of the papers that would be kept may
    be lost, all days together.
    """
    recent = [
        (
            day,
            math.pow(0.5, age / HALF_LIFE),
            sorted((place + 1) / day.size for place in day.kept),
        )
        for age, day in enumerate(day for day in reversed(days[-DAYS:]) if day.size)
    ]
    total = sum(weight * len(places) for _, weight, places in recent)
    allowed = loss * total - _UNSEEN
    if len(recent) < LEAST_DAYS or allowed < 0:
        return 1.0
    within = 1.0
    """The part of all kept papers that stands further in."""
    found = ((place, weight) for _, weight, places in recent for place in places)
    for place, weight in sorted(found, reverse=True):
        could_be_seen = sum(
            other * bisect.bisect_right(places, place) * _chance(day, place)
            for day, other, places in recent
        )
        within *= 1 - min(weight / max(could_be_seen, weight), _HEAVIEST * weight / total, 1.0)
        if (1 - within) * total > allowed:
            return min(1.0, max(floor, place))
    return floor


def _chance(day: Screened, place: float) -> float:
    """That a kept paper so far out in the order would have been seen on that day."""
    return 1.0 if place * day.size <= day.sent + 1e-6 else day.coverage


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
